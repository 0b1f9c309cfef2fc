"""Streams to printers: what is not taken is never lost in silence, and nothing blocks past its deadline."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import socket
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import usb.backend
import usb.core

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.tokenizer import Command, Text, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.config.profile import SerialLine
from koshelek_driver.errors import PortLost, PortNotOpened, SiteError
from koshelek_driver.printer.receipt_printer import ReceiptPrinter
from koshelek_driver.printer.rendering.layout import Line
from koshelek_driver.transport import StreamPort, check_address, is_serial, open_stream
from koshelek_driver.transport.usb_printer_port import UsbPrinterPort

LINE = SerialLine()
CLONE = profile.printer("generic-escpos-80mm")


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """A serial line without anybody at the other end: its master, and the name of its port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@contextlib.contextmanager
def opened(address: str) -> Iterator[StreamPort]:
    port = open_stream(address, LINE, 1.0)
    yield port
    port.close()


def fill(port: StreamPort) -> int:
    """Write until it takes no more; how much it took."""
    taken = 0
    while more := port.write_some(b"x" * 65536, 0.05):
        taken += more
    return taken


def test_a_serial_line_that_nobody_reads_is_given_up_in_time_and_says_how_much_it_took(line: tuple[int, str]) -> None:
    master, address = line
    with opened(address) as port:
        began = time.monotonic()
        taken = fill(port)
        assert time.monotonic() - began < 5
        got = 0
        os.set_blocking(master, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                got += len(os.read(master, 65536))
        assert got == taken > 0


def test_a_network_printer_that_reads_nothing_is_given_up_in_time() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        opened(f"tcp://127.0.0.1:{listener.getsockname()[1]}") as port,
    ):
        connection, _ = listener.accept()
        began = time.monotonic()
        assert fill(port) > 0
        assert time.monotonic() - began < 5
        connection.close()
        with pytest.raises(PortLost):
            port.write(b"x" * 10_000_000, 2.0)


def test_a_device_file_takes_a_slip_and_says_nothing(tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    device.touch()
    model = msgspec.structs.replace(CLONE, acknowledge="none")
    printer = ReceiptPrinter(lambda: open_stream(f"file:{device}", LINE, 1.0), model, time.monotonic)
    assert printer.print_lines([Line("Привет")]).printed == "assumed"
    assert "Привет".encode("cp866") in device.read_bytes()
    silent = tmp_path / "lp1"
    silent.touch()
    with opened(f"file:{silent}") as port:
        began = time.monotonic()
        assert port.read(0.2) == b""
        assert time.monotonic() - began > 0.15
    with pytest.raises(PortNotOpened, match="lp9"):
        open_stream(f"file:{tmp_path / 'lp9'}", LINE, 1.0)


@pytest.mark.parametrize(("address", "serial"), [("/dev/ttyS0", True), ("COM3", True), ("socket://h:1", True),
                                                 ("tcp://h:1", False), ("usb:04b8:0e15", False), ("file:/dev/usb/lp0", False)])  # fmt: skip
def test_which_ports_are_serial_lines(address: str, serial: bool) -> None:
    check_address(address, of_printer=True)
    assert is_serial(address) is serial


def test_a_device_file_is_no_scanners_port() -> None:
    with pytest.raises(SiteError, match="device file"):
        check_address("file:/dev/usb/lp0")


# -- A serial line without flow control --------------------------------------------------------------------------


class SlowBoard:
    """A printer with a small buffer on a line where nobody stops the sender: what does not fit is lost."""

    def __init__(self, master: int, room: int) -> None:
        self._master, self._room = master, room
        self.received, self.lost = b"", 0
        self._waiting = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        os.set_blocking(self._master, False)
        tokenizer = Tokenizer()
        while not self._over.is_set():
            with contextlib.suppress(BlockingIOError):
                data = os.read(self._master, 4096)
                self.lost += max(0, len(self._waiting) + len(data) - self._room)
                self._waiting = (self._waiting + data)[: self._room]
            piece, self._waiting = self._waiting[:64], self._waiting[64:]
            self.received += piece
            for token in tokenizer.feed(piece):
                if token == Command("DLE EOT", b"\x01"):
                    os.write(self._master, b"\x12")
                elif isinstance(token, Command) and token.name == "GS r":
                    os.write(self._master, b"\x00")
            self._over.wait(0.001)


@pytest.mark.parametrize("pacing", [0, 200])
def test_a_line_without_flow_control_is_paced_by_the_printers_own_answers(line: tuple[int, str], pacing: int) -> None:
    master, address = line
    board = SlowBoard(master, room=512)
    model = msgspec.structs.replace(CLONE, pacing_bytes=pacing)
    printer = ReceiptPrinter(lambda: open_stream(address, LINE, 1.0), model, time.monotonic, paced=True, hold_s=2.0)
    result = printer.print_lines([Line(f"строка {number} " + "ж" * 30) for number in range(100)])
    board.close()
    assert (board.lost > 0) is (pacing == 0)
    if pacing:
        assert result.printed == "on_paper"
        texts = [token.data for token in Tokenizer().feed(board.received) if isinstance(token, Text)]
        assert len(texts) == 100


# -- USB, over a backend of our own --------------------------------------------------------------------------------


class _Endpoint:
    bLength, bDescriptorType, bInterval, bRefresh, bSynchAddress = 7, 5, 0, 0, 0  # noqa: N815
    wMaxPacketSize, extra_descriptors, bmAttributes = 64, b"", 2  # noqa: N815

    def __init__(self, address: int) -> None:
        self.bEndpointAddress = address


class _Interface:
    bLength, bDescriptorType, bInterfaceNumber, bAlternateSetting = 9, 4, 0, 0  # noqa: N815
    bInterfaceSubClass, bInterfaceProtocol, iInterface, extra_descriptors = 1, 2, 0, b""  # noqa: N815

    def __init__(self, kind: int, endpoints: int) -> None:
        self.bInterfaceClass, self.bNumEndpoints = kind, endpoints


class _Configuration:
    bLength, bDescriptorType, wTotalLength, bNumInterfaces, bConfigurationValue = 9, 2, 32, 1, 1  # noqa: N815
    iConfiguration, bmAttributes, bMaxPower, extra_descriptors = 0, 0xC0, 1, b""  # noqa: N815


class _Device:
    bLength, bDescriptorType, bcdUSB, bDeviceClass, bDeviceSubClass = 18, 1, 0x200, 0, 0  # noqa: N815
    bDeviceProtocol, bMaxPacketSize0, idVendor, idProduct, bcdDevice = 0, 64, 0x04B8, 0x0E15, 0x100  # noqa: N815
    iManufacturer, iProduct, iSerialNumber, bNumConfigurations = 0, 0, 0, 1  # noqa: N815
    address, bus, port_number, port_numbers, speed = 1, 1, None, None, None


class Backend(usb.backend.IBackend):  # type: ignore[misc]
    """One printer at the end of a cable that takes `takes` bytes at a time."""

    def __init__(self, kind: int = 7, takes: int = 64) -> None:
        self.kind, self.takes = kind, takes
        self.written, self.incoming = b"", b""
        self.fault: int | None = None
        self.claimed, self.kernel = False, True

    def enumerate_devices(self) -> Iterator[object]:
        return iter([object()])

    def get_device_descriptor(self, dev: Any) -> _Device:
        return _Device()

    def get_configuration_descriptor(self, dev: Any, config: int) -> _Configuration:
        return _Configuration()

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> _Interface:
        if intf or alt:
            raise IndexError
        return _Interface(self.kind, 2)

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> _Endpoint:
        return _Endpoint((0x01, 0x82)[ep])

    def open_device(self, dev: Any) -> object:
        return object()

    def close_device(self, handle: Any) -> None: ...

    def get_configuration(self, handle: Any) -> int:
        return 1

    def is_kernel_driver_active(self, handle: Any, intf: int) -> bool:
        return self.kernel

    def detach_kernel_driver(self, handle: Any, intf: int) -> None:
        self.kernel = False

    def attach_kernel_driver(self, handle: Any, intf: int) -> None:
        self.kernel = True

    def claim_interface(self, handle: Any, intf: int) -> None:
        self.claimed = True

    def release_interface(self, handle: Any, intf: int) -> None:
        self.claimed = False

    def bulk_write(self, handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        self._fail()
        if not self.takes:
            raise usb.core.USBTimeoutError("timed out", -7, errno.ETIMEDOUT)
        self.written += bytes(data[: self.takes])
        return min(self.takes, len(data))

    def bulk_read(self, handle: Any, ep: int, intf: int, buff: Any, timeout: int) -> int:
        self._fail()
        if not self.incoming:
            raise usb.core.USBTimeoutError("timed out", -7, errno.ETIMEDOUT)
        data, self.incoming = self.incoming, b""
        buff[: len(data)] = type(buff)("B", data)
        return len(data)

    def _fail(self) -> None:
        if self.fault is not None:
            raise usb.core.USBError("gone", -4, self.fault)


def test_a_usb_printer_that_takes_a_part_gets_the_rest() -> None:
    backend = Backend(takes=64)
    model = msgspec.structs.replace(CLONE, acknowledge="none")
    printer = ReceiptPrinter(lambda: UsbPrinterPort(0x04B8, 0x0E15, backend=backend), model, time.monotonic)
    assert printer.print_lines([Line("ж" * 40)] * 20).printed == "assumed"
    assert backend.written.endswith(commands.cut(partial=True))
    assert backend.written.count(b"\n") == 20
    assert (backend.claimed, backend.kernel) == (False, True)


def test_a_usb_printer_that_takes_nothing_or_is_gone() -> None:
    backend = Backend(takes=0)
    port = UsbPrinterPort(0x04B8, 0x0E15, backend=backend)
    assert (backend.claimed, backend.kernel) == (True, False)
    assert port.write_some(b"x", 0.01) == 0
    assert port.read(0.01) == b""
    with pytest.raises(PortLost, match="took 0 of 1"):
        port.write(b"x", 0.01)
    backend.incoming = b"\x12"
    assert port.read(0.01) == b"\x12"
    backend.fault = errno.ENODEV
    for use in (lambda: port.write_some(b"x", 0.01), lambda: port.read(0.01)):
        with pytest.raises(PortLost, match="USB printer 04b8:0e15 was lost"):
            use()
    port.close()


def test_a_usb_device_that_is_no_printer_and_one_that_is_not_there() -> None:
    with pytest.raises(PortNotOpened, match="no printer interface"):
        UsbPrinterPort(0x04B8, 0x0E15, backend=Backend(kind=3))
    UsbPrinterPort(0x04B8, 0x0E15, backend=Backend(kind=255)).close()
    with pytest.raises(PortNotOpened, match="is not there"):
        UsbPrinterPort(0x04B8, 0x0001, backend=Backend())
