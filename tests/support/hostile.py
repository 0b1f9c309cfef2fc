"""A network that misbehaves: a TCP proxy between the till and the host."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_READ_SIZE = 4096


@dataclass(frozen=True)
class Manners:
    """How bytes travel. `cut_up` and `cut_down` end a connection after so many bytes to and from the host."""

    piece: int = _READ_SIZE
    delay_s: float = 0.0
    cut_up: int | None = None
    cut_down: int | None = None
    cuts: int = 1


class HostileProxy:
    """Forwards to a port of this machine with bad manners. `port` is where it listens."""

    def __init__(self, target: int, manners: Manners) -> None:
        self._target = target
        self._manners = manners
        self._cuts_left = manners.cuts
        self._stop = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        self._stop.set()
        _end(self._listener)
        for connection in self._sockets:
            _end(connection)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, sink, cut in ((near, far, self._manners.cut_up), (far, near, self._manners.cut_down)):
                threading.Thread(target=self._pump, args=(source, sink, cut), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, cut: int | None) -> None:
        passed = 0
        try:
            while data := source.recv(_READ_SIZE):
                for at in range(0, len(data), self._manners.piece):
                    piece = data[at : at + self._manners.piece]
                    passed += len(piece)
                    if cut is not None and passed > cut and self._cuts_left > 0:
                        self._cuts_left -= 1
                        return
                    self._stop.wait(self._manners.delay_s)
                    sink.sendall(piece)
        except OSError:
            return
        finally:
            _end(source)
            _end(sink)


@contextmanager
def hostile(target: int, manners: Manners) -> Iterator[int]:
    """The port of a proxy that lives for a while."""
    proxy = HostileProxy(target, manners)
    try:
        yield proxy.port
    finally:
        proxy.close()


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
