"""Functions that USB ports share: take an interface from the kernel and return it; translate a loss."""

from __future__ import annotations

import contextlib
from typing import Any

from koshelek_driver.errors import PortLost

TIMED_OUT = (110, 60, 10060, 116)
"""The errno of a timeout on Linux, macOS, Windows, and in libusb's own numbers."""


def take(device: Any, number: int) -> None:
    """Detach the kernel's driver from an interface and claim it. Raises pyusb's errors."""
    import usb.util

    with contextlib.suppress(NotImplementedError):
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
    usb.util.claim_interface(device, number)


def give_back(device: Any, number: int | None) -> None:
    """Return an interface to the kernel, if one was taken. Never raises for an unplugged device."""
    import usb.core
    import usb.util

    if number is not None:
        with contextlib.suppress(usb.core.USBError, NotImplementedError):
            usb.util.release_interface(device, number)
            device.attach_kernel_driver(number)
    with contextlib.suppress(usb.core.USBError):
        usb.util.dispose_resources(device)


def lost(name: str, problem: Exception) -> PortLost:
    """Return the error of a port whose device is gone."""
    reason = getattr(problem, "strerror", None) or problem
    return PortLost(f"{name} was lost: {reason}", "check the cable; unplug it and plug it in again")
