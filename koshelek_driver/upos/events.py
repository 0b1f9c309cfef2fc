"""The five events of the standard, and their queue. Nothing here waits, locks or calls a listener."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse
from koshelek_driver.upos.errors import UposError

_RESPONSES = {
    ErrorLocus.EL_OUTPUT: (ErrorResponse.ER_RETRY, ErrorResponse.ER_CLEAR),
    ErrorLocus.EL_INPUT: (ErrorResponse.ER_CLEAR,),
    ErrorLocus.EL_INPUT_DATA: (ErrorResponse.ER_CONTINUEINPUT, ErrorResponse.ER_CLEAR),
}
"""The responses that a listener may set, the default first.

ER_RETRY for input is for devices that can read the same input again; none of these can.
"""


@dataclass(slots=True, kw_only=True)
class Event:
    """The fields of every event.

    `source` is the device; `sequence_number` rises over all devices of the process in order of delivery; `when_ms` is
    the time of queueing, in milliseconds since 1970 (UTC).
    """

    source: Any = field(default=None, repr=False)
    sequence_number: int = 0
    when_ms: int = 0


@dataclass(slots=True, kw_only=True)
class DataEvent(Event):
    """One record of input is in the device's data properties."""

    status: int


@dataclass(slots=True, kw_only=True)
class DirectIOEvent(Event):
    """An event of the maker's. Listeners may change `data` and `object` for the device to read."""

    event_number: int
    data: int
    object: Any = None


@dataclass(slots=True, kw_only=True)
class ErrorEvent(Event):
    """Input or asynchronous output failed. A listener may set `error_response`."""

    error_code: ErrorCode
    error_code_extended: int
    error_locus: ErrorLocus
    _response: ErrorResponse | None = None

    @property
    def error_response(self) -> ErrorResponse:
        """The response to the error: the default of its locus, unless a listener sets another.

        EL_OUTPUT: ER_RETRY (default) or ER_CLEAR. EL_INPUT_DATA: ER_CONTINUEINPUT (default) or ER_CLEAR.
        EL_INPUT: ER_CLEAR. Setting any other raises UposError E_ILLEGAL; then the default stays.
        """
        return self._response or _RESPONSES[self.error_locus][0]

    @error_response.setter
    def error_response(self, value: ErrorResponse | int) -> None:
        allowed = _RESPONSES[self.error_locus]
        if value not in allowed:
            names = " or ".join(each.name for each in allowed)
            raise UposError(ErrorCode.E_ILLEGAL, f"{value!r} is no answer to {self.error_locus.name}", f"use {names}")
        self._response = ErrorResponse(value)


@dataclass(slots=True, kw_only=True)
class OutputCompleteEvent(Event):
    """An asynchronous output has ended at the device."""

    output_id: int


@dataclass(slots=True, kw_only=True)
class StatusUpdateEvent(Event):
    """The device's state has changed: power, paper, firmware, idle."""

    status: int


def _nothing() -> None: ...


@dataclass(slots=True, eq=False)
class Queued:
    """A waiting event.

    `prepare` is called just before the listeners, under the device's lock; `done` after the last of them, without it.
    `order` is its place among all events of the device.
    """

    event: Event
    prepare: Callable[[], None] = _nothing
    done: Callable[[], None] = _nothing
    order: int = 0

    @property
    def is_input(self) -> bool:
        """True for data and errors of input: DataEventEnabled holds them back."""
        event = self.event
        return isinstance(event, DataEvent) or (
            isinstance(event, ErrorEvent) and event.error_locus is not ErrorLocus.EL_OUTPUT
        )


class EventQueue:
    """First in, first out; but input that is held back does not hold back other events behind it.

    Not thread-safe: the device uses it under its lock.
    """

    def __init__(self, limit: int) -> None:
        self._input: deque[Queued] = deque()
        self._other: deque[Queued] = deque()
        self._order = itertools.count()
        self._limit = limit
        self.data_count = 0
        self.frozen = False
        self.data_event_enabled = False

    def is_full(self) -> bool:
        """Return True when the limit of waiting events is reached."""
        return len(self._input) + len(self._other) >= self._limit

    def put(self, queued: Queued) -> None:
        """Add an event at the end."""
        queued.order = next(self._order)
        (self._input if queued.is_input else self._other).append(queued)
        self.data_count += isinstance(queued.event, DataEvent)

    def put_before_data(self, queued: Queued) -> None:
        """Add an input error in front of waiting input; there must be some."""
        queued.order = self._input[0].order
        self._input.appendleft(queued)

    def take(self) -> Queued | None:
        """Remove and return the next event that may be delivered now, or None."""
        source = self._next_source()
        return None if source is None else self._popped(source)

    def drop_input(self, until: Queued | None = None) -> None:
        """Drop waiting input and its errors: all, or up to and including one of them."""
        while self._input:
            dropped = self._popped(self._input)
            if dropped is until:
                return

    def drop(self, queued: Queued) -> None:
        """Drop one event that is not input, if it still waits."""
        if queued in self._other:
            self._other.remove(queued)

    def clear(self) -> None:
        """Drop all waiting events."""
        self.drop_input()
        self._other.clear()

    def count_completed_outputs(self) -> int:
        """Return the number of waiting OutputCompleteEvents."""
        return sum(isinstance(queued.event, OutputCompleteEvent) for queued in self._other)

    def _next_source(self) -> deque[Queued] | None:
        if self.frozen:
            return None
        ready = [self._input] if self._input and self.data_event_enabled else []
        ready += [self._other] if self._other else []
        return min(ready, key=lambda waiting: waiting[0].order, default=None)

    def _popped(self, source: deque[Queued]) -> Queued:
        queued = source.popleft()
        self.data_count -= isinstance(queued.event, DataEvent)
        return queued
