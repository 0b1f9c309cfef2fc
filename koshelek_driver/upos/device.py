"""The members of every category, and the life of a device: open, claim, enable, events, power, close."""

from __future__ import annotations

import contextlib
import time
from importlib.metadata import version as package_version
from types import TracebackType
from typing import Any, Self

from koshelek_driver.upos import registry
from koshelek_driver.upos.base import DeviceBase
from koshelek_driver.upos.callbacks import DeviceCallbacks
from koshelek_driver.upos.claims import Claim, claim_within, default_folder
from koshelek_driver.upos.codes import (
    FOREVER,
    CompareFirmware,
    ErrorCode,
    HealthLevel,
    PowerNotify,
    PowerReporting,
    PowerState,
    State,
)
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import EventDispatcher
from koshelek_driver.upos.events import StatusUpdateEvent
from koshelek_driver.upos.maintenance import Maintenance
from koshelek_driver.upos.members import (
    STANDARD,
    V1_2,
    V1_3,
    V1_8,
    V1_9,
    ReadOnly,
    Stage,
    Writable,
    method,
    version,
)
from koshelek_driver.upos.service import DeviceService
from koshelek_driver.upos.session import Session
from koshelek_driver.upos.statistics import Statistics


class Device(DeviceBase):
    """One device of a category, before and after open.

    It is safe to use from any thread, and from inside its own events. Every member raises UposError with the
    standard's result code. Properties and methods are also reached by the standard's names: `get_property`,
    `set_property`, `call`.
    """

    state = ReadOnly(
        "State", State, "S_CLOSED, S_IDLE, S_BUSY (output under way) or S_ERROR (an error waits).", read=Stage.ALWAYS
    )
    claimed = ReadOnly("Claimed", bool, "True while this instance holds the device.", initial=False)
    device_enabled = Writable(
        "DeviceEnabled",
        bool,
        "True makes the device work; needs the claim. False stops input (queued events stay) and drops waiting output.",
        initial=False,
        write=Stage.CLAIMED,
    )
    freeze_events = Writable(
        "FreezeEvents", bool, "True holds all events back; they are delivered in order when it is false again."
    )
    device_control_description = ReadOnly(
        "DeviceControlDescription", str, "This class and its version.", read=Stage.ALWAYS
    )
    device_control_version = ReadOnly(
        "DeviceControlVersion", int, "Level of the standard: 1015000 is 1.15.", read=Stage.ALWAYS
    )
    device_service_description = ReadOnly("DeviceServiceDescription", str, "The service and its maker.")
    device_service_version = ReadOnly("DeviceServiceVersion", int, "Level of the standard that the service implements.")
    physical_device_description = ReadOnly("PhysicalDeviceDescription", str, "The hardware, in words.")
    physical_device_name = ReadOnly("PhysicalDeviceName", str, "The hardware's name and place.")
    cap_power_reporting = ReadOnly(
        "CapPowerReporting", PowerReporting, "The power states that the device can report.", since=V1_3
    )
    power_notify = Writable(
        "PowerNotify",
        PowerNotify,
        "PN_ENABLED asks for power events. Written only while disabled, and only with the capability: else E_ILLEGAL.",
        initial=PowerNotify.PN_DISABLED,
        since=V1_3,
    )
    power_state = ReadOnly(
        "PowerState",
        PowerState,
        "PS_UNKNOWN unless the device is enabled and PowerNotify is on.",
        initial=PowerState.PS_UNKNOWN,
        since=V1_3,
    )
    check_health_text = ReadOnly("CheckHealthText", str, "The result of the last checkHealth, in words.")
    cap_statistics_reporting = ReadOnly("CapStatisticsReporting", bool, "True.", initial=True, since=V1_8)
    cap_update_statistics = ReadOnly("CapUpdateStatistics", bool, "True.", initial=True, since=V1_8)
    cap_compare_firmware_version = ReadOnly(
        "CapCompareFirmwareVersion", bool, "True if compareFirmwareVersion works.", since=V1_9
    )
    cap_update_firmware = ReadOnly("CapUpdateFirmware", bool, "True if updateFirmware works.", since=V1_9)

    # -- Values of the properties ----------------------------------------------------------------------------------

    @property
    def _state(self) -> State:
        with self._changed:
            if self._session is None:
                return State.S_CLOSED
            if self._in_error():
                return State.S_ERROR
            return State.S_BUSY if self._is_busy() else State.S_IDLE

    @property
    def _freeze_events(self) -> bool:
        return self._session_now().dispatcher.queue.frozen

    @freeze_events.on_write
    def _write_freeze_events(self, value: bool) -> None:
        with self._changed:
            dispatcher = self._session_now().dispatcher
            dispatcher.queue.frozen = value
            dispatcher.wake()

    @property
    def _device_control_description(self) -> str:
        return f"Koshelek Driver {self.category}, version {package_version('koshelek-driver')}"

    @property
    def _device_control_version(self) -> int:
        return version(*map(int, STANDARD.split(".")))

    @property
    def _device_service_description(self) -> str:
        return self._session_now().service.device_service_description

    @property
    def _device_service_version(self) -> int:
        return self._session_now().service.device_service_version

    @property
    def _physical_device_description(self) -> str:
        return self._session_now().service.physical_device_description

    @property
    def _physical_device_name(self) -> str:
        return self._session_now().service.physical_device_name

    @property
    def _cap_power_reporting(self) -> PowerReporting:
        return self._session_now().service.cap_power_reporting

    @property
    def _check_health_text(self) -> str:
        return self._session_now().maintenance.health_text

    @property
    def _cap_compare_firmware_version(self) -> bool:
        return self._session_now().service.cap_compare_firmware_version

    @property
    def _cap_update_firmware(self) -> bool:
        return self._session_now().service.cap_update_firmware

    @power_notify.on_write
    def _write_power_notify(self, value: PowerNotify) -> None:
        with self._changed:
            if self._device_enabled:
                raise UposError(ErrorCode.E_ILLEGAL, "PowerNotify cannot change while enabled", "disable the device")
            if value is PowerNotify.PN_ENABLED and self._cap_power_reporting is PowerReporting.PR_NONE:
                raise UposError(ErrorCode.E_ILLEGAL, "this device cannot tell its power (CapPowerReporting is PR_NONE)")
            self._power_notify = value

    @device_enabled.on_write
    def _write_device_enabled(self, value: bool) -> None:
        with self._lifecycle:
            # Another thread may have released or closed the device while this one waited for the lock.
            self.check_access("DeviceEnabled", Stage.CLAIMED, V1_2, idle=False)
            session = self._session_now()
            if value and not self._device_enabled:
                self._enable(session)
            elif not value:
                session.maintenance.refuse_while_updating()
                self._disable(session)

    # -- From open to close ----------------------------------------------------------------------------------------

    @method("open", needs=Stage.ALWAYS)
    def open(self, logical_device_name: str) -> None:
        """Find the device in the site file and prepare its service; no traffic to the device.

        Raises:
            UposError: E_ILLEGAL if open already, E_NOEXIST for an unknown name, E_NOSERVICE if no service can drive it.
        """
        with self._lifecycle:
            if self._session is not None:
                raise UposError(ErrorCode.E_ILLEGAL, f"{self} is open already", "close it first")
            source = self._source_now()
            entry = registry.find(registry.devices_of(source), logical_device_name, self.category)
            self._configure(source, entry)
            service = registry.build_service(logical_device_name, entry, self._own_service(), self.first_version)
            with contextlib.ExitStack() as on_failure:
                on_failure.callback(service.close)
                service.open()
                self._start_session(logical_device_name, service)
                on_failure.pop_all()

    @method("close", needs=Stage.OPEN)
    def close(self) -> None:
        """Disable and release the device, drop its waiting events and close it.

        Does not wait for a listener that is being called. The device is closed afterwards, even if this raises.
        """
        with self._lifecycle, contextlib.ExitStack() as steps:
            session = self._session_now()
            steps.callback(self._end_session, session)
            steps.callback(session.service.close)
            with self._changed:
                session.dispatcher.stop()
            self._disable(session)

    @method("claim", needs=Stage.OPEN)
    def claim(self, timeout: int) -> None:
        """Take the device for this instance alone, over all programs of the machine.

        Blocks at most `timeout` ms (FOREVER: no end). Succeeds at once if this instance holds the claim already.

        Raises:
            UposError: E_TIMEOUT while another holds it, E_ILLEGAL for another negative timeout, E_CLOSED if the device
                is closed during the wait.
        """
        if timeout < FOREVER:
            raise UposError(ErrorCode.E_ILLEGAL, f"claim: timeout {timeout}", "use FOREVER (-1), 0, or milliseconds")
        session = self._session_now()
        if not claim_within(lambda: self._try_claim(session), timeout, self._changed):
            what = f"{self} is claimed by {session.claim.holder()}"
            raise UposError(ErrorCode.E_TIMEOUT, what, "close that program, or wait longer")

    @method("release", needs=Stage.OPEN)
    def release(self) -> None:
        """Disable the device, drop its waiting events and release its claim.

        Raises UposError E_ILLEGAL if it is not claimed, E_BUSY during a firmware update.
        """
        with self._lifecycle:
            if not self._claimed:
                raise UposError(ErrorCode.E_ILLEGAL, f"{self} is not claimed", "claim it first")
            session = self._session_now()
            session.maintenance.refuse_while_updating()
            with contextlib.ExitStack() as steps:
                steps.callback(self._release_claim, session)
                self._disable(session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._session is not None:
            self.close()

    # -- Maintenance -----------------------------------------------------------------------------------------------

    @method("checkHealth", needs=Stage.ENABLED, idle=True)
    def check_health(self, level: HealthLevel) -> None:
        """Test the device; the result is in CheckHealthText. Blocks while the test runs.

        Raises UposError E_ILLEGAL for a level that the device does not have, or the device's fault.
        """
        self._session_now().maintenance.check_health(level)

    @method("directIO", needs=Stage.OPEN)
    def direct_io(self, command: int, data: int, obj: object) -> tuple[int, Any]:
        """Run a command of the maker's and return data and object as it left them.

        Raises UposError E_ILLEGAL for an unknown command.
        """
        return self._session_now().maintenance.direct_io(command, data, obj)

    @method("retrieveStatistics", needs=Stage.ENABLED, since=V1_8)
    def retrieve_statistics(self, statistics_buffer: str) -> str:
        """Return the UPOSStat XML document of the named statistics.

        `statistics_buffer` is a comma-separated list of names; `""` means all, `U_` the standard's, `M_` the maker's.
        """
        return self._session_now().maintenance.retrieve_statistics(statistics_buffer)

    @method("resetStatistics", needs=Stage.ENABLED, since=V1_8)
    def reset_statistics(self, statistics_buffer: str) -> None:
        """Set the named statistics to 0. Raises E_EXTENDED with ESTATS_ERROR if some cannot be set."""
        self._session_now().maintenance.reset_statistics(statistics_buffer)

    @method("updateStatistics", needs=Stage.ENABLED, since=V1_8)
    def update_statistics(self, statistics_buffer: str) -> None:
        """Set statistics given as `name=value,name=value`.

        Raises as resetStatistics does, and UposError E_ILLEGAL for any other form.
        """
        self._session_now().maintenance.update_statistics(statistics_buffer)

    @method("compareFirmwareVersion", needs=Stage.ENABLED, since=V1_9, idle=True)
    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:
        """Compare the firmware in a file with the device's. Raises E_ILLEGAL without the capability."""
        return self._session_now().maintenance.compare_firmware_version(firmware_file_name)

    @method("updateFirmware", needs=Stage.ENABLED, since=V1_9, idle=True)
    def update_firmware(self, firmware_file_name: str) -> None:
        """Start a firmware update and return; StatusUpdateEvents report its progress and end.

        State is S_BUSY meanwhile.

        Raises:
            UposError: E_ILLEGAL without the capability, E_NOEXIST or E_EXTENDED for a wrong file.
        """
        self._session_now().maintenance.update_firmware(firmware_file_name)

    # -- Sessions --------------------------------------------------------------------------------------------------

    def _start_session(self, name: str, service: DeviceService[Any]) -> None:
        claim = Claim(service.claim_key, self._claims or default_folder())
        counters = Statistics(self.statistic_names, service.manufacturer_statistics, time.monotonic)
        with self._changed:
            self._members.reset(self)
            dispatcher = EventDispatcher(name, self._changed, self._listeners, self)
            title = f"{self.category} {name}"
            maintenance = Maintenance(
                self.category, title, service, dispatcher=dispatcher, counters=counters, lock=self._changed
            )
            self._session = Session(name, service, claim, dispatcher, counters, maintenance)
            self._prepare_session()

    def _end_session(self, session: Session) -> None:
        with self._changed:
            self._queue_emptied()
            self._members.reset(self)
            self._session = None
            self._was_enabled = False
            session.claim.drop()
            self._changed.notify_all()

    # -- The claim -------------------------------------------------------------------------------------------------

    def _try_claim(self, session: Session) -> bool:
        with self._changed:
            if self._session is not session:
                raise UposError(ErrorCode.E_CLOSED, f"the {self.category} was closed while it waited for its claim")
            self._claimed = self._claimed or session.claim.take()
            return self._claimed

    def _release_claim(self, session: Session) -> None:
        with self._changed:
            session.dispatcher.queue.clear()
            self._queue_emptied()
            self._claimed = False
            session.claim.drop()

    def _unclaimed(self, session: Session) -> UposError:
        with self._changed:
            elsewhere = session.claim.held_elsewhere()
        if elsewhere:
            what = f"{self} is claimed by {session.claim.holder()}"
            return UposError(ErrorCode.E_CLAIMED, what, "close that program")
        return UposError(ErrorCode.E_NOTCLAIMED, f"{self} is not claimed", "claim it first")

    # -- Enable and disable ----------------------------------------------------------------------------------------

    def _enable(self, session: Session) -> None:
        self._disable(session)  # after AutoDisable the service itself is still enabled
        callbacks = DeviceCallbacks(
            self._changed,
            session.dispatcher,
            session.statistics,
            on_data=self._take_data,
            on_error=self._take_error,
            on_power=self._take_power,
        )
        with self._changed:
            self._callbacks = callbacks
        try:
            session.service.enable(callbacks)
        except BaseException:
            with self._changed:
                callbacks.disconnect()
            raise
        self._service_enabled = True
        power = session.service.power_state()
        with self._changed:
            self._was_enabled = True
            self._device_enabled = callbacks.connected  # False if a scan during enable hit AutoDisable
            if self._device_enabled:
                session.statistics.powered(on=True)
                self._take_first_power(power)

    def _disable(self, session: Session) -> None:
        with self._changed:
            self._disconnect()
        self._drop_output()
        if self._service_enabled:
            self._service_enabled = False
            session.service.disable()

    def _disconnect(self) -> None:
        """Disable the device for the application and the queue, but not its service; under the lock.

        AutoDisable needs this half alone. It happens inside a callback of the service, and a service cannot be disabled
        from its own callback.
        """
        if self._callbacks is not None:
            self._callbacks.disconnect()
        self._device_enabled = False
        self._power_state = PowerState.PS_UNKNOWN
        self._session_now().statistics.powered(on=False)

    def _take_power(self, state: PowerState) -> None:
        """Store a new power state and queue its event; under the lock."""
        if self._power_notify is PowerNotify.PN_ENABLED and state is not self._power_state:
            self._power_state = state
            self._offer(StatusUpdateEvent(status=state))

    def _take_first_power(self, state: PowerState) -> None:
        if self._power_state is PowerState.PS_UNKNOWN:  # else the service has reported a newer state during enable
            self._take_power(state)
