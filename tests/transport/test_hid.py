"""HID devices: found in a system's list, read and written report by report, over hidraw, pyusb and hidapi."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from firmware_protocol import hid_pos, ibm_oem
from firmware_protocol.dialect import Command
from koshelek_driver.errors import PortLost, PortNotOpened, SiteError
from koshelek_driver.transport import check_address, hardware_of, hidraw_port, open_port
from koshelek_driver.transport.hidapi_port import HidapiPort
from koshelek_driver.transport.hidraw_port import HidDevice, HidrawPort
from koshelek_driver.transport.usb_port import UsbPort
from tests.support.hid_devices import Backend, add_hidraw_device, hid_device
from tests.support.hid_pos import DESCRIPTOR, report

KEYBOARD = bytes.fromhex("0501 0906 A101 0507 19E0 29E7 1500 2501 7501 9508 8102 C0")
OEM = bytes.fromhex("0645FF 0A004B A101 1500 26FF00 7508 9540 0901 8102 950B 0901 9102 C0")
POS = frozenset({hid_pos.PAGE})


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder like /sys/class/hidraw with a scanner in two of its modes."""
    for name, ids, serial, descriptor in (
        ("hidraw0", "0003:00000C2E:00000B87", "A-1", DESCRIPTOR),
        ("hidraw1", "0003:00000C2E:00000B87", "A-1", KEYBOARD),
        ("hidraw2", "0003:000005F9:0000120C", "", OEM),
        ("hidraw3", "0003:broken", "", DESCRIPTOR),
        ("hidraw4", "0003:00001234:00005678", "", b"\x05"),
    ):
        add_hidraw_device(tmp_path / name, ids, serial, descriptor)
    (tmp_path / "hidraw5").mkdir()
    return tmp_path


class Plug:
    """A hidraw device whose other end the test holds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.device, self._driver = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._driver.setblocking(False)
        monkeypatch.setattr("os.open", lambda _path, _flags: self._driver.detach())

    def close(self) -> None:
        self.device.close()


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plug]:
    made = Plug(monkeypatch)
    yield made
    made.close()


def test_devices_are_listed_with_what_they_are_and_nonsense_is_passed_over(system: Path) -> None:
    listed = hidraw_port.devices(system, Path("/dev"))
    assert [str(device) for device in listed] == [
        "0c2e:0b87 Scanner (008c:0002) at /dev/hidraw0",
        "0c2e:0b87 Scanner (0001:0006) at /dev/hidraw1",
        "05f9:120c Scanner (ff45:4b00) at /dev/hidraw2",
    ]


def test_of_several_interfaces_the_one_with_labels_is_taken(system: Path) -> None:
    listed = hidraw_port.devices(system, Path("/dev"))
    assert hidraw_port.find(0x0C2E, 0x0B87, POS, listed=listed[::-1]).path == "/dev/hidraw0"
    assert hidraw_port.find(0x05F9, 0x120C, frozenset({ibm_oem.PAGE}), listed=listed).path == "/dev/hidraw2"


def test_a_scanner_in_another_mode_or_not_there_is_said(system: Path) -> None:
    listed = hidraw_port.devices(system, Path("/dev"))
    with pytest.raises(PortNotOpened, match=r"no HID scanner 05f9:120c; there is 05f9:120c Scanner \(ff45") as refused:
        hidraw_port.find(0x05F9, 0x120C, POS, listed=listed)
    assert "another mode" in refused.value.remedy
    with pytest.raises(PortNotOpened, match="no HID scanner 1111:2222; there is 0c2e") as refused:
        hidraw_port.find(0x1111, 0x2222, POS, listed=listed)
    assert "koshelek-driver devices" in refused.value.remedy
    with pytest.raises(PortNotOpened, match="no HID device at all"):
        hidraw_port.find(0x1111, 0x2222, POS, listed=[])


def test_of_two_alike_the_serial_number_chooses() -> None:
    listed = [hid_device(), hid_device(serial="A-2")]
    with pytest.raises(PortNotOpened, match="serial numbers A-1, A-2"):
        hidraw_port.find(0x0C2E, 0x0B87, POS, listed=listed)
    assert hidraw_port.find(0x0C2E, 0x0B87, POS, "A-2", listed=listed) is listed[1]
    with pytest.raises(PortNotOpened, match="with serial number A-3"):
        hidraw_port.find(0x0C2E, 0x0B87, POS, "A-3", listed=listed)


def test_reports_stay_whole_both_ways(plug: Plug) -> None:
    port = HidrawPort(hid_device())
    assert port.read(0.0) == b""
    for part in (report(b"one"), report(b"two")):
        plug.device.send(part)
    assert [port.read(1.0), port.read(1.0), port.read(0.0)] == [report(b"one"), report(b"two"), b""]
    port.write(hid_pos.COMMANDS[Command.GOOD_READ_BEEP], 1.0)
    assert plug.device.recv(100) == b"\x04\x40"
    port.close()
    port.close()


def test_a_device_without_report_ids_is_written_with_a_zero_before(plug: Plug) -> None:
    port = HidrawPort(hid_device(OEM))
    port.write(ibm_oem.COMMANDS[Command.ENABLE], 1.0)
    assert plug.device.recv(100) == b"\0\x11" + bytes(10)
    port.close()


def test_a_read_is_woken_from_another_thread(plug: Plug) -> None:
    port = HidrawPort(hid_device())
    waiting = threading.Thread(target=port.read, args=(60.0,))
    waiting.start()
    port.wake()
    waiting.join(10)
    assert not waiting.is_alive()
    port.close()


def test_an_unplugged_device_is_lost(plug: Plug, monkeypatch: pytest.MonkeyPatch) -> None:
    port = HidrawPort(hid_device())
    plug.device.close()
    with pytest.raises(PortLost, match="HID device Scanner was lost"):
        port.write(b"\x04\x00", 1.0)

    def gone(*_arguments: object) -> bytes:
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr("os.read", gone)
    with pytest.raises(PortLost, match="No such device"):
        port.read(1.0)
    port.close()


def test_a_device_that_takes_only_a_part_is_lost(plug: Plug, monkeypatch: pytest.MonkeyPatch) -> None:
    port = HidrawPort(hid_device())
    monkeypatch.setattr("os.write", lambda _file, _data: 1)
    with pytest.raises(PortLost, match="took 1 of 2 bytes"):
        port.write(b"\x04\x00", 1.0)
    monkeypatch.undo()
    port.close()


def test_a_device_that_does_not_open_says_what_to_do() -> None:
    with pytest.raises(PortNotOpened, match="does not open: No such file") as refused:
        HidrawPort(HidDevice("/nowhere", 1, 2, "Scanner", "", DESCRIPTOR, ()))
    assert "udev rule" in refused.value.remedy


@pytest.mark.parametrize("address", ["hidraw:0c2e", "usb:0c2e:", "hidraw:0c2e:0b8", "usb:zzzz:0b87", "evdev:event3"])
def test_an_address_that_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(SiteError, match=r"expected (vendor and product|a path)"):
        check_address(address)


def test_an_address_of_a_device_that_is_not_there_is_not_opened() -> None:
    line = SimpleNamespace(baud_rate=9600, data_bits=8, parity="none", stop_bits=1)
    with pytest.raises(PortNotOpened, match="no HID scanner 0c2e:0b87 with serial number A-1"):
        open_port("hidraw:0C2E:0B87:A-1", line, 1.0, POS)
    assert hardware_of("hidraw:0C2E:0B87") == "hidraw:0c2e:0b87"


# -- pyusb, over a backend of our own: the outermost thing that can be had without a kernel ------------------------


def test_a_usb_device_is_taken_read_and_given_back() -> None:
    backend = Backend()
    port = UsbPort(0x0C2E, 0x0B87, backend=backend)
    assert (backend.kernel, backend.claimed, port.report_descriptor) == (False, True, DESCRIPTOR)
    backend.incoming = [report(b"one")]
    assert [port.read(1.0), port.read(0.0)] == [report(b"one"), b""]
    port.write(b"\x04\x40", 1.0)
    assert backend.written == [("out", 2, b"\x04\x40")]
    port.wake()
    port.close()
    assert (backend.kernel, backend.claimed) == (True, False)


@pytest.mark.parametrize(("descriptor", "value"), [(DESCRIPTOR, 0x0204), (OEM, 0x0200)])
def test_without_an_out_endpoint_a_write_is_a_set_report(descriptor: bytes, value: int) -> None:
    backend = Backend(descriptor, has_out=False)
    port = UsbPort(0x0C2E, 0x0B87, backend=backend)
    port.write(b"\x04\x40", 1.0)
    assert backend.written == [("control", value, b"\x04\x40")]
    port.close()


def test_a_usb_device_that_is_gone_is_lost() -> None:
    backend = Backend()
    port = UsbPort(0x0C2E, 0x0B87, backend=backend)
    backend.incoming = [errno.ENODEV]
    with pytest.raises(PortLost, match="USB device 0c2e:0b87 was lost"):
        port.read(1.0)
    port.close()


def test_a_usb_device_that_is_not_there_or_is_no_scanner_is_said() -> None:
    with pytest.raises(PortNotOpened, match="1111:2222 is not there"):
        UsbPort(0x1111, 0x2222, backend=Backend())
    with pytest.raises(PortNotOpened, match="describes its reports wrongly"):
        UsbPort(0x0C2E, 0x0B87, backend=Backend(b"\x05"))
    with pytest.raises(PortNotOpened, match="no HID interface"):
        UsbPort(0x0C2E, 0x0B87, backend=Backend(interface_class=7))


# -- hidapi ---------------------------------------------------------------------------------------------------------


class FakeHid:
    """The module `hid`, with one device of two interfaces."""

    def __init__(self) -> None:
        self.incoming: list[bytes] = []
        self.written: list[bytes] = []
        self.opened: list[bytes] = []
        self.gone = False

    def enumerate(self, _vendor_id: int, _product_id: int) -> list[dict[str, Any]]:
        return [
            {"path": b"keyboard", "usage_page": 1, "usage": 6, "serial_number": "A-1"},
            {"path": b"scanner", "usage_page": 0x8C, "usage": 2, "serial_number": "A-1"},
        ]

    def device(self) -> FakeHid:
        return self

    def open_path(self, path: bytes) -> None:
        if self.gone:
            raise OSError("open failed")
        self.opened.append(path)

    def get_report_descriptor(self) -> list[int]:
        return list(DESCRIPTOR)

    def read(self, _size: int, _timeout_ms: int) -> list[int]:
        if self.gone:
            raise OSError("read error")
        return list(self.incoming.pop(0)) if self.incoming else []

    def write(self, data: bytes) -> int:
        self.written.append(data)
        return -1 if self.gone else len(data)

    def close(self) -> None:
        self.opened.clear()


@pytest.fixture
def fake_hid(monkeypatch: pytest.MonkeyPatch) -> FakeHid:
    fake = FakeHid()
    monkeypatch.setitem(sys.modules, "hid", fake)
    return fake


def test_hidapi_takes_the_interface_with_labels(fake_hid: FakeHid) -> None:
    port = HidapiPort(0x0C2E, 0x0B87, POS, "A-1")
    assert fake_hid.opened == [b"scanner"]
    assert port.report_descriptor == DESCRIPTOR
    fake_hid.incoming = [report(b"one")]
    assert [port.read(1.0), port.read(0.0)] == [report(b"one"), b""]
    port.write(b"\x04\x40", 1.0)
    assert fake_hid.written == [b"\x04\x40"]
    fake_hid.gone = True
    with pytest.raises(PortLost, match="read error"):
        port.read(1.0)
    with pytest.raises(PortLost, match="took -1 of 2"):
        port.write(b"\x04\x40", 1.0)
    port.wake()
    port.close()


def test_hidapi_says_what_is_there_instead(fake_hid: FakeHid, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PortNotOpened, match="no interface of a scanner; it has 0001:0006, 008c:0002"):
        HidapiPort(0x0C2E, 0x0B87, frozenset({ibm_oem.PAGE}))
    fake_hid.gone = True
    with pytest.raises(PortNotOpened, match="open failed"):
        HidapiPort(0x0C2E, 0x0B87, POS)
    monkeypatch.setitem(sys.modules, "hid", None)
    with pytest.raises(PortNotOpened, match="hidapi is not installed"):
        HidapiPort(0x0C2E, 0x0B87, POS)


def test_where_there_is_no_hidraw_hidapi_serves(fake_hid: FakeHid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    line = SimpleNamespace(baud_rate=9600, data_bits=8, parity="none", stop_bits=1)
    port = open_port("hidraw:0c2e:0b87", line, 1.0, POS)
    assert fake_hid.opened == [b"scanner"]
    port.close()
