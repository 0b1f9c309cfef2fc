"""Pay API over HTTPS: one warm connection, one request at a time, nothing sent twice in silence."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koshelek_driver.errors import SiteError
from koshelek_driver.pay_api import replies
from koshelek_driver.pay_api.host_clock import HostClock
from koshelek_driver.pay_api.replies import NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.secrets import Secret
from koshelek_driver.transport.tls import tls_context

if TYPE_CHECKING:
    import httpx

_MAX_ANSWER = 1 << 20
_KEEP_IDLE_S = 300.0
_FIRST_BYTE = "http11.send_request_headers.started"
_Raw = tuple[int, bytes] | NoAnswer | NotSent


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the API is and how it knows us. `ca_file` None means the system's certificates."""

    base_url: str
    ca_file: Path | None
    login: Secret
    password: Secret
    connect_timeout_s: float
    request_timeout_s: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it went. `first_byte_s` is None when nothing was sent; times are the given clock's.

    `http_status` and `body` are the answer as it came; None and empty when none did.
    """

    request: Request
    reply: Reply
    started_s: float
    first_byte_s: float | None
    ended_s: float
    http_status: int | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def took_ms(self) -> float:
        """From the call to its reply."""
        return (self.ended_s - self.started_s) * 1000


class PayApiClient:
    """Calls that never raise for what the network does: every `call` ends in a Reply.

    TLS is 1.2 or newer and always verified. Redirects are not followed and proxies of the environment are
    not used. Building a client reads certificates (tens of milliseconds); keep it.
    """

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float], unix_s: Callable[[], float]) -> None:
        import httpx

        self._clock = clock
        self.host_clock = HostClock(clock, unix_s)
        self._base_url = _checked(endpoint.base_url)
        self._answer_timeout_s = endpoint.request_timeout_s
        self._http = httpx.Client(
            auth=httpx.BasicAuth(endpoint.login.reveal(), endpoint.password.reveal()),
            transport=httpx.HTTPTransport(
                verify=tls_context(endpoint.ca_file, "pay_api"),
                trust_env=False,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEEP_IDLE_S),
                socket_options=_socket_options(endpoint.request_timeout_s),
            ),
            timeout=httpx.Timeout(endpoint.request_timeout_s, connect=endpoint.connect_timeout_s),
            follow_redirects=False,
            trust_env=False,
        )

    def call(self, request: Request) -> Exchange:
        """Send once and wait for the answer, at most the connect and request timeouts. Never raises."""
        trace = _FirstByte(self._clock)
        started = self._clock()
        raw = self._send(request, trace)
        status, body = (None, b"") if isinstance(raw, NoAnswer | NotSent) else raw
        reply = raw if isinstance(raw, NoAnswer | NotSent) else replies.read(request, *raw)
        return Exchange(request, reply, started, trace.at_s, self._clock(), status, body)

    def warm(self, timeout_s: float | None = None) -> NotSent | None:
        """Open the connection before it is needed, and hear the host's clock. Each step blocks `timeout_s` at most.

        Gives why it cannot be opened, None when it is open.
        """
        trace = _FirstByte(self._clock)
        limit = {} if timeout_s is None else {"timeout": timeout_s}
        reply = self._perform("HEAD", "/", trace, auth=None, **limit)
        return reply if isinstance(reply, NotSent) else None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send(self, request: Request, trace: _FirstByte) -> _Raw:
        headers = {"Content-Type": "application/json"}
        if request.token is not None:
            headers["token"] = request.token.reveal()
        return self._perform(request.method, request.path, trace, content=request.body, headers=headers)

    def _perform(self, method: str, path: str, trace: _FirstByte, **options: Any) -> _Raw:
        import httpx

        try:
            with self._http.stream(method, self._base_url + path, extensions={"trace": trace}, **options) as answer:
                self.host_clock.heard(answer.headers.get("date"))
                return answer.status_code, self._read_body(answer)
        except _EndlessError as problem:
            return NoAnswer(str(problem))
        except httpx.HTTPError as problem:
            return _failure(problem, trace)

    def _read_body(self, answer: httpx.Response) -> bytes:
        give_up = self._clock() + self._answer_timeout_s
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > _MAX_ANSWER or self._clock() > give_up:
                raise _EndlessError(f"an answer that did not end within {_MAX_ANSWER} bytes and its time")
        return bytes(body)


class _FirstByte:
    """Learns from the HTTP library when the first byte of a request leaves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.at_s: float | None = None

    def __call__(self, event: str, _info: dict[str, Any]) -> None:
        if event == _FIRST_BYTE and self.at_s is None:
            self.at_s = self._clock()


class _EndlessError(Exception):
    """An answer that is too long or drips too slowly; never leaves this module."""


def _failure(problem: httpx.HTTPError, trace: _FirstByte) -> NoAnswer | NotSent:
    import httpx

    if trace.at_s is not None:
        what = "timed out" if isinstance(problem, httpx.TimeoutException) else "the connection broke"
        return NoAnswer(f"{what} ({type(problem).__name__})")
    distrust = _distrust(problem)
    if distrust is not None:
        return NotSent(f"TLS: {distrust}", "HOST_NOT_TRUSTED")
    return NotSent(str(problem) or type(problem).__name__)


def _distrust(problem: BaseException) -> str | None:
    """Why the two sides do not trust each other; None when the network merely broke in the handshake."""
    link: BaseException | None = problem
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return link.verify_message
        if isinstance(link, ssl.SSLError) and not isinstance(link, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return link.reason or str(link)
        link = link.__cause__ or link.__context__
    return None


def _checked(base_url: str) -> str:
    import httpx

    try:
        httpx.URL(base_url)
    except httpx.InvalidURL as problem:
        raise SiteError(f"base URL {base_url}: {problem}", "write https://host/partner") from problem
    return base_url


def _socket_options(answer_timeout_s: float) -> list[tuple[int, int, int]]:
    """Find a silently dropped connection in seconds: keep-alive probes, and a limit on unacknowledged bytes."""
    wanted = {
        "TCP_NODELAY": 1,
        "TCP_KEEPIDLE": 30,
        "TCP_KEEPINTVL": 10,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": int(answer_timeout_s * 1000),
    }
    known = [(getattr(socket, name), value) for name, value in wanted.items() if hasattr(socket, name)]
    tcp = [(socket.IPPROTO_TCP, option, value) for option, value in known]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *tcp]
