"""An HTTP proxy on a real socket whose tunnels break in any way a test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Break = Callable[[socket.socket, threading.Event], None]
"""Does something to a client that asked for a tunnel; the event ends the test."""

OK = b"HTTP/1.1 200 Connection established\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)


def closes(client: socket.socket, _over: threading.Event) -> None:
    """Say yes and hang up."""
    client.sendall(OK)


def is_silent(client: socket.socket, over: threading.Event) -> None:
    """Say yes, then nothing."""
    client.sendall(OK)
    over.wait(5)


def says_nothing(_client: socket.socket, over: threading.Event) -> None:
    """Do not even answer."""
    over.wait(5)


def hangs_up(_client: socket.socket, _over: threading.Event) -> None:
    """Hang up without an answer."""


def resets(client: socket.socket, _over: threading.Event) -> None:
    """Say yes and reset the connection."""
    client.sendall(OK)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def half_closes(client: socket.socket, over: threading.Event) -> None:
    """Say yes and close one direction."""
    client.sendall(OK)
    client.shutdown(socket.SHUT_WR)
    over.wait(5)


def refuses(client: socket.socket, _over: threading.Event) -> None:
    """Say no."""
    client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad")


def is_garbled(client: socket.socket, _over: threading.Event) -> None:
    """Answer with what is no HTTP."""
    client.sendall(b"\x00\xff no http at all\r\n\r\n")


def babbles(client: socket.socket, _over: threading.Event) -> None:
    """Say yes, and then what is no TLS."""
    client.sendall(OK + b"hello, this is plain text\r\n" * 10)


def answers_in_plain(client: socket.socket, _over: threading.Event) -> None:
    """Say yes, wait for the handshake, and answer it in plain text."""
    client.sendall(OK)
    client.recv(4096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def never_ends(client: socket.socket, over: threading.Event) -> None:
    """Send a head without an end, as fast as it goes."""
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        client.sendall(b"X: " + b"x" * 1000 + b"\r\n")


def drips(client: socket.socket, over: threading.Event) -> None:
    """Send a head byte by byte."""
    while not over.wait(0.05):
        client.sendall(b"H")


def drips_informational(client: socket.socket, over: threading.Event) -> None:
    """Send one informational head after another."""
    while not over.wait(0.05):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


BREAKS: tuple[Break, ...] = (
    closes,
    is_silent,
    says_nothing,
    hangs_up,
    resets,
    half_closes,
    refuses,
    is_garbled,
    babbles,
    answers_in_plain,
    never_ends,
    drips,
    drips_informational,
)


@dataclass
class Proxy:
    """A running proxy. `breaks` is done to the next clients; None carries their bytes to where they want."""

    url: str
    breaks: Break | None = None
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """Run a proxy on loopback."""
    listener, over, threads = socket.create_server(("127.0.0.1", 0)), threading.Event(), list[threading.Thread]()
    made = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threads.append(threading.Thread(target=talk, args=(client,), daemon=True))
                threads[-1].start()

    def talk(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            head = b""
            while not head.endswith(b"\r\n\r\n") and (more := client.recv(1024)):
                head += more
            made.asked.append(head)
            if made.breaks is not None:
                made.breaks(client, over)
            else:
                _carry(client, head)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (thread, *threads):
            each.join(5)


def _carry(client: socket.socket, head: bytes) -> None:
    host, _, port = head.split()[1].decode().rpartition(":")
    with socket.create_connection((host, int(port))) as server:
        client.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join(5)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
