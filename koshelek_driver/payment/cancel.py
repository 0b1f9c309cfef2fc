"""The cancel of one call: a token that the caller makes, hands in, and may cancel from anywhere.

A token is never reset, so that no cancel can be lost: it is heard while the call waits for the till's lock, for a scan,
for the host or for the printer, whichever comes first.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class SignalSafeEvent:
    """Like `threading.Event` for one waiting thread, but `set` is also safe in a signal handler.

    `Event.set` takes a lock, and a handler that interrupts the holder of that lock would block for ever;
    `SimpleQueue.put` is reentrant (Python's documentation of `queue`).
    """

    def __init__(self) -> None:
        self._is_set = False
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Set the event and wake the thread that waits for it. Any thread or signal handler."""
        if not self._is_set:
            self._is_set = True
            self._bell.put(None)

    def is_set(self) -> bool:
        """Return True if the event is set."""
        return self._is_set

    def clear(self) -> None:
        """Reset the event: the next `wait` blocks again."""
        self._is_set = False
        with suppress(queue.Empty):
            while True:
                self._bell.get_nowait()

    def wait(self, timeout: float) -> bool:
        """Block until the event is set, at most `timeout` seconds; return True if it is set."""
        deadline_s = time.monotonic() + timeout
        while not self._is_set and (left_s := deadline_s - time.monotonic()) > 0:
            with suppress(queue.Empty):
                self._bell.get(timeout=left_s)
        return self._is_set


class CancelToken:
    """The cancel of one call. `cancel` may be called before, during and after the call, any number of times."""

    def __init__(self) -> None:
        self._event = SignalSafeEvent()
        self._times = 0
        self._listeners: tuple[Callable[[], object], ...] = ()

    def cancel(self) -> None:
        """Cancel the call as soon as it can end. Any thread or signal handler; does not block."""
        self._times += 1
        self._event.set()
        for listener in self._listeners:
            listener()

    def is_set(self) -> bool:
        """Return True once `cancel` was called."""
        return self._event.is_set()

    def wait(self, timeout: float) -> bool:
        """Block until the cancel, at most `timeout` seconds; return True if it came. For the call's own thread."""
        return self._event.wait(timeout)

    def next_press(self) -> Callable[[], bool]:
        """Return a function that returns True once `cancel` is called again after now.

        For the slip of a payment: a cancel that came too late to stop the payment does not stop its slip; only a new
        one does.
        """
        before = self._times
        return lambda: self._times > before

    @contextmanager
    def notifying(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call `listener` at the cancel, on the thread or in the signal handler that cancels.

        It is called at once if the cancel has already come. It may be called twice when the cancel comes at
        the very moment of entering.
        """
        self._listeners = (*self._listeners, listener)
        if self.is_set():
            listener()
        try:
            yield
        finally:
            self._listeners = tuple(each for each in self._listeners if each is not listener)


class CancelableCalls:
    """The calls that are under way or waiting, so that one button can reach all of them."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._tokens: tuple[CancelToken, ...] = ()

    @contextmanager
    def begun(self, given: CancelToken | None) -> Iterator[CancelToken]:
        """Register a call by its own token, or by a new one, while the block runs."""
        token = given or CancelToken()
        with self._changing:
            self._tokens = (*self._tokens, token)
        try:
            yield token
        finally:
            with self._changing:
                index = next(index for index, each in enumerate(self._tokens) if each is token)
                self._tokens = (*self._tokens[:index], *self._tokens[index + 1 :])

    def cancel_all(self) -> None:
        """Cancel every registered call. Takes no lock: a signal handler may have interrupted its holder."""
        for token in self._tokens:
            token.cancel()
