"""Output categories: synchronous calls, the queue of AsyncMode, its events and its errors."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse
from koshelek_driver.upos.device import Device
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import QUEUE_LIMIT, EventDispatcher
from koshelek_driver.upos.events import ErrorEvent, EventQueue, OutputCompleteEvent, Queued, StatusUpdateEvent
from koshelek_driver.upos.members import ReadOnly, Stage, Writable, method, translated

_ABORT_WAIT_S = 5.0
"""Longest wait for an output that was cleared and is still leaving the device."""
_IDLE = 1001
"""PTR_SUE_IDLE."""


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One output request with checked parameters.

    `run` does the work, blocks, and raises UposError if it failed; after an error it may be called again. `abort` is
    called from another thread: it makes a running request end soon, and forgets one that was to be run again.
    """

    run: Callable[[], None]
    abort: Callable[[], None] = _nothing
    about: object = None
    """Any object that the category needs to describe an error of this request."""


@dataclass(slots=True, eq=False)
class _Request:
    output_id: int
    output: Output


class IdleNotice:
    """The StatusUpdateEvent that FlagWhenIdle asks for: one event each time the property is set.

    Every method is called under the device's lock.
    """

    def __init__(self) -> None:
        self.is_wanted = False
        """The value of FlagWhenIdle; it becomes false again when the event is delivered."""
        self._waiting: Queued | None = None

    def set_wanted(self, wanted: bool, queue: EventQueue) -> None:
        """Take a new value of FlagWhenIdle.

        False also removes an event that still waits in the queue.
        """
        self.is_wanted = wanted
        if not wanted and self._waiting is not None:
            queue.drop(self._waiting)
            self._waiting = None

    def send(self, dispatcher: EventDispatcher) -> None:
        """Queue the event if it is wanted and not queued yet."""
        if self.is_wanted and self._waiting is None:
            self._waiting = Queued(StatusUpdateEvent(status=_IDLE), prepare=self._before_delivery)
            dispatcher.put(self._waiting)

    def forget_event(self) -> None:
        """The event queue was emptied, so no event waits any more."""
        self._waiting = None

    def _before_delivery(self) -> None:
        self.is_wanted = False
        self._waiting = None


class OutputDevice(Device):
    """A category whose methods hand their work to `_output`."""

    output_limit: ClassVar[int] = 1000
    """Asynchronous requests that may be outstanding; one more is refused with E_BUSY."""
    untold_limit: ClassVar[int] = QUEUE_LIMIT
    """OutputCompleteEvents that may wait for delivery; with more, a new request is refused with E_BUSY."""
    retry_pause_s: ClassVar[float] = 0.5
    """Pause between a failed output and its retry: the standard's default response is ER_RETRY, without a limit."""

    _async_mode: bool
    _output_id: int

    async_mode = Writable(
        "AsyncMode",
        bool,
        "True if output methods return at once and an OutputCompleteEvent reports the end.",
        initial=False,
    )
    output_id = ReadOnly("OutputID", int, "The number of the last asynchronous request.", initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outstanding: deque[_Request] = deque()
        self._running: Output | None = None
        self._leaving: Output | None = None
        self._working = False
        self._output_fault: Queued | None = None
        self._idle_notice = IdleNotice()

    @method("clearOutput", needs=Stage.CLAIMED)
    def clear_output(self) -> None:
        """Clear outstanding output and its error, and stop running output if possible.

        No OutputCompleteEvent is sent for cleared output.
        """
        self._drop_output()

    def add_output_complete_listener(self, listener: Callable[[OutputCompleteEvent], object]) -> None:
        """Add a listener for OutputCompleteEvents, called on the device's event thread."""
        self._listeners.add(OutputCompleteEvent, listener)

    def remove_output_complete_listener(self, listener: Callable[[OutputCompleteEvent], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        self._listeners.remove(OutputCompleteEvent, listener)

    # -- What categories build on --------------------------------------------------------------------------------

    def _output(self, output: Output) -> None:
        """Run the output now, or queue it in AsyncMode.

        Raises:
            UposError: E_BUSY; in synchronous mode also everything that `output.run` raises.
        """
        if self._updating:
            raise UposError(ErrorCode.E_BUSY, f"the firmware of {self} is being updated", "wait for its end")
        if self._async_mode:
            self._enqueue(output)
        else:
            self._run_now(output)

    def _ask_for_idle_notice(self, wanted: bool) -> None:
        """Set FlagWhenIdle, for a category that has it; the event is queued at once if the device is idle."""
        with self._changed:
            self._idle_notice.set_wanted(wanted, self._session_now().dispatcher.queue)
            if not self._is_busy():
                self._send_idle_notice()

    def _describe_output_error(self, output: Output, problem: UposError) -> None:
        """An ErrorEvent of this output is about to be delivered; called under the lock."""

    # -- How it is done ------------------------------------------------------------------------------------------

    def _is_busy(self) -> bool:
        return bool(self._outstanding) or self._running is not self._leaving or super()._is_busy()

    def _prepare_session(self) -> None:
        super()._prepare_session()
        self._idle_notice = IdleNotice()

    def _queue_emptied(self) -> None:
        super()._queue_emptied()
        self._idle_notice.forget_event()

    def _send_idle_notice(self) -> None:
        """No output is outstanding: queue the event of FlagWhenIdle; called under the lock."""
        if self._device_enabled:
            self._idle_notice.send(self._session_now().dispatcher)

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
        """Return True if a request is still outstanding: then it is the first, because requests run in order."""
        return bool(self._outstanding) and self._outstanding[0] is request

    def _finish(self, request: _Request, problem: UposError | None) -> None:
        if problem is not None:
            self._ask(request, problem)
            return
        self._outstanding.popleft()
        self._session_now().dispatcher.put(Queued(OutputCompleteEvent(output_id=request.output_id)))
        if not self._outstanding:
            self._send_idle_notice()

    def _ask(self, request: _Request, problem: UposError) -> None:
        """Send an ErrorEvent and wait for its response; pause before the retry unless the request was dropped."""
        event = ErrorEvent(
            error_code=problem.error_code,
            error_code_extended=problem.error_code_extended,
            error_locus=ErrorLocus.EL_OUTPUT,
        )
        fault = Queued(event, prepare=lambda: self._describe_output_error(request.output, problem))
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
                self._send_idle_notice()
            self._changed.notify_all()
        if running is not None:
            running.abort()
        if stuck is not None:
            self._ended()


def _fault_of(output: Output) -> UposError | None:
    try:
        with translated("output"):
            output.run()
    except UposError as problem:
        return problem
    return None
