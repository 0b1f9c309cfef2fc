"""One job of an application, which may be run again while the printer holds it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from koshelek_driver.printer.job import JobState
from koshelek_driver.printer.pos_printer.problems import problem_of
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.receipt_printer import Printing, PrintResult
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Station


@dataclass(frozen=True, slots=True)
class StatisticsDelta:
    """What a job adds to the statistics."""

    lines: int = 0
    cuts: int = 0
    bar_codes: int = 0


class Request:
    """`units` are a whole job; without any it is done at once. `count` gets what was printed, None for a failure."""

    def __init__(
        self,
        service: PrinterService,
        station: Station,
        units: list[bytes],
        tally: StatisticsDelta,
        count: Callable[[Station, StatisticsDelta | None], None],
    ) -> None:
        self.station = station
        self.state = JobState.QUEUED
        self._service = service
        self._units = units
        self._tally = tally
        self._count = count
        self._printing: Printing | None = None
        self._aborted = threading.Event()

    def run(self) -> None:
        """Print it, or let it go on. Raises UposError."""
        problem = self._problem()
        if problem is not None:
            self._count(self.station, None)
            raise problem

    def run_to_the_end(self) -> None:
        """As `run`, for a call that waits: what is held is taken back, or waited for where it cannot be."""
        give_up_s = time.monotonic() + (0 if self._service.profile.clear != "none" else self._service.hold_s)
        while (problem := self._problem()) is not None:
            if self._printing is None or time.monotonic() >= give_up_s or self._aborted.is_set():
                self.abort()
                self._count(self.station, None)
                raise problem

    def abort(self) -> None:
        """Forget it: what is held is taken back where it can be."""
        self._aborted.set()
        if self._printing is not None:
            self._printing.give_up()
            self._printing = None

    def _problem(self) -> UposError | None:
        """What is wrong after another attempt."""
        if not self._units:
            return None
        result = self._attempt()
        self.state = result.state
        if not result.is_printed:
            return problem_of(result, self.station)
        self._count(self.station, self._tally)
        return None

    def _attempt(self) -> PrintResult:
        if self._printing is None:
            result, self._printing = self._service.begin(self._units)
            return result
        result = self._printing.go_on()
        self._printing = self._printing if result.state is JobState.HELD else None
        return result
