"""When business days end, and which date each bears. Pure; moments are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_HALF_A_DAY_S = 43_200.0
_DAYS_AROUND = range(-1, 3)
"""A day that ends at a local time ends within two days, whatever the zone does meanwhile."""


@dataclass(frozen=True, slots=True)
class DayRule:
    """A day ends at `closes_at` of the local time; None: when a person closes it. `zone` None: the machine's own."""

    closes_at: time | None = None
    zone: tzinfo | None = None

    def end_after(self, at_s: float) -> float | None:
        """When the day ends that this moment is in; None when no rule ends it."""
        if self.closes_at is None:
            return None
        today = self._local(at_s).date()
        ends = (self._moment(today + timedelta(days), self.closes_at) for days in _DAYS_AROUND)
        return min(end for end in ends if end > at_s)

    def date_of(self, at_s: float) -> str:
        """The date of the day that this moment is in, as 2026-11-22: that of its middle where a rule ends it."""
        end_s = self.end_after(at_s)
        return self._local(at_s if end_s is None else end_s - _HALF_A_DAY_S).date().isoformat()

    def _local(self, at_s: float) -> datetime:
        return datetime.fromtimestamp(at_s, self.zone)

    def _moment(self, day: date, at: time) -> float:
        return datetime.combine(day, at, self.zone).timestamp()
