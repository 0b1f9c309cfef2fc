"""Connections whose reads and writes end by the deadline of the current call.

The HTTP library has a timeout for each read, so a server that sends one byte at a time could hold a call for hours.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore

_GRACE_S = 0.1
"""A socket's own timeout comes first; the watchdog is for when it never comes."""


class Deadline(threading.local):
    """The time by which the call of the current thread must end, and the time of its first byte.

    Every call begins with `begin`. Each thread has its own, because one connection serves calls of several threads, one
    after the other. `first_byte_s` is None until a byte of the request is about to leave; the bytes of a proxy's tunnel
    and of the TLS handshake are none of it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._response_timeout_s = math.inf
        self.at_s = math.inf
        self.first_byte_s: float | None = None

    def begin(self, total_timeout_s: float, response_timeout_s: float) -> None:
        """Begin a call, which may last `total_timeout_s`, and `response_timeout_s` from its first byte."""
        self.at_s = self._clock() + total_timeout_s
        self._response_timeout_s = response_timeout_s
        self.first_byte_s = None

    def note_write(self) -> None:
        """Note that bytes of the request are about to leave."""
        if self.first_byte_s is None:
            self.first_byte_s = self._clock()
            self.at_s = min(self.at_s, self.first_byte_s + self._response_timeout_s)

    def cap(self, timeout_s: float | None) -> float | None:
        """Return the timeout of one operation, shortened to the time that is left; None means no limit.

        Raises:
            httpcore.ReadTimeout: no time is left.
        """
        left_s = self.at_s - self._clock()
        if left_s <= 0:
            raise httpcore.ReadTimeout("the time of the call is over")
        if left_s == math.inf:
            return timeout_s
        return left_s if timeout_s is None else min(timeout_s, left_s)


class DeadlineStream(httpcore.NetworkStream):
    """A connection of the HTTP library, with every timeout capped by a deadline.

    `is_secured` is True after the TLS handshake: then its bytes are those of requests.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline, *, is_secured: bool = False) -> None:
        self._stream = stream
        self._deadline = deadline
        self._is_secured = is_secured

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived, at most `max_bytes`."""
        capped_s = self._deadline.cap(timeout)
        with _shut_down_after(self._stream, capped_s if self._is_secured else None, httpcore.ReadTimeout):
            return self._stream.read(max_bytes, capped_s)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the buffer."""
        capped_s = self._deadline.cap(timeout)
        if self._is_secured:
            self._deadline.note_write()
        self._stream.write(buffer, capped_s)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Make the TLS handshake, which blocks `timeout` seconds at most in total."""
        capped_s = self._deadline.cap(timeout)
        with _shut_down_after(self._stream, capped_s, httpcore.ConnectTimeout):
            secured = self._stream.start_tls(ssl_context, server_hostname, capped_s)
        return DeadlineStream(secured, self._deadline, is_secured=True)

    def get_extra_info(self, info: str) -> Any:
        """Return what the underlying connection knows, such as its `ssl_object`."""
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections with another backend and caps all of their timeouts."""

    def __init__(self, backend: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host, and cap the timeouts of the new connection too."""
        capped = self._deadline.cap(timeout)
        return DeadlineStream(
            self._backend.connect_tcp(host, port, capped, local_address, socket_options), self._deadline
        )


@contextmanager
def _shut_down_after(
    stream: httpcore.NetworkStream, timeout_s: float | None, timeout_error: type[httpcore.TimeoutException]
) -> Iterator[None]:
    """Shut the connection down if the block lasts longer than `timeout_s`; None means no limit.

    OpenSSL swallows messages that are to be ignored, such as HelloRequest, as long as they come. A peer that floods
    with them keeps it from ever looking at the socket's timeout.
    """
    connection = stream.get_extra_info("socket")
    if timeout_s is None or not isinstance(connection, socket.socket) or connection.fileno() < 0:
        yield
        return
    with socket.fromfd(connection.fileno(), connection.family, connection.type) as same:
        is_over = threading.Event()
        watchdog = threading.Timer(timeout_s + _GRACE_S, _shut_down, (same, is_over))
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        except Exception as problem:
            if is_over.is_set():
                raise timeout_error("the peer sent nothing but messages to be ignored") from problem
            raise
        finally:
            watchdog.cancel()
            watchdog.join()


def _shut_down(connection: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
