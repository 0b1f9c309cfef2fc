"""From a call to a job: what is written with which settings, printed now or queued, counted, and told when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from koshelek_driver.printer.pos_printer.collecting import PageOfMode, Sideways
from koshelek_driver.printer.pos_printer.page_members import PageMembers
from koshelek_driver.printer.pos_printer.problems import level_of
from koshelek_driver.printer.pos_printer.request import Request, StatisticsDelta
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.capabilities import capabilities_of
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.render_context import RenderContext
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.output import Output
from koshelek_driver.upos.printer_codes import Rotation, Station

_CUTS, _FAULTS, _BAR_CODES, FORMS = "PaperCutCount", "PrinterFaultCount", "BarcodePrintedCount", "FormInsertionCount"
_LINES = {
    Station.JOURNAL: "JournalLinePrintedCount",
    Station.RECEIPT: "ReceiptLinePrintedCount",
    Station.SLIP: "SlipLinePrintedCount",
}
STATISTICS = (*_LINES.values(), _CUTS, _FAULTS, _BAR_CODES, FORMS)


_NOTHING = StatisticsDelta()


class Writing(PageMembers):
    """Under the methods of the category."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._composing = threading.RLock()

    def _prepare_session(self) -> None:
        model = self._service.profile
        answers = model.acknowledge != "none"
        for station in Station:
            on_roll = station is Station.RECEIPT
            sensors = (answers and station is not Station.JOURNAL, answers and on_roll and model.near_end_sensor)
            paper = PrintStation(station, capabilities_of(model, station), sensors=sensors)
            paper.marks_paper = on_roll and model.marked_paper
            paper.senses = self._senses(station)
            self._stations[station] = paper
        self._bitmaps, self._logos = {}, {}
        self._character_set = next(iter(self._pages))

    def _senses(self, station: Station) -> Callable[[], tuple[bool, bool]]:
        service = self._service
        if station is Station.SLIP:
            return lambda: (service.form_is_in() is False, False)
        return lambda: (service.status().paper_end, service.status().near_end)

    def _write(self, station: Station, write: Callable[[Composer], None], tally: StatisticsDelta = _NOTHING) -> None:
        with self._composing:
            paper = self._stations[station]
            before, typeface = list(paper.pending), paper.typeface
            composer = Composer(self._setting(paper), before, typeface)
            write(composer)
            if paper.collecting is not None:
                paper.collecting.add(composer)
                paper.took(composer)
                return
            request = self._job(paper, composer.finished(), self._tally(composer, tally))
            paper.took(composer)
        try:
            self._submit(request)
        except UposError:
            paper.pending, paper.typeface = before, typeface  # the same call, repeated, writes the same
            raise

    def _setting(self, paper: PrintStation, *, at_once: bool = False) -> RenderContext:
        """`at_once`: outside of what is being gathered."""
        can, page = paper.can, None if at_once else paper.collecting
        room = can.dots
        if isinstance(page, Sideways):
            room = can.page_rows
        if isinstance(page, PageOfMode):
            room = page.area.line(page.direction)
        return RenderContext(
            profile=self._service.profile,
            abilities=can,
            font=paper.font,
            page=self._code_page(),
            mapped=self._map_character_set,
            map_mode=self._map_mode,
            spacing=paper.spacing_dots,
            room=room,
            in_page=isinstance(page, Sideways | PageOfMode),
            upside_down=paper.rotation is Rotation.ROTATE180,
            second_colour=paper.in_second_colour,
            turn_bar_codes=paper.rotation if paper.turns_bar_codes else self._rotate_special,
            bitmaps={number: kept for (of, number), kept in self._bitmaps.items() if of is paper.name},
            logos=self._logos,
        )

    def _with(self, what: str, station: Station, has: Callable[[PrintStation], bool]) -> PrintStation:
        paper = self._stations[station]
        _ = paper.can
        if not has(paper):
            raise UposError(ErrorCode.E_ILLEGAL, f"the {station.name.lower()} station has no {what}", "read its Cap…")
        return paper

    # --- jobs

    def _whole(self, paper: PrintStation, units: list[bytes]) -> list[bytes]:
        return [document.start(self._service.profile, measured=True, station=paper.can.select), *units] if units else []

    def _job(self, paper: PrintStation, units: list[bytes], tally: StatisticsDelta) -> Request:
        return Request(
            self._service, paper.name, self._whole(paper, [unit for unit in units if unit]), tally, self._count
        )

    def _submit(self, request: Request) -> None:
        self._output(Output(request.run_to_the_end if not self._async_mode else request.run, request.abort, request))

    def _tally(self, composer: Composer, more: StatisticsDelta = _NOTHING) -> StatisticsDelta:
        return replace(more, lines=composer.lines, cuts=composer.cuts)

    def _count(self, station: Station, tally: StatisticsDelta | None) -> None:
        """What was printed; None: a job failed."""
        counters = self._session_now().statistics
        if tally is None:
            counters.count(_FAULTS)
            return
        counters.count(_LINES[station], tally.lines)
        counters.count(_CUTS, tally.cuts)
        counters.count(_BAR_CODES, tally.bar_codes)

    def _tell_output_error(self, output: Output, problem: UposError) -> None:
        request = output.about
        assert isinstance(request, Request)
        self._error_level = level_of(request.state)
        self._error_station = request.station
        self._error_string = f"{problem.what}; {problem.remedy}" if problem.remedy else problem.what

    def _drop_output(self) -> None:
        super()._drop_output()
        for paper in self._stations.values():
            paper.forget()
