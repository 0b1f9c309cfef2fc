"""Open ports by their address. Each kind of port is imported when it is needed: a till has few."""

from __future__ import annotations

import sys
from collections.abc import Callable

from koshelek_driver.transport.address import check_address, host_and_port, usb_ids
from koshelek_driver.transport.port import Port, SerialLine, StreamPort


def open_port(
    address: str, line: SerialLine, connect_timeout_s: float, hid_pages: frozenset[int] = frozenset()
) -> Port:
    """Open a port by its address.

    `tcp://host:port`; `hidraw:<vid>:<pid>[:<serial number>]` and `usb:<vid>:<pid>` (four hexadecimal digits each; of
    several interfaces the one with a collection on one of `hid_pages`); `evdev:<path>`; else a serial port by path,
    name or URL of pyserial (`socket://host:port`, `rfc2217://host:port`).

    Raises:
        PortNotOpened: the port cannot be opened; nothing was written.
        SiteError: the address is not valid.
    """
    check_address(address)
    scheme = address.partition(":")[0]
    if scheme in _SPECIAL:
        return _SPECIAL[scheme](address, connect_timeout_s, hid_pages)
    from koshelek_driver.transport.serial_port import SerialPort

    return SerialPort(address, line)


def open_stream(address: str, line: SerialLine, connect_timeout_s: float) -> StreamPort:
    """Open a printer's port by its address.

    `tcp://host:port`; `usb:<vid>:<pid>[:<serial number>]` for the printer class; `file:<path>`, a device file such as
    /dev/usb/lp0; else a serial port as for `open_port`.

    Raises:
        PortNotOpened: the port cannot be opened; nothing was written.
        SiteError: the address is not valid.
    """
    check_address(address, of_printer=True)
    scheme, _, rest = address.partition(":")
    if scheme == "tcp":
        from koshelek_driver.transport.tcp_port import TcpPort

        return TcpPort(*host_and_port(address), connect_timeout_s)
    if scheme == "usb":
        from koshelek_driver.transport.usb_printer_port import UsbPrinterPort

        return UsbPrinterPort(*usb_ids(address))
    if scheme == "file":
        from koshelek_driver.transport.descriptor_port import DescriptorPort

        return DescriptorPort(rest, rest, "check that the printer is on and plugged in, and that this user may use it")
    from koshelek_driver.transport.serial_port import SerialPort

    return SerialPort(address, line)


def _open_tcp(address: str, connect_timeout_s: float, _pages: frozenset[int]) -> Port:
    from koshelek_driver.transport.tcp_port import TcpPort

    return TcpPort(*host_and_port(address), connect_timeout_s)


def _open_hid(address: str, _connect_timeout_s: float, pages: frozenset[int]) -> Port:
    vendor_id, product_id, serial_number = usb_ids(address)
    if _on_linux():
        from koshelek_driver.transport import hidraw_port

        listed = hidraw_port.devices()
        return hidraw_port.HidrawPort(hidraw_port.find(vendor_id, product_id, pages, serial_number, listed=listed))
    from koshelek_driver.transport.hidapi_port import HidapiPort

    return HidapiPort(vendor_id, product_id, pages, serial_number)


def _open_usb(address: str, _connect_timeout_s: float, _pages: frozenset[int]) -> Port:
    from koshelek_driver.transport.usb_port import UsbPort

    vendor_id, product_id, _ = usb_ids(address)
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
