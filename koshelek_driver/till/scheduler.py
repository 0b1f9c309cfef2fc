"""What goes on between sales: the line is kept warm, the outbox emptied, and what was left open is ended.

It works beside the cashier, never before them: on a thread and a connection of its own, and without the till's lock.
That is safe because every request of a payment has one requestId for ever, and the host alone decides how it ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from koshelek_driver.errors import DriverError

_log = logging.getLogger(__name__)
_IDLE_S = 3600.0


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """Something to do again and again. `do` may raise: it is tried again the next time. `every_s` 0: never."""

    name: str
    every_s: float
    do: Callable[[], object]


class Scheduler:
    """Does chores until `stop`. A chore that fails, or takes long, stops none of the others for good."""

    def __init__(self, chores: Sequence[ScheduledJob], now_s: Callable[[], float], name: str = "caretaker") -> None:
        self._chores = [chore for chore in chores if chore.every_s > 0]
        self._now_s = now_s
        self._due_s = {chore.name: now_s() for chore in self._chores}
        self._said: dict[str, str] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; every chore is due at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; blocks as long as the chore in hand takes, which looks at `goes_on`."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def goes_on(self) -> bool:
        """Whether it was not stopped."""
        return not self._stopping

    def nudge(self) -> None:
        """There is news: do every chore now. Any thread."""
        self._due_s = dict.fromkeys(self._due_s, self._now_s())
        self._wake.set()

    def _run(self) -> None:
        while self.goes_on():
            for chore in self._chores:
                if self.goes_on() and self._due_s[chore.name] <= self._now_s():
                    self._due_s[chore.name] = self._now_s() + chore.every_s
                    self._do(chore)
            self._wake.wait(max(min(self._due_s.values(), default=_IDLE_S + self._now_s()) - self._now_s(), 0))
            self._wake.clear()

    def _do(self, chore: ScheduledJob) -> None:
        try:
            chore.do()
            self._say(chore, "")
        except DriverError as problem:
            self._say(chore, problem.what)
        except Exception:  # noqa: BLE001 - whatever it is, the next chore must be done
            _log.exception("%s failed; it is tried again", chore.name)

    def _say(self, chore: ScheduledJob, problem: str) -> None:
        """The same problem once: what cannot be done for a week must not fill the log."""
        if problem != self._said.get(chore.name, ""):
            _log.warning("%s: %s", chore.name, problem or "it works again")
        self._said[chore.name] = problem
