"""Time for the engine: a steady clock for deadlines, the wall clock for records, and waiting."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Set once by each boot of Linux; proc(5)."""
_CLOCKS_AGREE_S = 5.0
"""More than time synchronization moves a running clock within a window of re-sending, and less than anybody sets it."""
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def _steady_s() -> float:
    """Return seconds that count sleep, too: CLOCK_MONOTONIC of Linux stands still then, deadlines of money go on."""
    return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)


@functools.cache
def _linux_boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by both clocks of a machine, in seconds. `boot_id` is the boot that the steady clock counts from."""

    unix_s: float
    steady_s: float
    boot_id: str

    def age_s(self, now: Moment) -> float:
        """Return the seconds since this moment, by the clock that says more; infinite if the clocks cannot agree.

        They disagree after a boot, and if somebody set the wall clock meanwhile.
        """
        steady_s, wall_s = now.steady_s - self.steady_s, now.unix_s - self.unix_s
        agree = self.boot_id == now.boot_id and steady_s >= 0 and abs(steady_s - wall_s) <= _CLOCKS_AGREE_S
        return max(steady_s, wall_s) if agree else float("inf")


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

    def boot_id(self) -> str:
        """Return the name of this boot of the machine, from which the steady clock counts; empty if it has none."""
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

    def boot_id(self) -> str:
        """See Clock. Linux names each boot; elsewhere the clocks must agree, which they do not after a boot."""
        return _linux_boot_id()

    def wait(self, until_s: float, wake: Wakeup | None) -> None:
        """See Clock."""
        left_s = until_s - self.now_s()
        if left_s > 0:
            (wake or threading.Event()).wait(left_s)


def moment(clock: Clock) -> Moment:
    """Return this moment by both clocks."""
    return Moment(clock.unix_s(), clock.now_s(), clock.boot_id())
