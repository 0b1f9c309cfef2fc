"""Devices that give output: at once, or in a queue with OutputCompleteEvents, errors that are retried or cleared."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse
from koshelek_driver.upos.device import Device
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import QUEUE_LIMIT
from koshelek_driver.upos.events import ErrorEvent, OutputCompleteEvent, Queued, StatusUpdateEvent
from koshelek_driver.upos.members import ReadOnly, Stage, Writable, method, translated

_ABORT_WAIT_S = 5.0
"""How long an output waits for one that was cleared away and is still on its way out of the device."""
_IDLE = 1001
"""PTR_SUE_IDLE."""


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One request, its parameters checked. `run` does it, blocking, and raises UposError when it could not; after an
    error it may be run again. `abort` makes a running one end soon, and forgets one that was to be run again; it is
    called from another thread."""

    run: Callable[[], None]
    abort: Callable[[], None] = _nothing
    about: object = None
    """Whatever the category wants to find again when it fails."""


@dataclass(slots=True, eq=False)
class _Request:
    output_id: int
    output: Output


class OutputDevice(Device):
    """A category whose methods hand their work to `_output`."""

    output_limit: ClassVar[int] = 1000
    """Asynchronous requests that may be outstanding; one more is E_BUSY."""
    untold_limit: ClassVar[int] = QUEUE_LIMIT
    """OutputCompleteEvents that may wait for delivery; with more, a new request is E_BUSY."""
    retry_pause_s: ClassVar[float] = 0.5
    """Pause between a failed output and its retry: the standard's default answer is ER_RETRY, without end."""

    _async_mode: bool
    _output_id: int

    async_mode = Writable(
        "AsyncMode", bool, "True: output methods return at once, an OutputCompleteEvent tells the end.", initial=False
    )
    output_id = ReadOnly("OutputID", int, "The number of the last asynchronous request.", initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outstanding: deque[_Request] = deque()
        self._running: Output | None = None
        self._leaving: Output | None = None
        self._working = False
        self._output_fault: Queued | None = None

    @method("clearOutput", needs=Stage.CLAIMED)
    def clear_output(self) -> None:
        """Forget the output that is outstanding and its error, stop what is under way where the device can.

        No OutputCompleteEvent comes for what was forgotten.
        """
        self._drop_output()

    def add_output_complete_listener(self, listener: Callable[[OutputCompleteEvent], object]) -> None:
        """Hear OutputCompleteEvents, on the device's event thread."""
        self._listeners.add(OutputCompleteEvent, listener)

    def remove_output_complete_listener(self, listener: Callable[[OutputCompleteEvent], object]) -> None:
        """Hear them no more."""
        self._listeners.remove(OutputCompleteEvent, listener)

    # -- What categories build on --------------------------------------------------------------------------------

    def _output(self, output: Output) -> None:
        """Do it now, or queue it, as AsyncMode says. Raises E_BUSY; now also what `output.run` raises."""
        if self._updating:
            raise UposError(ErrorCode.E_BUSY, f"the firmware of {self} is being updated", "wait for its end")
        if self._async_mode:
            self._enqueue(output)
        else:
            self._run_now(output)

    def _ran_empty(self) -> None:
        """No output is outstanding any more; under the lock."""

    def _tell_output_error(self, output: Output, problem: UposError) -> None:
        """An ErrorEvent of this output is about to be delivered; under the lock."""

    # -- How it is done ------------------------------------------------------------------------------------------

    def _is_busy(self) -> bool:
        return bool(self._outstanding) or self._running is not self._leaving or super()._is_busy()

    def _in_error(self) -> bool:
        return self._output_fault is not None or super()._in_error()

    def _run_now(self, output: Output) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._leaving is None, timeout=_ABORT_WAIT_S)
            if self._outstanding or self._running is not None:
                raise UposError(ErrorCode.E_BUSY, f"{self} has output outstanding", "wait for it, or clearOutput")
            self._running = output
        try:
            output.run()
        finally:
            self._ended()

    def _enqueue(self, output: Output) -> None:
        with self._changed:
            untold = self._session_now().dispatcher.queue.count_completed_outputs()
            if len(self._outstanding) >= self.output_limit or untold >= self.untold_limit:
                raise UposError(ErrorCode.E_BUSY, f"{self} takes no more output", "wait for OutputCompleteEvents")
            self._output_id += 1
            self._outstanding.append(_Request(self._output_id, output))
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name=f"upos-output-{self}", daemon=True).start()

    def _work(self) -> None:
        while (request := self._next_request()) is not None:
            problem = _fault_of(request.output)
            with self._changed:
                self._ended()
                if self._is_next(request):
                    self._finish(request, problem)

    def _next_request(self) -> _Request | None:
        with self._changed:
            self._changed.wait_for(lambda: self._running is None)
            if not self._outstanding:
                self._working = False
                return None
            self._running = self._outstanding[0].output
            return self._outstanding[0]

    def _ended(self) -> None:
        with self._changed:
            self._running = self._leaving = None
            self._changed.notify_all()

    def _is_next(self, request: _Request) -> bool:
        """Whether a request is still outstanding: the first, since they are done in order."""
        return bool(self._outstanding) and self._outstanding[0] is request

    def _finish(self, request: _Request, problem: UposError | None) -> None:
        if problem is not None:
            self._ask(request, problem)
            return
        self._outstanding.popleft()
        self._session_now().dispatcher.put(Queued(OutputCompleteEvent(output_id=request.output_id)))
        if not self._outstanding:
            self._ran_empty()

    def _ask(self, request: _Request, problem: UposError) -> None:
        """Tell the error and wait for the answer; then pause before the retry, unless the request was dropped."""
        event = ErrorEvent(
            error_code=problem.error_code,
            error_code_extended=problem.error_code_extended,
            error_locus=ErrorLocus.EL_OUTPUT,
        )
        fault = Queued(event, prepare=lambda: self._tell_output_error(request.output, problem))
        fault.done = lambda: self._answered(fault, event.error_response)
        self._output_fault = fault
        self._session_now().dispatcher.put(fault)
        self._changed.wait_for(lambda: self._output_fault is not fault)
        self._changed.wait_for(lambda: not self._is_next(request), timeout=self.retry_pause_s)

    def _answered(self, fault: Queued, answer: ErrorResponse) -> None:
        with self._changed:
            if self._output_fault is not fault:
                return
            if answer is not ErrorResponse.ER_CLEAR:
                self._output_fault = None
                self._changed.notify_all()
                return
        self._drop_output()

    def _drop_output(self) -> None:
        with self._changed:
            stuck = self._outstanding[0].output if self._output_fault is not None else None
            running, had = self._running or stuck, bool(self._outstanding)
            self._outstanding.clear()
            self._leaving = running
            if self._output_fault is not None:
                self._session_now().dispatcher.queue.drop(self._output_fault)
                self._output_fault = None
            if had:
                self._ran_empty()
            self._changed.notify_all()
        if running is not None:
            running.abort()
        if stuck is not None:
            self._ended()


class FlagsWhenIdle(OutputDevice):
    """An output category with FlagWhenIdle."""

    _flag_when_idle: bool

    flag_when_idle = Writable(
        "FlagWhenIdle",
        bool,
        "True asks for one StatusUpdateEvent 1001 when no output is outstanding, at once if that is so already.",
        initial=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle_told: Queued | None = None

    def _queue_emptied(self) -> None:
        super()._queue_emptied()
        self._idle_told = None

    @flag_when_idle.on_write
    def _write_flag_when_idle(self, value: bool) -> None:
        with self._changed:
            self._flag_when_idle = value
            if not value and self._idle_told is not None:
                self._session_now().dispatcher.queue.drop(self._idle_told)
                self._idle_told = None
            if not self._is_busy():
                self._ran_empty()

    def _ran_empty(self) -> None:
        if self._flag_when_idle and self._device_enabled and self._idle_told is None:
            self._idle_told = Queued(StatusUpdateEvent(status=_IDLE), prepare=self._before_idle)
            self._session_now().dispatcher.put(self._idle_told)

    def _before_idle(self) -> None:
        self._flag_when_idle = False
        self._idle_told = None


def _fault_of(output: Output) -> UposError | None:
    try:
        with translated("output"):
            output.run()
    except UposError as problem:
        return problem
    return None
