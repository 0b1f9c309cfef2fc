"""What every device is built on: its lock, its session from open to close, its listeners, its members by name."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from koshelek_driver.errors import nearest
from koshelek_driver.upos.claims import Claim
from koshelek_driver.upos.codes import ErrorCode, PowerNotify, PowerState
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import EventDispatcher, Listeners
from koshelek_driver.upos.events import DirectIOEvent, ErrorEvent, Event, Queued, StatusUpdateEvent
from koshelek_driver.upos.members import V1_2, Method, ReadOnly, Stage, members_of
from koshelek_driver.upos.registry import Devices, Factory
from koshelek_driver.upos.service import DeviceService
from koshelek_driver.upos.statistics import COMMUNICATION_ERRORS, Statistics

_OTHER_SPELLINGS = {
    "ClaimDevice": "claim",
    "ControlObjectDescription": "DeviceControlDescription",
    "ControlObjectVersion": "DeviceControlVersion",
    "DeviceDescription": "PhysicalDeviceDescription",
    "DeviceName": "PhysicalDeviceName",
    "ReleaseDevice": "release",
    "ServiceObjectDescription": "DeviceServiceDescription",
    "ServiceObjectVersion": "DeviceServiceVersion",
}
"""OPOS and POS for .NET where they differ from JavaPOS in more than a capital letter."""


@dataclass(frozen=True, slots=True)
class Session:
    """What exists from open to close."""

    name: str
    service: DeviceService[Any]
    claim: Claim
    delivery: EventDispatcher
    statistics: Statistics


class DeviceInlet:
    """What a service hands in while it is enabled; one that was disabled is not heard any more."""

    def __init__(self, device: DeviceBase) -> None:
        self._device = device

    def data(self, record: Any) -> bool:
        """One piece of input."""
        return self._device._take_data(self, record)

    def error(self, code: ErrorCode, extended: int = 0) -> None:
        """Input failed."""
        with self._heard() as heard:
            if heard:
                self._device._take_error(code, extended)

    def power(self, state: PowerState) -> None:
        """The power is now this."""
        with self._heard() as heard:
            if heard:
                self._device._take_power(state)

    def status(self, number: int) -> None:
        """A StatusUpdateEvent."""
        with self._heard() as heard:
            if heard:
                self._device._offer(StatusUpdateEvent(status=number))

    def direct_io(
        self, number: int, data: int, obj: Any, answered: Callable[[DirectIOEvent], None] | None = None
    ) -> None:
        """A DirectIOEvent."""
        event = DirectIOEvent(event_number=number, data=data, object=obj)
        queued = Queued(event, done=lambda: answered(event)) if answered else Queued(event)
        with self._heard() as heard:
            if heard:
                self._device._session_now().delivery.offer(queued)

    def communication_error(self) -> None:
        """Count one."""
        with self._heard() as heard:
            if heard:
                self._device._session_now().statistics.count(COMMUNICATION_ERRORS)

    @contextlib.contextmanager
    def _heard(self) -> Iterator[bool]:
        with self._device._changed:
            yield self._device._inlet is self


class DeviceBase(ABC):
    """The machinery under the members; `Device` has the members."""

    category: ClassVar[str]
    statistic_names: ClassVar[tuple[str, ...]] = ()
    first_version: ClassVar[int] = V1_2
    """The level of the standard that the category came with: an older service is refused."""
    _members: ClassVar[dict[str, ReadOnly[Any] | Method]]

    _claimed: bool
    _device_enabled: bool
    _check_health_text: str
    _power_notify: PowerNotify
    _power_state: PowerState

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._members = members_of(cls)

    def __init__(self, devices: Devices | None = None, *, claims: Path | None = None) -> None:
        """`devices`: what open looks names up in, by default the till's site file. `claims`: the folder of claims."""
        self._devices = devices
        self._claims = claims
        # Guards everything below, and is never held while a listener or the service's hardware is busy.
        self._changed = threading.Condition(threading.RLock())
        # One open, enable, disable, release or close at a time.
        self._turn = threading.RLock()
        self._listeners = Listeners()
        self._session: Session | None = None
        self._inlet: DeviceInlet | None = None
        self._updating = False
        self._service_enabled = False
        self._was_enabled = False
        self._reset()

    @abstractmethod
    def _till_devices(self) -> Devices:
        """The devices of the till's own site file."""

    @abstractmethod
    def _own_service(self) -> Factory:
        """What makes this driver's own service of the category."""

    def get_property(self, name: str) -> Any:
        """A property by JavaPOS's, OPOS's or POS for .NET's name. Raises as the property; E_ILLEGAL if unknown."""
        return getattr(self, self._property(name).attribute)

    def set_property(self, name: str, value: object) -> None:
        """Write a property by its name. Raises as the property; E_ILLEGAL if unknown or read-only."""
        setattr(self, self._property(name).attribute, value)

    def call(self, name: str, *args: object) -> Any:
        """Call a method by its name, in the order of the standard's parameters.

        What the standard hands back in parameters is the result here. Raises as the method; E_ILLEGAL if unknown.
        """
        found = self._member(name)
        if not isinstance(found, Method):
            raise UposError(ErrorCode.E_ILLEGAL, f"{name} is a property", "use get_property or set_property")
        if len(args) != len(found.parameters):
            expected = ", ".join(f"{each}: {kind.__name__}" for each, kind in found.parameters.items())
            raise UposError(ErrorCode.E_ILLEGAL, f"{name} takes ({expected}), got {len(args)} arguments")
        return getattr(self, found.attribute)(*args)

    def add_direct_io_listener(self, listener: Callable[[DirectIOEvent], object]) -> None:
        """Hear DirectIOEvents, on the device's event thread."""
        self._listeners.add(DirectIOEvent, listener)

    def remove_direct_io_listener(self, listener: Callable[[DirectIOEvent], object]) -> None:
        """Hear them no more."""
        self._listeners.remove(DirectIOEvent, listener)

    def add_error_listener(self, listener: Callable[[ErrorEvent], object]) -> None:
        """Hear ErrorEvents and answer them, on the device's event thread."""
        self._listeners.add(ErrorEvent, listener)

    def remove_error_listener(self, listener: Callable[[ErrorEvent], object]) -> None:
        """Hear them no more."""
        self._listeners.remove(ErrorEvent, listener)

    def add_status_update_listener(self, listener: Callable[[StatusUpdateEvent], object]) -> None:
        """Hear StatusUpdateEvents, on the device's event thread."""
        self._listeners.add(StatusUpdateEvent, listener)

    def remove_status_update_listener(self, listener: Callable[[StatusUpdateEvent], object]) -> None:
        """Hear them no more."""
        self._listeners.remove(StatusUpdateEvent, listener)

    def __repr__(self) -> str:
        session = self._session
        return self.category if session is None else f"{self.category} {session.name}"

    # -- What categories build on --------------------------------------------------------------------------------

    def _check(self, member: str, needs: Stage, since: int, *, idle: bool) -> None:
        if needs is Stage.ALWAYS:
            return
        session = self._session_now()
        if since > session.service.device_service_version:
            what = f"{member} is newer than the service of {self}"
            raise UposError(ErrorCode.E_NOSERVICE, what, "update the service")
        if needs is Stage.ENABLED_ONCE and self._was_enabled:
            return
        if needs >= Stage.CLAIMED and not self._claimed:
            raise self._unclaimed(session)
        if needs >= Stage.ENABLED and not self._device_enabled:
            raise UposError(ErrorCode.E_DISABLED, f"{member}: {self} is disabled", "set DeviceEnabled")
        if idle and self._is_busy():
            raise UposError(ErrorCode.E_BUSY, f"{member}: {self} is busy", "wait until State is S_IDLE")

    def _session_now(self) -> Session:
        session = self._session
        if session is None:
            raise UposError(ErrorCode.E_CLOSED, f"the {self.category} is closed", "open it first")
        return session

    def _in_error(self) -> bool:
        return False

    def _is_busy(self) -> bool:
        return self._updating

    def _prepare_session(self) -> None:  # noqa: B027 - a category may have nothing to prepare
        """The device was opened: set what depends on its service; under the lock. Raises UposError."""

    def _queue_emptied(self) -> None:  # noqa: B027 - a category may keep nothing about its queue
        """All events that waited are gone: forget what was kept about them; under the lock."""

    def _drop_output(self) -> None:  # noqa: B027 - a category without output has nothing to forget
        """The device is disabled: forget output and stop what is under way. Called without the lock."""

    def _offer(self, event: Event) -> None:
        """Queue an event that is lost when nobody takes events; under the lock."""
        self._session_now().delivery.offer(Queued(event))

    def _take_data(self, _inlet: DeviceInlet, _record: Any) -> bool:
        raise TypeError(f"a {self.category} has no input")

    def _take_error(self, _code: ErrorCode, _extended: int) -> None:
        raise TypeError(f"a {self.category} has no input")

    @abstractmethod
    def _unclaimed(self, session: Session) -> UposError:
        """Why a member that needs the claim is refused."""

    @abstractmethod
    def _take_power(self, state: PowerState) -> None:
        """The device's power is now this; under the lock."""

    def _reset(self) -> None:
        for member in self._members.values():
            if isinstance(member, ReadOnly) and member.initial is not None:
                setattr(self, f"_{member.attribute}", member.initial)

    def _property(self, name: str) -> ReadOnly[Any]:
        found = self._member(name)
        if isinstance(found, Method):
            raise UposError(ErrorCode.E_ILLEGAL, f"{name} is a method", "use call")
        return found

    def _member(self, name: str) -> ReadOnly[Any] | Method:
        spelled = _OTHER_SPELLINGS.get(name, name)
        found = self._members.get(spelled) or self._members.get(spelled[:1].lower() + spelled[1:])
        if found is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"{self.category} has no '{name}'", nearest(name, self._members))
        return found
