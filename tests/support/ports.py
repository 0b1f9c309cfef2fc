"""Ports without a device behind them: one in memory, and one of the network."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading

from koshelek_driver.errors import PortLost

_OPENED_WITHIN_S = 10.0


class AnsweringPort:
    """A scanner's port: gives what is put in, and answers what is written by `answers`.

    An exception in `faults` is raised by the next read.
    """

    def __init__(self, answers: dict[bytes, list[bytes]] | None = None, descriptor: bytes = b"") -> None:
        self.report_descriptor = descriptor
        self.answers = answers or {}
        self.written: list[bytes] = []
        self.incoming: queue.Queue[bytes] = queue.Queue()
        self.faults: list[Exception] = []
        self.broken = False
        self.closed = threading.Event()

    def read(self, timeout_s: float) -> bytes:
        if self.faults:
            raise self.faults.pop(0)
        try:
            return self.incoming.get(timeout=timeout_s)
        except queue.Empty:
            return b""

    def write(self, data: bytes, timeout_s: float) -> None:
        if self.broken:
            raise PortLost("unplugged", "plug it in")
        self.written.append(data)
        for answer in self.answers.get(data, []):
            self.incoming.put(answer)

    def wake(self) -> None:
        self.incoming.put(b"")

    def close(self) -> None:
        self.closed.set()


class TcpScanner:
    """A scanner with a port of the network: it notices when the till opens it, so that no scan comes too early.

    `address` is the `port` of its device in a site file. Any profile may be on it.
    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(_OPENED_WITHIN_S)
        self._connection: socket.socket | None = None
        self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"

    def wait_until_open(self) -> socket.socket:
        """Return the connection of the till; block until there is one, ten seconds at most."""
        while self._connection is None or _is_closed(self._connection):  # one may be closed before it is accepted
            if self._connection is not None:
                self._connection.close()
            self._connection, _ = self._server.accept()
        return self._connection

    def send(self, *frames: bytes) -> None:
        """Send what a scanner sends for a label, each frame as soon as the till listens."""
        for frame in frames:
            self.wait_until_open().sendall(frame)

    def send_soon(self, *frames: bytes) -> threading.Thread:
        """Do the same on another thread, for a till that opens the scanner later."""
        sending = threading.Thread(target=self.send, args=frames)
        sending.start()
        return sending

    def close(self) -> None:
        """Unplug it."""
        self._server.close()
        if self._connection is not None:
            self._connection.close()


def _is_closed(connection: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    return False
