"""Dialects and commands through the Scanner, over ports that answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware_protocol import hid_pos, ibm_oem, ssi
from firmware_protocol.dialect import Command
from firmware_protocol.ssi import Packet
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.scanner.commands import DirectIo
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.service import PortTiming
from koshelek_driver.upos.codes import ErrorCode, HealthLevel, ScanDataType
from koshelek_driver.upos.errors import UposError
from tests.support.hid_pos import DESCRIPTOR, report
from tests.support.ibm_oem import QR
from tests.support.ibm_oem import report as oem_report
from tests.support.ports import AnsweringPort
from tests.support.upos_devices import PORT_TIMING, WAIT_S, Heard, ScannerOnPort

Start = Callable[..., tuple[Scanner, Heard]]
USUAL_TIMING = PortTiming()


@pytest.fixture
def start() -> Any:
    """Enable a scanner of a profile on a port; gives it, with the labels that it hears."""
    started: list[Scanner] = []

    def do(profile: str, port: AnsweringPort, timing: PortTiming = PORT_TIMING) -> tuple[Scanner, Heard]:
        device = DeviceEntry(category="Scanner", profile=profile, port="/dev/ttyS9")
        scanner = ScannerOnPort(device, lambda _model: port, timing)
        started.append(scanner)
        heard = Heard()

        def on_data(_event: Any) -> None:
            heard((scanner.scan_data_label, scanner.scan_data_type))  # type: ignore[arg-type]
            scanner.data_event_enabled = True

        scanner.open("s")
        scanner.claim(0)
        scanner.decode_data = True
        scanner.add_data_listener(on_data)
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        return scanner, heard

    yield do
    for scanner in started:
        scanner.close()


def refusal(action: Callable[[], object]) -> UposError:
    with pytest.raises(UposError) as refused:
        action()
    return refused.value


def test_ssi_labels_are_acknowledged_on_the_wire(start: Start) -> None:
    port = AnsweringPort()
    _, heard = start("generic-ssi", port)
    port.incoming.put(ssi.build_packet(Packet(0xF3, 0, 0, b"\x1cCM46")))
    assert heard.wait(1) == [(b"CM46", ScanDataType.QRCODE)]
    assert port.written == [ssi.build_packet(Packet(0xD0, 4, 0, b""))]


def test_a_hid_pos_scanner_is_read_by_its_own_descriptor(start: Start) -> None:
    moved = DESCRIPTOR.replace(bytes.fromhex("9538 09FE"), bytes.fromhex("9520 09FE"))
    port = AnsweringPort(descriptor=moved)
    scanner, heard = start("generic-hid-pos", port)
    port.incoming.put(bytes([2, 5]) + b"]C0" + b"abcde".ljust(32, b"\0") + b"j\0\0")
    assert heard.wait(1) == [(b"abcde", ScanDataType.CODE128)]
    assert scanner.scan_data == b"]C0abcde"
    scanner.direct_io(DirectIo.ERROR_BEEP, 0, None)
    assert port.written == [hid_pos.COMMANDS[Command.ERROR_BEEP]]


def test_auto_disable_closes_the_port_without_being_asked(start: Start) -> None:
    port = AnsweringPort()
    scanner, heard = start("generic-serial", port)
    scanner.auto_disable = True
    port.incoming.put(b"]C0one\r]C0two\r")
    assert port.closed.wait(WAIT_S)
    assert [label for label, _ in heard.wait(1)] == [b"one"]
    assert (scanner.device_enabled, scanner.data_count) == (False, 0)


@pytest.mark.parametrize("descriptor", [b"", b"\x05", bytes.fromhex("0501 0906 A101 C0")])
def test_a_hid_pos_scanner_that_cannot_be_asked_has_the_usual_layout(start: Start, descriptor: bytes) -> None:
    port = AnsweringPort(descriptor=descriptor)
    _, heard = start("generic-hid-pos", port)
    port.incoming.put(report(b"46012340", aim=b"]E4", code=b"D"))
    assert heard.wait(1) == [(b"46012340", ScanDataType.EAN8)]


def test_an_oem_scanner_is_switched_on_and_off_with_the_device(start: Start) -> None:
    port = AnsweringPort()
    scanner, heard = start("generic-ibm-oem", port)
    assert port.written == [ibm_oem.COMMANDS[Command.ENABLE]]
    port.incoming.put(oem_report(b"CM46" + QR))
    assert heard.wait(1) == [(b"CM46", ScanDataType.QRCODE)]
    scanner.device_enabled = False
    assert port.written[-1] == ibm_oem.COMMANDS[Command.DISABLE]


def test_an_oem_scanner_that_is_gone_at_once_is_no_hardware(start: Start) -> None:
    port = AnsweringPort()
    port.broken = True
    assert refusal(lambda: start("generic-ibm-oem", port)).error_code is ErrorCode.E_NOHARDWARE


def test_a_question_is_answered_and_labels_pass_meanwhile(start: Start) -> None:
    port = AnsweringPort({b"i": [b"]C0one\r", b"\x01i\rR6100\r", b"\x04", b"]C0two\r"]})
    scanner, heard = start("datalogic-serial", port)
    assert scanner.direct_io(DirectIo.INFO, 7, None) == (7, "i; R6100")
    assert [label for label, _ in heard.wait(2)] == [b"one", b"two"]
    scanner.check_health(HealthLevel.CH_EXTERNAL)
    assert scanner.check_health_text == "External HCheck: Successful: i; R6100"


def test_commands_are_written_without_waiting(start: Start) -> None:
    port = AnsweringPort()
    scanner, _ = start("datalogic-serial", port)
    for number in (DirectIo.GOOD_READ_BEEP, DirectIo.ERROR_BEEP, DirectIo.DISABLE, DirectIo.ENABLE):
        scanner.direct_io(number, 0, None)
    assert port.written == [b"B", b"F", b"D", b"E"]


def test_a_beep_is_the_external_test_of_a_scanner_without_questions(start: Start) -> None:
    port = AnsweringPort()
    scanner, _ = start("generic-hid-pos", port)
    scanner.check_health(HealthLevel.CH_EXTERNAL)
    assert scanner.check_health_text == "External HCheck: Successful"
    assert port.written == [hid_pos.COMMANDS[Command.GOOD_READ_BEEP]]


@pytest.mark.parametrize("number", [0, 10, *DirectIo])
def test_what_a_dialect_does_not_have_is_illegal(start: Start, number: int) -> None:
    scanner, _ = start("generic-serial", AnsweringPort())
    assert refusal(lambda: scanner.direct_io(number, 0, None)).error_code is ErrorCode.E_ILLEGAL
    assert refusal(lambda: scanner.check_health(HealthLevel.CH_EXTERNAL)).error_code is ErrorCode.E_ILLEGAL


def test_a_scanner_that_does_not_answer_is_a_timeout_and_the_next_question_works(start: Start) -> None:
    port = AnsweringPort()
    scanner, _ = start("newland-serial", port, PortTiming(response_timeout_s=0.5))
    assert refusal(lambda: scanner.direct_io(DirectIo.INFO, 0, None)).error_code is ErrorCode.E_TIMEOUT
    port.answers = {port.written[0]: [b"\x02\x010000#QRYSYSHR32\x06;\x03"]}
    assert scanner.direct_io(DirectIo.INFO, 0, None) == (0, "QRYSYSHR32")


def test_a_refusal_is_a_failure_that_says_why(start: Start) -> None:
    asked = ssi.COMMANDS[Command.INFO]
    port = AnsweringPort({asked: [ssi.build_packet(Packet(0xD1, 0, 0, b"\x06"))]})
    scanner, _ = start("generic-ssi", port)
    problem = refusal(lambda: scanner.direct_io(DirectIo.INFO, 0, None))
    assert (problem.error_code, problem.what) == (ErrorCode.E_FAILURE, "the scanner refused INFO: denied")


def test_a_fault_of_the_driver_does_not_leave_the_till_without_its_scanner(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    port = AnsweringPort()
    _, heard = start("generic-serial", port, PortTiming(first_reopen_s=0.01))
    port.faults.append(ZeroDivisionError("4601234567893"))
    port.wake()
    assert port.closed.wait(WAIT_S)
    port.incoming.put(b"]C0good\r")
    assert [label for label, _ in heard.wait(1)] == [b"good"]
    assert "ZeroDivisionError while reading" in caplog.text
    assert "4601234567893" not in caplog.text


def test_a_command_to_a_lost_port_is_no_hardware(start: Start) -> None:
    port = AnsweringPort()
    scanner, _ = start("datalogic-serial", port)
    port.broken = True
    assert refusal(lambda: scanner.direct_io(DirectIo.GOOD_READ_BEEP, 0, None)).error_code is ErrorCode.E_NOHARDWARE
