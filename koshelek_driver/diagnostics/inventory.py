"""The ports that a scanner may be on.

Each comes with its address for the site file and a profile to begin with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware_protocol import hid_pos, ibm_oem
from koshelek_driver.config import profile
from koshelek_driver.config.profile import AttachedDevice
from koshelek_driver.transport import hidraw_port

INPUTS = Path("/dev/input/by-id")
_SCANNER_PAGES = {hid_pos.PAGE: "generic-hid-pos", ibm_oem.PAGE: "generic-ibm-oem"}


@dataclass(frozen=True, slots=True)
class ListedPort:
    """One port. `kind`: serial, hid or keyboard; `port`: its address for the site file.

    `name` is the system's description of the device, `profile` the scanner profile to begin with.
    """

    kind: str
    port: str
    name: str
    profile: str


def ports(inputs: Path = INPUTS, hidraw: Path = hidraw_port.SYSFS) -> list[ListedPort]:
    """List serial ports, HID scanners (on Linux) and keyboards that may be scanners.

    Reads the system's lists only; no port is opened. `inputs` and `hidraw` are the folders in which Linux lists
    keyboards and HID devices.

    Raises:
        ProfileError: several profiles list the ids of one device.
    """
    found = [*_serial_ports(), *_keyboards(inputs)]
    return [*_hid_scanners(hidraw), *found] if sys.platform.startswith("linux") else found


def _serial_ports() -> Iterator[ListedPort]:
    from serial.tools import list_ports

    for port in sorted(list_ports.comports()):
        if port.vid is None:
            yield ListedPort("serial", port.device, port.description, "generic-serial")
            continue
        ids = f"{port.vid:04x}", f"{port.pid:04x}"
        known = profile.name_for(AttachedDevice("serial", *ids))
        yield ListedPort("serial", port.device, f"{port.description} {':'.join(ids)}", known or "generic-serial")


def _hid_scanners(hidraw: Path) -> Iterator[ListedPort]:
    for device in hidraw_port.devices(hidraw):
        usual = next((_SCANNER_PAGES[usage.page] for usage in device.usages if usage.page in _SCANNER_PAGES), "")
        if usual:
            ids = f"{device.vendor_id:04x}", f"{device.product_id:04x}"
            known = profile.name_for(AttachedDevice("hid", *ids))
            yield ListedPort("hid", f"hidraw:{':'.join(ids)}", device.name, known or usual)


def _keyboards(inputs: Path) -> Iterator[ListedPort]:
    for path in sorted(inputs.glob("*-event-kbd")):
        yield ListedPort("keyboard", f"evdev:{path}", path.name.removesuffix("-event-kbd"), "generic-keyboard")
