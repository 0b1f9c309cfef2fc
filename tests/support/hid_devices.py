"""HID devices that exist only in this process: one of hidraw, and a backend of pyusb."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from firmware_protocol import hid_pos
from koshelek_driver.transport.hidraw_port import HidDevice
from tests.support.hid_pos import DESCRIPTOR


def hid_device(descriptor: bytes = DESCRIPTOR, serial: str = "A-1") -> HidDevice:
    return HidDevice("/dev/hidraw0", 0x0C2E, 0x0B87, "Scanner", serial, descriptor, (hid_pos.SCANNER,))


def add_hidraw_device(folder: Path, ids: str, serial: str, descriptor: bytes = DESCRIPTOR) -> None:
    """Write what Linux says of one HID device below /sys/class/hidraw; `ids` as in its HID_ID."""
    device = folder / "device"
    device.mkdir(parents=True)
    (device / "uevent").write_text(f"DRIVER=hid-generic\nHID_ID={ids}\nHID_NAME=Scanner\nHID_UNIQ={serial}\n")
    (device / "report_descriptor").write_bytes(descriptor)


class Backend(usb.backend.IBackend):  # type: ignore[misc]
    """One USB device in this process."""

    def __init__(self, descriptor: bytes = DESCRIPTOR, *, has_out: bool = True, interface_class: int = 3) -> None:
        self.descriptor, self.has_out, self.interface_class = descriptor, has_out, interface_class
        self.incoming: list[bytes | int] = []
        self.written: list[tuple[str, int, bytes]] = []
        self.kernel = True
        self.claimed = False

    def enumerate_devices(self) -> list[int]:
        return [1]

    def get_device_descriptor(self, _device: Any) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=0x0C2E, idProduct=0x0B87, bcdDevice=1, iManufacturer=0, iProduct=0,
            iSerialNumber=0, bNumConfigurations=1, address=1, bus=1, port_number=1, port_numbers=(1,), speed=2,
        )  # fmt: skip

    def get_configuration_descriptor(self, _device: Any, _number: int) -> Any:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=34, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0x80, bMaxPower=50, extra_descriptors=b"",
        )  # fmt: skip

    def get_interface_descriptor(self, _device: Any, interface: int, alternate: int, _configuration: int) -> Any:
        if interface or alternate:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=1 + self.has_out,
            bInterfaceClass=self.interface_class, bInterfaceSubClass=0, bInterfaceProtocol=0, iInterface=0,
            extra_descriptors=b"",
        )  # fmt: skip

    def get_endpoint_descriptor(self, _device: Any, number: int, *_place: int) -> Any:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=(0x81, 0x02)[number], bmAttributes=3, wMaxPacketSize=64,
            bInterval=1, bRefresh=0, bSynchAddress=0, extra_descriptors=b"",
        )  # fmt: skip

    def open_device(self, device: Any) -> Any:
        return device

    def close_device(self, _handle: Any) -> None: ...

    def get_configuration(self, _handle: Any) -> int:
        return 1

    def is_kernel_driver_active(self, _handle: Any, _interface: int) -> bool:
        return self.kernel

    def detach_kernel_driver(self, _handle: Any, _interface: int) -> None:
        self.kernel = False

    def attach_kernel_driver(self, _handle: Any, _interface: int) -> None:
        self.kernel = True

    def claim_interface(self, _handle: Any, _interface: int) -> None:
        assert not self.kernel
        self.claimed = True

    def release_interface(self, _handle: Any, _interface: int) -> None:
        self.claimed = False

    def intr_read(self, _handle: Any, _endpoint: int, _interface: int, buffer: Any, _timeout: int) -> int:
        if not self.incoming:
            raise usb.core.USBTimeoutError("timed out", None, errno.ETIMEDOUT)
        next_ = self.incoming.pop(0)
        if isinstance(next_, int):
            raise usb.core.USBError("gone", None, next_)
        buffer[: len(next_)] = type(buffer)("B", next_)
        return len(next_)

    def intr_write(self, _handle: Any, endpoint: int, _interface: int, data: Any, _timeout: int) -> int:
        self.written.append(("out", endpoint, bytes(data)))
        return len(data)

    def ctrl_transfer(
        self, _handle: Any, kind: int, _request: int, value: int, _index: int, data: Any, _timeout: int
    ) -> int:
        if kind & 0x80:
            data[: len(self.descriptor)] = type(data)("B", self.descriptor)
            return len(self.descriptor)
        self.written.append(("control", value, bytes(data)))
        return len(data)
