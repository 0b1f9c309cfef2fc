"""The receiver of postbacks: Pay API says by itself how a payment stands.

What comes in is never believed by itself: it is kept as an event and makes the till ask the host. So it does no harm
that postbacks come twice, out of order, late or from a thief of the password.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.secrets import Secret

Hear = Callable[[TransactionAnswer, bytes], bool]
"""Takes a postback that came from the host; whether this till knows its payment. May raise JournalError."""
_MAX_BODY = 1 << 16
_BODY_TIMEOUT_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Postbacks:
    """Who may post, and who hears it. `sources` are networks (CIDR); none: from anywhere."""

    login: Secret
    password: Secret
    sources: Collection[str]
    hear: Hear


def postback_app(postbacks: Postbacks) -> Starlette:
    """An ASGI application that answers POST to any path.

    200 for every postback that was heard, 401 and 403 for strangers, 400 and 413 for what is no postback, 503 when it
    could not be kept: the host may send it again.
    """
    networks = [ip_network(source) for source in postbacks.sources]

    async def receive(request: Request) -> Response:
        if not _is_known(request, postbacks):
            _log.warning("a postback with a wrong login or password was refused")
            return Response(status_code=401, headers={"WWW-Authenticate": "Basic"})
        if not _is_from(request, networks):
            _log.warning("a postback from an address outside pay_api.postback.sources was refused")
            return Response(status_code=403)
        return await _heard(request, postbacks.hear)

    return Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])


async def _heard(request: Request, hear: Hear) -> Response:
    try:
        body = await asyncio.wait_for(_body(request), _BODY_TIMEOUT_S)
        answer = msgspec.json.decode(body, type=TransactionAnswer, strict=False)
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408)
    except _TooLongError:
        return Response(status_code=413)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Response(status_code=400)
    try:
        known = await run_in_threadpool(hear, answer, body)
    except JournalError as problem:
        _log.warning("a postback could not be kept: %s", problem.what)
        return Response(status_code=503)
    if not known:
        _log.info("a postback of a payment that this till does not know")
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            raise _TooLongError
    return bytes(body)


def _is_known(request: Request, postbacks: Postbacks) -> bool:
    """Compares in a time that tells nothing of the password."""
    pair = f"{postbacks.login.reveal()}:{postbacks.password.reveal()}".encode()
    expected = b"Basic " + base64.b64encode(pair)
    return hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1"), expected)


def _is_from(request: Request, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    if not networks:
        return True
    client = ip_address(request.client.host if request.client else "0.0.0.0")  # noqa: S104 - no address of ours
    return any(client in network for network in networks)


class _TooLongError(Exception):
    """More than a postback ever has; never leaves this module."""
