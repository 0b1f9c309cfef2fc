"""The life of a device where the conformance test has no words for it: faults of a service, power, health, bridges."""

from __future__ import annotations

import threading
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from koshelek_driver.errors import PortNotOpened
from koshelek_driver.upos.codes import (
    CompareFirmware,
    ErrorCode,
    ExtendedCode,
    HealthLevel,
    PowerNotify,
    PowerReporting,
    PowerState,
    State,
    StatusUpdate,
)
from koshelek_driver.upos.errors import UposError
from tests.support.upos_devices import WAIT_S, HandledScanner, HandScanner, Heard, enabled_scanner

SPACE = "{http://www.nrf-arts.org/IXRetail/namespace/}"


def refusal(action: Any, *arguments: object) -> UposError:
    with pytest.raises(UposError) as refused:
        action(*arguments)
    return refused.value


def test_an_unknown_name_does_not_exist_and_names_the_nearest() -> None:
    problem = refusal(HandledScanner().open, "S1")
    assert problem.error_code is ErrorCode.E_NOEXIST
    assert "'s'" in problem.remedy or "s" in problem.remedy


def test_a_service_that_cannot_open_leaves_the_device_closed_and_is_closed() -> None:
    scanner = HandledScanner()
    scanner.hand.fails["open"] = UposError(ErrorCode.E_NOHARDWARE, "unplugged")
    assert refusal(scanner.open, "s").error_code is ErrorCode.E_NOHARDWARE
    assert scanner.state is State.S_CLOSED
    assert scanner.hand.calls == ["open", "close"]
    del scanner.hand.fails["open"]
    with scanner:
        scanner.open("s")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (RuntimeError("secret text"), "DeviceEnabled failed with RuntimeError"),
        (PortNotOpened("COM9 does not open", "check the cable"), "DeviceEnabled: COM9 does not open"),
    ],
)
def test_a_stray_exception_is_a_failure_with_the_original(raised: Exception, told: str) -> None:
    with HandledScanner() as scanner:
        scanner.open("s")
        scanner.claim(0)
        scanner.hand.fails["enable"] = raised
        problem = refusal(setattr, scanner, "device_enabled", True)
        assert (problem.error_code, problem.what) == (ErrorCode.E_FAILURE, told)
        assert problem.__cause__ is raised
        assert not scanner.device_enabled
        scanner.hand.fails.clear()
        scanner.device_enabled = True
        scanner.hand.scan("works")
        assert scanner.data_count == 1


def test_enabling_and_disabling_twice_does_nothing() -> None:
    with enabled_scanner() as scanner:
        scanner.device_enabled = True
        scanner.device_enabled = False
        scanner.device_enabled = False
        assert scanner.hand.calls == ["open", "enable", "disable"]


def test_disabling_keeps_what_is_queued() -> None:
    with enabled_scanner() as scanner:
        scanner.hand.scan("kept")
        scanner.device_enabled = False
        assert scanner.data_count == 1


def test_closing_goes_on_when_the_service_fails() -> None:
    scanner = enabled_scanner()
    scanner.hand.fails |= {"disable": RuntimeError(), "close": ValueError()}
    assert refusal(scanner.close).error_code is ErrorCode.E_FAILURE
    assert scanner.state is State.S_CLOSED
    with enabled_scanner() as other:
        assert other.claimed


def test_a_second_open_starts_with_the_standards_values() -> None:
    scanner = enabled_scanner()
    scanner.decode_data = scanner.freeze_events = scanner.auto_disable = scanner.data_event_enabled = True
    scanner.check_health(HealthLevel.CH_INTERNAL)
    scanner.close()
    with scanner:
        scanner.open("s")
        for name in ("DecodeData", "FreezeEvents", "AutoDisable", "Claimed", "DataEventEnabled", "DeviceEnabled"):
            assert scanner.get_property(name) is False
        assert scanner.check_health_text == ""


def test_a_read_only_property_cannot_be_written_in_python_either() -> None:
    with enabled_scanner() as scanner:
        assert refusal(setattr, scanner, "scan_data", b"").error_code is ErrorCode.E_ILLEGAL


# -- Power --------------------------------------------------------------------------------------------------------


def test_power_is_told_on_enabling_and_on_change_and_forgotten_on_disabling() -> None:
    heard = Heard()
    with HandledScanner() as scanner:
        scanner.add_status_update_listener(heard)
        scanner.open("s")
        scanner.claim(0)
        scanner.power_notify = PowerNotify.PN_ENABLED
        assert scanner.get_property("PowerState") == PowerState.PS_UNKNOWN
        scanner.device_enabled = True
        scanner.hand.callbacks.power(PowerState.PS_ONLINE)
        scanner.hand.callbacks.power(PowerState.PS_OFF_OFFLINE)
        assert [event.status for event in heard.wait(2)] == [2001, 2004]
        assert scanner.power_state is PowerState.PS_OFF_OFFLINE
        assert scanner.device_enabled
        scanner.device_enabled = False
        assert scanner.get_property("PowerState") == PowerState.PS_UNKNOWN


def test_power_is_not_told_unless_asked_for() -> None:
    heard = Heard()
    with enabled_scanner() as scanner:
        scanner.add_status_update_listener(heard)
        scanner.hand.callbacks.power(PowerState.PS_OFF_OFFLINE)
        scanner.hand.callbacks.status(1)
        assert [event.status for event in heard.wait(1)] == [1]
        assert scanner.power_state is PowerState.PS_UNKNOWN


def test_what_a_service_tells_while_it_is_enabled_counts_more_than_what_it_says_afterwards() -> None:
    class Sleepy(HandScanner):
        def enable(self, callbacks: Any) -> None:
            super().enable(callbacks)
            callbacks.power(PowerState.PS_OFF_OFFLINE)

    with HandledScanner(Sleepy()) as scanner:
        scanner.open("s")
        scanner.claim(0)
        scanner.power_notify = PowerNotify.PN_ENABLED
        scanner.device_enabled = True
        assert scanner.power_state is PowerState.PS_OFF_OFFLINE


def test_a_device_that_disables_itself_while_it_is_enabled_stays_disabled() -> None:
    class Hasty(HandScanner):
        def enable(self, callbacks: Any) -> None:
            super().enable(callbacks)
            self.scan("at once")

    with HandledScanner(Hasty()) as scanner:
        scanner.open("s")
        scanner.claim(0)
        scanner.auto_disable = True
        scanner.device_enabled = True
        assert (scanner.device_enabled, scanner.data_count) == (False, 1)


def test_power_notify_needs_the_capability_and_a_disabled_device() -> None:
    class Dumb(HandScanner):
        cap_power_reporting = PowerReporting.PR_NONE

    with HandledScanner(Dumb()) as dumb:
        dumb.open("s")
        dumb.power_notify = PowerNotify.PN_DISABLED
        assert refusal(setattr, dumb, "power_notify", PowerNotify.PN_ENABLED).error_code is ErrorCode.E_ILLEGAL
    with enabled_scanner() as scanner:
        assert refusal(setattr, scanner, "power_notify", PowerNotify.PN_DISABLED).error_code is ErrorCode.E_ILLEGAL


# -- Health, direct I/O, firmware ---------------------------------------------------------------------------------


def test_check_health_leaves_its_text() -> None:
    with enabled_scanner() as scanner:
        scanner.check_health(HealthLevel.CH_INTERNAL)
        assert scanner.check_health_text == "Internal HCheck: Successful"
        assert refusal(scanner.check_health, HealthLevel.CH_INTERACTIVE).error_code is ErrorCode.E_ILLEGAL
        assert refusal(scanner.check_health, 4).error_code is ErrorCode.E_ILLEGAL
        assert scanner.check_health_text == "Internal HCheck: Successful"
        scanner.hand.fails["check_health"] = UposError(ErrorCode.E_NOHARDWARE, "the port is lost")
        assert refusal(scanner.check_health, HealthLevel.CH_EXTERNAL).error_code is ErrorCode.E_NOHARDWARE
        assert scanner.check_health_text == "External HCheck: the port is lost"


def test_direct_io_gives_data_and_object_back() -> None:
    with enabled_scanner() as scanner:
        assert scanner.direct_io(2, 40, "object") == (42, "object")
        assert scanner.call("DirectIO", 2, 40, "object") == (42, "object")


def test_firmware_is_compared_and_updated_with_progress() -> None:
    heard = Heard()
    with enabled_scanner() as scanner:
        scanner.add_status_update_listener(heard)
        assert scanner.compare_firmware_version("new.bin") is CompareFirmware.CFV_FIRMWARE_NEWER
        scanner.update_firmware("new.bin")
        assert scanner.state is State.S_BUSY
        for action in (lambda: setattr(scanner, "device_enabled", False), scanner.release):
            assert refusal(action).error_code is ErrorCode.E_BUSY
        assert scanner.device_enabled
        scanner.hand.update_may_end.set()
        statuses = [event.status for event in heard.wait(2)]
        assert statuses == [StatusUpdate.SUE_UF_PROGRESS + 50, StatusUpdate.SUE_UF_COMPLETE]
        assert scanner.get_property("State") == State.S_IDLE


def test_an_update_that_breaks_leaves_an_unknown_device() -> None:
    heard = Heard()
    with enabled_scanner() as scanner:
        scanner.add_status_update_listener(heard)
        scanner.hand.fails["updating"] = RuntimeError()
        scanner.hand.update_may_end.set()
        scanner.update_firmware("new.bin")
        assert heard.wait(2)[-1].status == StatusUpdate.SUE_UF_FAILED_DEV_UNKNOWN


def test_a_bad_firmware_file_is_refused_before_anything_begins() -> None:
    with enabled_scanner() as scanner:
        bad = UposError(ErrorCode.E_EXTENDED, "not firmware", extended=ExtendedCode.EFIRMWARE_BAD_FILE)
        scanner.hand.fails["update x"] = bad
        assert refusal(scanner.update_firmware, "x").error_code_extended == 281
        assert scanner.state is State.S_IDLE


def test_closing_in_the_middle_of_an_update_is_possible() -> None:
    scanner = enabled_scanner()
    scanner.update_firmware("new.bin")
    scanner.close()
    assert scanner.state is State.S_CLOSED
    scanner.hand.update_may_end.set()


def test_an_update_of_an_earlier_life_does_not_end_a_later_one() -> None:
    heard = Heard()
    first, second = threading.Event(), threading.Event()
    scanner = enabled_scanner()
    scanner.hand.update_may_end = first
    scanner.update_firmware("old.bin")
    old = next(each for each in threading.enumerate() if each.name == "upos-firmware")
    scanner.close()
    scanner.hand.update_may_end = second
    with scanner:
        scanner.open("s")
        scanner.claim(0)
        scanner.device_enabled = True
        scanner.add_status_update_listener(heard)
        scanner.update_firmware("new.bin")
        first.set()
        old.join(WAIT_S)
        assert scanner.state is State.S_BUSY
        second.set()
        ended = [event.status for event in heard.wait(2)]
    assert ended == [StatusUpdate.SUE_UF_PROGRESS + 50, StatusUpdate.SUE_UF_COMPLETE]


def test_without_the_capability_there_is_no_firmware_method() -> None:
    class Plain(HandScanner):
        cap_compare_firmware_version = cap_update_firmware = False

    with enabled_scanner(Plain()) as scanner:
        assert refusal(scanner.compare_firmware_version, "x").error_code is ErrorCode.E_ILLEGAL
        assert refusal(scanner.update_firmware, "x").error_code is ErrorCode.E_ILLEGAL


# -- Statistics ---------------------------------------------------------------------------------------------------


def counters(document: str) -> dict[str, str]:
    event = ET.fromstring(document).find(f"{SPACE}Event")
    assert event is not None
    return {each[0].text or "": each[1].text or "" for each in event}


def test_the_statistics_document_has_the_published_form() -> None:
    with enabled_scanner() as scanner:
        scanner.hand.scan("one")
        root = ET.fromstring(scanner.retrieve_statistics(""))
        assert root.tag == f"{SPACE}UPOSStat"
        assert root.get("version") == "1.15.0"
        assert [child.tag for child in root] == [f"{SPACE}Event", f"{SPACE}Equipment"]
        kinds = [child.tag.removeprefix(SPACE) for child in root[0]]
        assert kinds == ["Parameter", "Parameter", "Parameter", "ManufacturerSpecific"]
        equipment = {child.tag.removeprefix(SPACE): child.text for child in root[1]}
        category = root[1].find(f"{SPACE}DeviceCategory")
    assert category is not None
    assert category.get("UPOS") == "Scanner"
    assert equipment == {
        "UnifiedPOSVersion": "1.15",
        "DeviceCategory": None,
        "ManufacturerName": "Maker & Sons",
        "ModelName": "Hand",
        "SerialNumber": "7",
        "FirmwareRevision": None,
        "Interface": "none",
        "InstallationDate": None,
    }


def test_statistics_are_chosen_counted_reset_and_set() -> None:
    standard = {"HoursPoweredCount": "0", "CommunicationErrorCount": "1", "GoodScanCount": "2"}
    with enabled_scanner() as scanner:
        scanner.hand.scan("one")
        scanner.hand.scan("two")
        scanner.hand.callbacks.communication_error()
        assert counters(scanner.retrieve_statistics("U_")) == standard
        assert counters(scanner.retrieve_statistics("M_")) == {"Laser hours": "12"}
        assert counters(scanner.retrieve_statistics("")) == standard | {"Laser hours": "12"}
        assert counters(scanner.retrieve_statistics("GoodScanCount, Unknown")) == {"GoodScanCount": "2", "Unknown": ""}
        scanner.update_statistics("GoodScanCount=7, HoursPoweredCount = 3")
        assert counters(scanner.retrieve_statistics("U_")) == standard | {
            "GoodScanCount": "7",
            "HoursPoweredCount": "3",
        }
        scanner.reset_statistics("GoodScanCount,CommunicationErrorCount")
        assert counters(scanner.retrieve_statistics("GoodScanCount,HoursPoweredCount")) == {
            "GoodScanCount": "0",
            "HoursPoweredCount": "3",
        }
        scanner.reset_statistics("")
        assert set(counters(scanner.retrieve_statistics("U_")).values()) == {"0"}


def test_a_statistic_that_cannot_be_set_is_named_and_the_others_are_set() -> None:
    with enabled_scanner() as scanner:
        scanner.hand.scan("one")
        problem = refusal(scanner.reset_statistics, "GoodScanCount,Nonsense")
        assert (problem.error_code, problem.error_code_extended) == (ErrorCode.E_EXTENDED, 280)
        assert "Nonsense" in problem.what
        assert counters(scanner.retrieve_statistics("GoodScanCount")) == {"GoodScanCount": "0"}
        for wrong in ("GoodScanCount", "GoodScanCount=many", "=", "GoodScanCount=1,"):
            assert refusal(scanner.update_statistics, wrong).error_code is ErrorCode.E_ILLEGAL


def test_hours_count_while_the_device_is_enabled() -> None:
    from koshelek_driver.upos.statistics import HOURS_POWERED, Statistics

    now = [0.0]
    counted = Statistics((), dict, lambda: now[0])
    counted.powered(on=True)
    now[0] = 3 * 3600.0
    assert counted.values(HOURS_POWERED) == {HOURS_POWERED: "3"}
    counted.powered(on=False)
    now[0] = 9 * 3600.0
    counted.powered(on=True)
    counted.powered(on=True)
    now[0] += 3600
    assert counted.values(HOURS_POWERED) == {HOURS_POWERED: "4"}
    counted.update(f"{HOURS_POWERED}=100")
    now[0] += 2 * 3600
    assert counted.values(HOURS_POWERED) == {HOURS_POWERED: "102"}


# -- By name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DeviceName", "hand scanner"),
        ("DeviceDescription", "No description"),
        ("ServiceObjectVersion", 1_015_000),
        ("ControlObjectVersion", 1_015_000),
    ],
)
def test_the_spellings_of_opos_work_too(name: str, value: object) -> None:
    with enabled_scanner() as scanner:
        assert scanner.get_property(name) == value
        assert "Koshelek Driver" in scanner.get_property("ControlObjectDescription")
        assert "Koshelek Driver" in scanner.get_property("ServiceObjectDescription")
        scanner.call("ReleaseDevice")
        scanner.call("ClaimDevice", 0)
        scanner.call("ClearInput")


def test_a_wrong_name_says_which_is_meant() -> None:
    scanner = HandledScanner()
    assert "'ScanDataLabel'" in refusal(scanner.get_property, "ScanDataLable").remedy
    assert "call" in refusal(scanner.get_property, "claim").remedy
    assert "get_property" in refusal(scanner.call, "Claimed").remedy
    assert refusal(scanner.call, "claim").what == "claim takes (timeout: int), got 0 arguments"


def test_a_device_prints_its_category_and_name_and_nothing_of_what_was_scanned() -> None:
    with enabled_scanner() as scanner:
        scanner.hand.scan("4601234567893")
        assert repr(scanner) == "Scanner s"
    assert repr(scanner) == "Scanner"


def test_enabling_from_many_threads_enables_once() -> None:
    with enabled_scanner() as scanner:
        scanner.device_enabled = False
        threads = [threading.Thread(target=setattr, args=(scanner, "device_enabled", True)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert scanner.hand.calls.count("enable") == 2
