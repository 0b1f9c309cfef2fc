"""The driver's side of `EventCallbacks`: from a device service to its device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from koshelek_driver.upos.codes import ErrorCode, PowerState
from koshelek_driver.upos.event_dispatcher import EventDispatcher
from koshelek_driver.upos.events import DirectIOEvent, Queued, StatusUpdateEvent
from koshelek_driver.upos.service import EventCallbacks
from koshelek_driver.upos.statistics import COMMUNICATION_ERRORS, Statistics


class DeviceCallbacks(EventCallbacks[Any]):
    """The callbacks that a service gets from one enable to the next disable.

    Every call takes the device's lock, and does nothing once the callbacks are disconnected: a service's thread may
    still be in a call while the device is being disabled. `on_data`, `on_error` and `on_power` are the device's own;
    they are called under the lock.
    """

    def __init__(
        self,
        lock: threading.Condition,
        dispatcher: EventDispatcher,
        counters: Statistics,
        *,
        on_data: Callable[[Any], bool],
        on_error: Callable[[ErrorCode, int], None],
        on_power: Callable[[PowerState], None],
    ) -> None:
        self._lock = lock
        self._dispatcher = dispatcher
        self._counters = counters
        self._on_data = on_data
        self._on_error = on_error
        self._on_power = on_power
        self.connected = True
        """Read and changed under the device's lock."""

    def disconnect(self) -> None:
        """Ignore every later call; under the device's lock."""
        self.connected = False

    def data(self, record: Any) -> bool:
        """Queue one record; False when the device is disabled, so the service should stop."""
        with self._lock:
            return self.connected and self._on_data(record)

    def error(self, code: ErrorCode, extended: int = 0) -> None:
        """Report that input failed."""
        with self._lock:
            if self.connected:
                self._on_error(code, extended)

    def power(self, state: PowerState) -> None:
        """Report the device's power state."""
        with self._lock:
            if self.connected:
                self._on_power(state)

    def status(self, number: int) -> None:
        """Queue a StatusUpdateEvent."""
        self._offer(Queued(StatusUpdateEvent(status=number)))

    def direct_io(
        self, number: int, data: int, obj: Any, answered: Callable[[DirectIOEvent], None] | None = None
    ) -> None:
        """Queue a DirectIOEvent; `answered` gets it back after the listeners."""
        event = DirectIOEvent(event_number=number, data=data, object=obj)
        self._offer(Queued(event, done=lambda: answered(event)) if answered else Queued(event))

    def communication_error(self) -> None:
        """Count a communication error in the statistics."""
        with self._lock:
            if self.connected:
                self._counters.count(COMMUNICATION_ERRORS)

    def _offer(self, queued: Queued) -> None:
        with self._lock:
            if self.connected:
                self._dispatcher.offer(queued)
