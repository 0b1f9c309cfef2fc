"""The category Scanner over a scanner on a pseudo-terminal: paced, split, unplugged and plugged in again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.config import profile
from koshelek_driver.config.sections import DeviceEntry, Labels
from koshelek_driver.errors import PortNotOpened, ScanCanceled, ScanTimeout
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.sandbox.symbols import SYMBOLOGIES, draw
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.once import scan_once
from koshelek_driver.scanner.service import PortTiming
from koshelek_driver.transport import Port, open_port
from koshelek_driver.upos.codes import (
    ErrorCode,
    ExtendedCode,
    HealthLevel,
    PowerNotify,
    ScanDataType,
)
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import DataEvent
from tests.support.upos_devices import WAIT_S, Heard, ScannerOnPort

LABEL = "CM4601234567893A1B2C3782"
TYPES = {
    "qr": ScanDataType.QRCODE,
    "code128": ScanDataType.CODE128,
    "pdf417": ScanDataType.PDF417,
    "datamatrix": ScanDataType.DATAMATRIX,
}


@pytest.fixture(
    params=[(115_200, 64), (9600, 1), (115_200, 1), (9600, 16)], ids=lambda way: f"{way[0]}-baud-by-{way[1]}"
)
def virtual(request: pytest.FixtureRequest) -> Iterator[VirtualScanner]:
    baud_rate, chunk = request.param
    plugged = VirtualScanner(baud_rate=baud_rate, chunk=chunk)
    yield plugged
    plugged.close()


@pytest.fixture
def fast() -> Iterator[VirtualScanner]:
    plugged = VirtualScanner(baud_rate=10_000_000, chunk=4096)
    yield plugged
    plugged.close()


def entry(port: str, **labels: Any) -> DeviceEntry:
    return DeviceEntry(category="Scanner", profile="generic-serial", port=port, labels=Labels(**labels))


class Till:
    """A POS that takes every label."""

    def __init__(self, device: DeviceEntry | Scanner) -> None:
        self.scanner = device if isinstance(device, Scanner) else Scanner({"s": device})
        self.scans: queue.Queue[tuple[bytes, bytes, ScanDataType]] = queue.Queue()
        self.scanner.add_data_listener(self._on_data)

    def __enter__(self) -> Till:
        self.scanner.open("s")
        self.scanner.claim(1000)
        self.scanner.decode_data = True
        self.scanner.power_notify = PowerNotify.PN_ENABLED
        self.scanner.device_enabled = True
        self.scanner.data_event_enabled = True
        return self

    def __exit__(self, *_error: object) -> None:
        self.scanner.close()

    def _on_data(self, _event: DataEvent) -> None:
        self.scans.put((self.scanner.scan_data, self.scanner.scan_data_label, self.scanner.scan_data_type))
        self.scanner.data_event_enabled = True

    def labels(self, number: int) -> list[str]:
        return [self.scans.get(timeout=WAIT_S)[1].decode() for _ in range(number)]


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_drawn_symbol_arrives_as_the_label_that_it_holds(symbology: str, virtual: VirtualScanner) -> None:
    with Till(entry(virtual.port)) as till:
        sent = virtual.show(draw(LABEL, symbology))
        assert till.scans.get(timeout=WAIT_S) == (sent.rstrip(b"\r"), LABEL.encode(), TYPES[symbology])


def test_labels_back_to_back_are_neither_merged_nor_lost(virtual: VirtualScanner) -> None:
    wanted = [f"CM{number:013d}" for number in range(20)]
    with Till(entry(virtual.port)) as till:
        virtual.send(b"".join(f"]C0{label}\r\n".encode() for label in wanted))
        assert till.labels(20) == wanted


def test_without_decode_data_there_is_only_what_came(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        till.scanner.decode_data = False
        fast.send(b"]Q1abc\r")
        assert till.scans.get(timeout=WAIT_S) == (b"]Q1abc", b"", ScanDataType.UNKNOWN)


def test_clear_input_properties_resets_only_the_data(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        fast.send(b"]Q1abc\r")
        till.labels(1)
        till.scanner.clear_input_properties()
        values = (till.scanner.scan_data, till.scanner.scan_data_label, till.scanner.scan_data_type)
        assert values == (b"", b"", ScanDataType.UNKNOWN)
        assert till.scanner.decode_data


def test_a_label_without_a_terminator_ends_with_silence(virtual: VirtualScanner) -> None:
    with Till(entry(virtual.port)) as till:
        virtual.send(b"]Q1" + LABEL.encode())
        assert till.labels(1) == [LABEL]


def test_an_overlong_run_is_an_input_error_and_the_next_label_works(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        errors = Heard()
        till.scanner.add_error_listener(errors)
        sent = threading.Thread(target=fast.send, args=(b"x" * 5000 + b"\rgood\r",))
        sent.start()
        assert till.labels(1) == ["good"]
        sent.join()
        (event,) = errors.wait(1)
        assert (event.error_code, event.error_code_extended) == (ErrorCode.E_FAILURE, ExtendedCode.INPUT_TOO_LONG)
        assert "<Name>CommunicationErrorCount</Name><Value>1</Value>" in till.scanner.retrieve_statistics("")


def test_what_was_scanned_while_disabled_is_not_invented_later(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        till.scanner.device_enabled = False
        fast.send(b"stale\r")
        till.scanner.device_enabled = True
        fast.send(b"fresh\r")
        assert till.labels(1) == ["fresh"]


def test_auto_disable_takes_one_label_and_may_be_enabled_again_from_the_event(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        scanner = till.scanner
        scanner.auto_disable = True
        fast.send(b"one\r")
        assert till.labels(1) == ["one"]
        assert not scanner.device_enabled
        scanner.add_data_listener(lambda _event: setattr(scanner, "device_enabled", True))
        for number in range(20):
            scanner.device_enabled = True
            fast.send(f"{number}\r".encode())
            assert till.labels(1) == [str(number)]


def test_unknown_labels_go_only_where_the_shop_wants_them(fast: VirtualScanner) -> None:
    with Till(entry(fast.port, transmit_unknown=False)) as till:
        fast.send(b"no identifier\r]Q1with\r")
        assert till.labels(1) == ["with"]


def test_the_switches_of_the_site_file_reach_the_label(fast: VirtualScanner) -> None:
    device = entry(fast.port, raw_equals_label=True, infer_symbology=True, upca_as_ean13=False)
    with Till(device) as till:
        fast.send(b"]E00012345678905\r460123456789\r")
        assert till.scans.get(timeout=WAIT_S) == (b"012345678905", b"012345678905", ScanDataType.UPCA)
        assert till.scans.get(timeout=WAIT_S) == (b"4601234567893", b"4601234567893", ScanDataType.EAN13)


SUFFIXES = """
description = "x"
source = "x"
[symbology]
identifiers = { F = "EAN13" }
identifier_place = "suffix"
check_digits = "removed"
"""


def test_the_identifiers_of_the_profile_reach_the_label(fast: VirtualScanner, shelf: Path) -> None:
    (shelf / "generic-serial.toml").write_text(SUFFIXES)
    with Till(entry(fast.port)) as till:
        fast.send(b"460123456789F\r]E0460123456789\r")
        for sent in (b"460123456789F", b"]E0460123456789"):
            assert till.scans.get(timeout=WAIT_S) == (sent, b"4601234567893", ScanDataType.EAN13)


def test_check_health_of_a_port(fast: VirtualScanner) -> None:
    with Till(entry(fast.port)) as till:
        till.scanner.check_health(HealthLevel.CH_INTERNAL)
        assert till.scanner.check_health_text == "Internal HCheck: Successful"
        with pytest.raises(UposError) as refused:
            till.scanner.check_health(HealthLevel.CH_EXTERNAL)
        assert refused.value.error_code is ErrorCode.E_ILLEGAL
        assert till.scanner.physical_device_name == f"generic-serial at {fast.port}"


def test_a_port_that_is_not_there_is_no_hardware() -> None:
    with Scanner({"s": entry("/dev/ttyS999")}) as scanner:
        scanner.open("s")
        scanner.claim(0)
        with pytest.raises(UposError, match="does not open") as refused:
            scanner.device_enabled = True
        assert refused.value.error_code is ErrorCode.E_NOHARDWARE
        assert "check the cable" in refused.value.remedy


def test_two_names_of_one_port_are_one_device(fast: VirtualScanner, tmp_path: Any) -> None:
    (tmp_path / "scanner").symlink_to(fast.port)
    with Scanner({"s": entry(fast.port)}) as first, Scanner({"s": entry(str(tmp_path / "scanner"))}) as second:
        first.open("s")
        second.open("s")
        first.claim(0)
        with pytest.raises(UposError) as refused:
            second.claim(0)
        assert refused.value.error_code is ErrorCode.E_TIMEOUT


class Socket:
    """Where a scanner is plugged in and out."""

    def __init__(self) -> None:
        self.plugged: VirtualScanner | None = None
        self.attempts = 0
        self.given_up_twice = threading.Event()

    def open(self, model: profile.ScannerProfile) -> Port:
        self.attempts += 1
        if self.plugged is None:
            if self.attempts > 2:
                self.given_up_twice.set()
            raise PortNotOpened("nothing there", "plug it in")
        return open_port(self.plugged.port, model.serial, 1.0)


def test_an_unplugged_scanner_is_told_and_comes_back() -> None:
    outlet = Socket()
    outlet.plugged = VirtualScanner(baud_rate=10_000_000, chunk=4096)
    statuses, errors = Heard(), Heard()
    quick = PortTiming(first_reopen_s=0.01, last_reopen_s=0.02)
    till = Till(ScannerOnPort(entry("/dev/ttyUSB0"), outlet.open, quick))
    till.scanner.add_status_update_listener(statuses)
    till.scanner.add_error_listener(errors)
    with till:
        old, outlet.plugged = outlet.plugged, None
        old.close()
        assert [event.status for event in statuses.wait(2)] == [2001, 2004]
        assert errors.wait(1)[0].error_code is ErrorCode.E_NOHARDWARE
        with pytest.raises(UposError) as refused:
            till.scanner.check_health(HealthLevel.CH_INTERNAL)
        assert refused.value.error_code is ErrorCode.E_NOHARDWARE
        assert till.scanner.check_health_text == "Internal HCheck: the port is lost"
        assert outlet.given_up_twice.wait(WAIT_S)
        outlet.plugged = VirtualScanner(baud_rate=10_000_000, chunk=4096)
        assert statuses.wait(3)[2].status == 2001
        outlet.plugged.send(b"back again\r")
        assert till.labels(1) == ["back again"]
    outlet.plugged.close()


def test_a_scanner_that_is_gone_may_be_disabled_and_closed_at_once() -> None:
    outlet = Socket()
    outlet.plugged = virtual = VirtualScanner()
    statuses = Heard()
    till = Till(ScannerOnPort(entry(virtual.port), outlet.open, PortTiming(first_reopen_s=60.0)))
    till.scanner.add_status_update_listener(statuses)
    with till:
        virtual.close()
        statuses.wait(2)
        till.scanner.device_enabled = False


def test_one_scan_and_done(fast: VirtualScanner) -> None:
    def ready() -> None:
        fast.send(b"]C0one\r]C0two\r")

    label = scan_once({"s": entry(fast.port)}, "s", WAIT_S, ready=ready, canceled=lambda: False, now_s=time.monotonic)
    assert (label.text, label.scan_data_type) == ("one", ScanDataType.CODE128)


def test_nobody_scanning_is_a_timeout_and_a_cancel_ends_the_wait(fast: VirtualScanner) -> None:
    devices, asked = {"s": entry(fast.port)}, iter([False, True])
    with pytest.raises(ScanTimeout, match=r"0\.05 s"):
        scan_once(devices, "s", 0.05, ready=lambda: None, canceled=lambda: False, now_s=time.monotonic)
    with pytest.raises(ScanCanceled, match="cashier cancelled"):
        scan_once(devices, "s", 60.0, ready=lambda: None, canceled=lambda: next(asked), now_s=time.monotonic)
