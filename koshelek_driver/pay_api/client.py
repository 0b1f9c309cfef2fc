"""Pay API over HTTPS: one warm connection, one request at a time, nothing sent twice in silence."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from koshelek_driver.errors import SiteError
from koshelek_driver.network.pins import pin_of
from koshelek_driver.network.tls import tls_context
from koshelek_driver.pay_api import replies
from koshelek_driver.pay_api.host_clock import HostClock
from koshelek_driver.pay_api.replies import NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.secrets import Secret

if TYPE_CHECKING:
    import httpcore

_MAX_ANSWER = 1 << 20
_KEEP_IDLE_S = 300.0
_FIRST_BYTE = "http11.send_request_headers.started"
_CONNECTIONS = 2
"""One, and another while the first is busy with `warm`."""
_Headers = dict[str | bytes, str | bytes]
_COMMON_HEADERS: _Headers = {"Accept": "application/json", "User-Agent": "koshelek-driver"}
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_HOST = re.compile(rb"[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the API is and how it knows us. `ca_file` None means the system's certificates.

    `pins` are the keys that the host may have (`transport.pins`), none: any. `proxy` is http://host:port, or empty.
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

    TLS is 1.2 or newer and always verified. Redirects are not followed, and of proxies only the site file's is used.
    Building a client reads certificates (tens of milliseconds); keep it. Any thread may call.
    """

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float], unix_s: Callable[[], float]) -> None:
        self._clock = clock
        self.host_clock = HostClock(clock, unix_s)
        self._base = _Base.of(endpoint.base_url)
        self._authorization = _basic(endpoint.login, endpoint.password)
        self._timeouts = {
            "connect": endpoint.connect_timeout_s,
            "pool": endpoint.connect_timeout_s,
            "write": endpoint.request_timeout_s,
            "read": endpoint.request_timeout_s,
        }
        self._http = _pool(endpoint)
        self._calling = threading.Lock()
        self._certificate = b""

    def call(self, request: Request) -> Exchange:
        """Send once and wait for the answer, at most the connect and request timeouts. Never raises."""
        trace = _FirstByte(self._clock)
        started = self._clock()
        with self._calling:
            raw = self._send(request, trace)
        if isinstance(raw, NoAnswer | NotSent):
            return Exchange(request, raw, started, trace.at_s, self._clock())
        reply = replies.read(request, raw.status, raw.body, raw.wait_s)
        return Exchange(request, reply, started, trace.at_s, self._clock(), raw.status, raw.body)

    def ask(self, method: str, path: str, body: bytes) -> Whole | NoAnswer | NotSent:
        """Any other call of the host, JSON both ways: send once, and wait for its answer as `call` does. Never raises.

        `path` is below the base URL, with its query.
        """
        with self._calling:
            return self._perform(
                method,
                path,
                headers=self._own_headers(),
                body=body,
                trace=_FirstByte(self._clock),
                timeouts=self._timeouts,
            )

    def warm(self, timeout_s: float | None = None) -> NotSent | None:
        """Open the connection before it is needed, and hear the host's clock. Each step blocks `timeout_s` at most.

        A call that comes meanwhile does not wait for it. Gives why it cannot be opened, None when it is open.
        """
        if self._calling.locked():
            return None
        timeouts = self._timeouts if timeout_s is None else dict.fromkeys(self._timeouts, timeout_s)
        reply = self._perform("HEAD", "/", trace=_FirstByte(self._clock), timeouts=timeouts)
        return reply if isinstance(reply, NotSent) else None

    def host_pin(self) -> str:
        """The key of the host as `pins` would have it; empty while it said nothing."""
        return pin_of(self._certificate) if self._certificate else ""

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send(self, request: Request, trace: _FirstByte) -> _Raw:
        headers = self._own_headers()
        if request.token is not None:
            headers["token"] = request.token.reveal()
        return self._perform(
            request.method, request.path, headers=headers, body=request.body, trace=trace, timeouts=self._timeouts
        )

    def _own_headers(self) -> _Headers:
        return {"Authorization": self._authorization, "Content-Type": "application/json"}

    def _perform(
        self,
        method: str,
        path: str,
        *,
        trace: _FirstByte,
        timeouts: dict[str, float],
        headers: _Headers | None = None,
        body: bytes = b"",
    ) -> _Raw:
        url, extensions = self._base.url(path), {"trace": trace, "timeout": timeouts}
        sent = {**_COMMON_HEADERS, **(headers or {})}
        try:
            with self._http.stream(method, url, headers=sent, content=body or None, extensions=extensions) as answer:
                self._hear(answer)
                return Whole(answer.status, self._read_body(answer), _retry_after_s(answer))
        except _EndlessError as problem:
            return NoAnswer(str(problem))
        except _failures() as problem:
            return _failure(problem, trace)

    def _hear(self, answer: httpcore.Response) -> None:
        self.host_clock.heard(_header(answer, b"date"))
        tls: ssl.SSLObject = answer.extensions["network_stream"].get_extra_info("ssl_object")
        self._certificate = tls.getpeercert(True) or b""  # positional: it is the C object

    def _read_body(self, answer: httpcore.Response) -> bytes:
        give_up = self._clock() + self._timeouts["read"]
        body = bytearray()
        for piece in answer.iter_stream():
            body += piece
            if len(body) > _MAX_ANSWER or self._clock() > give_up:
                raise _EndlessError(f"an answer that did not end within {_MAX_ANSWER} bytes and its time")
        return bytes(body)


@dataclass(frozen=True, slots=True)
class _Base:
    """The base URL in the parts that go onto the wire."""

    host: bytes
    port: int | None
    path: str

    @classmethod
    def of(cls, base_url: str) -> _Base:
        try:
            parts = urlsplit(base_url)
            host, port = (parts.hostname or "").encode("idna"), parts.port
        except ValueError as problem:  # UnicodeError is one
            raise SiteError(f"base URL {base_url}: {problem}", "write https://host/partner") from problem
        if not _HOST.fullmatch(host):
            raise SiteError(f"base URL {base_url!r} names no host", "write https://host/partner")
        return cls(host, port, parts.path.rstrip("/"))

    def url(self, path: str) -> httpcore.URL:
        import httpcore

        return httpcore.URL(scheme=b"https", host=self.host, port=self.port, target=(self.path + path).encode())


def _pool(endpoint: Endpoint) -> httpcore.ConnectionPool:
    import httpcore

    from koshelek_driver.network.dial import Addresses, Dialer

    return httpcore.ConnectionPool(
        ssl_context=tls_context(endpoint.ca_file, "pay_api", pins=endpoint.pins),
        proxy=httpcore.Proxy(endpoint.proxy) if endpoint.proxy else None,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=_KEEP_IDLE_S,
        network_backend=Dialer(Addresses()),
        socket_options=_socket_options(endpoint.request_timeout_s),
    )


def _basic(login: Secret, password: Secret) -> str:
    """HTTP Basic (RFC 7617) in UTF-8."""
    return f"Basic {base64.b64encode(f'{login.reveal()}:{password.reveal()}'.encode()).decode()}"


def _header(answer: httpcore.Response, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in answer.headers if name.lower() == wanted), "")


def _retry_after_s(answer: httpcore.Response) -> float:
    """Retry-After in seconds (RFC 9110, 10.2.3); the form with a date is not read: clocks of tills are wrong."""
    text = _header(answer, b"retry-after")
    return float(text) if _SECONDS.fullmatch(text) else 0.0


def _failures() -> tuple[type[Exception], ...]:
    """Everything that the HTTP library raises for what the network does."""
    import httpcore

    return (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole answer."""

    status: int
    body: bytes
    wait_s: float


_Raw = Whole | NoAnswer | NotSent


class _FirstByte:
    """Learns from the HTTP library when the first byte of a request leaves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.at_s: float | None = None

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        is_ours = event == _FIRST_BYTE and info["request"].method != b"CONNECT"  # which opens a tunnel through a proxy
        if is_ours and self.at_s is None:
            self.at_s = self._clock()


class _EndlessError(Exception):
    """An answer that is too long or drips too slowly; never leaves this module."""


def _failure(problem: Exception, trace: _FirstByte) -> NoAnswer | NotSent:
    import httpcore

    if trace.at_s is not None:
        what = "timed out" if isinstance(problem, httpcore.TimeoutException) else "the connection broke"
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
            return getattr(link, "reason", "") or str(link)
        link = link.__cause__ or link.__context__
    return None


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
