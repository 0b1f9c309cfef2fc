"""Parse and check the addresses of ports. Nothing is opened."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from koshelek_driver.errors import SiteError

_BY_USB_IDS = ("hidraw", "usb")
_NOT_OF_PRINTERS = ("hidraw", "evdev")
_USB_IDS = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")


def check_address(address: str, *, of_printer: bool = False) -> None:
    """Raise SiteError for an address that `open_port` or `open_stream` cannot open."""
    scheme, _, rest = address.partition(":")
    if of_printer and scheme in _NOT_OF_PRINTERS:
        what = f"port '{address}': a printer is no {scheme} device"
        raise SiteError(what, "write tcp://host:port, usb:<vid>:<pid>, file:/dev/usb/lp0 or a serial port")
    if scheme == "tcp":
        host_and_port(address)
    elif scheme in _BY_USB_IDS:
        usb_ids(address)
    elif scheme == "evdev" and not rest.startswith("/"):
        raise SiteError(f"port '{address}': expected a path", "write evdev:/dev/input/by-id/…-event-kbd")
    elif scheme == "file" and not (of_printer and rest.startswith("/")):
        raise SiteError(f"port '{address}': expected a printer's device file", "write file:/dev/usb/lp0")


def is_serial(address: str) -> bool:
    """Return True for a serial line: a path, a name or a URL of pyserial."""
    return address.partition(":")[0] not in ("tcp", "file", *_BY_USB_IDS, "evdev")


def hardware_of(address: str) -> str:
    """Return one name of the hardware for all spellings of its address.

    Claims use it to recognise one device under two addresses.
    """
    path = Path(address.removeprefix("evdev:").removeprefix("file:"))
    return str(path.resolve()) if path.is_absolute() else address.casefold()


def usb_ids(address: str) -> tuple[int, int, str]:
    """Return vendor, product and serial number of an address by USB numbers. Raises SiteError."""
    scheme, _, rest = address.partition(":")
    parsed = _USB_IDS.fullmatch(rest)
    if parsed is None:
        raise SiteError(
            f"port '{address}': expected vendor and product", f"write {scheme}:0c2e:0b87, four hexadecimal digits each"
        )
    return int(parsed[1], 16), int(parsed[2], 16), parsed[3] or ""


def host_and_port(address: str) -> tuple[str, int]:
    """Return host and port number of a TCP address. Raises SiteError."""
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise SiteError(f"port '{address}': expected a host and a port number", "write tcp://host:port")
    return host, port
