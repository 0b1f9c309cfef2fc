"""Each phase before the first byte of a request ends in time, also against a peer that drips."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from koshelek_driver.network.http import BaseUrl, JsonClient, JsonServer, NotSentError
from koshelek_driver.network.tls import tls_context

CONNECT_S = 0.3
SERVER_HELLO = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
"""The beginning of a record that announces 16 kB."""


@contextlib.contextmanager
def peer(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A TCP server that does what the test wants with each connection; gives its port."""
    listener, over, threads = socket.create_server(("127.0.0.1", 0)), threading.Event(), list[threading.Thread]()

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(3)  # a client that neither reads nor closes must not hold this thread
            talk(connection, over)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threads.append(threading.Thread(target=one, args=(listener.accept()[0],), daemon=True))
                threads[-1].start()

    threads.append(threading.Thread(target=serve, daemon=True))
    threads[0].start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(5)


def drips_handshake(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(4096)
    connection.sendall(SERVER_HELLO)
    while not over.wait(0.05):
        connection.sendall(b"\x00")


def floods_handshake(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(4096)
    while not over.is_set():
        connection.sendall(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00")  # empty HelloRequests, which are to be ignored


def is_silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(5)


@pytest.mark.parametrize("talk", [drips_handshake, floods_handshake, is_silent])
def test_a_handshake_ends_in_time_and_nothing_was_sent(
    tmp_path: Path, talk: Callable[[socket.socket, threading.Event], None]
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    with peer(talk) as port:
        url, context = BaseUrl.parse(f"https://127.0.0.1:{port}"), tls_context(tmp_path / "ca.pem", "test")
        client = JsonClient(JsonServer(url, context, CONNECT_S, 2.0, 1000, 5.0))
        for _ in range(6):
            began = time.monotonic()
            with pytest.raises(NotSentError):
                client.send("POST", "/", b"{}")
            assert time.monotonic() - began < 4 * CONNECT_S
        client.close()
