"""Moments of the steady clock that stay apart from lengths of time, so that a state can be told without its date."""

from __future__ import annotations


class Moment(float):
    """Seconds on the steady clock. A moment plus seconds is a moment, a moment less a moment is seconds."""

    __slots__ = ()

    def __add__(self, seconds: float) -> Moment:
        """Return the moment so many seconds later."""
        return Moment(float(self) + seconds)

    __radd__ = __add__

    def __sub__(self, other: float) -> float:
        """Return the seconds since another moment, or the moment so many seconds earlier."""
        left = float(self) - float(other)
        return left if isinstance(other, Moment) else Moment(left)


NEVER = Moment(float("-inf"))
"""Longer ago than anything: the beginning of a sale after the wall clock was set back."""
