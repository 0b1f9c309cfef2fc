"""Join labels that come in several reports, marked if more follow."""

from __future__ import annotations

from abc import ABC, abstractmethod

from firmware_protocol.dialect import Damaged, Event

_MORE_S = 0.1
"""Seconds within which the next report of a label must come."""


class ReportJoiner(ABC):
    """Base of decoders that are fed one report at a time; `_data` holds the beginning of a label."""

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length
        self._data = b""
        self._open_s: float | None = None

    def deadline(self) -> float | None:
        """See Dialect."""
        return None if self._open_s is None else self._open_s + _MORE_S

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        events: list[Event] = []
        deadline = self.deadline()
        if data:
            self._take(data, now, events)
        elif deadline is not None and now >= deadline:
            self._rest_is_missing(events)
        return events

    @abstractmethod
    def _take(self, report: bytes, now: float, events: list[Event]) -> None:
        """Parse one report."""

    @abstractmethod
    def _rest_is_missing(self, events: list[Event]) -> None:
        """Handle a label whose next report did not come in time."""

    @abstractmethod
    def _end(self, events: list[Event]) -> None:
        """Report the label, which is whole, and clear it."""

    def _forget(self) -> None:
        self._data, self._open_s = b"", None

    def _join(self, part: bytes, now: float, events: list[Event], *, more: bool) -> None:
        """Add one part to the label; end the label if no more follow."""
        self._data += part
        self._open_s = now
        if len(self._data) > self._max_length:
            events.append(Damaged("a label longer than allowed", len(self._data)))
            self._forget()
        elif not more:
            self._end(events)
