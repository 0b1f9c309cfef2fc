"""Synchronous and asynchronous output, its errors, FlagWhenIdle."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import ErrorEvent
from tests.support.upos_devices import WAIT_S, Heard, Press, enabled_press

JAMMED = UposError(ErrorCode.E_EXTENDED, "jammed", extended=203)


@pytest.fixture
def press() -> Iterator[Press]:
    with enabled_press() as device:
        yield device


def refusal(press: Press, what: str = "x") -> ErrorCode:
    with pytest.raises(UposError) as refused:
        press.press_once(what)
    return refused.value.error_code


def wait_idle(press: Press) -> None:
    with press._changed:
        assert press._changed.wait_for(lambda: press.state is State.S_IDLE, WAIT_S)


def test_synchronous_output_returns_when_it_is_done_or_throws(press: Press) -> None:
    press.press.end()
    press.press_once("a")
    press.press.end(JAMMED)
    with pytest.raises(UposError, match="jammed"):
        press.press_once("b")
    assert press.press.strokes == ["a", "b"]
    assert (press.state, press.output_id) == (State.S_IDLE, 0)


def test_asynchronous_output_is_told_in_order_when_it_is_really_done(press: Press) -> None:
    heard = Heard()
    press.add_output_complete_listener(heard)
    press.async_mode = True
    numbers = []
    for what in "abc":
        press.press_once(what)
        numbers.append(press.output_id)
    assert press.state is State.S_BUSY
    press.press.wait_for_strokes(1)
    assert heard.events == []
    for _ in "abc":
        press.press.end()
    assert [event.output_id for event in heard.wait(3)] == numbers
    assert len(set(numbers)) == 3
    assert press.press.strokes == ["a", "b", "c"]
    wait_idle(press)


def test_a_synchronous_call_while_output_is_outstanding_is_busy(press: Press) -> None:
    heard = Heard()
    press.add_output_complete_listener(heard)
    press.async_mode = True
    press.press_once("a")
    press.async_mode = False
    assert refusal(press) is ErrorCode.E_BUSY
    press.press.end()
    heard.wait(1)
    wait_idle(press)
    press.press.end()
    press.press_once("b")


def test_two_synchronous_calls_do_not_meet_in_the_device(press: Press) -> None:
    first = threading.Thread(target=press.press_once, args=("a",))
    first.start()
    press.press.wait_for_strokes(1)
    assert press.state is State.S_BUSY
    assert refusal(press) is ErrorCode.E_BUSY
    press.press.end()
    first.join(WAIT_S)
    assert press.press.strokes == ["a"]


def test_more_than_the_category_takes_is_busy(press: Press) -> None:
    press.async_mode = True
    for _ in range(Press.output_limit):
        press.press_once("x")
    assert refusal(press) is ErrorCode.E_BUSY
    press.clear_output()
    press.press_once("y")


def test_an_error_is_retried_until_it_goes_when_nobody_answers(press: Press) -> None:
    heard, errors = Heard(), Heard()
    press.add_output_complete_listener(heard)
    press.add_error_listener(errors)
    press.async_mode = True
    press.press_once("a")
    press.press.end(JAMMED)
    press.press.end(JAMMED)
    press.press.end()
    heard.wait(1)
    assert press.press.strokes == ["a", "a", "a"]
    first = errors.events[0]
    assert (first.error_code, first.error_code_extended) == (ErrorCode.E_EXTENDED, 203)
    assert (first.error_locus, first.error_response) == (ErrorLocus.EL_OUTPUT, ErrorResponse.ER_RETRY)


def test_an_unknown_fault_of_the_service_is_a_failure(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = Heard()
    press.add_error_listener(errors)

    def explode(_what: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(press.press, "stroke", explode)
    press.async_mode = True
    press.freeze_events = True
    press.press_once("a")
    with press._changed:
        assert press._changed.wait_for(lambda: press.state is State.S_ERROR, WAIT_S)
    press.clear_output()
    press.freeze_events = False
    assert press.state is State.S_IDLE
    assert errors.events == []


def test_clear_as_the_answer_drops_all_that_is_outstanding(press: Press) -> None:
    errors = Heard()

    def clear(event: ErrorEvent) -> None:
        event.error_response = ErrorResponse.ER_CLEAR
        errors(event)

    press.add_error_listener(clear)
    complete = Heard()
    press.add_output_complete_listener(complete)
    press.async_mode = True
    for what in "abc":
        press.press_once(what)
    press.press.end(JAMMED)
    errors.wait(1)
    wait_idle(press)
    press.press_once("d")
    press.press.end()
    assert [event.output_id for event in complete.wait(1)] == [4]
    assert press.press.strokes == ["a", "d"]


def test_continue_input_is_no_answer_to_an_output_error(press: Press) -> None:
    refused = Heard()

    def answer(event: ErrorEvent) -> None:
        with pytest.raises(UposError, match="is no answer to EL_OUTPUT"):
            event.error_response = ErrorResponse.ER_CONTINUEINPUT
        refused(event)

    press.add_error_listener(answer)
    press.async_mode = True
    press.press_once("a")
    press.press.end(JAMMED)
    refused.wait(1)
    press.press.end()


def test_clear_output_stops_what_is_under_way_and_tells_nothing(press: Press) -> None:
    heard = Heard()
    press.add_output_complete_listener(heard)
    press.add_error_listener(heard)
    press.async_mode = True
    press.press_once("a")
    press.press_once("b")
    press.press.wait_for_strokes(1)
    press.clear_output()
    assert press.press.aborted
    assert press.state is State.S_IDLE
    press.async_mode = False
    press.press.end()
    press.press_once("c")
    assert press.press.strokes == ["a", "c"]
    assert heard.events == []


def test_clear_output_ends_a_synchronous_call_of_another_thread(press: Press) -> None:
    refused: list[ErrorCode] = []
    waiting = threading.Thread(target=lambda: refused.append(refusal(press)))
    waiting.start()
    press.press.wait_for_strokes(1)
    press.clear_output()
    waiting.join(WAIT_S)
    assert refused == [ErrorCode.E_FAILURE]


@pytest.mark.parametrize("way", ["disable", "release", "close"])
def test_output_does_not_outlive_the_device(press: Press, way: str) -> None:
    heard = Heard()
    press.add_output_complete_listener(heard)
    press.async_mode = True
    press.press_once("a")
    press.press_once("b")
    press.press.wait_for_strokes(1)
    if way == "disable":
        press.device_enabled = False
    else:
        press.call(way)
    assert press.press.aborted
    assert press.state in (State.S_IDLE, State.S_CLOSED)
    assert heard.events == []
    assert press.press.strokes == ["a"]


class SmallPress(Press):
    untold_limit = 3


def test_undelivered_completions_are_bounded() -> None:
    with enabled_press(SmallPress()) as press:
        press.freeze_events = True
        press.async_mode = True
        for _ in range(3):
            press.press.end()
            press.press_once("x")
            wait_idle(press)
        assert refusal(press) is ErrorCode.E_BUSY


def test_flag_when_idle_tells_once_when_the_last_output_is_done(press: Press) -> None:
    heard = Heard()
    press.add_status_update_listener(heard)
    press.async_mode = True
    press.press_once("a")
    press.press_once("b")
    press.flag_when_idle = True
    press.press.end()
    press.press.wait_for_strokes(2)
    assert heard.events == []
    press.press.end()
    assert [event.status for event in heard.wait(1)] == [1001]
    assert not press.flag_when_idle
    press.press.end()
    press.press_once("c")
    wait_idle(press)
    assert len(heard.events) == 1


def test_flag_when_idle_tells_at_once_when_nothing_is_outstanding(press: Press) -> None:
    heard = Heard()
    press.add_status_update_listener(heard)
    press.freeze_events = True
    press.flag_when_idle = True
    press.flag_when_idle = True
    assert press.flag_when_idle
    press.freeze_events = False
    heard.wait(1)
    press.flag_when_idle = True
    heard.wait(2)
    press.freeze_events = True
    press.flag_when_idle = True
    press.flag_when_idle = False
    press.freeze_events = False
    press.flag_when_idle = True
    assert [event.status for event in heard.wait(3)] == [1001] * 3


def test_flag_when_idle_still_works_after_a_release(press: Press) -> None:
    heard = Heard()
    press.add_status_update_listener(heard)
    press.freeze_events = True
    press.flag_when_idle = True
    press.release()
    press.claim(0)
    press.device_enabled = True
    press.freeze_events = False
    press.flag_when_idle = True
    assert [event.status for event in heard.wait(1)] == [1001]


class RestlessPress(Press):
    retry_pause_s = 0.0


class OutputMachine(RuleBasedStateMachine):
    """Asynchronous output against a plain model: a list of requests, of which the first is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.press = enabled_press(RestlessPress())
        self.press.async_mode = True
        self.complete, self.errors = Heard(), Heard()
        self.answer = ErrorResponse.ER_RETRY
        self.press.add_output_complete_listener(self.complete)
        self.press.add_error_listener(self._on_error)
        self.outstanding: list[int] = []
        self.done: list[int] = []
        self.failures = self.strokes = self.last_id = 0

    def _on_error(self, event: ErrorEvent) -> None:
        event.error_response = self.answer
        self.errors(event)

    def _begin_next(self) -> None:
        if self.outstanding:
            self.strokes += 1
            self.press.press.wait_for_strokes(self.strokes)

    @rule()
    def output(self) -> None:
        if len(self.outstanding) == Press.output_limit:
            assert refusal(self.press) is ErrorCode.E_BUSY
            return
        self.press.press_once("x")
        self.last_id += 1
        self.outstanding.append(self.last_id)
        if len(self.outstanding) == 1:
            self._begin_next()

    @precondition(lambda self: self.outstanding)
    @rule()
    def succeed(self) -> None:
        self.press.press.end()
        self.done.append(self.outstanding.pop(0))
        self.complete.wait(len(self.done))
        self._begin_next()

    @precondition(lambda self: self.outstanding)
    @rule(answer=st.sampled_from([ErrorResponse.ER_RETRY, ErrorResponse.ER_CLEAR]))
    def fail(self, answer: ErrorResponse) -> None:
        self.answer = answer
        self.press.press.end(JAMMED)
        self.failures += 1
        self.errors.wait(self.failures)
        if answer is ErrorResponse.ER_CLEAR:
            self.outstanding = []
            wait_idle(self.press)
        self._begin_next()

    @rule()
    def clear(self) -> None:
        self.press.clear_output()
        self.outstanding = []

    @rule()
    def disable_and_enable(self) -> None:
        self.press.device_enabled = False
        self.press.device_enabled = True
        self.outstanding = []

    @invariant()
    def agrees(self) -> None:
        assert [event.output_id for event in self.complete.events] == self.done
        assert self.press.state is (State.S_BUSY if self.outstanding else State.S_IDLE)
        assert self.press.output_id == self.last_id
        assert len(self.press.press.strokes) == self.strokes

    def teardown(self) -> None:
        self.press.close()


TestOutput = OutputMachine.TestCase
