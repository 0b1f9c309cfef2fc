"""When a payment is to be given up: at its deadline, or when the cashier cancels."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AGAIN_S = 0.1
"""A cancel that comes before the sale has begun is forgotten by it, so it is said again."""
_LONGEST_END_S = 60.0


class Patience:
    """One thread, from `start` to `stop`, for one payment at a time. `cancel` is called, again and again, once a
    payment is to be given up, until it has ended."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._changed = threading.Condition()
        self._stopped = True
        self._deadline_s: float | None = None
        self._under_way = self._gives_up = False
        self.timed_out = False
        """Whether the last payment was given up at its deadline."""

    def start(self) -> None:
        """Begin to look."""
        self._stopped = False
        threading.Thread(target=self._run, name="cat-patience", daemon=True).start()

    def stop(self) -> None:
        """Look no more once what is under way has ended; waits for that, a minute at most."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._under_way, _LONGEST_END_S)

    @contextmanager
    def during(self, timeout_s: float | None) -> Iterator[None]:
        """One payment; None: it has no deadline of its own."""
        with self._changed:
            self._deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
            self._under_way, self._gives_up, self.timed_out = True, False, False
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._under_way = False
                self._changed.notify_all()

    def give_up(self) -> None:
        """The cashier's cancel; from any thread."""
        with self._changed:
            self._gives_up = True
            self._changed.notify_all()

    def _run(self) -> None:
        while self._is_due():
            self._cancel()
            with self._changed:
                self._changed.wait_for(lambda: not self._under_way, _AGAIN_S)

    def _is_due(self) -> bool:
        """Wait until the payment under way is to be given up; False when it is time to stop."""
        with self._changed:
            while self._under_way or not self._stopped:
                left_s = self._left_s()
                if left_s is not None and left_s <= 0:
                    return True
                self._changed.wait(left_s)
            return False

    def _left_s(self) -> float | None:
        """Seconds until then; None while there is nothing to wait for."""
        if not self._under_way:
            return None
        if self._gives_up:
            return 0.0
        if self._deadline_s is None:
            return None
        left_s = self._deadline_s - time.monotonic()
        self.timed_out = self.timed_out or left_s <= 0
        return left_s
