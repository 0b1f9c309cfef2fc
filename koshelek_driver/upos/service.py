"""What the maker of a device service supplies: the hardware's side. Every rule of the standard is the model's."""

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
    """Where a service hands in what its device tells, from any thread. After disable it hears nothing."""

    def data(self, record: R_contra) -> bool:
        """One piece of input; the category says of which type. False: the device is disabled now, so stop.

        That is AutoDisable. `disable` is not called for that until the device is enabled again, released or closed.
        """
        ...

    def error(self, code: ErrorCode, extended: int = 0) -> None:
        """Input failed."""
        ...

    def power(self, state: PowerState) -> None:
        """The device's power is now this."""
        ...

    def status(self, number: int) -> None:
        """A StatusUpdateEvent of the category."""
        ...

    def direct_io(
        self, number: int, data: int, obj: Any, answered: Callable[[DirectIOEvent], None] | None = None
    ) -> None:
        """A DirectIOEvent. `answered` gets it back as the listeners left it, on the event thread."""
        ...

    def communication_error(self) -> None:
        """Count one in the statistics."""
        ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the statistics tell of the hardware; empty where it is not known. `installation_date` as 2026-11-21."""

    manufacturer_name: str = ""
    model_name: str = ""
    serial_number: str = ""
    firmware_revision: str = ""
    interface: str = ""
    installation_date: str = ""


class DeviceService(Generic[R]):
    """A device without features: a service overrides what its hardware can do.

    The model calls `open`, `enable`, `disable` and `close` one at a time, and never while it holds a lock that
    `EventCallbacks` needs, so they may wait for a thread that is in it. Raise UposError where the standard has a code
    (E_NOHARDWARE, E_OFFLINE ...); anything else becomes E_FAILURE.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver device service"
    device_service_version: ClassVar[int] = version(1, 15)
    physical_device_description: str = "No description"
    physical_device_name: str = "Unknown"
    cap_power_reporting: PowerReporting = PowerReporting.PR_NONE
    cap_compare_firmware_version: bool = False
    cap_update_firmware: bool = False
    claim_key: str
    """Names the hardware, the same in every program that may drive it: a port's address, a serial number."""

    def open(self) -> None:
        """Prepare; the device itself need not be touched. After an exception `close` is called."""

    def enable(self, callbacks: EventCallbacks[R]) -> None:
        """Make the device work and begin to hand in what it tells. When it raises, the device stays disabled."""

    def disable(self) -> None:
        """Stop; what the callbacks is told from now on is not heard."""

    def close(self) -> None:
        """Give everything back, whatever happened before. Ends threads; may wait for them."""

    def power_state(self) -> PowerState:
        """The power right after enable; asked only with `cap_power_reporting`."""
        return PowerState.PS_ONLINE

    def check_health(self, level: HealthLevel) -> str:
        """Test the device and give the result in words; E_ILLEGAL for a level that it does not have."""
        raise _not_offered(f"checkHealth {level.name}")

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:  # noqa: ARG002
        """A maker's own command; gives data and object as they come back."""
        raise _not_offered(f"directIO command {command}")

    def equipment(self) -> Equipment:
        """What is known of the hardware."""
        return Equipment()

    def manufacturer_statistics(self) -> Mapping[str, str]:
        """The maker's own counters, by names without `M_`."""
        return {}

    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:  # noqa: ARG002
        """Compare a file with the device; E_NOEXIST, or E_EXTENDED with EFIRMWARE_BAD_FILE, for a wrong one."""
        raise _not_offered("compareFirmwareVersion")

    def begin_firmware_update(self, firmware_file_name: str) -> Callable[[Callable[[int], None]], StatusUpdate]:  # noqa: ARG002
        """Check the file, raising as above, and give what does the update.

        That is run on a thread of its own with a function to tell percents (1 to 99), and gives how it ended:
        SUE_UF_COMPLETE or another SUE_UF_.
        """
        raise _not_offered("updateFirmware")


def _not_offered(what: str) -> UposError:
    return UposError(ErrorCode.E_ILLEGAL, f"this device has no {what}")
