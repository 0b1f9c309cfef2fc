"""Times for people: the shop's local time with its offset from UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def local_time(at_s: float, zone: tzinfo | None) -> str:
    """Return a Unix time as 22.11.2026 13:25:48+03:00; `zone` None is the machine's time zone.

    A time that the zone or the calendar does not reach is given as a number of seconds.
    """
    try:
        return _written(datetime.fromtimestamp(at_s, UTC).astimezone(zone))
    except (ValueError, OverflowError, OSError):
        return f"{at_s:.0f} s"


def local_time_of(text: str, zone: tzinfo | None) -> str:
    """Return a time of ISO 8601 likewise. One without an offset is in UTC; any other text stays as it is."""
    try:
        read = datetime.fromisoformat(text)
        return _written((read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(zone))
    except (ValueError, OverflowError, OSError):
        return text


def _written(at: datetime) -> str:
    offset = at.replace(microsecond=0).isoformat()[len("2026-11-22T13:25:48") :]
    return f"{at.day:02d}.{at.month:02d}.{at.year:04d} {at:%H:%M:%S}{offset}"
