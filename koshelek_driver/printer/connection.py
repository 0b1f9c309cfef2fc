"""One open connection to a printer: bytes out within deadlines, replies in at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import AutomaticStatus, RealTimeStatus, Reply, ReplyReader

if TYPE_CHECKING:
    from koshelek_driver.transport import StreamPort

_TICK_S = 0.1
_GLANCE_S = 0.001
_MOST_REPLIES = 64
R = TypeVar("R")


class Link:
    """Sends and receives within deadlines, which are times of the given clock.

    Every method may raise PortLost.

    `automatic` is the last status that the printer sent without a question (GS a).
    """

    def __init__(self, port: StreamPort, clock: Callable[[], float]) -> None:
        self._port = port
        self._clock = clock
        self._reader = ReplyReader()
        self._unread: list[Reply] = []
        self.automatic: AutomaticStatus | None = None

    def send_some(self, data: bytes) -> int:
        """Send as many bytes as the printer takes within 0.1 s; return their number.

        Replies that come are stored.
        """
        taken = self._port.write_some(data, _TICK_S)
        self._receive(_GLANCE_S if taken else _TICK_S)
        return taken

    def send(self, data: bytes, until_s: float) -> bool:
        """Send a short command; return True if all of it left in time."""
        while data and self._clock() < until_s:
            data = data[self.send_some(data) :]
        return not data

    def await_reply(self, wanted: Callable[[Reply], R | None], until_s: float) -> R | None:
        """Wait for the first reply that `wanted` accepts and return its result.

        Returns None if the deadline passed.

        Other replies stay stored, 64 at most, for later calls.
        """
        while True:
            for place, reply in enumerate(self._unread):
                found = wanted(reply)
                if found is not None:
                    del self._unread[place]
                    return found
            if self._clock() >= until_s:
                return None
            self._receive(min(_TICK_S, until_s - self._clock()))

    def ask(self, question: int, until_s: float) -> RealTimeStatus | None:
        """Return the response to DLE EOT with that parameter.

        Returns None if none came in time.

        A stopped printer may take no bytes, and some models lack some responses.
        """
        self._receive(_GLANCE_S)
        self._unread = [reply for reply in self._unread if not isinstance(reply, RealTimeStatus)]
        if not self.send(commands.real_time_status(question), until_s):
            return None
        return self.await_reply(lambda reply: reply if isinstance(reply, RealTimeStatus) else None, until_s)

    def close(self) -> None:
        """Close the connection."""
        self._port.close()

    def _receive(self, wait_s: float) -> None:
        for reply in self._reader.feed(self._port.read(max(wait_s, _GLANCE_S))):
            if isinstance(reply, AutomaticStatus):
                self.automatic = reply
            self._unread.append(reply)
        del self._unread[:-_MOST_REPLIES]
