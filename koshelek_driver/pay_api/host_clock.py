"""The error of the till's clock, by the host's Date header (RFC 9110, 6.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

_HALF_A_SECOND = 0.5
"""Date has whole seconds: the true time is half a second later on average."""


_LONGEST_DATE = 64
"""Characters. A date of RFC 9110 has 29."""


class HostClock:
    """Follows the host's time by a monotonic clock.

    So jumps of the till's wall clock do not disturb it.
    """

    def __init__(self, steady_s: Callable[[], float], unix_s: Callable[[], float]) -> None:
        self._steady_s = steady_s
        self._unix_s = unix_s
        self._host_ahead_of_steady_s: float | None = None

    def heard(self, date: str) -> None:
        """Note the Date header of a response that just arrived; an invalid date is ignored."""
        told_s = _unix_s(date)
        if told_s is None:
            return
        self._host_ahead_of_steady_s = told_s + _HALF_A_SECOND - self._steady_s()

    def skew_s(self) -> float | None:
        """Return the seconds by which the till is ahead of the host.

        They are accurate to about one second, and None until the host has responded once.
        """
        if self._host_ahead_of_steady_s is None:
            return None
        return self._unix_s() - (self._steady_s() + self._host_ahead_of_steady_s)


def _unix_s(date: str) -> float | None:
    """Return a date of a header as Unix time, None if it is none. The zone "-0000" is UTC (RFC 5322, 3.3)."""
    if len(date) > _LONGEST_DATE or not date.isascii():
        return None
    try:
        told = parsedate_to_datetime(date)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, ArithmeticError, TypeError, LookupError, AttributeError, OSError):
        return None  # the parser of the library raises all of these for one date or another
