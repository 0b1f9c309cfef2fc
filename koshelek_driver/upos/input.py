"""Devices that give input: DataEvents, their errors, AutoDisable."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse, ExtendedCode
from koshelek_driver.upos.device import Device
from koshelek_driver.upos.events import DataEvent, ErrorEvent, EventQueue, Queued
from koshelek_driver.upos.members import V1_10, ReadOnly, Stage, Writable, method

R = TypeVar("R")


class InputDevice(Device, Generic[R]):
    """A category whose service hands in records of type R.

    One input error waits at a time: until it is answered or cleared State is S_ERROR, and further errors are not
    reported separately.
    """

    record_type: ClassVar[type[Any]]
    data_properties: ClassVar[tuple[str, ...]]
    """The standard's names of the properties that a record fills and clearInputProperties resets."""

    _auto_disable: bool

    auto_disable = Writable(
        "AutoDisable", bool, "True disables the device as soon as one DataEvent is queued.", initial=False
    )
    data_event_enabled = Writable(
        "DataEventEnabled",
        bool,
        "True lets one DataEvent come, and becomes false just before it; input errors wait for it too.",
    )
    data_count = ReadOnly("DataCount", int, "The number of waiting DataEvents, also while events are frozen.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._input_fault: Queued | None = None

    @property
    def _data_count(self) -> int:
        return self._queue().data_count

    @property
    def _data_event_enabled(self) -> bool:
        return self._queue().data_event_enabled

    @data_event_enabled.on_write
    def _write_data_event_enabled(self, value: bool) -> None:
        with self._changed:
            dispatcher = self._session_now().dispatcher
            dispatcher.queue.data_event_enabled = value
            dispatcher.wake()

    @method("clearInput", needs=Stage.CLAIMED)
    def clear_input(self) -> None:
        """Drop waiting input and its errors, and leave the error state."""
        with self._changed:
            self._queue().drop_input()
            self._input_fault = None

    @method("clearInputProperties", needs=Stage.CLAIMED, since=V1_10)
    def clear_input_properties(self) -> None:
        """Set the data properties to their values at open; waiting events, DataCount and State stay."""
        with self._changed:
            for name in self.data_properties:
                self._members.find_property(name).reset(self)

    def add_data_listener(self, listener: Callable[[DataEvent], object]) -> None:
        """Call the listener for DataEvents, on the device's event thread."""
        self._listeners.add(DataEvent, listener)

    def remove_data_listener(self, listener: Callable[[DataEvent], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        self._listeners.remove(DataEvent, listener)

    # -- Filled in by categories -----------------------------------------------------------------------------------

    @abstractmethod
    def _show(self, record: R) -> None:
        """Fill the data properties from a record; under the lock, just before its DataEvent."""

    @abstractmethod
    def _count_input(self) -> None:
        """Count a queued record in the statistics; under the lock."""

    # -- The queue of input ----------------------------------------------------------------------------------------

    def _queue(self) -> EventQueue:
        return self._session_now().dispatcher.queue

    def _in_error(self) -> bool:
        return self._input_fault is not None or super()._in_error()

    def _queue_emptied(self) -> None:
        super()._queue_emptied()
        self._input_fault = None

    def _take_data(self, record: R) -> bool:
        if not isinstance(record, self.record_type):
            raise TypeError(f"expected a {self.record_type.__name__}, got a {type(record).__name__}")
        dispatcher = self._session_now().dispatcher
        if dispatcher.queue.is_full():
            self._take_error(ErrorCode.E_FAILURE, ExtendedCode.INPUT_QUEUE_FULL)
            return True
        dispatcher.put(Queued(DataEvent(status=0), prepare=partial(self._before_data, record)))
        self._count_input()
        if self._auto_disable:
            self._disconnect()
        return not self._auto_disable

    def _before_data(self, record: R) -> None:
        self._show(record)
        self._queue().data_event_enabled = False

    def _take_error(self, code: ErrorCode, extended: int) -> None:
        if self._input_fault is not None:
            return
        dispatcher = self._session_now().dispatcher
        last = _error(code, extended, ErrorLocus.EL_INPUT)
        last.done = partial(self._leave_error, last)
        self._input_fault = last
        if dispatcher.queue.data_count:
            # The standard has two events for an error behind waiting input: EL_INPUT_DATA before that input, which
            # may be cleared then, and EL_INPUT behind it.
            first = _error(code, extended, ErrorLocus.EL_INPUT_DATA)
            first.done = partial(self._data_error_answered, first, last)
            dispatcher.put_before_data(first)
        dispatcher.put(last)

    def _data_error_answered(self, first: Queued, last: Queued) -> None:
        answer = first.event.error_response if isinstance(first.event, ErrorEvent) else None
        with self._changed:
            if answer is ErrorResponse.ER_CLEAR and self._input_fault is last:
                # Input that came after the error is behind `last`, and stays.
                self._queue().drop_input(until=last)
                self._input_fault = None

    def _leave_error(self, last: Queued) -> None:
        with self._changed:
            if self._input_fault is last:
                self._input_fault = None


def _error(code: ErrorCode, extended: int, locus: ErrorLocus) -> Queued:
    return Queued(ErrorEvent(error_code=code, error_code_extended=extended, error_locus=locus))
