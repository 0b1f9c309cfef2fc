"""When a payment is to be given up: at its deadline, or when the cashier cancels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_AGAIN_S = 0.1
"""A cancel that comes before the sale has begun is forgotten by it, so it is said again."""


class Patience:
    """A context manager around one payment. `cancel` is called, again and again, once it is to be given up."""

    def __init__(self, cancel: Callable[[], None], timeout_s: float | None) -> None:
        self._cancel = cancel
        self._timeout_s = timeout_s
        self._given_up = threading.Event()
        self._done = threading.Event()
        self.timed_out = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, name="cat-patience", daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._done.set()
        self._given_up.set()

    def give_up(self) -> None:
        """The cashier's cancel; from any thread."""
        self._given_up.set()

    def _run(self) -> None:
        self.timed_out = not self._given_up.wait(self._timeout_s)
        while not self._done.is_set():
            self._cancel()
            self._done.wait(_AGAIN_S)
