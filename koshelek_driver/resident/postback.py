"""The receiver of postbacks, the messages of the Pay API about the status of a payment.

A postback is only a hint: it is stored as an event of the journal and makes the till query the status at the host. So
postbacks that come twice, out of order, late or from a thief of the password do no harm.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_network

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from koshelek_driver.errors import JournalError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json
from koshelek_driver.pay_api.models import TransactionAnswer, read_transaction
from koshelek_driver.resident.acceptor import Networks, is_from
from koshelek_driver.secrets import Secret

PostbackHandler = Callable[[TransactionAnswer, bytes], bool]
"""Receives a decoded postback and its body; returns True if this till knows the payment. May raise JournalError."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PostbackSettings:
    """Credentials, permitted networks, handler and limits of the receiver.

    `sources` are networks (CIDR); empty: any address. `max_body_bytes` is far above any postback. `body_timeout_s` is
    the time from the headers to the last byte of the body.
    """

    login: Secret
    password: Secret
    sources: Collection[str]
    handle: PostbackHandler
    max_body_bytes: int = 1 << 16
    body_timeout_s: float = 5.0


def postback_app(settings: PostbackSettings) -> Starlette:
    """Return an ASGI application that receives postbacks by POST to any path.

    Its responses: 200 for every valid postback, even of an unknown payment; 401 for wrong credentials, 403 for a
    foreign network; 400 if the body is no postback, 408 if it is late, 413 if it is too long; 503 if the journal could
    not store it, so that the host sends it again.
    """
    networks = [ip_network(source) for source in settings.sources]

    async def receive(request: Request) -> Response:
        if not _has_credentials(request, settings):
            _log.warning("a postback with a wrong login or password was refused")
            return Response(status_code=401, headers={"WWW-Authenticate": "Basic"})
        if not _is_from(request, networks):
            _log.warning("a postback from an address outside pay_api.postback.sources was refused")
            return Response(status_code=403)
        return await _received(request, settings)

    return Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])


async def _received(request: Request, settings: PostbackSettings) -> Response:
    try:
        body = await asyncio.wait_for(_body(request, settings.max_body_bytes), settings.body_timeout_s)
        answer = read_transaction(parse_json(body))
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408)
    except _TooLongError:
        return Response(status_code=413)
    except ForeignJsonError:
        answer = None
    if answer is None:
        return Response(status_code=400)
    try:
        known = await run_in_threadpool(settings.handle, answer, body)
    except JournalError as problem:
        _log.warning("a postback could not be kept: %s", problem.what)
        return Response(status_code=503)
    if not known:
        _log.info("a postback of a payment that this till does not know")
    return Response(status_code=200)


async def _body(request: Request, max_bytes: int) -> bytes:
    """Read the body piece by piece, so that an endless one never fills the memory."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise _TooLongError
    return bytes(body)


def _has_credentials(request: Request, settings: PostbackSettings) -> bool:
    """Compare in constant time, so that the duration reveals nothing about the password."""
    pair = f"{settings.login.reveal()}:{settings.password.reveal()}".encode()
    expected = b"Basic " + base64.b64encode(pair)
    return hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1"), expected)


def _is_from(request: Request, networks: Networks) -> bool:
    return is_from(request.client.host if request.client else "0.0.0.0", networks)  # noqa: S104 - no address of ours


class _TooLongError(Exception):
    """The body exceeds `max_body_bytes`; never leaves this module."""
