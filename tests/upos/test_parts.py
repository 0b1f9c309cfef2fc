"""The objects that a device is made of, each without a device."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from koshelek_driver.upos import ErrorCode, HealthLevel, PowerState, StatusUpdate, UposError
from koshelek_driver.upos.callbacks import DeviceCallbacks
from koshelek_driver.upos.claims import claim_within
from koshelek_driver.upos.codes import FOREVER
from koshelek_driver.upos.event_dispatcher import EventDispatcher, Listeners
from koshelek_driver.upos.events import StatusUpdateEvent
from koshelek_driver.upos.maintenance import Maintenance
from koshelek_driver.upos.statistics import COMMUNICATION_ERRORS, Statistics
from tests.support.upos_devices import WAIT_S, HandScanner, Heard


class Parts:
    """The lock, the events and the counters of one open device."""

    def __init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.heard = Heard()
        listeners = Listeners()
        listeners.add(StatusUpdateEvent, self.heard)
        self.dispatcher = EventDispatcher("parts", self.lock, listeners, self)
        self.counters = Statistics((), dict, lambda: 0.0)
        self.reported: list[Any] = []

    def callbacks(self) -> DeviceCallbacks:
        return DeviceCallbacks(
            self.lock,
            self.dispatcher,
            self.counters,
            on_data=self.take,
            on_error=lambda code, extended: self.reported.append((code, extended)),
            on_power=self.reported.append,
        )

    def take(self, record: object) -> bool:
        self.reported.append(record)
        return True

    def maintenance(self, service: HandScanner) -> Maintenance:
        return Maintenance(
            "Scanner", "Scanner s", service, dispatcher=self.dispatcher, counters=self.counters, lock=self.lock
        )


@pytest.fixture
def parts() -> Any:
    made = Parts()
    yield made
    with made.lock:
        made.dispatcher.stop()


def test_callbacks_report_until_they_are_disconnected(parts: Parts) -> None:
    callbacks = parts.callbacks()
    for times in (1, 2):
        assert callbacks.data("label") is (times == 1)
        callbacks.error(ErrorCode.E_FAILURE, 7)
        callbacks.power(PowerState.PS_ONLINE)
        callbacks.status(5)
        callbacks.communication_error()
        callbacks.disconnect()
    assert parts.reported == ["label", (ErrorCode.E_FAILURE, 7), PowerState.PS_ONLINE]
    assert [event.status for event in parts.heard.wait(1)] == [5]
    assert parts.counters.values(COMMUNICATION_ERRORS) == {COMMUNICATION_ERRORS: "1"}


def test_the_result_of_a_test_of_health_is_stored_in_words(parts: Parts) -> None:
    hand = HandScanner()
    maintenance = parts.maintenance(hand)
    maintenance.check_health(HealthLevel.CH_INTERNAL)
    assert maintenance.health_text == "Internal HCheck: Successful"
    hand.fails["check_health"] = UposError(ErrorCode.E_NOHARDWARE, "no port")
    with pytest.raises(UposError):
        maintenance.check_health(HealthLevel.CH_EXTERNAL)
    assert maintenance.health_text == "External HCheck: no port"


def test_a_firmware_update_reports_progress_and_end_and_none_after_close(parts: Parts) -> None:
    hand = HandScanner()
    maintenance = parts.maintenance(hand)
    maintenance.update_firmware("new.bin")
    assert parts.heard.wait(1)[0].status == StatusUpdate.SUE_UF_PROGRESS + 50
    with pytest.raises(UposError) as refused:
        maintenance.refuse_while_updating()
    assert refused.value.error_code is ErrorCode.E_BUSY
    with parts.lock:
        parts.dispatcher.stop()
    update = next(each for each in threading.enumerate() if each.name == "upos-firmware")
    hand.update_may_end.set()
    update.join(WAIT_S)
    assert not maintenance.updating
    assert len(parts.heard.events) == 1


@pytest.mark.parametrize(("timeout_ms", "successes", "claimed"), [(0, 1, True), (0, 2, False), (FOREVER, 3, True)])
def test_an_attempt_to_claim_is_repeated_until_the_timeout(timeout_ms: int, successes: int, claimed: bool) -> None:
    attempts: list[None] = []

    def attempt() -> bool:
        attempts.append(None)
        return len(attempts) >= successes

    assert claim_within(attempt, timeout_ms, threading.Condition()) is claimed
    assert len(attempts) == (successes if claimed else 1)
