"""The rule of business days: the time at which a day ends, and its date. Pure; times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_HALF_A_DAY_S = 43_200.0
_DAYS_AROUND = range(-1, 3)
"""Offsets in days around a date in which its next end must lie, even if the zone's clocks are set meanwhile."""


@dataclass(frozen=True, slots=True)
class DayRule:
    """The rule by which a business day ends.

    A day ends at the local time `closes_at`; if it is None, only a person closes days. `zone` None is the machine's
    time zone.
    """

    closes_at: time | None = None
    zone: tzinfo | None = None

    def end_after(self, at_s: float) -> float | None:
        """Return the end of the day that contains a time. None if days do not end automatically."""
        if self.closes_at is None:
            return None
        today = self._local(at_s).date()
        ends = (self._moment(today + timedelta(days), self.closes_at) for days in _DAYS_AROUND)
        return min(end for end in ends if end > at_s)

    def date_of(self, at_s: float) -> str:
        """Return the date of the day that contains a time, as 2026-11-22.

        A day that ends automatically has the date of its middle, on which most of it lies: a day from 04:00 to 04:00
        has the date of its afternoon and not of the night after it.
        """
        end_s = self.end_after(at_s)
        return self._local(at_s if end_s is None else end_s - _HALF_A_DAY_S).date().isoformat()

    def _local(self, at_s: float) -> datetime:
        return datetime.fromtimestamp(at_s, self.zone)

    def _moment(self, day: date, at: time) -> float:
        return datetime.combine(day, at, self.zone).timestamp()
