"""Run jobs again and again on one thread, so that one that fails stops none of the others."""

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
    """A job and its interval. `do` may raise: it runs again at its next time. `every_s` 0: never."""

    name: str
    every_s: float
    do: Callable[[], object]


class Scheduler:
    """Runs jobs until `stop`. A job that fails or takes long stops none of the others for good."""

    def __init__(self, jobs: Sequence[ScheduledJob], now_s: Callable[[], float], name: str = "caretaker") -> None:
        self._chores = [job for job in jobs if job.every_s > 0]
        self._now_s = now_s
        self._due_s = {job.name: now_s() for job in self._chores}
        self._said: dict[str, str] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start; every job is due at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop. Blocks as long as the job under way takes, which asks `goes_on`."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def goes_on(self) -> bool:
        """Return True until `stop`."""
        return not self._stopping

    def nudge(self) -> None:
        """Run every job soon. Any thread."""
        self._due_s = dict.fromkeys(self._due_s, self._now_s())
        self._wake.set()

    def _run(self) -> None:
        while self.goes_on():
            for job in self._chores:
                if self.goes_on() and self._due_s[job.name] <= self._now_s():
                    self._due_s[job.name] = self._now_s() + job.every_s
                    self._do(job)
            self._wake.wait(max(min(self._due_s.values(), default=_IDLE_S + self._now_s()) - self._now_s(), 0))
            self._wake.clear()

    def _do(self, job: ScheduledJob) -> None:
        try:
            job.do()
            self._say(job, "")
        except DriverError as problem:
            self._say(job, problem.what)
        except Exception:  # noqa: BLE001 - whatever it is, the next job must be done
            _log.exception("%s failed; it is tried again", job.name)

    def _say(self, job: ScheduledJob, problem: str) -> None:
        """Log a problem once: one that lasts a week must not fill the log."""
        if problem != self._said.get(job.name, ""):
            _log.warning("%s: %s", job.name, problem or "it works again")
        self._said[job.name] = problem
