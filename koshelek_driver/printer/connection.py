"""One open connection to a printer: bytes go out as it takes them, replies come in whenever it likes."""

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
    """Never waits past a deadline. `automatic` is the last status that the printer sent by itself.

    Raises PortLost. Times are the given clock's.
    """

    def __init__(self, port: StreamPort, clock: Callable[[], float]) -> None:
        self._port = port
        self._clock = clock
        self._reader = ReplyReader()
        self._unread: list[Reply] = []
        self.automatic: AutomaticStatus | None = None

    def send_some(self, data: bytes) -> int:
        """Send what the printer takes within a tick; how much it took. Replies that came are kept."""
        taken = self._port.write_some(data, _TICK_S)
        self._hear(_GLANCE_S if taken else _TICK_S)
        return taken

    def send(self, data: bytes, until_s: float) -> bool:
        """Send all of a short command; whether it left in time."""
        while data and self._clock() < until_s:
            data = data[self.send_some(data) :]
        return not data

    def await_reply(self, wanted: Callable[[Reply], R | None], until_s: float) -> R | None:
        """The first reply that is wanted; others stay for whoever wants them. None when it did not come in time."""
        while True:
            for place, reply in enumerate(self._unread):
                found = wanted(reply)
                if found is not None:
                    del self._unread[place]
                    return found
            if self._clock() >= until_s:
                return None
            self._hear(min(_TICK_S, until_s - self._clock()))

    def ask(self, question: int, until_s: float) -> RealTimeStatus | None:
        """The answer to DLE EOT, None when none came: a stopped printer takes no bytes, or it has no such answer."""
        self._hear(_GLANCE_S)
        self._unread = [reply for reply in self._unread if not isinstance(reply, RealTimeStatus)]
        if not self.send(commands.real_time_status(question), until_s):
            return None
        return self.await_reply(lambda reply: reply if isinstance(reply, RealTimeStatus) else None, until_s)

    def close(self) -> None:
        """Close the connection."""
        self._port.close()

    def _hear(self, wait_s: float) -> None:
        for reply in self._reader.feed(self._port.read(max(wait_s, _GLANCE_S))):
            if isinstance(reply, AutomaticStatus):
                self.automatic = reply
            self._unread.append(reply)
        del self._unread[:-_MOST_REPLIES]
