"""The deadline of one call: a timer that cancels the call's token."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from koshelek_driver.payment.cancel import CancelToken


class Deadline:
    """A context manager that cancels a token if its block lasts too long. `timeout_s` None: no deadline."""

    def __init__(self, token: CancelToken, timeout_s: float | None) -> None:
        self.has_passed = False
        self._token = token
        self._timer = None if timeout_s is None else threading.Timer(timeout_s, self._expire)

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.name, self._timer.daemon = "cat-deadline", True
            self._timer.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        self.has_passed = True
        self._token.cancel()
