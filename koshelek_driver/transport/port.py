"""The narrow waist between devices and everything above: one protocol, one address form."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from koshelek_driver.errors import SiteError


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


class Port(Protocol):
    """Bytes to and from one device."""

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


def check_address(address: str) -> None:
    """Refuse an address that `open_port` cannot mean; raises SiteError. Nothing is opened."""
    scheme, _, _ = address.partition(":")
    if scheme in ("hidraw", "usb", "evdev", "file"):
        raise SiteError(
            f"port '{address}': this version has serial ports and tcp://host:port",
            "switch the device to a virtual COM port or the network",
        )
    if scheme == "tcp":
        _host_and_port(address)


def hardware_of(address: str) -> str:
    """What names the hardware behind an address, the same for every spelling of it: for claims."""
    path = Path(address)
    return str(path.resolve()) if path.is_absolute() else address.casefold()


def open_port(address: str, line: SerialLine, connect_timeout_s: float) -> Port:
    """Open `tcp://host:port`, or a serial port by path or URL. Raises PortNotOpened, or SiteError."""
    check_address(address)
    if address.startswith("tcp:"):
        from koshelek_driver.transport.tcp_port import TcpPort

        return TcpPort(*_host_and_port(address), connect_timeout_s)
    from koshelek_driver.transport.serial_port import SerialPort

    return SerialPort(address, line)


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise SiteError(f"port '{address}': expected a host and a port number", "write tcp://host:port")
    return host, port
