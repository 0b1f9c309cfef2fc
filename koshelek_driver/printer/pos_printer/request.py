"""One job of the application; it may be resumed while the printer holds it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.pos_printer.problems import problem_of
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.receipt_printer import Printing, PrintResult
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Station


@dataclass(frozen=True, slots=True)
class StatisticsDelta:
    """The counts that a job adds to the statistics."""

    lines: int = 0
    cuts: int = 0
    bar_codes: int = 0


class Request:
    """One whole job of commands; without any units it is done at once.

    `count` gets the station and the delta of a printed job, or None for a failed one.
    """

    def __init__(
        self,
        service: PrinterService,
        station: Station,
        units: list[bytes],
        delta: StatisticsDelta,
        count: Callable[[Station, StatisticsDelta | None], None],
    ) -> None:
        self.station = station
        self.state = JobState.QUEUED
        self._service = service
        self._units = units
        self._delta = delta
        self._count = count
        self._printing: Printing | None = None
        self._aborted = threading.Event()

    def run(self) -> None:
        """Print the job, or resume it if the printer holds it.

        Blocks. Raises UposError if it is not on paper.
        """
        problem = self._problem()
        if problem is not None:
            self._count(self.station, None)
            raise problem

    def run_to_the_end(self) -> None:
        """Print the job for a synchronous call, which cannot resume it.

        A held job is cancelled at once if the printer can clear its buffer, else after `hold_s` of the service.
        Raises UposError if it is not on paper.
        """
        deadline_s = time.monotonic() + (0 if self._service.profile.clear != "none" else self._service.hold_s)
        while (problem := self._problem()) is not None:
            if self._printing is None or time.monotonic() >= deadline_s or self._aborted.is_set():
                self.abort()
                self._count(self.station, None)
                raise problem

    def abort(self) -> None:
        """Cancel the job; a held rest is taken back if the printer can."""
        self._aborted.set()
        if self._printing is not None:
            self._printing.cancel()
            self._printing = None

    def _problem(self) -> UposError | None:
        """Attempt to print; return the problem if that failed."""
        if not self._units:
            return None
        result = self._attempt()
        self.state = result.state
        if not result.is_printed:
            return problem_of(result, self.station)
        self._count(self.station, self._delta)
        return None

    def _attempt(self) -> PrintResult:
        if self._printing is None:
            result, self._printing = self._service.begin(self._units)
            return result
        result = self._printing.resume()
        self._printing = self._printing if result.state is JobState.HELD else None
        return result
