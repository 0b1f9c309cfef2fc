"""Devices that give input: DataEvents, their errors, AutoDisable."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from koshelek_driver.upos.base import DeviceInlet
from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse, ExtendedCode
from koshelek_driver.upos.device import Device
from koshelek_driver.upos.events import DataEvent, ErrorEvent, EventQueue, Queued
from koshelek_driver.upos.members import V1_10, ReadOnly, Stage, Writable, method

R = TypeVar("R")


class InputDevice(Device, Generic[R]):
    """A category whose service hands in records of type R.

    One input error waits at a time: while it does, State is S_ERROR and further errors are not told separately.
    """

    record_type: ClassVar[type[Any]]
    data_properties: ClassVar[tuple[str, ...]]
    """The properties, by the standard's names, that a record fills and clearInputProperties resets."""

    _auto_disable: bool

    auto_disable = Writable(
        "AutoDisable", bool, "True disables the device as soon as one DataEvent is queued.", initial=False
    )
    data_event_enabled = Writable(
        "DataEventEnabled",
        bool,
        "True lets one DataEvent come, and becomes false just before it; input errors wait for it too.",
    )
    data_count = ReadOnly("DataCount", int, "How many DataEvents wait, also while events are frozen.")

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
            delivery = self._session_now().delivery
            delivery.queue.data_event_enabled = value
            delivery.wake()

    @method("clearInput", needs=Stage.CLAIMED)
    def clear_input(self) -> None:
        """Forget the input that waits and its errors, and leave the error state."""
        with self._changed:
            self._queue().drop_input()
            self._input_fault = None

    @method("clearInputProperties", needs=Stage.CLAIMED, since=V1_10)
    def clear_input_properties(self) -> None:
        """Set the data properties to what they were at open; what waits, DataCount and State stay."""
        with self._changed:
            for name in self.data_properties:
                member = self._property(name)
                setattr(self, f"_{member.attribute}", member.initial)

    def add_data_listener(self, listener: Callable[[DataEvent], object]) -> None:
        """Hear DataEvents, on the device's event thread."""
        self._listeners.add(DataEvent, listener)

    def remove_data_listener(self, listener: Callable[[DataEvent], object]) -> None:
        """Hear them no more."""
        self._listeners.remove(DataEvent, listener)

    # -- What categories fill in ---------------------------------------------------------------------------------

    @abstractmethod
    def _show(self, record: R) -> None:
        """Fill the data properties from a record; under the lock, just before its DataEvent."""

    @abstractmethod
    def _count_input(self) -> None:
        """Count a record that was queued in the statistics; under the lock."""

    # -- How it is done ------------------------------------------------------------------------------------------

    def _queue(self) -> EventQueue:
        return self._session_now().delivery.queue

    def _in_error(self) -> bool:
        return self._input_fault is not None or super()._in_error()

    def _queue_emptied(self) -> None:
        super()._queue_emptied()
        self._input_fault = None

    def _take_data(self, inlet: DeviceInlet, record: R) -> bool:
        if not isinstance(record, self.record_type):
            raise TypeError(f"expected a {self.record_type.__name__}, got a {type(record).__name__}")
        with self._changed:
            if self._inlet is not inlet:
                return False
            delivery = self._session_now().delivery
            if delivery.queue.is_full():
                self._take_error(ErrorCode.E_FAILURE, ExtendedCode.INPUT_QUEUE_FULL)
                return True
            delivery.put(Queued(DataEvent(status=0), prepare=partial(self._before_data, record)))
            self._count_input()
            if self._auto_disable:
                self._stop_hearing()
            return not self._auto_disable

    def _before_data(self, record: R) -> None:
        self._show(record)
        self._queue().data_event_enabled = False

    def _take_error(self, code: ErrorCode, extended: int) -> None:
        if self._input_fault is not None:
            return
        delivery = self._session_now().delivery
        last = _error(code, extended, ErrorLocus.EL_INPUT)
        last.done = partial(self._leave_error, last)
        self._input_fault = last
        if delivery.queue.data_count:
            first = _error(code, extended, ErrorLocus.EL_INPUT_DATA)
            first.done = partial(self._data_error_answered, first, last)
            delivery.put_before_data(first)
        delivery.put(last)

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
