"""One till does one thing with money at a time, whichever program asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import BaseFileLock, Timeout

from koshelek_driver.errors import BusyError


class TillLock:
    """Held by one thread of one program. `wait_s` is how long the longest sale of another may take."""

    def __init__(self, lock: BaseFileLock, wait_s: float) -> None:
        self._lock = lock
        self._wait_s = wait_s

    @contextmanager
    def hold(self, what: str, wait_s: float | None = None) -> Iterator[None]:
        """Have the till, or raise BusyError that says what was not begun. `wait_s` is for those who will not wait."""
        try:
            held = self._lock.acquire(timeout=self._wait_s if wait_s is None else wait_s)
        except Timeout as problem:
            raise BusyError(
                f"another program is paying at this till; {what} was not begun", "wait for it, then try again"
            ) from problem
        with held:
            yield
