"""The base class of device services: the side of the hardware.

The rules of the standard are the device model's; a service only drives its hardware and reports to its callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from koshelek_driver.upos.codes import (
    CompareFirmware,
    ErrorCode,
    HealthLevel,
    PowerReporting,
    PowerState,
    StatusUpdate,
)
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import DirectIOEvent
from koshelek_driver.upos.members import version

R_contra = TypeVar("R_contra", contravariant=True)
R = TypeVar("R")


class EventCallbacks(Protocol[R_contra]):
    """The calls by which a service reports to its device, from any thread.

    After disable they do nothing.
    """

    def data(self, record: R_contra) -> bool:
        """Report one record of input, of the category's type. Returns False if the device is disabled now: stop.

        AutoDisable does that. `disable` is then called later: when the device is enabled again, released or closed.
        """
        ...

    def error(self, code: ErrorCode, extended: int = 0) -> None:
        """Report that input failed."""
        ...

    def power(self, state: PowerState) -> None:
        """Report the device's power state."""
        ...

    def status(self, number: int) -> None:
        """Send a StatusUpdateEvent of the category."""
        ...

    def direct_io(
        self, number: int, data: int, obj: Any, answered: Callable[[DirectIOEvent], None] | None = None
    ) -> None:
        """Send a DirectIOEvent.

        `answered` is called on the event thread with the event as the listeners left it.
        """
        ...

    def communication_error(self) -> None:
        """Count a communication error in the statistics."""
        ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """The description of the hardware in its statistics.

    Unknown fields are empty; `installation_date` has the form 2026-11-21.
    """

    manufacturer_name: str = ""
    model_name: str = ""
    serial_number: str = ""
    firmware_revision: str = ""
    interface: str = ""
    installation_date: str = ""


class DeviceService(Generic[R]):
    """A device without any feature; a service overrides the methods that its hardware supports.

    The model calls `open`, `enable`, `disable` and `close` one at a time, and never while it holds a lock that
    `EventCallbacks` needs, so they may wait for a thread that is in a callback. Raise UposError if the standard has a
    code (E_NOHARDWARE, E_OFFLINE ...); any other exception becomes E_FAILURE.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver device service"
    device_service_version: ClassVar[int] = version(1, 15)
    physical_device_description: str = "No description"
    physical_device_name: str = "Unknown"
    cap_power_reporting: PowerReporting = PowerReporting.PR_NONE
    cap_compare_firmware_version: bool = False
    cap_update_firmware: bool = False
    claim_key: str
    """A name of the hardware, equal in every program that may drive it: a port's address, a serial number."""

    def open(self) -> None:
        """Prepare the service; no traffic to the device is needed. After an exception `close` is called."""

    def enable(self, callbacks: EventCallbacks[R]) -> None:
        """Start the device and report to the callbacks until `disable`.

        If this raises, the device stays disabled.
        """

    def disable(self) -> None:
        """Stop the device; callbacks do nothing from now on."""

    def close(self) -> None:
        """Free all resources, whatever happened before. Ends threads, and may wait for them."""

    def power_state(self) -> PowerState:
        """Return the power state right after enable."""
        return PowerState.PS_ONLINE

    def check_health(self, level: HealthLevel) -> str:
        """Test the device and return the result in words. Raises E_ILLEGAL for an unsupported level."""
        raise _not_offered(f"checkHealth {level.name}")

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:  # noqa: ARG002
        """Run a command of the maker's and return its data and object."""
        raise _not_offered(f"directIO command {command}")

    def equipment(self) -> Equipment:
        """Return the description of the hardware."""
        return Equipment()

    def manufacturer_statistics(self) -> Mapping[str, str]:
        """Return the maker's own counters, by names without `M_`."""
        return {}

    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:  # noqa: ARG002
        """Compare a firmware file with the device.

        Raises UposError E_NOEXIST, or E_EXTENDED with EFIRMWARE_BAD_FILE, for a wrong file.
        """
        raise _not_offered("compareFirmwareVersion")

    def begin_firmware_update(self, firmware_file_name: str) -> Callable[[Callable[[int], None]], StatusUpdate]:  # noqa: ARG002
        """Check the file, raising as `compare_firmware_version`, and return a function that does the update.

        The function is run on a thread of its own. It gets a callback for its progress in percent (1 to 99), and
        returns its result: SUE_UF_COMPLETE or another SUE_UF_ code.
        """
        raise _not_offered("updateFirmware")


def _not_offered(what: str) -> UposError:
    return UposError(ErrorCode.E_ILLEGAL, f"this device has no {what}")
