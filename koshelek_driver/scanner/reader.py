"""A scanner on a port: read, frame, label."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from firmware_protocol.framing import Frame, Overlong, TerminatorFramer
from koshelek_driver.errors import ScanCanceled, ScanTimeout
from koshelek_driver.profile import ScannerProfile
from koshelek_driver.scanner.label import Label, read_label
from koshelek_driver.transport import Port

_TICK_S = 0.1


class ScannerReader:
    """Labels from one port, one after another, none merged and none lost while it is open."""

    def __init__(self, port: Port, profile: ScannerProfile, clock: Callable[[], float]) -> None:
        framing = profile.framing
        self._port = port
        self._clock = clock
        self._framer = TerminatorFramer(framing.terminator_bytes, framing.idle_s, framing.max_length)
        self._ready: deque[Label] = deque()
        self.overlong_count = 0

    def wait(self, timeout_s: float, canceled: Callable[[], bool] = lambda: False) -> Label:
        """The next label. Blocks at most `timeout_s`, and asks `canceled` now and then.

        Raises ScanTimeout, ScanCanceled, or PortLost.
        """
        give_up = self._clock() + timeout_s
        while not self._ready:
            now = self._clock()
            if canceled():
                raise ScanCanceled("the cashier cancelled before a card was scanned", "nothing was charged")
            if now >= give_up:
                raise ScanTimeout(
                    f"nothing was scanned in {timeout_s:g} s", "scan the customer's card, or give --label"
                )
            self._read_once(min(give_up, self._framer.deadline() or give_up, now + _TICK_S) - now)
        return self._ready.popleft()

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _read_once(self, timeout_s: float) -> None:
        data = self._port.read(max(0.0, timeout_s))
        for event in self._framer.feed(data, self._clock()):
            self._take(event)

    def _take(self, event: Frame | Overlong) -> None:
        if isinstance(event, Overlong):
            self.overlong_count += 1
        else:
            self._ready.append(read_label(event.data))
