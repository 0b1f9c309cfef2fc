"""The till's lock: one program at a time does something with money."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from filelock import BaseFileLock, Timeout

from koshelek_driver.errors import BusyError, CallCanceled, JournalError
from koshelek_driver.payment.cancel import CancelToken

_RETRY_S = 0.05


class TillLock:
    """A lock file beside the journal, held by one thread of one program.

    `wait_s` is how long a caller waits by default: as long as the longest sale of another program may take.
    """

    def __init__(self, lock: BaseFileLock, wait_s: float) -> None:
        self._lock = lock
        self._wait_s = wait_s

    @contextmanager
    def hold(
        self,
        what: str,
        *,
        cancel: CancelToken | None = None,
        waiting: Callable[[], object] = lambda: None,
        wait_s: float | None = None,
    ) -> Iterator[None]:
        """Hold the lock while the block runs; `waiting` is called once if another program has it now.

        Blocks `wait_s` at most (default: the longest sale of another program).

        Raises:
            BusyError: another program still holds the till; the message says that `what` was not begun.
            CallCanceled: `cancel` came first; likewise.
        """
        limit_s = self._wait_s if wait_s is None else wait_s
        with self._acquired(what, cancel or CancelToken(), waiting, limit_s):
            yield

    def _acquired(
        self, what: str, cancel: CancelToken, waiting: Callable[[], object], limit_s: float
    ) -> AbstractContextManager[object]:
        give_up_s = time.monotonic() + limit_s
        is_first = True
        while not cancel.is_set():
            try:
                return self._lock.acquire(timeout=0)
            except Timeout as problem:
                left_s = give_up_s - time.monotonic()
                if left_s <= 0:
                    busy = f"another program is paying at this till; {what} was not begun"
                    raise BusyError(busy, "wait for it, then try again") from problem
            except OSError as problem:  # Timeout is one, too
                unusable = f"the till's lock {self._lock.lock_file} cannot be used: {problem.strerror}"
                raise JournalError(
                    f"{unusable}; {what} was not begun", "free some space, check its folder"
                ) from problem
            if is_first:
                waiting()
                is_first = False
            cancel.wait(min(_RETRY_S, left_s))
        raise CallCanceled(f"the cashier cancelled; {what} was not begun", "nothing was charged or given back")
