"""HID devices on Linux through hidraw, found by their ids and usage page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from firmware_protocol import hid_descriptor
from firmware_protocol.errors import FrameError
from firmware_protocol.hid_descriptor import Usage
from koshelek_driver.errors import PortNotOpened
from koshelek_driver.transport.descriptor_port import DescriptorPort

SYSFS = Path("/sys/class/hidraw")
DEV = Path("/dev")
_RIGHTS = "check that it is plugged in, and that this user may use it: the README of transport shows the udev rule"


@dataclass(frozen=True, slots=True)
class HidDevice:
    """One interface of a HID device, as sysfs lists it."""

    path: str
    vendor_id: int
    product_id: int
    name: str
    serial_number: str
    report_descriptor: bytes
    usages: tuple[Usage, ...]

    def __str__(self) -> str:
        usages = ", ".join(f"{usage.page:04x}:{usage.number:04x}" for usage in self.usages)
        return f"{self.vendor_id:04x}:{self.product_id:04x} {self.name} ({usages or 'unknown usage'}) at {self.path}"


class HidrawPort(DescriptorPort):
    """One hidraw device. Reports begin with their id, in both directions, if the device has ids."""

    def __init__(self, device: HidDevice) -> None:
        super().__init__(device.path, f"HID device {device.name or device.path}", _RIGHTS)
        self.report_descriptor = device.report_descriptor
        self._has_ids = hid_descriptor.parse_descriptor(device.report_descriptor).has_report_ids

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port."""
        super().write(data if self._has_ids else b"\0" + data, timeout_s)


def devices(sysfs: Path = SYSFS, dev: Path = DEV) -> list[HidDevice]:
    """Return every HID interface of this machine, sorted by name."""
    found = [_device(entry, dev) for entry in sorted(sysfs.glob("hidraw*"))]
    return [device for device in found if device is not None]


def find(
    vendor_id: int, product_id: int, pages: frozenset[int], serial_number: str = "", *, listed: list[HidDevice]
) -> HidDevice:
    """Return the device with these ids and one of these usage pages.

    Raises:
        PortNotOpened: there is no such device, or there are several.
    """
    ours = [device for device in listed if (device.vendor_id, device.product_id) == (vendor_id, product_id)]
    right = [device for device in ours if not pages or any(usage.page in pages for usage in device.usages)]
    chosen = [device for device in right if serial_number in ("", device.serial_number)]
    wanted = f"{vendor_id:04x}:{product_id:04x}" + (f" with serial number {serial_number}" if serial_number else "")
    if not chosen:
        seen = "; ".join(str(device) for device in ours or listed) or "no HID device at all"
        raise PortNotOpened(f"no HID scanner {wanted}; there is {seen}", _advice(ours))
    if len({device.serial_number for device in chosen}) > 1:
        numbers = ", ".join(device.serial_number for device in chosen)
        what = f"several HID scanners {wanted}, with serial numbers {numbers}"
        raise PortNotOpened(what, "add one of them to the port: hidraw:<vid>:<pid>:<serial number>")
    return chosen[0]


def _advice(ours: list[HidDevice]) -> str:
    if ours:
        return "the scanner is in another mode: switch it to USB HID POS or IBM OEM by its manual"
    return "plug it in, or correct the numbers: `koshelek-driver devices` lists what is there"


def _device(entry: Path, dev: Path) -> HidDevice | None:
    """Read one device from sysfs; None if it is being unplugged or its data are invalid."""
    try:
        lines = (entry / "device" / "uevent").read_text(encoding="utf-8", errors="replace").splitlines()
        descriptor = (entry / "device" / "report_descriptor").read_bytes()
        about = dict(line.split("=", 1) for line in lines if "=" in line)
        _, vendor, product = about["HID_ID"].split(":")
        usages = hid_descriptor.parse_descriptor(descriptor).collections
        vendor_id, product_id = int(vendor, 16), int(product, 16)
    except (OSError, KeyError, ValueError, FrameError):
        return None
    return HidDevice(
        path=str(dev / entry.name),
        vendor_id=vendor_id,
        product_id=product_id,
        name=about.get("HID_NAME", ""),
        serial_number=about.get("HID_UNIQ", ""),
        report_descriptor=descriptor,
        usages=usages,
    )
