"""The life of a device, the same in every category: open, claim, enable, events on and off, power."""

from __future__ import annotations

import contextlib
import time
from importlib.metadata import version as package_version
from types import TracebackType
from typing import Any, Self

from koshelek_driver.upos import registry
from koshelek_driver.upos.base import DeviceInlet, Session
from koshelek_driver.upos.claims import Claim, default_folder
from koshelek_driver.upos.codes import FOREVER, ErrorCode, PowerNotify, PowerReporting, PowerState, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import EventDispatcher
from koshelek_driver.upos.events import StatusUpdateEvent
from koshelek_driver.upos.maintenance import STANDARD, Maintenance
from koshelek_driver.upos.members import V1_2, V1_3, ReadOnly, Stage, Writable, method, translated, version
from koshelek_driver.upos.registry import Factory
from koshelek_driver.upos.service import DeviceService
from koshelek_driver.upos.statistics import Statistics

_CLAIM_TICK_S = 0.02


class Device(Maintenance):
    """One device of a category, before and after open. Safe to use from any thread, and from inside its own events.

    Every member raises UposError with the standard's result code. Properties and methods are also reached by the
    standard's names: `get_property`, `set_property`, `call`.
    """

    state = ReadOnly(
        "State", State, "S_CLOSED, S_IDLE, S_BUSY (output under way) or S_ERROR (an error waits).", read=Stage.ALWAYS
    )
    claimed = ReadOnly("Claimed", bool, "Whether this instance holds the device.", initial=False)
    device_enabled = Writable(
        "DeviceEnabled",
        bool,
        "True makes the device work; needs the claim. False stops input; queued events stay, outstanding output goes.",
        initial=False,
        write=Stage.CLAIMED,
    )
    freeze_events = Writable(
        "FreezeEvents", bool, "True holds all events back; they come, in their order, when it is false again."
    )
    device_control_description = ReadOnly(
        "DeviceControlDescription", str, "This class and its version.", read=Stage.ALWAYS
    )
    device_control_version = ReadOnly(
        "DeviceControlVersion", int, "Level of the standard: 1015000 is 1.15.", read=Stage.ALWAYS
    )
    device_service_description = ReadOnly("DeviceServiceDescription", str, "The service and its maker.")
    device_service_version = ReadOnly("DeviceServiceVersion", int, "Level of the standard that the service keeps.")
    physical_device_description = ReadOnly("PhysicalDeviceDescription", str, "The hardware, in words.")
    physical_device_name = ReadOnly("PhysicalDeviceName", str, "The hardware's name and place.")
    cap_power_reporting = ReadOnly(
        "CapPowerReporting", PowerReporting, "What the device can tell about its power.", since=V1_3
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
        return self._session_now().delivery.queue.frozen

    @freeze_events.on_write
    def _write_freeze_events(self, value: bool) -> None:
        with self._changed:
            delivery = self._session_now().delivery
            delivery.queue.frozen = value
            delivery.wake()

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

    @power_notify.on_write
    def _write_power_notify(self, value: PowerNotify) -> None:
        with self._changed:
            if self._device_enabled:
                raise UposError(ErrorCode.E_ILLEGAL, "PowerNotify cannot change while enabled", "disable the device")
            if value is PowerNotify.PN_ENABLED and self._cap_power_reporting is PowerReporting.PR_NONE:
                raise UposError(ErrorCode.E_ILLEGAL, "this device cannot tell its power (CapPowerReporting is PR_NONE)")
            self._power_notify = value

    @method("open", needs=Stage.ALWAYS)
    def open(self, logical_device_name: str) -> None:
        """Find the device in the site file and prepare its service; no traffic to the device.

        Raises E_ILLEGAL when open already, E_NOEXIST for an unknown name, E_NOSERVICE when nothing can drive it.
        """
        with self._turn:
            if self._session is not None:
                raise UposError(ErrorCode.E_ILLEGAL, f"{self} is open already", "close it first")
            devices = self._till_devices() if self._devices is None else self._devices
            entry = registry.find(devices, logical_device_name, self.category)
            factory = registry.factory(entry, self._own_service())
            service = _made(factory, logical_device_name, entry, self.first_version)
            with contextlib.ExitStack() as on_failure:
                on_failure.callback(service.close)
                service.open()
                self._begin(logical_device_name, service)
                on_failure.pop_all()

    @method("close", needs=Stage.OPEN)
    def close(self) -> None:
        """Disable, release, forget what waits. Does not wait for a listener. Closed afterwards, also when it raises."""
        with self._turn, contextlib.ExitStack() as steps:
            session = self._session_now()
            steps.callback(self._forget, session)
            steps.callback(session.service.close)
            with self._changed:
                session.delivery.stop()
            self._disable(session)

    @method("claim", needs=Stage.OPEN)
    def claim(self, timeout: int) -> None:
        """Take the device for this instance alone, over all programs; blocks `timeout` ms at most (FOREVER: no end).

        What this instance holds already is claimed again quietly. Raises E_TIMEOUT while another holds it, E_ILLEGAL
        for another negative timeout, E_CLOSED when it is closed while waiting.
        """
        if timeout < FOREVER:
            raise UposError(ErrorCode.E_ILLEGAL, f"claim: timeout {timeout}", "use FOREVER (-1), 0, or milliseconds")
        session = self._session_now()
        give_up = None if timeout == FOREVER else time.monotonic() + timeout / 1000
        while not self._try_claim(session):
            left = _CLAIM_TICK_S if give_up is None else give_up - time.monotonic()
            if left <= 0:
                what = f"{self} is claimed by {session.claim.holder()}"
                raise UposError(ErrorCode.E_TIMEOUT, what, "close that program, or wait longer")
            with self._changed:
                self._changed.wait(min(left, _CLAIM_TICK_S))

    @method("release", needs=Stage.OPEN)
    def release(self) -> None:
        """Disable the device, forget its events and let it go. Raises E_ILLEGAL when it is not claimed."""
        with self._turn:
            if not self._claimed:
                raise UposError(ErrorCode.E_ILLEGAL, f"{self} is not claimed", "claim it first")
            session = self._session_now()
            self._refuse_while_updating()
            with contextlib.ExitStack() as steps:
                steps.callback(self._let_go, session)
                self._disable(session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._session is not None:
            self.close()

    def _take_power(self, state: PowerState) -> None:
        if self._power_notify is PowerNotify.PN_ENABLED and state is not self._power_state:
            self._power_state = state
            self._offer(StatusUpdateEvent(status=state))

    def _stop_hearing(self) -> None:
        """The device is disabled, as far as the application and the queue are concerned; under the lock."""
        self._inlet = None
        self._device_enabled = False
        self._power_state = PowerState.PS_UNKNOWN
        self._session_now().statistics.powered(on=False)

    def _begin(self, name: str, service: DeviceService[Any]) -> None:
        claim = Claim(service.claim_key, self._claims or default_folder())
        counters = Statistics(self.statistic_names, service.manufacturer_statistics, time.monotonic)
        with self._changed:
            self._reset()
            delivery = EventDispatcher(name, self._changed, self._listeners, self)
            self._session = Session(name, service, claim, delivery, counters)
            self._prepare_session()

    def _forget(self, session: Session) -> None:
        with self._changed:
            self._queue_emptied()
            self._reset()
            self._session = None
            self._updating = self._was_enabled = False
            session.claim.drop()
            self._changed.notify_all()

    def _try_claim(self, session: Session) -> bool:
        with self._changed:
            if self._session is not session:
                raise UposError(ErrorCode.E_CLOSED, f"the {self.category} was closed while it waited for its claim")
            self._claimed = self._claimed or session.claim.take()
            return self._claimed

    def _let_go(self, session: Session) -> None:
        with self._changed:
            session.delivery.queue.clear()
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

    @device_enabled.on_write
    def _write_device_enabled(self, value: bool) -> None:
        with self._turn:
            self._check("DeviceEnabled", Stage.CLAIMED, V1_2, idle=False)
            session = self._session_now()
            if value and not self._device_enabled:
                self._enable(session)
            elif not value:
                self._refuse_while_updating()
                self._disable(session)

    def _enable(self, session: Session) -> None:
        self._disable(session)  # AutoDisable left that to be done
        inlet = DeviceInlet(self)
        with self._changed:
            self._inlet = inlet
        try:
            session.service.enable(inlet)
        except BaseException:
            with self._changed:
                self._inlet = None
            raise
        self._service_enabled = True
        power = session.service.power_state()
        with self._changed:
            self._was_enabled = True
            self._device_enabled = self._inlet is inlet  # not so when AutoDisable was faster
            if self._device_enabled:
                session.statistics.powered(on=True)
                self._begin_power(power)

    def _begin_power(self, now: PowerState) -> None:
        if self._power_state is PowerState.PS_UNKNOWN:  # not so when the service told a change already
            self._take_power(now)

    def _disable(self, session: Session) -> None:
        with self._changed:
            self._stop_hearing()
        self._drop_output()
        if self._service_enabled:
            self._service_enabled = False
            session.service.disable()


def _made(factory: Factory, name: str, entry: Any, first_version: int) -> DeviceService[Any]:
    """The service, or E_NOSERVICE with what its maker raised."""
    try:
        with translated(name):
            service: object = factory(name, entry)
    except UposError as problem:
        code = ErrorCode.E_NOSERVICE if problem.error_code is ErrorCode.E_FAILURE else problem.error_code
        raise UposError(code, problem.what, problem.remedy) from problem
    if not isinstance(service, DeviceService) or service.device_service_version < first_version:
        what = (
            f"the device service of '{name}' is a {type(service).__name__}, not a DeviceService of a level that will do"
        )
        raise UposError(ErrorCode.E_NOSERVICE, what, "reinstall the package that offers it")
    return service
