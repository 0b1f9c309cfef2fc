"""HID devices on Windows and macOS, through hidapi (the extra `hid`)."""

from __future__ import annotations

import contextlib
from typing import Any

from koshelek_driver.errors import PortLost, PortNotOpened

_LONGEST_REPORT = 1024


class HidapiPort:
    """The interface of a HID device with a collection on one of `pages`. Raises PortNotOpened."""

    def __init__(self, vendor_id: int, product_id: int, pages: frozenset[int], serial_number: str = "") -> None:
        self._name = f"HID device {vendor_id:04x}:{product_id:04x}"
        try:
            import hid
        except ImportError as problem:
            raise PortNotOpened(
                f"{self._name}: hidapi is not installed", "pip install 'koshelek-driver[hid]'"
            ) from problem
        listed: list[dict[str, Any]] = hid.enumerate(vendor_id, product_id)
        chosen = [
            each
            for each in listed
            if (not pages or each["usage_page"] in pages) and serial_number in ("", each["serial_number"])
        ]
        if not chosen:
            seen = ", ".join(f"{each['usage_page']:04x}:{each['usage']:04x}" for each in listed) or "nothing"
            what = f"{self._name} has no interface of a scanner; it has {seen}"
            raise PortNotOpened(what, "switch the scanner to USB HID POS or IBM OEM by its manual")
        self._device = hid.device()
        try:
            self._device.open_path(chosen[0]["path"])
            self.report_descriptor = bytes(self._device.get_report_descriptor())
        except OSError as problem:
            raise PortNotOpened(f"{self._name} does not open: {problem}", "close the program that has it") from problem

    def read(self, timeout_s: float) -> bytes:
        """See Port. Reads one report."""
        try:
            return bytes(self._device.read(_LONGEST_REPORT, max(1, int(timeout_s * 1000))))
        except (OSError, ValueError) as problem:
            raise self._lost(problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:  # noqa: ARG002 - hidapi has no deadline for writes
        """See Port."""
        try:
            written = self._device.write(data)
        except (OSError, ValueError) as problem:
            raise self._lost(problem) from problem
        if written < len(data):
            raise PortLost(f"{self._name} took {written} of {len(data)} bytes", "unplug it and plug it in again")

    def wake(self) -> None:
        """See Port. Does nothing: hidapi cannot wake a read, which ends by its timeout."""

    def close(self) -> None:
        """See Port."""
        with contextlib.suppress(OSError, ValueError):
            self._device.close()

    def _lost(self, problem: Exception) -> PortLost:
        return PortLost(f"{self._name} was lost: {problem}", "check the cable; unplug it and plug it in again")
