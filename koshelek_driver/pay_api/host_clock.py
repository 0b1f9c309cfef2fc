"""How far the till's clock is off, by the Date header of the host's answers (RFC 9110, 6.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

_HALF_A_SECOND = 0.5
"""Date has whole seconds: the true time is half a second later on average."""


class HostClock:
    """Hears what time the host has. A steady clock carries it on, however the wall clock of the till jumps."""

    def __init__(self, steady_s: Callable[[], float], unix_s: Callable[[], float]) -> None:
        self._steady_s = steady_s
        self._unix_s = unix_s
        self._host_ahead_of_steady_s: float | None = None

    def heard(self, date: str) -> None:
        """A Date header just came; one that is no date is passed over."""
        try:
            told_s = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        self._host_ahead_of_steady_s = told_s + _HALF_A_SECOND - self._steady_s()

    def skew_s(self) -> float | None:
        """How far the till is ahead of the host, in seconds, to about a second; None while nothing was heard."""
        if self._host_ahead_of_steady_s is None:
            return None
        return self._unix_s() - (self._steady_s() + self._host_ahead_of_steady_s)
