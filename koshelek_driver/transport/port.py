"""The narrow waist between devices and everything above: one protocol, one address form."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from koshelek_driver.errors import SiteError

_BY_USB_IDS = ("hidraw", "usb")
_NOT_OF_PRINTERS = ("hidraw", "evdev")
_USB_IDS = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")


class SerialLine(Protocol):
    """Line settings of an RS-232 port, as a profile has them."""

    @property
    def baud_rate(self) -> int:
        """Bits a second."""
        ...

    @property
    def data_bits(self) -> int:
        """7 or 8."""
        ...

    @property
    def parity(self) -> str:
        """none, even or odd."""
        ...

    @property
    def stop_bits(self) -> int:
        """1 or 2."""
        ...

    @property
    def flow(self) -> str:
        """Who stops a sender that is too fast: none, xonxoff or rtscts."""
        ...


class Port(Protocol):
    """Bytes to and from one device, or whole reports where it has reports."""

    @property
    def report_descriptor(self) -> bytes:
        """What a HID device says of its reports; empty for any other."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What arrived, waiting at most `timeout_s`; empty when nothing came. Raises PortLost."""
        ...

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write all of it. Raises PortLost when that cannot be done within `timeout_s`."""
        ...

    def wake(self) -> None:
        """Make a read that another thread waits in end soon; only before close. Not every kind of port can."""
        ...

    def close(self) -> None:
        """Close it; closing twice is quiet."""
        ...


class StreamPort(Port, Protocol):
    """A port without reports: a device may take a part of what is written."""

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """Write what the device takes now, waiting at most `timeout_s` for it to take anything; how much it took.

        Raises PortLost.
        """
        ...


def check_address(address: str, *, of_printer: bool = False) -> None:
    """Refuse an address that `open_port` cannot mean; raises SiteError. Nothing is opened."""
    scheme, _, rest = address.partition(":")
    if of_printer and scheme in _NOT_OF_PRINTERS:
        what = f"port '{address}': a printer is no {scheme} device"
        raise SiteError(what, "write tcp://host:port, usb:<vid>:<pid>, file:/dev/usb/lp0 or a serial port")
    if scheme == "tcp":
        _host_and_port(address)
    elif scheme in _BY_USB_IDS:
        _usb_ids(address)
    elif scheme == "evdev" and not rest.startswith("/"):
        raise SiteError(f"port '{address}': expected a path", "write evdev:/dev/input/by-id/…-event-kbd")
    elif scheme == "file" and not (of_printer and rest.startswith("/")):
        raise SiteError(f"port '{address}': expected a printer's device file", "write file:/dev/usb/lp0")


def is_serial(address: str) -> bool:
    """Whether it is a serial line, by path, name or URL of pyserial."""
    return address.partition(":")[0] not in ("tcp", "file", *_BY_USB_IDS, "evdev")


def hardware_of(address: str) -> str:
    """What names the hardware behind an address, the same for every spelling of it: for claims."""
    path = Path(address.removeprefix("evdev:").removeprefix("file:"))
    return str(path.resolve()) if path.is_absolute() else address.casefold()


def open_port(
    address: str, line: SerialLine, connect_timeout_s: float, hid_pages: frozenset[int] = frozenset()
) -> Port:
    """Open a port by its address. Raises PortNotOpened, or SiteError.

    `tcp://host:port`; `hidraw:<vid>:<pid>[:<serial number>]` and `usb:<vid>:<pid>` (four hexadecimal digits each; of
    several interfaces the one with a collection on one of `hid_pages`); `evdev:<path>`; else a serial port by path,
    name or URL of pyserial (`socket://host:port`, `rfc2217://host:port`).
    """
    check_address(address)
    scheme = address.partition(":")[0]
    if scheme in _SPECIAL:
        return _SPECIAL[scheme](address, connect_timeout_s, hid_pages)
    from koshelek_driver.transport.serial_port import SerialPort

    return SerialPort(address, line)


def open_stream(address: str, line: SerialLine, connect_timeout_s: float) -> StreamPort:
    """Open a printer's port by its address. Raises PortNotOpened, or SiteError.

    `tcp://host:port`; `usb:<vid>:<pid>[:<serial number>]` for the printer class; `file:<path>`, a device file such as
    /dev/usb/lp0; else a serial port as for `open_port`.
    """
    check_address(address, of_printer=True)
    scheme, _, rest = address.partition(":")
    if scheme == "tcp":
        from koshelek_driver.transport.tcp_port import TcpPort

        return TcpPort(*_host_and_port(address), connect_timeout_s)
    if scheme == "usb":
        from koshelek_driver.transport.usb_printer_port import UsbPrinterPort

        return UsbPrinterPort(*_usb_ids(address))
    if scheme == "file":
        from koshelek_driver.transport.descriptor_port import DescriptorPort

        return DescriptorPort(rest, rest, "check that the printer is on and plugged in, and that this user may use it")
    from koshelek_driver.transport.serial_port import SerialPort

    return SerialPort(address, line)


def _open_tcp(address: str, connect_timeout_s: float, _pages: frozenset[int]) -> Port:
    from koshelek_driver.transport.tcp_port import TcpPort

    return TcpPort(*_host_and_port(address), connect_timeout_s)


def _open_hid(address: str, _connect_timeout_s: float, pages: frozenset[int]) -> Port:
    vendor_id, product_id, serial_number = _usb_ids(address)
    if _on_linux():
        from koshelek_driver.transport import hidraw_port

        listed = hidraw_port.devices()
        return hidraw_port.HidrawPort(hidraw_port.find(vendor_id, product_id, pages, serial_number, listed=listed))
    from koshelek_driver.transport.hidapi_port import HidapiPort

    return HidapiPort(vendor_id, product_id, pages, serial_number)


def _open_usb(address: str, _connect_timeout_s: float, _pages: frozenset[int]) -> Port:
    from koshelek_driver.transport.usb_port import UsbPort

    vendor_id, product_id, _ = _usb_ids(address)
    return UsbPort(vendor_id, product_id)


def _open_evdev(address: str, _connect_timeout_s: float, _pages: frozenset[int]) -> Port:
    from koshelek_driver.transport.evdev_port import EvdevPort

    return EvdevPort(address.removeprefix("evdev:"))


_SPECIAL: dict[str, Callable[[str, float, frozenset[int]], Port]] = {
    "tcp": _open_tcp,
    "hidraw": _open_hid,
    "usb": _open_usb,
    "evdev": _open_evdev,
}


def _on_linux() -> bool:
    return sys.platform.startswith("linux")


def _usb_ids(address: str) -> tuple[int, int, str]:
    scheme, _, rest = address.partition(":")
    parsed = _USB_IDS.fullmatch(rest)
    if parsed is None:
        raise SiteError(
            f"port '{address}': expected vendor and product", f"write {scheme}:0c2e:0b87, four hexadecimal digits each"
        )
    return int(parsed[1], 16), int(parsed[2], 16), parsed[3] or ""


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise SiteError(f"port '{address}': expected a host and a port number", "write tcp://host:port")
    return host, port
