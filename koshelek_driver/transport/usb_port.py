"""HID scanners over pyusb, for systems without hidraw.

The kernel's driver is detached while the port is open.
"""

from __future__ import annotations

from typing import Any

from firmware_protocol import hid_descriptor
from firmware_protocol.errors import FrameError
from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.transport import usb_device

_HID_CLASS = 3
_IN, _INTERRUPT = 0x80, 0x03
_GET_DESCRIPTOR, _SET_REPORT = 0x06, 0x09
_FROM_INTERFACE, _TO_INTERFACE = 0x81, 0x21
_REPORT_DESCRIPTOR, _OUTPUT = 0x22, 0x02
_LONGEST_DESCRIPTOR = 4096
_CONTROL_TIMEOUT_MS = 1000
_REMEDY = "check that it is plugged in, that libusb is installed, and that this user may use it"


class UsbPort:
    """The first HID interface of a USB device. Raises PortNotOpened.

    A write goes to the OUT endpoint, or by SET_REPORT if there is none.
    """

    def __init__(self, vendor_id: int, product_id: int, *, backend: Any = None) -> None:
        import usb.core

        self._errors = usb.core.USBError
        self._name = f"USB device {vendor_id:04x}:{product_id:04x}"
        try:
            device = usb.core.find(idVendor=vendor_id, idProduct=product_id, backend=backend)
        except (usb.core.NoBackendError, usb.core.USBError, ValueError) as problem:
            raise PortNotOpened(f"{self._name} cannot be looked for: {problem}", _REMEDY) from problem
        if device is None:
            raise PortNotOpened(f"{self._name} is not there", _REMEDY)
        self._device = device
        self._number: int | None = None
        try:
            self._take()
        except PortNotOpened:
            self.close()
            raise
        except FrameError as problem:
            self.close()
            raise PortNotOpened(f"{self._name} describes its reports wrongly: {problem}", _REMEDY) from problem
        except self._errors as problem:
            self.close()
            raise PortNotOpened(f"{self._name} does not open: {problem.strerror or problem}", _REMEDY) from problem

    def _take(self) -> None:
        configuration = self._device.get_active_configuration()
        interface = next((each for each in configuration if each.bInterfaceClass == _HID_CLASS), None)
        if interface is None:
            raise PortNotOpened(f"{self._name} has no HID interface", "switch the scanner to USB HID POS or IBM OEM")
        self._number = interface.bInterfaceNumber
        self._in = next(each for each in interface if each.bEndpointAddress & _IN and each.bmAttributes == _INTERRUPT)
        self._out = next((each for each in interface if not each.bEndpointAddress & _IN), None)
        usb_device.take(self._device, self._number)
        self.report_descriptor = bytes(
            self._device.ctrl_transfer(
                _FROM_INTERFACE,
                _GET_DESCRIPTOR,
                _REPORT_DESCRIPTOR << 8,
                self._number,
                _LONGEST_DESCRIPTOR,
                _CONTROL_TIMEOUT_MS,
            )
        )
        self._has_ids = hid_descriptor.parse_descriptor(self.report_descriptor).has_report_ids

    def read(self, timeout_s: float) -> bytes:
        """See Port. Reads one report."""
        try:
            return bytes(self._in.read(self._in.wMaxPacketSize, max(1, int(timeout_s * 1000))))
        except self._errors as problem:
            if problem.errno in usb_device.TIMED_OUT:
                return b""
            raise usb_device.lost(self._name, problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port. `data` begins with the report id if the device has ids."""
        timeout_ms = max(1, int(timeout_s * 1000))
        try:
            if self._out is not None:
                written = self._out.write(data, timeout_ms)
            else:
                report = _OUTPUT << 8 | (data[0] if self._has_ids else 0)
                written = self._device.ctrl_transfer(_TO_INTERFACE, _SET_REPORT, report, self._number, data, timeout_ms)
        except self._errors as problem:
            raise usb_device.lost(self._name, problem) from problem
        if written != len(data):
            raise PortLost(f"{self._name} took {written} of {len(data)} bytes", _REMEDY)

    def wake(self) -> None:
        """See Port. Does nothing: pyusb cannot wake a read, which ends by its timeout."""

    def close(self) -> None:
        """See Port. Returns the device to the kernel."""
        usb_device.give_back(self._device, self._number)
