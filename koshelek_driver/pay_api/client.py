"""Pay API over HTTPS: one open connection, one request at a time, nothing sent twice unnoticed."""

from __future__ import annotations

import base64
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from koshelek_driver.errors import SiteError
from koshelek_driver.network.http import (
    BaseUrl,
    HttpResponse,
    JsonClient,
    JsonServer,
    NoResponseError,
    NotSentError,
    ResponseHead,
)
from koshelek_driver.network.pins import pin_of
from koshelek_driver.network.tls import tls_context
from koshelek_driver.pay_api import replies
from koshelek_driver.pay_api.bounded import bounded_reply
from koshelek_driver.pay_api.host_clock import HostClock
from koshelek_driver.pay_api.masking import NO_SECRETS, SentSecrets, secrets_in
from koshelek_driver.pay_api.replies import NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.secrets import Secret

_MAX_RESPONSE = 1 << 20
_KEEP_IDLE_S = 300.0
_REMEMBERED = 16
"""Requests whose secrets are masked in every later response: a status may say back what the checkout had."""
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of the API and our credentials. `ca_file` None means the system's certificates.

    `pins` are the keys that the host may have (`network.pins`); none: any. `proxy` is http://host:port, or empty.
    """

    base_url: str
    ca_file: Path | None
    login: Secret
    password: Secret
    connect_timeout_s: float
    request_timeout_s: float
    pins: tuple[str, ...] = ()
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A record of one call. `first_byte_s` is None when nothing was sent; times are by the client's clock.

    `http_status` and `body` are the response as it came; None and empty when none did. `reply` has no text that this
    till sent as a secret, but `body` may: it is masked with `secrets` before it is stored.
    """

    request: Request
    reply: Reply
    started_s: float
    first_byte_s: float | None
    ended_s: float
    http_status: int | None = None
    body: bytes = field(default=b"", repr=False)
    secrets: SentSecrets = field(default=NO_SECRETS, repr=False)

    @property
    def took_ms(self) -> float:
        """Milliseconds from the call to its reply."""
        return (self.ended_s - self.started_s) * 1000


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A whole response of the host. `wait_s` is the pause that its Retry-After header asks for."""

    status: int
    body: bytes
    wait_s: float


class PayApiClient:
    """Calls the API. No failure of the network raises: every `call` ends in a Reply.

    TLS is 1.2 or newer and always verified. Redirects are not followed, and of proxies only the site file's is used.
    Building a client reads certificates (tens of milliseconds), so keep it. Any thread may call; calls wait for each
    other.
    """

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float], unix_s: Callable[[], float]) -> None:
        self._clock = clock
        self.host_clock = HostClock(clock, unix_s)
        self._http = JsonClient(_server(endpoint), clock, self._note_head)
        self._calling = threading.Lock()
        self._certificate = b""
        self._own_secrets = _credentials(endpoint)
        self._sent: deque[list[str]] = deque(maxlen=_REMEMBERED)

    def call(self, request: Request) -> Exchange:
        """Send once and wait for the reply. Never raises.

        Blocks for the connect timeout at each step of connecting, then for the request timeout at most.
        """
        started_s = self._clock()
        token = {} if request.token is None else {"token": request.token.reveal()}
        with self._calling:
            secrets = self._remember(request)
            try:
                response = self._http.send(request.method, request.path, request.body, token)
            except NotSentError as problem:
                return Exchange(request, _not_sent(problem), started_s, None, self._clock())
            except NoResponseError as problem:
                return Exchange(request, NoAnswer(problem.reason), started_s, problem.first_byte_s, self._clock())
        raw = _raw(response)
        reply = bounded_reply(replies.parse_reply(request, raw.status, raw.body, raw.wait_s), secrets)
        ended_s = self._clock()
        return Exchange(request, reply, started_s, response.first_byte_s, ended_s, raw.status, raw.body, secrets)

    def ask(self, method: str, path: str, body: bytes) -> RawResponse | NoAnswer | NotSent:
        """Make any other call of the host, JSON both ways: send once and wait, as `call` does. Never raises.

        `path` is below the base URL, with its query.
        """
        with self._calling:
            try:
                return _raw(self._http.send(method, path, body))
            except NotSentError as problem:
                return _not_sent(problem)
            except NoResponseError as problem:
                return NoAnswer(problem.reason)

    def warm(self, timeout_s: float | None = None) -> NotSent | None:
        """Open the connection before it is needed, and learn the host's time. Each step blocks `timeout_s` at most.

        A call that comes meanwhile does not wait for it. Return why it cannot be opened, or None when it is open.
        """
        if self._calling.locked():
            return None
        try:
            self._http.connect(timeout_s)
        except NotSentError as problem:
            return _not_sent(problem)
        except NoResponseError:
            pass  # the connection opened: the host merely did not respond
        return None

    def host_pin(self) -> str:
        """Return the host's key in the form of `pins`; empty until the host has responded once."""
        return pin_of(self._certificate) if self._certificate else ""

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _remember(self, request: Request) -> SentSecrets:
        """Return the secrets of this request and of those before it."""
        found = secrets_in(request.body, "" if request.token is None else request.token.reveal())
        if found and found not in self._sent:
            self._sent.append(found)
        return SentSecrets([*self._own_secrets, *chain.from_iterable(self._sent)])

    def _note_head(self, head: ResponseHead) -> None:
        self.host_clock.heard(head.headers.get("date", ""))
        self._certificate = head.certificate


def _server(endpoint: Endpoint) -> JsonServer:
    try:
        base_url = BaseUrl.parse(endpoint.base_url)
    except ValueError as problem:
        raise SiteError(str(problem), "write https://host/partner") from problem
    return JsonServer(
        base_url=base_url,
        context=tls_context(endpoint.ca_file, "pay_api", pins=endpoint.pins),
        connect_timeout_s=endpoint.connect_timeout_s,
        response_timeout_s=endpoint.request_timeout_s,
        max_response_bytes=_MAX_RESPONSE,
        keep_idle_s=_KEEP_IDLE_S,
        login=endpoint.login,
        password=endpoint.password,
        proxy=endpoint.proxy,
    )


def _credentials(endpoint: Endpoint) -> tuple[str, str]:
    """Return the password, and the login with it as HTTP Basic has them."""
    login, password = endpoint.login.reveal(), endpoint.password.reveal()
    return password, base64.b64encode(f"{login}:{password}".encode(errors="replace")).decode()


def _raw(response: HttpResponse) -> RawResponse:
    return RawResponse(response.head.status, response.body, _retry_after_s(response.head))


def _retry_after_s(head: ResponseHead) -> float:
    """Retry-After in seconds (RFC 9110, 10.2.3); the form with a date is not read: clocks of tills are wrong."""
    text = head.headers.get("retry-after", "")
    return float(text) if _SECONDS.fullmatch(text) else 0.0


def _not_sent(problem: NotSentError) -> NotSent:
    return NotSent(problem.reason, "HOST_NOT_TRUSTED") if problem.is_distrust else NotSent(problem.reason)
