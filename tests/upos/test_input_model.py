"""A Scanner against a plain model written from the rules: claims, enabling, events, input errors, state.

Its event thread is replaced: the machine delivers what may be delivered after every step.
"""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from koshelek_driver.upos.codes import (
    ErrorCode,
    ErrorLocus,
    ErrorResponse,
    PowerNotify,
    PowerState,
    State,
)
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import DataEvent, ErrorEvent, StatusUpdateEvent
from tests.support.upos_devices import HandledScanner


class NoThread:
    """In place of the event thread."""

    def __init__(self, **_settings: Any) -> None: ...

    def start(self) -> None: ...


class ScannerMachine(RuleBasedStateMachine):
    """`waiting` holds, in order of delivery: a label's text, `error+data`, `error`, or a power state."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = mock.patch.object(threading, "Thread", NoThread)
        self.patch.start()
        self.scanner = HandledScanner()
        self.heard: list[object] = []
        self.expected: list[object] = []
        self.answer: ErrorResponse | None = None
        self.scanner.add_data_listener(self._on_data)
        self.scanner.add_error_listener(self._on_error)
        self.scanner.add_status_update_listener(self._on_status)
        self.number = 0
        self._model_closed()

    def _model_closed(self) -> None:
        self.opened = self.claimed = self.enabled = False
        self.frozen = self.data_event_enabled = self.auto_disable = self.notify = self.in_error = False
        self.waiting: list[object] = []
        self.scan_data = b""
        self.power: PowerState = PowerState.PS_UNKNOWN

    def teardown(self) -> None:
        if self.opened:
            self.scanner.close()
        self.patch.stop()

    # What the application does

    def _on_data(self, _event: DataEvent) -> None:
        assert not self.scanner.data_event_enabled
        self.heard.append(self.scanner.scan_data.decode())

    def _on_error(self, event: ErrorEvent) -> None:
        self.heard.append("error+data" if event.error_locus is ErrorLocus.EL_INPUT_DATA else "error")
        if self.answer is not None and event.error_locus is ErrorLocus.EL_INPUT_DATA:
            event.error_response = self.answer

    def _on_status(self, event: StatusUpdateEvent) -> None:
        self.heard.append(PowerState(event.status))

    def refused(self, code: ErrorCode | None, action: Any) -> bool:
        """Do it; whether it was refused, which must be with that code."""
        got = None
        try:
            action()
        except UposError as problem:
            got = problem.error_code
        assert got is code
        return got is not None

    def missing(self, *, claim: bool = False) -> ErrorCode | None:
        if not self.opened:
            return ErrorCode.E_CLOSED
        return ErrorCode.E_NOTCLAIMED if claim and not self.claimed else None

    @initialize()
    def start_ready(self) -> None:
        self.open()
        self.claim()
        self.enable(value=True)

    @rule()
    def open(self) -> None:
        if not self.refused(ErrorCode.E_ILLEGAL if self.opened else None, lambda: self.scanner.open("s")):
            self._model_closed()
            self.opened = True

    @precondition(lambda self: self.number % 5 == 4)
    @rule()
    def close(self) -> None:
        if not self.refused(self.missing(), self.scanner.close):
            self._model_closed()

    @rule()
    def claim(self) -> None:
        if not self.refused(self.missing(), lambda: self.scanner.claim(0)):
            self.claimed = True

    @precondition(lambda self: self.number % 5 == 3)
    @rule()
    def release(self) -> None:
        not_claimed = None if self.claimed else ErrorCode.E_ILLEGAL
        if not self.refused(self.missing() or not_claimed, self.scanner.release):
            self.claimed = self.in_error = False
            self.waiting = []
            self._model_disable()

    def _model_disable(self) -> None:
        self.enabled = False
        self.power = PowerState.PS_UNKNOWN

    @rule(value=st.booleans())
    def enable(self, value: bool) -> None:
        if self.refused(self.missing(claim=True), lambda: setattr(self.scanner, "device_enabled", value)):
            return
        if value and not self.enabled and self.notify:
            self.power = PowerState.PS_ONLINE
            self.waiting.append(PowerState.PS_ONLINE)
        self.enabled = value
        if not value:
            self._model_disable()

    @rule(value=st.booleans())
    def freeze(self, value: bool) -> None:
        if not self.refused(self.missing(), lambda: setattr(self.scanner, "freeze_events", value)):
            self.frozen = value

    @rule(value=st.booleans())
    def data_events(self, value: bool) -> None:
        if not self.refused(self.missing(), lambda: setattr(self.scanner, "data_event_enabled", value)):
            self.data_event_enabled = value

    @rule(value=st.booleans())
    def set_auto_disable(self, value: bool) -> None:
        if not self.refused(self.missing(), lambda: setattr(self.scanner, "auto_disable", value)):
            self.auto_disable = value

    @rule(value=st.sampled_from(PowerNotify))
    def set_power_notify(self, value: PowerNotify) -> None:
        illegal = ErrorCode.E_ILLEGAL if self.enabled else None
        if not self.refused(self.missing() or illegal, lambda: setattr(self.scanner, "power_notify", value)):
            self.notify = value is PowerNotify.PN_ENABLED

    @rule()
    def clear_input(self) -> None:
        if not self.refused(self.missing(claim=True), self.scanner.clear_input):
            self.waiting = [each for each in self.waiting if isinstance(each, PowerState)]
            self.in_error = False

    @rule()
    def clear_input_properties(self) -> None:
        if not self.refused(self.missing(claim=True), self.scanner.clear_input_properties):
            self.scan_data = b""

    @rule(answer=st.sampled_from([None, ErrorResponse.ER_CLEAR, ErrorResponse.ER_CONTINUEINPUT]))
    def the_next_answer(self, answer: ErrorResponse | None) -> None:
        self.answer = answer

    # What the device does

    @precondition(lambda self: bool(self.scanner.hand.given_callbacks))
    @rule()
    def scan(self) -> None:
        self.number += 1
        text = f"label {self.number}"
        self.scanner.hand.scan(text)
        if self.enabled:
            self.waiting.append(text)
            if self.auto_disable:
                self._model_disable()

    @precondition(lambda self: bool(self.scanner.hand.given_callbacks))
    @rule()
    def fail(self) -> None:
        self.scanner.hand.callbacks.error(ErrorCode.E_FAILURE)
        if self.enabled and not self.in_error:
            self.in_error = True
            texts = [each for each in self.waiting if isinstance(each, str)]
            if texts:
                self.waiting.insert(self.waiting.index(texts[0]), "error+data")
            self.waiting.append("error")

    @precondition(lambda self: bool(self.scanner.hand.given_callbacks))
    @rule(state=st.sampled_from([PowerState.PS_ONLINE, PowerState.PS_OFF_OFFLINE]))
    def power_changes(self, state: PowerState) -> None:
        self.scanner.hand.callbacks.power(state)
        if self.enabled and self.notify and state is not self.power:
            self.power = state
            self.waiting.append(state)

    # Delivery and comparison

    def _deliver(self) -> None:
        session = self.scanner._session
        while session is not None and session.dispatcher.deliver_next():
            pass

    def _model_deliver(self) -> None:
        while not self.frozen:
            free = [each for each in self.waiting if self.data_event_enabled or isinstance(each, PowerState)]
            if not free:
                return
            self.waiting.remove(free[0])
            self.expected.append(free[0])
            self._model_delivered(free[0])

    def _model_delivered(self, what: object) -> None:
        if what == "error":
            self.in_error = False
        elif what == "error+data":
            if self.answer is ErrorResponse.ER_CLEAR:
                last = self.waiting.index("error")
                after = self.waiting[last + 1 :]
                self.waiting = [each for each in self.waiting[:last] if isinstance(each, PowerState)] + after
                self.in_error = False
        elif isinstance(what, str):
            self.scan_data = what.encode()
            self.data_event_enabled = False

    @invariant()
    def agrees(self) -> None:
        self._deliver()
        self._model_deliver()
        assert self.heard == self.expected
        state = State.S_ERROR if self.in_error else State.S_IDLE
        assert self.scanner.state is (state if self.opened else State.S_CLOSED)
        if self.opened:
            texts = [each for each in self.waiting if isinstance(each, str) and not each.startswith("error")]
            assert self.scanner.data_count == len(texts)
            assert self.scanner.claimed == self.claimed
            assert self.scanner.device_enabled == self.enabled
            assert self.scanner.data_event_enabled == self.data_event_enabled
            assert self.scanner.power_state is self.power
        if self.claimed:
            assert self.scanner.scan_data == self.scan_data


TestScanner = ScannerMachine.TestCase
TestScanner.settings = settings(max_examples=300, stateful_step_count=40)
