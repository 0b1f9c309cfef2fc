"""The ports that a scanner may be on, each with its address for the site file and the profile that fits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware_protocol import hid_pos, ibm_oem
from koshelek_driver.config import profile
from koshelek_driver.config.profile import Found
from koshelek_driver.transport import hidraw_port

INPUTS = Path("/dev/input/by-id")
_SCANNER_PAGES = {hid_pos.PAGE: "generic-hid-pos", ibm_oem.PAGE: "generic-ibm-oem"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One port: what kind, its address for the site file, its name in words, the profile to begin with."""

    kind: str
    port: str
    name: str
    profile: str


def ports(inputs: Path = INPUTS, hidraw: Path = hidraw_port.SYSFS) -> list[Listed]:
    """All of them: serial ports, HID scanners, keyboards that may be scanners.

    `inputs` and `hidraw` are the folders in which Linux lists keyboards and HID devices.
    """
    found = [*_serial_ports(), *_keyboards(inputs)]
    return [*_hid_scanners(hidraw), *found] if sys.platform.startswith("linux") else found


def _serial_ports() -> Iterator[Listed]:
    from serial.tools import list_ports

    for port in sorted(list_ports.comports()):
        ids = "" if port.vid is None else f" {port.vid:04x}:{port.pid:04x}"
        fits = "" if port.vid is None else profile.fitting(Found("serial", f"{port.vid:04x}", f"{port.pid:04x}"))
        yield Listed("serial", port.device, f"{port.description}{ids}", fits or "generic-serial")


def _hid_scanners(hidraw: Path) -> Iterator[Listed]:
    for device in hidraw_port.devices(hidraw):
        usual = next((_SCANNER_PAGES[usage.page] for usage in device.usages if usage.page in _SCANNER_PAGES), "")
        if usual:
            ids = f"{device.vendor_id:04x}", f"{device.product_id:04x}"
            yield Listed("hid", f"hidraw:{':'.join(ids)}", device.name, profile.fitting(Found("hid", *ids)) or usual)


def _keyboards(inputs: Path) -> Iterator[Listed]:
    for path in sorted(inputs.glob("*-event-kbd")):
        yield Listed("keyboard", f"evdev:{path}", path.name.removesuffix("-event-kbd"), "generic-keyboard")
