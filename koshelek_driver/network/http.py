"""JSON over HTTPS: one connection that stays open, every wait bounded, nothing sent twice.

A failure before the first byte of the request left this machine is a NotSentError, any later one a NoResponseError.
The difference decides whether money may have moved, so callers translate the two into types of their own.
"""

from __future__ import annotations

import base64
import math
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from koshelek_driver.secrets import Secret

if TYPE_CHECKING:
    import httpcore

    from koshelek_driver.network.deadline import Deadline

_CONNECTIONS = 4
"""Calls that may run at the same time; a further one waits for a free connection. Only one stays open when idle."""
_HOST = re.compile(rb"[\w.:-]+")
_COMMON_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "koshelek-driver"}
"""Without Accept-Encoding a server may compress its response (RFC 9110, 12.5.3), which is not undone here."""


class NotSentError(Exception):
    """Not one byte of the request left this machine.

    With `is_distrust` client and server do not accept each other's certificates or TLS versions.
    """

    def __init__(self, reason: str, *, is_distrust: bool = False, is_timeout: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_distrust = is_distrust
        self.is_timeout = is_timeout


class NoResponseError(Exception):
    """The request was sent, at least in part, and no whole response came back."""

    def __init__(
        self, reason: str, first_byte_s: float, *, is_timeout: bool = False, is_too_long: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.first_byte_s = first_byte_s
        self.is_timeout = is_timeout
        self.is_too_long = is_too_long


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """The base URL of a server, in the parts that go onto the wire."""

    host: bytes
    port: int | None
    path: str

    @classmethod
    def parse(cls, url: str) -> BaseUrl:
        """Parse an https URL. Raises ValueError with a message that shows the URL."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").encode("idna"), parts.port
        except ValueError as problem:  # UnicodeError is one
            raise ValueError(f"base URL {url}: {problem}") from problem
        if not _HOST.fullmatch(host):
            raise ValueError(f"base URL {url!r} names no host")
        return cls(host, port, parts.path.rstrip("/"))

    def below(self, path: str) -> httpcore.URL:
        """Return the URL of a path below this one."""
        import httpcore

        return httpcore.URL(scheme=b"https", host=self.host, port=self.port, target=(self.path + path).encode())


@dataclass(frozen=True, slots=True)
class JsonServer:
    """A server's address, its limits, and this client's credentials.

    `connect_timeout_s` limits each step of connecting: finding the host, TCP, TLS. `response_timeout_s` runs from the
    first byte of the request to the last byte of the response, `total_timeout_s` from the start of the call.
    `keep_idle_s` is how long an idle connection may be used again. `login` and `password` are for HTTP Basic; None: a
    client certificate in `context`, or no credentials. `proxy` is http://host:port or empty; proxies of the
    environment are never used.
    """

    base_url: BaseUrl
    context: ssl.SSLContext
    connect_timeout_s: float
    response_timeout_s: float
    max_response_bytes: int
    keep_idle_s: float
    total_timeout_s: float = math.inf
    login: Secret | None = None
    password: Secret | None = None
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The status and headers of a response, and the server's certificate (DER)."""

    status: int
    headers: Mapping[str, str]
    """Names are in lower case; of a repeated header the first counts."""
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response. `first_byte_s` is the time at which the request began to leave, by the client's clock."""

    head: ResponseHead
    body: bytes = field(repr=False)
    first_byte_s: float


class JsonClient:
    """Sends JSON requests, each at most once. Redirects are not followed. Any thread may call.

    `base_url` may be replaced between calls. `on_head` is called in the thread of the call as soon as the head of a
    response has arrived, also when its body is lost later.
    """

    def __init__(
        self,
        server: JsonServer,
        clock: Callable[[], float] = time.monotonic,
        on_head: Callable[[ResponseHead], None] | None = None,
    ) -> None:
        from koshelek_driver.network.deadline import Deadline

        self.base_url = server.base_url
        self._server = server
        self._on_head = on_head
        self._deadline = Deadline(clock)
        self._pool = _connection_pool(server, self._deadline, clock)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send one request with the credentials and wait for its whole response.

        `path` is below the base URL and may have a query. An empty body sends none.

        Raises:
            NotSentError: nothing was sent.
            NoResponseError: something was sent, and no whole response came in time or within the size limit.
        """
        with self._translating(self._server.response_timeout_s):
            own = {"Content-Type": "application/json", **(headers or {}), **self._credentials()}
            return self._exchange(method, path, own, body, _timeouts(self._server))

    def connect(self, timeout_s: float | None = None) -> None:
        """Open the connection by a HEAD request without credentials; each step blocks `timeout_s` at most.

        Raises:
            NotSentError: the connection cannot be opened.
            NoResponseError: it was opened, and the server did not respond.
        """
        timeouts = _timeouts(self._server)
        if timeout_s is not None:
            timeouts = dict.fromkeys(timeouts, timeout_s)
        with self._translating(timeouts["read"]):
            self._exchange("HEAD", "/", {}, b"", timeouts)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    @contextmanager
    def _translating(self, response_timeout_s: float) -> Iterator[None]:
        """Turn whatever goes wrong into one of the two errors, faults of this program and its libraries included."""
        self._deadline.begin(self._server.total_timeout_s, response_timeout_s)
        try:
            yield
        except NoResponseError:
            raise
        except Exception as problem:
            raise _failure(problem, self._deadline.first_byte_s) from problem

    def _credentials(self) -> dict[str, str]:
        login, password = self._server.login, self._server.password
        return {} if login is None or password is None else {"Authorization": _basic(login, password)}

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeouts: dict[str, float]
    ) -> HttpResponse:
        sent: list[tuple[bytes | str, bytes | str]] = [*_COMMON_HEADERS.items(), *headers.items()]
        url, extensions = self.base_url.below(path), {"timeout": timeouts}
        with self._pool.stream(method, url, headers=sent, content=body or None, extensions=extensions) as response:
            head = _head(response)
            if self._on_head is not None:
                self._on_head(head)
            return HttpResponse(head, self._read_body(response), self._first_byte_s())

    def _read_body(self, response: httpcore.Response) -> bytes:
        limit, body = self._server.max_response_bytes, bytearray()
        for piece in response.iter_stream():
            body += piece
            if len(body) > limit:
                reason = f"an answer that did not end within {limit} bytes and its time"
                raise NoResponseError(reason, self._first_byte_s(), is_too_long=True)
        return bytes(body)

    def _first_byte_s(self) -> float:
        """Return the time of the first byte of a request that was answered."""
        assert self._deadline.first_byte_s is not None
        return self._deadline.first_byte_s


def socket_options(response_timeout_s: float) -> list[tuple[int, int, int]]:
    """Return the socket options that reveal a silently dropped connection in seconds.

    They are keep-alive probes and a limit on how long sent bytes may stay unacknowledged.
    """
    wanted = {
        "TCP_NODELAY": 1,
        "TCP_KEEPIDLE": 30,
        "TCP_KEEPINTVL": 10,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": int(response_timeout_s * 1000),
    }
    known = [(getattr(socket, name), value) for name, value in wanted.items() if hasattr(socket, name)]
    tcp = [(socket.IPPROTO_TCP, option, value) for option, value in known]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *tcp]


def _connection_pool(server: JsonServer, deadline: Deadline, clock: Callable[[], float]) -> httpcore.ConnectionPool:
    import httpcore

    from koshelek_driver.network.deadline import DeadlineBackend
    from koshelek_driver.network.dial import Addresses, Dialer
    from koshelek_driver.network.tunnel import TunnelBackend

    direct = DeadlineBackend(Dialer(Addresses()), deadline)
    return httpcore.ConnectionPool(
        ssl_context=server.context,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=server.keep_idle_s,
        network_backend=TunnelBackend(direct, server.proxy, clock) if server.proxy else direct,
        socket_options=socket_options(server.response_timeout_s),
    )


def _timeouts(server: JsonServer) -> dict[str, float]:
    """Limits of single steps, by the HTTP library's names; `pool` is the wait for a free connection."""
    connecting, answering = server.connect_timeout_s, server.response_timeout_s
    return {"connect": connecting, "pool": connecting, "write": answering, "read": answering}


def _basic(login: Secret, password: Secret) -> str:
    """HTTP Basic (RFC 7617) in UTF-8."""
    return f"Basic {base64.b64encode(f'{login.reveal()}:{password.reveal()}'.encode()).decode()}"


def _head(response: httpcore.Response) -> ResponseHead:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    tls: ssl.SSLObject = response.extensions["network_stream"].get_extra_info("ssl_object")
    return ResponseHead(response.status, headers, tls.getpeercert(True) or b"")  # positional: it is the C object


def _failure(problem: Exception, first_byte_s: float | None) -> NotSentError | NoResponseError:
    import httpcore

    is_timeout = isinstance(problem, httpcore.TimeoutException)
    if first_byte_s is not None:
        what = "timed out" if is_timeout else "the connection broke"
        return NoResponseError(f"{what} ({type(problem).__name__})", first_byte_s, is_timeout=is_timeout)
    distrust = _distrust(problem)
    if distrust is not None:
        return NotSentError(f"TLS: {distrust}", is_distrust=True)
    if isinstance(problem, httpcore.TimeoutException | httpcore.NetworkError | httpcore.ProxyError):
        return NotSentError(str(problem) or type(problem).__name__, is_timeout=is_timeout)
    # The text of any other problem may quote the request, which has secrets.
    return NotSentError(f"the request could not be made ({type(problem).__name__})")


def _distrust(problem: BaseException) -> str | None:
    """Return why the two sides do not trust each other; None if the network broke in the handshake."""
    link: BaseException | None = problem
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return link.verify_message
        if isinstance(link, ssl.SSLError) and not isinstance(link, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return getattr(link, "reason", "") or str(link)
        link = link.__cause__ or link.__context__
    return None
