"""The output of calls as jobs: composed, gathered or submitted, and counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from koshelek_driver.printer.pos_printer.request import Request, StatisticsDelta
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.pos_printer.stations import Stations
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Station
from koshelek_driver.upos.statistics import Statistics

_CUTS, _FAULTS, _BAR_CODES, _FORMS = "PaperCutCount", "PrinterFaultCount", "BarcodePrintedCount", "FormInsertionCount"
_LINES = {
    Station.JOURNAL: "JournalLinePrintedCount",
    Station.RECEIPT: "ReceiptLinePrintedCount",
    Station.SLIP: "SlipLinePrintedCount",
}
STATISTICS = (*_LINES.values(), _CUTS, _FAULTS, _BAR_CODES, _FORMS)
"""The statistics of the category, by the names of the standard."""
NOTHING = StatisticsDelta()


class PrintJobs:
    """Makes the jobs of one open printer and hands each to `submit`.

    `submit` runs or queues a job; by default a job is run at once, to its end. A thread holds `composing` while it
    changes what is gathered; it is never held while a job is submitted, since that may block for half a minute.
    """

    def __init__(
        self,
        service: PrinterService,
        stations: Stations,
        statistics: Statistics,
        submit: Callable[[Request], None] = Request.run_to_the_end,
    ) -> None:
        self.composing = threading.RLock()
        self._service = service
        self._stations = stations
        self._statistics = statistics
        self._submit = submit

    def write(self, station: Station, write: Callable[[Composer], None], delta: StatisticsDelta = NOTHING) -> None:
        """Compose one call and submit it, or add it to what its paper gathers.

        If the job fails, the unfinished line is restored: the same call, repeated, writes the same.

        Raises:
            UposError: E_ILLEGAL for a paper that the printer lacks; what `write` and `submit` raise.
        """
        with self.composing:
            paper = self._stations[station]
            before, typeface = list(paper.pending), paper.typeface
            composer = paper.composer()
            write(composer)
            if paper.collecting is not None:
                paper.collecting.add(composer)
                paper.take(composer)
                return
            request = self._request(paper, composer.finished(), _counted(composer, delta))
            paper.take(composer)
        try:
            self._submit(request)
        except UposError:
            paper.pending, paper.typeface = before, typeface
            raise

    def write_both(self, first: tuple[Station, str], second: tuple[Station, str]) -> None:
        """Print data on two stations as one job. Raises UposError as `write`."""
        with self.composing:
            units: list[bytes] = []
            composers = []
            for station, data in (first, second):
                paper = self._stations[station]
                composer = paper.composer()
                composer.write(data)
                paper.take(composer)
                units += self._with_start(paper, composer.finished())
                composers.append(composer)
        self._submit(Request(self._service, first[0], units, _counted(composers[0]), self._count))

    def write_now(self, station: Station, data: str) -> None:
        """Print data at once, before the queue and apart from what is gathered.

        Blocks. Raises UposError.
        """
        paper = self._stations[station]
        composer = Composer(paper.render_context(apart=True), [], paper.typeface)
        composer.write(data)
        composer.end_line()
        self._request(paper, composer.finished(), _counted(composer)).run()

    def submit(self, paper: PrintStation, units: list[bytes], delta: StatisticsDelta = NOTHING) -> None:
        """Submit one job of whole commands; a job without any is done at once.

        Raises what `submit` raises.
        """
        self._submit(self._request(paper, units, delta))

    def run(self, paper: PrintStation, units: list[bytes]) -> None:
        """Print one job of whole commands at once. Blocks. Raises UposError."""
        self._request(paper, units, NOTHING).run()

    def count_form(self) -> None:
        """Count an inserted form."""
        self._statistics.count(_FORMS)

    def _request(self, paper: PrintStation, units: list[bytes], delta: StatisticsDelta) -> Request:
        whole = self._with_start(paper, [unit for unit in units if unit])
        return Request(self._service, paper.name, whole, delta, self._count)

    def _with_start(self, paper: PrintStation, units: list[bytes]) -> list[bytes]:
        select = paper.require_capabilities().select
        return [document.start(self._service.profile, measured=True, station=select), *units] if units else []

    def _count(self, station: Station, delta: StatisticsDelta | None) -> None:
        """Count what was printed; None counts a failed job."""
        if delta is None:
            self._statistics.count(_FAULTS)
            return
        self._statistics.count(_LINES[station], delta.lines)
        self._statistics.count(_CUTS, delta.cuts)
        self._statistics.count(_BAR_CODES, delta.bar_codes)


def _counted(composer: Composer, delta: StatisticsDelta = NOTHING) -> StatisticsDelta:
    return replace(delta, lines=composer.lines, cuts=composer.cuts)
