"""The signals by which a console, a service manager or a lost connection stops a program.

They never end the process by themselves. A verb that moves money makes them a cancel; every other verb is interrupted
once, and ends with its exit code and its document.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Interrupted(BaseException):
    """A signal interrupts a verb. No handler of exceptions on its way may take it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal_name = signal.Signals(number).name


class StopSignals:
    """The one receiver of stop signals. A signal that comes while nobody wants it is kept for the next who does."""

    def __init__(self) -> None:
        self._action: Callable[[int], object] | None = None
        self._received = 0

    def forget(self) -> None:
        """Forget the signals of an earlier command line."""
        self._action, self._received = None, 0

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Act on a signal; the handler of all of them."""
        self._received = number
        if self._action is not None:
            self._action(number)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Interrupt the block by `Interrupted`, once. A later signal does not disturb the way out."""
        self._act(self._interrupt)
        try:
            yield
        finally:
            self._action = None

    def cancel_instead(self, cancel: Callable[[], object]) -> None:
        """Call `cancel` at every signal from now on, to the end of the command line; it must be safe in a handler."""
        self._act(lambda _number: cancel())

    @contextmanager
    def interrupting_a_read(self) -> Iterator[None]:
        """Also interrupt the block: a read of a console cannot be cancelled, and nothing is begun yet."""
        before = self._action
        self._act(self._interrupt)
        try:
            yield
        finally:
            self._action = before

    def _act(self, action: Callable[[int], object]) -> None:
        self._action = action
        if self._received:
            action(self._received)

    def _interrupt(self, number: int) -> None:
        self._action = None
        raise Interrupted(number)


STOP = StopSignals()
"""The receiver of this process: signals belong to the process."""


def take() -> dict[int, Any]:
    """Have `STOP` receive all stop signals; return the handlers that were there before.

    A signal that is ignored stays ignored, as `nohup` and a shell's background jobs want it.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}  # only the main thread may, and only there a signal can arrive
    STOP.forget()
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    kept = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for number in kept:
        signal.signal(number, STOP.handle)
    return kept


def ignore() -> None:
    """Ignore all stop signals: the exit code is known, and the interpreter's last steps must not change it."""
    for number in _NUMBERS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def taken() -> Iterator[None]:
    """Have `STOP` receive all stop signals while the block runs."""
    kept = take()
    try:
        yield
    finally:
        for number, before in kept.items():
            signal.signal(number, before)
