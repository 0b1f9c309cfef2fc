"""What USB ports share: an interface is taken from the kernel and given back, and words for a device that is gone."""

from __future__ import annotations

import contextlib
from typing import Any

from koshelek_driver.errors import PortLost

TIMED_OUT = (110, 60, 10060, 116)
"""The errno of a time-out on Linux, macOS, Windows, and in libusb's own numbers."""


def take(device: Any, number: int) -> None:
    """Take an interface off the kernel's driver and claim it. Raises pyusb's errors."""
    import usb.util

    with contextlib.suppress(NotImplementedError):
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
    usb.util.claim_interface(device, number)


def give_back(device: Any, number: int | None) -> None:
    """Let the kernel have its interface again, if one was taken; never raises for a device that is gone."""
    import usb.core
    import usb.util

    if number is not None:
        with contextlib.suppress(usb.core.USBError, NotImplementedError):
            usb.util.release_interface(device, number)
            device.attach_kernel_driver(number)
    with contextlib.suppress(usb.core.USBError):
        usb.util.dispose_resources(device)


def lost(name: str, problem: Exception) -> PortLost:
    """What a port raises when its device is gone."""
    reason = getattr(problem, "strerror", None) or problem
    return PortLost(f"{name} was lost: {reason}", "check the cable; unplug it and plug it in again")
