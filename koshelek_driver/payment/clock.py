"""Time for the engine: a steady clock for deadlines, the wall clock for records, and waiting."""

from __future__ import annotations

import threading
import time
from typing import Protocol

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def _steady_s() -> float:
    """Return seconds that count sleep, too: CLOCK_MONOTONIC of Linux stands still then, deadlines of money go on."""
    return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)


class Wakeup(Protocol):
    """Something that ends a wait early: a cancel, news of the host, a `threading.Event`."""

    def is_set(self) -> bool:
        """Return True if it came."""
        ...

    def wait(self, timeout: float) -> object:
        """Block until it comes, at most `timeout` seconds."""
        ...


class Clock(Protocol):
    """The time that the engine needs."""

    def now_s(self) -> float:
        """Return the steady clock, in seconds."""
        ...

    def unix_s(self) -> float:
        """Return the wall clock, in Unix seconds."""
        ...

    def wait(self, until_s: float, wake: Wakeup | None) -> None:
        """Block until the steady clock reaches `until_s`, or `wake` is set."""
        ...


class SystemClock:
    """The clock of this machine. If the system has such a clock, the sleep of a tablet counts."""

    def now_s(self) -> float:
        """See Clock."""
        return _steady_s()

    def unix_s(self) -> float:
        """See Clock."""
        return time.time()

    def wait(self, until_s: float, wake: Wakeup | None) -> None:
        """See Clock."""
        left_s = until_s - self.now_s()
        if left_s > 0:
            (wake or threading.Event()).wait(left_s)
