"""Deliver the events of one device to its listeners, on a thread of its own."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from koshelek_driver.upos.events import Event, EventQueue, Queued

_LOG = logging.getLogger(__name__)
_SEQUENCE = itertools.count(1)

QUEUE_LIMIT = 1000
"""The events of one device that may wait.

A cashier scans some 30 labels a minute, so 1000 waiting events mean that the application has stopped taking events.
"""


class Listeners:
    """The listeners of each kind of event.

    Listeners may be added and removed at any time, from any thread and from inside a listener.
    """

    def __init__(self) -> None:
        self._by_kind: dict[type[Event], tuple[Callable[[Any], object], ...]] = {}
        self._lock = threading.Lock()

    def add(self, kind: type[Event], listener: Callable[[Any], object]) -> None:
        """Add a listener; one added twice is called twice."""
        with self._lock:
            self._by_kind[kind] = (*self._by_kind.get(kind, ()), listener)

    def remove(self, kind: type[Event], listener: Callable[[Any], object]) -> None:
        """Remove a listener; unknown listeners are ignored."""
        with self._lock:
            known = list(self._by_kind.get(kind, ()))
            if listener in known:
                known.remove(listener)
            self._by_kind[kind] = tuple(known)

    def notify(self, event: Event) -> None:
        """Call the listeners in the order of adding; an exception in one does not stop the next."""
        for listener in self._by_kind.get(type(event), ()):
            try:
                listener(event)
            except BaseException as problem:  # noqa: BLE001 - not even sys.exit may end this thread
                _LOG.error("%s", _fault(event, problem))


class EventDispatcher:
    """The queue of one open device and the thread that empties it.

    `changed` is the device's lock: the queue is used only under it, listeners are called without it.
    """

    def __init__(self, name: str, changed: threading.Condition, listeners: Listeners, source: object) -> None:
        self.queue = EventQueue(QUEUE_LIMIT)
        self._changed = changed
        self._listeners = listeners
        self._source = source
        self._stopped = False
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=f"upos-events-{name}", daemon=True).start()

    def offer(self, queued: Queued) -> None:
        """Add an event at the end, or log its loss if the queue is full."""
        if self.queue.is_full():
            _LOG.error("%s: event queue full, %s lost", self._source, type(queued.event).__name__)
        else:
            self.put(queued)

    def put(self, queued: Queued) -> None:
        """Add an event at the end without a limit: its sender bounds the number."""
        if not self._stopped:
            self._stamp(queued)
            self.queue.put(queued)
            self.wake()

    def put_before_data(self, queued: Queued) -> None:
        """Add an input error in front of waiting input."""
        self._stamp(queued)
        self.queue.put_before_data(queued)
        self.wake()

    def wake(self) -> None:
        """Make the thread check again for an event that may be delivered."""
        if self._wakes.empty():
            self._wakes.put(None)

    def stop(self) -> None:
        """Drop all events and end the thread. Does not wait for a listener that is being called."""
        self._stopped = True
        self.queue.clear()
        self.wake()

    def _stamp(self, queued: Queued) -> None:
        queued.event.source = self._source
        queued.event.when_ms = time.time_ns() // 1_000_000

    def _run(self) -> None:
        while not self._stopped:
            self._wakes.get()
            while self.deliver_next():
                pass

    def deliver_next(self) -> bool:
        """Deliver the next event that may be delivered; False if there is none.

        Called on the event thread only.
        """
        queued = self._take()
        if queued is None:
            return False
        self._listeners.notify(queued.event)
        queued.done()
        return True

    def _take(self) -> Queued | None:
        with self._changed:
            queued = self.queue.take()
            if queued is not None:
                queued.event.sequence_number = next(_SEQUENCE)
                queued.prepare()
            return queued


def _fault(event: Event, problem: BaseException) -> str:
    """Describe a listener's exception by type and place, without its text: it may quote a scanned label."""
    at = problem.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at is not None else "?"
    return f"{event.source}: a listener of {type(event).__name__} raised {type(problem).__name__} at {place}"
