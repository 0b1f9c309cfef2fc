"""Receipt printers of the USB printer class over pyusb: bulk transfers, without a kernel driver."""

from __future__ import annotations

from typing import Any

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.transport import usb_device

_PRINTER_CLASS, _VENDOR_CLASS = 7, 255
_IN, _TRANSFER_TYPE, _BULK = 0x80, 0x03, 0x02
_READ_SIZE = 4096
_REMEDY = "check that it is on and plugged in, that libusb is installed, and that this user may use it"


class UsbPrinterPort:
    """The first printer interface of a USB device, or of its vendor's own class.

    The kernel's driver is detached while the port is open. `serial_number` "" means any. Raises PortNotOpened.
    """

    report_descriptor = b""

    def __init__(self, vendor_id: int, product_id: int, serial_number: str = "", *, backend: Any = None) -> None:
        import usb.core

        self._errors = usb.core.USBError
        self._number: int | None = None
        self._name = f"USB printer {vendor_id:04x}:{product_id:04x}"
        self._device: Any = None
        try:
            self._device = self._find(vendor_id, product_id, serial_number, backend)
            self._take()
        except PortNotOpened:
            self.close()
            raise
        except (usb.core.NoBackendError, usb.core.USBError, ValueError) as problem:
            self.close()
            reason = getattr(problem, "strerror", None) or problem
            raise PortNotOpened(f"{self._name} does not open: {reason}", _REMEDY) from problem

    def _find(self, vendor_id: int, product_id: int, serial_number: str, backend: Any) -> Any:
        import usb.core

        listed = usb.core.find(find_all=True, idVendor=vendor_id, idProduct=product_id, backend=backend)
        found = next((each for each in listed if serial_number in ("", each.serial_number)), None)
        if found is None:
            raise PortNotOpened(f"{self._name} is not there", _REMEDY)
        return found

    def _take(self) -> None:
        configuration = self._device.get_active_configuration()
        of_class = {each.bInterfaceClass: each for each in reversed(list(configuration))}
        interface = of_class.get(_PRINTER_CLASS) or of_class.get(_VENDOR_CLASS)
        if interface is None:
            raise PortNotOpened(f"{self._name} has no printer interface", "use its serial port, or check the numbers")
        self._number = interface.bInterfaceNumber
        bulk = [each for each in interface if each.bmAttributes & _TRANSFER_TYPE == _BULK]
        self._in = next((each for each in bulk if each.bEndpointAddress & _IN), None)
        self._out = next(each for each in bulk if not each.bEndpointAddress & _IN)
        usb_device.take(self._device, self._number)

    def read(self, timeout_s: float) -> bytes:
        """See Port. Returns nothing for a printer without an IN endpoint."""
        if self._in is None:
            return b""
        try:
            return bytes(self._in.read(_READ_SIZE, max(1, int(timeout_s * 1000))))
        except self._errors as problem:
            if problem.errno in usb_device.TIMED_OUT:
                return b""
            raise usb_device.lost(self._name, problem) from problem

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """See StreamPort."""
        try:
            return int(self._out.write(data, max(1, int(timeout_s * 1000))))
        except self._errors as problem:
            if problem.errno in usb_device.TIMED_OUT:
                return 0
            raise usb_device.lost(self._name, problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port."""
        written = self.write_some(data, timeout_s)
        if written != len(data):
            raise PortLost(f"{self._name} took {written} of {len(data)} bytes", _REMEDY)

    def wake(self) -> None:
        """See Port. Does nothing: pyusb cannot wake a read, which ends by its timeout."""

    def close(self) -> None:
        """See Port. Returns the device to the kernel."""
        if self._device is not None:
            usb_device.give_back(self._device, self._number)
