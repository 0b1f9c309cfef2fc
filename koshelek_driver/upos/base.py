"""The foundation of every device: its locks, its session from open to close, its listeners, members by name."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from koshelek_driver.upos import registry
from koshelek_driver.upos.callbacks import DeviceCallbacks
from koshelek_driver.upos.codes import ErrorCode, PowerNotify, PowerState
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import Listeners
from koshelek_driver.upos.events import DirectIOEvent, ErrorEvent, Event, Queued, StatusUpdateEvent
from koshelek_driver.upos.members import V1_2, MemberTable, Stage
from koshelek_driver.upos.registry import DeviceEntry, DeviceSource, Factory
from koshelek_driver.upos.session import Session


class DeviceBase(ABC):
    """The machinery under the members; `Device` declares the members.

    Two locks: `_lifecycle` lets one open, enable, disable, release or close run at a time. `_changed` guards all
    state; it is never held while a listener or the service's hardware is busy, and its waiters are notified of changes.
    """

    category: ClassVar[str]
    statistic_names: ClassVar[tuple[str, ...]] = ()
    first_version: ClassVar[int] = V1_2
    """The level of the standard that introduced the category: an older service is refused."""
    _members: ClassVar[MemberTable]

    _claimed: bool
    _device_enabled: bool
    _power_notify: PowerNotify
    _power_state: PowerState

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._members = MemberTable(cls)

    def __init__(self, site: DeviceSource | None = None, *, claims: Path | None = None) -> None:
        """Take a loaded site or the mapping of its devices.

        Without one, open loads the default site file. `claims` is the folder of claims.
        """
        self._source = None if site is None else registry.check_source(site)
        self._claims = claims
        self._changed = threading.Condition(threading.RLock())
        self._lifecycle = threading.RLock()
        self._listeners = Listeners()
        self._session: Session | None = None
        self._callbacks: DeviceCallbacks | None = None
        self._service_enabled = False
        self._was_enabled = False
        self._members.reset(self)

    @abstractmethod
    def _till_devices(self) -> DeviceSource:
        """Load the default site file, or return its devices; called by open if the constructor got none."""

    @abstractmethod
    def _own_service(self) -> Factory:
        """Return the factory of this driver's own service of the category."""

    def get_property(self, name: str) -> Any:
        """Return a property by its name in JavaPOS, OPOS or POS for .NET.

        Raises as the property does, and UposError E_ILLEGAL for an unknown name.
        """
        return getattr(self, self._members.find_property(name).attribute)

    def set_property(self, name: str, value: object) -> None:
        """Write a property by its name. Raises as the property, E_ILLEGAL if unknown or read-only."""
        setattr(self, self._members.find_property(name).attribute, value)

    def call(self, name: str, *args: object) -> Any:
        """Call a method by its name, with the parameters in the standard's order.

        Values that the standard returns in parameters are the result here. Raises as the method does, and UposError
        E_ILLEGAL for an unknown name or a wrong number of arguments.
        """
        found = self._members.find_method(name)
        found.check_count(args)
        return getattr(self, found.attribute)(*args)

    def add_direct_io_listener(self, listener: Callable[[DirectIOEvent], object]) -> None:
        """Call the listener for DirectIOEvents, on the device's event thread."""
        self._listeners.add(DirectIOEvent, listener)

    def remove_direct_io_listener(self, listener: Callable[[DirectIOEvent], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        self._listeners.remove(DirectIOEvent, listener)

    def add_error_listener(self, listener: Callable[[ErrorEvent], object]) -> None:
        """Call the listener for ErrorEvents, on the device's event thread; it may set their response."""
        self._listeners.add(ErrorEvent, listener)

    def remove_error_listener(self, listener: Callable[[ErrorEvent], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        self._listeners.remove(ErrorEvent, listener)

    def add_status_update_listener(self, listener: Callable[[StatusUpdateEvent], object]) -> None:
        """Call the listener for StatusUpdateEvents, on the device's event thread."""
        self._listeners.add(StatusUpdateEvent, listener)

    def remove_status_update_listener(self, listener: Callable[[StatusUpdateEvent], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        self._listeners.remove(StatusUpdateEvent, listener)

    def check_access(self, member: str, needs: Stage, since: int, *, idle: bool) -> None:
        """Raise the UposError that the standard demands if a member may not be used now.

        The members call it before every read, write and call; a program has no use for it.
        """
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

    def __repr__(self) -> str:
        session = self._session
        return self.category if session is None else f"{self.category} {session.name}"

    # -- Hooks and helpers for categories --------------------------------------------------------------------------

    @property
    def _updating(self) -> bool:
        """True while the firmware is being updated."""
        session = self._session
        return session is not None and session.maintenance.updating

    def _session_now(self) -> Session:
        """Return the session of an open device. Raises UposError E_CLOSED."""
        session = self._session
        if session is None:
            raise UposError(ErrorCode.E_CLOSED, f"the {self.category} is closed", "open it first")
        return session

    def _in_error(self) -> bool:
        """Return True while an error waits for its response: State is S_ERROR."""
        return False

    def _is_busy(self) -> bool:
        """Return True while work is under way: State is S_BUSY."""
        return self._updating

    def _configure(self, source: DeviceSource, entry: DeviceEntry) -> None:  # noqa: B027 - most need nothing more
        """Take what the category needs from the site beside the service; called by open. Raises DriverError."""

    def _prepare_session(self) -> None:  # noqa: B027 - a category may have nothing to prepare
        """Set what depends on the service of a device just opened; under the lock. Raises UposError."""

    def _queue_emptied(self) -> None:  # noqa: B027 - a category may keep nothing about its queue
        """Forget what is stored about waiting events: all of them are gone; under the lock."""

    def _drop_output(self) -> None:  # noqa: B027 - a category without output has nothing to drop
        """Drop waiting output and stop what is under way, as the device is disabled; without the lock."""

    def _offer(self, event: Event) -> None:
        """Queue an event that may be lost when the queue is full; under the lock."""
        self._session_now().dispatcher.offer(Queued(event))

    def _take_data(self, _record: Any) -> bool:
        """Queue one record of input; False when that disabled the device; under the lock."""
        raise TypeError(f"a {self.category} has no input")

    def _take_error(self, _code: ErrorCode, _extended: int) -> None:
        """Queue an error of input; under the lock."""
        raise TypeError(f"a {self.category} has no input")

    @abstractmethod
    def _unclaimed(self, session: Session) -> UposError:
        """Return the error for a member that needs the claim: E_CLAIMED or E_NOTCLAIMED."""

    def _source_now(self) -> DeviceSource:
        return self._till_devices() if self._source is None else self._source
