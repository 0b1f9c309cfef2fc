"""Scanners as the kernel shows them: enumerated, scanned, commanded, unplugged, plugged in again. Runs in the guest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_protocol import hid_pos, ibm_oem
from firmware_protocol.dialect import Command
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.diagnostics import inventory
from koshelek_driver.scanner.commands import DirectIo
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.upos.codes import ErrorCode, PowerNotify, ScanDataType
from koshelek_driver.upos.events import DataEvent
from tests.support.hid_keyboard import typed
from tests.support.hid_pos import reports
from tests.support.ibm_oem import reports as oem_reports
from tests.support.upos_devices import Heard
from tests.support.usb_gadget import Gadget, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not os.environ.get("KOSHELEK_GUEST"), reason="runs in the guest of test_usb_guest"),
]
LONG = b"CM4601234567893" + b"A1B2C3D4" * 16  # three reports
USAGES = {30: 4, 48: 5, 46: 6, 32: 7, 18: 8, 33: 9}  # Linux codes of a to f, and their usages


@pytest.fixture(scope="module")
def gadget() -> Iterator[Gadget]:
    made = Gadget()
    made.plug()
    wait_for("/dev/hidg0")
    wait_for("/dev/ttyACM0")
    wait_for("/dev/hidraw2")
    yield made
    made.unplug()


class Till:
    """A POS that takes every label, and hears of power and errors."""

    def __init__(self, profile: str, port: str) -> None:
        self.scanner = Scanner({"s": DeviceEntry(category="Scanner", profile=profile, port=port)})
        self.labels, self.power, self.errors = Heard(), Heard(), Heard()
        self.scanner.add_data_listener(self._on_data)
        self.scanner.add_status_update_listener(self.power)
        self.scanner.add_error_listener(self.errors)

    def __enter__(self) -> Till:
        self.scanner.open("s")
        self.scanner.claim(1000)
        self.scanner.decode_data = True
        self.scanner.power_notify = PowerNotify.PN_ENABLED
        self.scanner.data_event_enabled = True
        self.scanner.device_enabled = True
        return self

    def __exit__(self, *_error: object) -> None:
        self.scanner.close()

    def _on_data(self, _event: DataEvent) -> None:
        self.labels((self.scanner.scan_data_label, self.scanner.scan_data_type))  # type: ignore[arg-type]
        self.scanner.data_event_enabled = True


def send(file: int, parts: list[bytes]) -> None:
    for part in parts:
        os.write(file, part)


def test_the_devices_are_listed(gadget: Gadget) -> None:
    listed = {(each.kind, each.port, each.profile) for each in inventory.ports()}
    assert ("hid", "hidraw:0c2e:0b87", "honeywell-hid-pos") in listed
    assert any(kind == "serial" and port == "/dev/ttyACM0" for kind, port, _ in listed)


def test_a_hid_pos_scanner_scans_and_beeps(gadget: Gadget) -> None:
    device = gadget.open("pos")
    with Till("honeywell-hid-pos", "hidraw:0c2e:0b87:A-1001") as till:
        send(device, reports(LONG))
        assert till.labels.wait(1) == [(LONG, ScanDataType.QRCODE)]
        till.scanner.direct_io(DirectIo.GOOD_READ_BEEP, 0, None)
        assert os.read(device, 64) == hid_pos.COMMANDS[Command.GOOD_READ_BEEP]
        for number in range(100):
            send(device, reports(b"%05d" % number))
        labels = till.labels.wait(101)[1:]
        assert [label for label, _ in labels] == [b"%05d" % number for number in range(100)]
    os.close(device)


def test_an_oem_scanner_is_switched_on_and_scans(gadget: Gadget) -> None:
    device = gadget.open("oem")
    with Till("generic-ibm-oem", "hidraw:0c2e:0b87") as till:
        assert os.read(device, 64) == ibm_oem.COMMANDS[Command.ENABLE]
        send(device, [part.ljust(64, b"\0") for part in oem_reports(LONG)])
        assert till.labels.wait(1) == [(LONG, ScanDataType.QRCODE)]
    assert os.read(device, 64) == ibm_oem.COMMANDS[Command.DISABLE]
    os.close(device)


def test_a_virtual_com_port_scans(gadget: Gadget) -> None:
    with Till("generic-serial", "/dev/ttyACM0") as till:
        line = os.open(gadget.serial_end, os.O_WRONLY | os.O_NOCTTY)
        os.write(line, b"]Q1" + LONG + b"\r")
        assert till.labels.wait(1) == [(LONG, ScanDataType.QRCODE)]
        os.close(line)


def test_a_keyboard_is_taken_alone_and_scans(gadget: Gadget) -> None:
    device = gadget.open("keyboard")
    node = next(
        entry.name
        for entry in Path("/sys/class/input").glob("event*")
        if "Scanner" in (entry / "device" / "name").read_text()
    )
    pairs = typed("abcdef")
    with Till("generic-keyboard", f"evdev:{wait_for(f'/dev/input/{node}')}") as till:
        for code, pressed in zip(pairs[::2], pairs[1::2], strict=True):
            os.write(device, bytes([0, 0, USAGES[code] if pressed else 0, 0, 0, 0, 0, 0]))
        os.write(device, bytes([0, 0, 0x28, 0, 0, 0, 0, 0]))
        os.write(device, bytes(8))
        assert till.labels.wait(1) == [(b"abcdef", ScanDataType.UNKNOWN)]
    os.close(device)


@pytest.mark.parametrize("way", ["hid", "serial"])
def test_an_unplugged_scanner_is_told_and_comes_back(gadget: Gadget, way: str) -> None:
    profile, port = ("honeywell-hid-pos", "hidraw:0c2e:0b87") if way == "hid" else ("generic-serial", "/dev/ttyACM0")
    with Till(profile, port) as till:
        gadget.unplug()
        assert [event.status for event in till.power.wait(2)] == [2001, 2004]
        assert till.errors.wait(1)[0].error_code is ErrorCode.E_NOHARDWARE
        time.sleep(0.5)
        began = time.monotonic()
        gadget.plug()
        assert till.power.wait(3)[2].status == 2001
        print(f"{way}: back after {time.monotonic() - began:.2f} s")
        if way == "hid":
            device = gadget.open("pos")
            scan = threading.Thread(target=send, args=(device, reports(b"46012345")))
        else:
            device = os.open(wait_for(gadget.serial_end), os.O_WRONLY | os.O_NOCTTY)
            scan = threading.Thread(target=os.write, args=(device, b"]Q146012345\r"))
        scan.start()
        assert till.labels.wait(1) == [(b"46012345", ScanDataType.QRCODE)]
        scan.join()
        os.close(device)
