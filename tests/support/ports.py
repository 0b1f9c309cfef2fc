"""Ports without a device behind them."""

from __future__ import annotations

import queue
import threading

from koshelek_driver.errors import PortLost


class AnsweringPort:
    """A scanner's port: gives what is put in, and answers what is written by `answers`."""

    def __init__(self, answers: dict[bytes, list[bytes]] | None = None, descriptor: bytes = b"") -> None:
        self.report_descriptor = descriptor
        self.answers = answers or {}
        self.written: list[bytes] = []
        self.incoming: queue.Queue[bytes] = queue.Queue()
        self.broken = False
        self.closed = threading.Event()

    def read(self, timeout_s: float) -> bytes:
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
