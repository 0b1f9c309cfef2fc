"""Tunnels through an HTTP proxy (CONNECT, RFC 9110, 9.3.6).

A tunnel is opened where TCP connections are opened, below the HTTP library. So one that breaks is a connection that
failed, and is forgotten. The library's own tunnels stay in its pool when they break, until the pool is full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import httpcore

_LONGEST_HEAD = 16_384
"""Bytes."""
_MOST_HEADS = 8
"""Interim answers (1xx) before the last."""
_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})(?: ([ -~]{0,80}))?")


class TunnelBackend(httpcore.NetworkBackend):
    """Opens connections through a proxy; `backend` opens those to the proxy itself."""

    def __init__(self, backend: httpcore.NetworkBackend, proxy: str, clock: Callable[[], float]) -> None:
        """`proxy` is http://host:port."""
        url = httpcore.URL(proxy)
        self._backend = backend
        self._host = url.host.decode("ascii")
        self._port = url.port or 80
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the proxy and have it connect to the host; each of the two blocks `timeout` at most.

        Raises:
            httpcore.ProxyError: the proxy refused.
            httpcore.ConnectError: the proxy hung up, or its answer is no HTTP.
            httpcore.ConnectTimeout: the proxy did not answer in time.
        """
        stream = self._backend.connect_tcp(self._host, self._port, timeout, local_address, socket_options)
        try:
            self._ask(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", timeout)
        except BaseException:
            stream.close()
            raise
        return stream

    def _ask(self, stream: httpcore.NetworkStream, target: str, timeout: float | None) -> None:
        until_s = None if timeout is None else self._clock() + timeout
        stream.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode(), timeout)
        received, heads = bytearray(), 0
        while _is_interim(self._read_head(stream, received, until_s)):
            heads += 1
            if heads > _MOST_HEADS:
                raise httpcore.ConnectError("the proxy's answer does not end")
        if received:
            raise httpcore.ConnectError("the proxy sent more than its answer")

    def _read_head(self, stream: httpcore.NetworkStream, received: bytearray, until_s: float | None) -> bytes:
        """Return the next head; what follows it stays in `received`."""
        while _HEAD_END not in received:
            if len(received) > _LONGEST_HEAD:
                raise httpcore.ConnectError("the proxy's answer does not end")
            piece = stream.read(4096, self._left_s(until_s))
            if not piece:
                raise httpcore.ConnectError("the proxy hung up")
            received += piece
        head, _, rest = bytes(received).partition(_HEAD_END)
        received[:] = rest
        return head

    def _left_s(self, until_s: float | None) -> float | None:
        left_s = None if until_s is None else until_s - self._clock()
        if left_s is not None and left_s <= 0:
            raise httpcore.ConnectTimeout("the proxy did not answer in time")
        return left_s


def _is_interim(head: bytes) -> bool:
    """Return True for a 1xx head, after which another comes, and False for a yes."""
    found = _STATUS.match(head)
    if found is None:
        raise httpcore.ConnectError("the proxy does not speak HTTP")
    status = int(found[1])
    if status < 300:
        return status < 200
    raise httpcore.ProxyError(f"{status} {(found[2] or b'').decode('ascii')}".strip())
