"""The five events, and the queue that they wait in. Nothing here waits, locks or calls a listener."""

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
"""What a listener may answer; the first is what happens when nobody answers. ER_RETRY of input is for devices that
can read again what they read; none here can."""


@dataclass(slots=True, kw_only=True)
class Event:
    """What all events carry. `sequence_number` rises over all devices of the process in order of delivery;
    `when_ms` is when the event was queued, in milliseconds since 1970 (UTC)."""

    source: Any = field(default=None, repr=False)
    sequence_number: int = 0
    when_ms: int = 0


@dataclass(slots=True, kw_only=True)
class DataEvent(Event):
    """Input is in the device's data properties."""

    status: int


@dataclass(slots=True, kw_only=True)
class DirectIOEvent(Event):
    """The maker's own event. `data` and `object` may be changed by the listener, for the device to read."""

    event_number: int
    data: int
    object: Any = None


@dataclass(slots=True, kw_only=True)
class ErrorEvent(Event):
    """Input or asynchronous output failed. Set `error_response` to say what is to be done."""

    error_code: ErrorCode
    error_code_extended: int
    error_locus: ErrorLocus
    _response: ErrorResponse | None = None

    @property
    def error_response(self) -> ErrorResponse:
        """What will be done: the locus' default until a listener sets another that the locus allows.

        EL_OUTPUT: ER_RETRY (default) or ER_CLEAR. EL_INPUT_DATA: ER_CONTINUEINPUT (default) or ER_CLEAR.
        EL_INPUT: ER_CLEAR. Setting any other raises UposError E_ILLEGAL, and the default stays.
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
    """An asynchronous output was really done."""

    output_id: int


@dataclass(slots=True, kw_only=True)
class StatusUpdateEvent(Event):
    """The device's state changed: power, paper, firmware, idle."""

    status: int


def _nothing() -> None: ...


@dataclass(slots=True, eq=False)
class Queued:
    """An event that waits. `prepare` is called just before the listeners, under the device's lock; `done` after
    the last of them, without it."""

    event: Event
    prepare: Callable[[], None] = _nothing
    done: Callable[[], None] = _nothing
    order: int = 0

    @property
    def is_input(self) -> bool:
        """Whether DataEventEnabled holds it back: data, and errors of input."""
        event = self.event
        return isinstance(event, DataEvent) or (
            isinstance(event, ErrorEvent) and event.error_locus is not ErrorLocus.EL_OUTPUT
        )


class EventQueue:
    """First in, first out, but what is held back does not hold back what is behind it."""

    def __init__(self, limit: int) -> None:
        self._input: deque[Queued] = deque()
        self._other: deque[Queued] = deque()
        self._order = itertools.count()
        self._limit = limit
        self.data_count = 0
        self.frozen = False
        self.data_event_enabled = False

    def is_full(self) -> bool:
        """Whether nothing more should be put in."""
        return len(self._input) + len(self._other) >= self._limit

    def put(self, queued: Queued) -> None:
        """Add at the end."""
        queued.order = next(self._order)
        (self._input if queued.is_input else self._other).append(queued)
        self.data_count += isinstance(queued.event, DataEvent)

    def put_before_data(self, queued: Queued) -> None:
        """Add an input error in front of the input that waits; there must be some."""
        queued.order = self._input[0].order
        self._input.appendleft(queued)

    def take(self) -> Queued | None:
        """Remove the next event that may be delivered now."""
        source = self._next_source()
        return None if source is None else self._popped(source)

    def drop_input(self, until: Queued | None = None) -> None:
        """Forget waiting input and its errors: all, or those up to and including one that waits."""
        while self._input:
            dropped = self._popped(self._input)
            if dropped is until:
                return

    def drop(self, queued: Queued) -> None:
        """Forget one event that is not input, if it still waits."""
        if queued in self._other:
            self._other.remove(queued)

    def clear(self) -> None:
        """Forget everything that waits."""
        self.drop_input()
        self._other.clear()

    def outputs_to_tell(self) -> int:
        """How many OutputCompleteEvents wait."""
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
