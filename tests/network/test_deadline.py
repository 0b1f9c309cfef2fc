"""Every wait of a connection ends by the deadline of the call that uses it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from koshelek_driver.network.deadline import Deadline, DeadlineBackend


class Wire(httpcore.NetworkStream, httpcore.NetworkBackend):
    """A backend and its one connection; it notes the timeout of each operation."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        assert (host, port, local_address, socket_options) == ("host.example", 443, None, [])
        self.timeouts.append(timeout)
        return self

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        assert server_hostname == "host.example"
        self.timeouts.append(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        return b"x" * max_bytes

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.timeouts.append(timeout)

    def close(self) -> None:
        self.timeouts.append(-1.0)

    def get_extra_info(self, info: str) -> Any:
        return info.upper()


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_each_timeout_is_cut_to_the_time_that_is_left() -> None:
    clock, wire = Clock(), Wire()
    deadline = Deadline(clock)
    backend = DeadlineBackend(wire, deadline)
    stream = backend.connect_tcp("host.example", 443, 3.0, socket_options=[])
    deadline.at_s = 102.0
    stream = stream.start_tls(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "host.example", 3.0)
    stream.write(b"hello", 1.0)
    clock.now_s = 101.5
    assert stream.read(2, 1.0) == b"xx"
    stream.read(2)
    assert stream.get_extra_info("ssl_object") == "SSL_OBJECT"
    deadline.at_s = float("inf")
    stream.read(2)
    stream.close()
    assert wire.timeouts == [3.0, 2.0, 1.0, 0.5, 0.5, None, -1.0]


def test_nothing_is_done_when_no_time_is_left() -> None:
    clock, wire = Clock(), Wire()
    deadline = Deadline(clock)
    stream = DeadlineBackend(wire, deadline).connect_tcp("host.example", 443, 3.0, socket_options=[])
    deadline.at_s = 100.0
    for operation in (lambda: stream.read(1, 1.0), lambda: stream.write(b"x", 1.0)):
        with pytest.raises(httpcore.ReadTimeout):
            operation()
    with pytest.raises(httpcore.ReadTimeout):
        DeadlineBackend(wire, deadline).connect_tcp("host.example", 443, 3.0)
    assert wire.timeouts == [3.0]


def test_a_deadline_is_of_its_thread_alone() -> None:
    deadline = Deadline(Clock())
    deadline.at_s = 100.0
    other: list[float | None] = []
    thread = threading.Thread(target=lambda: other.append(deadline.cap(5.0)))
    thread.start()
    thread.join(5)
    assert other == [5.0]
