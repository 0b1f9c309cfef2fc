"""Events and the programs that hear them, however badly these behave."""

from __future__ import annotations

import logging
import sys
import threading
import time

import pytest

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus, ErrorResponse, ExtendedCode, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import QUEUE_LIMIT
from koshelek_driver.upos.events import DataEvent, DirectIOEvent, ErrorEvent, StatusUpdateEvent
from tests.support.upos_devices import WAIT_S, HandledScanner, Heard, enabled_scanner


def hear_all(scanner: HandledScanner) -> Heard:
    """Take every label: the event, with what ScanData was then."""
    heard = Heard()

    def on_data(event: DataEvent) -> None:
        heard(event)
        scanner.data_event_enabled = True

    scanner.add_data_listener(on_data)
    return heard


def test_events_come_on_a_thread_of_their_own_one_after_another() -> None:
    with enabled_scanner() as scanner:
        seen: list[tuple[bytes, str, bool]] = []
        heard = Heard()

        def on_data(event: DataEvent) -> None:
            seen.append((scanner.scan_data, threading.current_thread().name, scanner.data_event_enabled))
            scanner.data_event_enabled = True
            heard(event)

        scanner.add_data_listener(on_data)
        scanner.data_event_enabled = True
        for number in range(100):
            scanner.hand.scan(str(number))
        events = heard.wait(100)
    assert seen == [(str(number).encode(), "upos-events-s", False) for number in range(100)]
    assert [event.status for event in events] == [0] * 100
    assert all(event.source is scanner for event in events)


def test_sequence_numbers_rise_over_all_devices_and_when_is_now() -> None:
    heard = Heard()
    with enabled_scanner() as first, HandledScanner() as second:
        second.hand.claim_key = "second"
        second.open("s")
        second.claim(0)
        second.device_enabled = True
        for scanner in (first, second):
            scanner.add_status_update_listener(heard)
        for number in range(10):
            first.hand.callbacks.status(number)
            second.hand.callbacks.status(number)
        events = heard.wait(20)
    numbers = [event.sequence_number for event in events]
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 20))
    assert all(abs(event.when_ms - time.time() * 1000) < 60_000 for event in events)


@pytest.mark.parametrize("problem", [ValueError("]Q1CM4601234567893SECRET"), KeyboardInterrupt(), SystemExit(1)])
def test_a_listener_that_throws_harms_nobody(problem: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    def throw(_event: DataEvent) -> None:
        raise problem

    with enabled_scanner() as scanner, caplog.at_level(logging.ERROR):
        scanner.add_data_listener(throw)
        heard = hear_all(scanner)
        scanner.data_event_enabled = True
        scanner.hand.scan("one")
        scanner.hand.scan("two")
        heard.wait(2)
    assert caplog.text.count(f"a listener of DataEvent raised {type(problem).__name__} at {__file__}:") == 2
    assert "SECRET" not in caplog.text


def test_a_listener_that_calls_sys_exit_harms_nobody() -> None:
    with enabled_scanner() as scanner:
        scanner.add_status_update_listener(lambda _event: sys.exit())
        heard = Heard()
        scanner.add_status_update_listener(heard)
        scanner.hand.callbacks.status(1)
        heard.wait(1)


def test_a_listener_that_blocks_holds_up_only_its_own_device() -> None:
    may_go = threading.Event()
    blocking, other_heard = Heard(), Heard()

    def block(event: DataEvent) -> None:
        blocking(event)
        may_go.wait(WAIT_S)

    scanner, other = enabled_scanner(), HandledScanner()
    other.hand.claim_key = "other"
    with other:
        other.open("s")
        other.claim(0)
        other.device_enabled = True
        other.add_status_update_listener(other_heard)
        scanner.add_data_listener(block)
        scanner.data_event_enabled = True
        scanner.hand.scan("one")
        blocking.wait(1)
        scanner.hand.scan("two")
        assert scanner.data_count == 1
        scanner.device_enabled = False
        scanner.device_enabled = True
        assert scanner.scan_data == b"one"
        other.hand.callbacks.status(7)
        other_heard.wait(1)
        scanner.close()
        assert scanner.state is State.S_CLOSED
        scanner.open("s")  # a new life while the old listener still blocks
        scanner.claim(0)
        scanner.device_enabled = True
        scanner.add_status_update_listener(other_heard)
        scanner.hand.callbacks.status(8)
        other_heard.wait(2)
        may_go.set()
        scanner.close()


def test_a_listener_may_use_the_device_from_inside_its_event() -> None:
    heard = Heard()
    with enabled_scanner() as scanner:

        def on_data(event: DataEvent) -> None:
            scanner.device_enabled = False
            scanner.release()
            scanner.claim(0)
            scanner.decode_data = True
            scanner.device_enabled = True
            scanner.check_health(scanner_level)
            scanner.data_event_enabled = True
            heard(event)

        from koshelek_driver.upos.codes import HealthLevel

        scanner_level = HealthLevel.CH_INTERNAL
        scanner.add_data_listener(on_data)
        scanner.data_event_enabled = True
        scanner.hand.scan("one")
        heard.wait(1)
        scanner.hand.scan("two")
        heard.wait(2)
        assert scanner.scan_data_label == b"two"


def test_a_listener_may_close_the_device_and_open_it_again() -> None:
    heard = Heard()
    scanner = enabled_scanner()

    def on_data(event: DataEvent) -> None:
        scanner.close()
        scanner.open("s")
        scanner.claim(0)
        scanner.device_enabled = True
        scanner.data_event_enabled = True
        heard(event)

    scanner.add_data_listener(on_data)
    scanner.data_event_enabled = True
    scanner.hand.scan("one")
    heard.wait(1)
    scanner.hand.scan("two")
    heard.wait(2)
    scanner.close()
    assert scanner.hand.calls.count("close") == 3


def test_listeners_come_and_go_also_inside_an_event() -> None:
    late, once = Heard(), Heard()
    with enabled_scanner() as scanner:

        def first(event: StatusUpdateEvent) -> None:
            once(event)
            scanner.remove_status_update_listener(first)
            scanner.remove_status_update_listener(first)
            scanner.add_status_update_listener(late)

        scanner.add_status_update_listener(first)
        scanner.hand.callbacks.status(1)
        once.wait(1)
        scanner.hand.callbacks.status(2)
        assert [event.status for event in late.wait(1)] == [2]
        assert len(once.events) == 1


def test_an_error_that_nobody_hears_is_answered_by_its_default() -> None:
    with enabled_scanner() as scanner:
        heard = hear_all(scanner)
        scanner.freeze_events = True
        scanner.data_event_enabled = True
        scanner.hand.scan("one")
        scanner.hand.callbacks.error(ErrorCode.E_FAILURE, 7)
        scanner.hand.scan("two")
        assert scanner.state is State.S_ERROR
        scanner.freeze_events = False
        heard.wait(2)
        assert scanner.scan_data == b"two"
        assert scanner.get_property("State") == State.S_IDLE


def test_clearing_an_error_drops_the_input_before_it_and_keeps_what_came_after() -> None:
    def clear(event: ErrorEvent) -> None:
        event.error_response = ErrorResponse.ER_CLEAR

    with enabled_scanner() as scanner:
        scanner.add_error_listener(clear)
        heard = hear_all(scanner)
        scanner.hand.scan("before")
        scanner.hand.callbacks.error(ErrorCode.E_FAILURE)
        scanner.hand.scan("after")
        scanner.data_event_enabled = True
        heard.wait(1)
        assert scanner.scan_data == b"after"
        assert (scanner.data_count, scanner.state) == (0, State.S_IDLE)


def test_the_loci_of_an_input_error_and_what_they_allow() -> None:
    errors: list[tuple[ErrorLocus, ErrorResponse, int]] = []
    refused: list[ErrorCode] = []
    ended = threading.Event()
    with enabled_scanner() as scanner:

        def on_error(event: ErrorEvent) -> None:
            errors.append((event.error_locus, event.error_response, event.error_code_extended))
            for answer in (ErrorResponse.ER_RETRY, 99):
                with pytest.raises(UposError) as problem:
                    event.error_response = answer
                refused.append(problem.value.error_code)
            if event.error_locus is ErrorLocus.EL_INPUT:
                ended.set()

        scanner.add_error_listener(on_error)
        scanner.hand.scan("one")
        scanner.hand.callbacks.error(ErrorCode.E_FAILURE, 7)
        heard = hear_all(scanner)
        scanner.data_event_enabled = True
        heard.wait(1)
        assert ended.wait(WAIT_S)
    assert errors == [
        (ErrorLocus.EL_INPUT_DATA, ErrorResponse.ER_CONTINUEINPUT, 7),
        (ErrorLocus.EL_INPUT, ErrorResponse.ER_CLEAR, 7),
    ]
    assert set(refused) == {ErrorCode.E_ILLEGAL}


def test_a_direct_io_event_goes_to_the_listeners_and_back_to_its_sender() -> None:
    back = Heard()

    def answer(event: DirectIOEvent) -> None:
        event.data += 1
        event.object = "answered"

    with enabled_scanner() as scanner:
        scanner.add_direct_io_listener(answer)
        scanner.hand.callbacks.direct_io(5, 41, "asked", back)
        scanner.hand.callbacks.direct_io(6, 0, None)
        (event,) = back.wait(1)
    assert (event.event_number, event.data, event.object) == (5, 42, "answered")


def test_the_sender_of_a_direct_io_event_may_wait_for_a_thread_that_uses_the_device() -> None:
    seen: list[State] = []
    back = Heard()
    with enabled_scanner() as scanner:

        def answered(event: DirectIOEvent) -> None:
            other = threading.Thread(target=lambda: seen.append(scanner.state))
            other.start()
            other.join(WAIT_S)
            back(event)

        scanner.hand.callbacks.direct_io(5, 0, None, answered)
        back.wait(1)
    assert seen == [State.S_IDLE]


def test_input_that_nobody_takes_is_an_error_and_not_a_full_memory() -> None:
    with enabled_scanner() as scanner:
        for number in range(QUEUE_LIMIT + 5):
            scanner.hand.scan(str(number))
        assert scanner.data_count == QUEUE_LIMIT
        assert scanner.state is State.S_ERROR
        errors = Heard()
        scanner.add_error_listener(errors)
        heard = hear_all(scanner)
        scanner.data_event_enabled = True
        heard.wait(QUEUE_LIMIT)
        assert {event.error_code_extended for event in errors.wait(2)} == {ExtendedCode.INPUT_QUEUE_FULL}
        scanner.hand.scan("the next one")
        heard.wait(QUEUE_LIMIT + 1)
        assert scanner.scan_data == b"the next one"


def test_status_events_that_nobody_takes_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with enabled_scanner() as scanner:
        scanner.freeze_events = True
        heard = Heard()
        scanner.add_status_update_listener(heard)
        for number in range(QUEUE_LIMIT + 3):
            scanner.hand.callbacks.status(number)
        scanner.freeze_events = False
        assert [event.status for event in heard.wait(QUEUE_LIMIT)] == list(range(QUEUE_LIMIT))
    assert caplog.text.count("event queue full, StatusUpdateEvent lost") == 3


def test_auto_disable_keeps_the_label_and_stops_the_device() -> None:
    with enabled_scanner() as scanner:
        scanner.auto_disable = True
        assert not scanner.hand.scan("kept")
        assert not scanner.hand.scan("too late")
        assert (scanner.device_enabled, scanner.data_count) == (False, 1)
        scanner.device_enabled = True
        assert scanner.hand.calls == ["open", "enable", "disable", "enable"]
        scanner.device_enabled = False
        heard = hear_all(scanner)
        scanner.data_event_enabled = True
        heard.wait(1)
        assert scanner.scan_data == b"kept"


def test_what_a_disabled_device_says_is_not_heard_and_its_old_voice_neither() -> None:
    with enabled_scanner() as scanner:
        old = scanner.hand.callbacks
        scanner.device_enabled = False
        scanner.hand.scan("disabled")
        scanner.device_enabled = True
        heard = Heard()
        scanner.add_status_update_listener(heard)
        scanner.add_error_listener(heard)
        old.status(1)
        old.error(ErrorCode.E_FAILURE)
        old.communication_error()
        scanner.hand.callbacks.status(2)
        assert [event.status for event in heard.wait(1)] == [2]
        assert scanner.data_count == 0


def test_a_record_of_another_type_is_its_services_fault() -> None:
    with enabled_scanner() as scanner:
        with pytest.raises(TypeError, match="expected a Label, got a bytes"):
            scanner.hand.callbacks.data(b"raw")  # type: ignore[arg-type]
        scanner.hand.scan("good")
        assert scanner.data_count == 1
