"""The category POSPrinter of UnifiedPOS: its methods, each handed to a part of the printer."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from firmware_protocol.escpos import commands, positioning
from koshelek_driver.config import site
from koshelek_driver.printer.pos_printer import bitmaps, forms, gathering
from koshelek_driver.printer.pos_printer.collecting import PageOfMode, Sideways
from koshelek_driver.printer.pos_printer.members import PrinterMembers
from koshelek_driver.printer.pos_printer.parts import LastError, PrinterParts
from koshelek_driver.printer.pos_printer.print_jobs import STATISTICS
from koshelek_driver.printer.pos_printer.problems import level_of
from koshelek_driver.printer.pos_printer.request import Request, StatisticsDelta
from koshelek_driver.printer.pos_printer.service import EscPosPrinter, PrinterService
from koshelek_driver.printer.pos_printer.settings import check_bitmap_number
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.rendering import bar_codes, imaging
from koshelek_driver.printer.rendering.ruled_line import RuledLine
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_5, V1_9, V1_10, V1_13, Stage, method
from koshelek_driver.upos.output import Output
from koshelek_driver.upos.printer_codes import PageModeControl, Station, TransactionControl
from koshelek_driver.upos.registry import DeviceEntry, DeviceSource, Factory

_PAIRS = {
    0x0003: (Station.JOURNAL, Station.RECEIPT),
    0x0005: (Station.JOURNAL, Station.SLIP),
    0x0006: (Station.RECEIPT, Station.SLIP),
    0x8003: (Station.RECEIPT, Station.JOURNAL),
    0x8005: (Station.SLIP, Station.JOURNAL),
    0x8006: (Station.SLIP, Station.RECEIPT),
}
"""Stations of printTwoNormal, PTR_S_ and PTR_TWO_ numbers; the first station prints the first data."""
_MARKS = {1: 65, 2: 66, 4: 67, 8: 67}
"""PTR_MF_ to the functions of FS ( L."""


class POSPrinter(PrinterMembers):  # noqa: PLR0904 - the methods of the standard
    r"""A receipt printer: open, claim, enable, print.

        printer = POSPrinter()
        printer.open("printer1")                # a device of the till's site file
        printer.claim(1000)
        printer.device_enabled = True
        printer.print_normal(Station.RECEIPT, "\\x1b|cA\\x1b|bCСпасибо!\\n")
        printer.cut_paper(100)

    Every call is a job that ends on paper or raises the cause that prevents it: cover and paper as E_EXTENDED. In
    AsyncMode calls are queued; while the printer holds a job without paper, the queue waits until a listener has
    answered the ErrorEvent: ER_RETRY resumes the same job, ER_CLEAR cancels it. Text without a line feed
    waits for the next call.
    """

    category: ClassVar[str] = "POSPrinter"
    statistic_names: ClassVar[tuple[str, ...]] = STATISTICS
    _marks: Path | None = None
    """The folder of the crash mark: that of the till's journal; None if only devices are known."""

    # --- print

    @method("printNormal", needs=Stage.ENABLED)
    def print_normal(self, station: Station, data: str) -> None:
        """Print text with escape sequences.

        Raises:
            UposError: E_ILLEGAL for a station that the printer lacks; the cause if it cannot print.
        """
        self.parts.jobs.write(station, lambda composer: composer.write(data))

    @method("printImmediate", needs=Stage.ENABLED)
    def print_immediate(self, station: Station, data: str) -> None:
        """Print text before the queue, as soon as the present job ends.

        Always synchronous. Raises UposError as printNormal.
        """
        self.parts.jobs.write_now(station, data)

    @method("printTwoNormal", needs=Stage.ENABLED)
    def print_two_normal(self, stations: int, data1: str, data2: str) -> None:
        """Print on two stations as one job; an empty `data2` prints `data1` on both.

        Raises:
            UposError: E_ILLEGAL unless the printer has both; as printNormal.
        """
        pair = _PAIRS.get(stations)
        if pair is None or not self.parts.stations.have_both(*pair):
            raise UposError(ErrorCode.E_ILLEGAL, f"stations {stations}", "use PTR_TWO_ of two that the printer has")
        self.parts.jobs.write_both((pair[0], data1), (pair[1], data2 or data1))

    @method("printBarCode", needs=Stage.ENABLED)
    def print_bar_code(  # noqa: PLR0917 - as the standard has it
        self, station: Station, data: str, symbology: int, height: int, width: int, alignment: int, text_position: int
    ) -> None:
        """Print a bar code; drawn as dots if the printer lacks the symbology.

        Height and width are in units of MapMode, `alignment` is PTR_BC_ or a distance, `text_position` PTR_BC_TEXT_.

        Raises:
            UposError: E_ILLEGAL for a bar code that cannot be printed here; as printNormal.
        """
        paper = self.parts.stations[station]
        paper.require("bar codes", has=paper.bar_code)
        size = (paper.dots(height), paper.dots(width))
        align = alignment if alignment < 0 else paper.dots(alignment)
        wanted = bar_codes.order(data, symbology, size, align, text_position)
        self.parts.jobs.write(station, lambda composer: composer.bar_code(wanted), StatisticsDelta(bar_codes=1))

    @method("printBitmap", needs=Stage.ENABLED)
    def print_bitmap(self, station: Station, file_name: str, width: int, alignment: int) -> None:
        """Print a picture file: BMP, GIF, JPEG, PNG.

        `width` is PTR_BM_ASIS or in units of MapMode.

        Raises:
            UposError: E_NOEXIST; E_EXTENDED with TOOBIG or BADFORMAT; E_ILLEGAL without bitmaps; as printNormal.
        """
        paper = self._bitmap_station(station)
        self._print_bitmap(paper, imaging.read_file(file_name), width, alignment)

    @method("printMemoryBitmap", needs=Stage.ENABLED, since=V1_10)
    def print_memory_bitmap(self, station: Station, data: bytes, type: int, width: int, alignment: int) -> None:  # noqa: A002
        """Print a picture in memory.

        `type` is PTR_BMT_; the bytes decide the real type. Raises as printBitmap.
        """
        paper = self._bitmap_station(station)
        bitmaps.check_type(type)
        self._print_bitmap(paper, data, width, alignment)

    @method("drawRuledLine", needs=Stage.ENABLED, since=V1_13)
    def draw_ruled_line(  # noqa: PLR0917 - as the standard has it
        self,
        station: Station,
        position_list: str,
        line_direction: int,
        line_width: int,
        line_style: int,
        line_color: int,
    ) -> None:
        """Draw horizontal lines: `start,length;start,length` in units of MapMode, PTR_LS_ styles.

        Raises:
            UposError: E_ILLEGAL for vertical lines, and while a page, a transaction or turned text is gathered.
        """
        paper = self._bitmap_station(station)
        if paper.collecting is not None:
            raise UposError(
                ErrorCode.E_ILLEGAL, "a ruled line in a page, a transaction or turned text", "end that first"
            )
        wanted = RuledLine(position_list, line_direction, line_width, line_style, line_color)
        self.parts.jobs.write(station, lambda composer: composer.ruled_line(wanted))

    @method("cutPaper", needs=Stage.ENABLED)
    def cut_paper(self, percentage: int) -> None:
        """Cut the paper where it is, wholly or partly.

        100 cuts through, 1 to 99 leave a piece, 0 does not cut. Print RecLinesToPaperCut lines before, else the cut
        goes through the text. Raises UposError E_ILLEGAL without a cutter and inside a page; as printNormal.
        """
        paper = self.parts.receipt
        paper.require("cutter", has=paper.cutter)
        if not 0 <= percentage <= 100 or isinstance(paper.collecting, PageOfMode | Sideways):
            raise UposError(ErrorCode.E_ILLEGAL, f"cut by {percentage} percent", "0 to 100, outside pages")
        self.parts.jobs.write(Station.RECEIPT, lambda composer: composer.cut(percentage, feed=False))

    @method("markFeed", needs=Stage.ENABLED, since=V1_5)
    def mark_feed(self, type: int) -> None:  # noqa: A002
        """Feed marked paper to a PTR_MF_ position. Raises UposError E_ILLEGAL unless CapRecMarkFeed has it."""
        paper = self.parts.receipt
        if type not in _MARKS or not paper.mark_feed & type:
            raise UposError(ErrorCode.E_ILLEGAL, f"markFeed {type}", "read CapRecMarkFeed")
        self.parts.jobs.submit(paper, [commands.to_mark(_MARKS[type])])

    # --- stored bitmaps and logos

    @method("setBitmap", needs=Stage.ENABLED)
    def set_bitmap(self, bitmap_number: int, station: Station, file_name: str, width: int, alignment: int) -> None:
        """Store a picture, 1 to 20, for the escape sequence `#B`.

        An empty name deletes it. Raises as printBitmap.
        """
        paper = self._bitmap_station(station)
        check_bitmap_number(bitmap_number)
        stored = self.parts.settings.bitmaps
        if not file_name:
            stored.pop((station, bitmap_number), None)
            return
        stored[station, bitmap_number] = bitmaps.decode(paper, imaging.read_file(file_name), width, alignment)

    @method("setLogo", needs=Stage.ENABLED)
    def set_logo(self, location: int, data: str) -> None:
        """Store print data for the escape sequences `tL` (PTR_L_TOP 1) and `bL` (PTR_L_BOTTOM 2)."""
        self.parts.settings.set_logo(location, data)

    # --- ask first

    @method("validateData", needs=Stage.ENABLED)
    def validate_data(self, station: Station, data: str) -> None:
        """Check data without printing.

        Raises:
            UposError: E_FAILURE for data that cannot be printed here, E_ILLEGAL for data that will be approximated.
        """
        composer = self.parts.stations[station].composer()
        composer.write(data)
        issues = sorted(composer.issues, key=lambda issue: not issue.fatal)
        if issues:
            code = ErrorCode.E_FAILURE if issues[0].fatal else ErrorCode.E_ILLEGAL
            raise UposError(code, issues[0].what, "change the data, or accept the approximation")

    # --- gather

    @method("transactionPrint", needs=Stage.ENABLED)
    def transaction_print(self, station: Station, control: TransactionControl) -> None:
        """Begin a transaction, or print its calls as one job.

        Raises UposError E_ILLEGAL out of turn; as printNormal.
        """
        gathering.print_transaction(self.parts.jobs, self.parts.stations[station], control)

    @method("rotatePrint", needs=Stage.ENABLED)
    def rotate_print(self, station: Station, rotation: int) -> None:
        """Turn the following text: PTR_RP_, with PTR_RP_BARCODE and BITMAP for these too.

        NORMAL prints the turned lines. Raises UposError E_ILLEGAL for a rotation that the printer lacks.
        """
        gathering.rotate(self.parts.jobs, self.parts.stations[station], rotation)

    @method("pageModePrint", needs=Stage.ENABLED, since=V1_9)
    def page_mode_print(self, control: PageModeControl) -> None:
        """Begin a page on PageModeStation, print it, print and keep it, or cancel it.

        Raises UposError E_ILLEGAL out of turn; as printNormal.
        """
        gathering.print_page(self.parts.jobs, self.parts.page_mode, control)

    @method("clearPrintArea", needs=Stage.ENABLED, since=V1_9)
    def clear_print_area(self) -> None:
        """Make the present area of the page white again.

        Raises UposError E_ILLEGAL outside page mode.
        """
        self.parts.page_mode.page().clear()

    # --- forms

    @method("beginInsertion", needs=Stage.ENABLED, idle=True)
    def begin_insertion(self, timeout: int) -> None:
        """Wait for a form; blocks `timeout` ms at most.

        Raises:
            UposError: E_TIMEOUT, call again; E_ILLEGAL without the slip station.
        """
        forms.await_form(self.parts.service, self.parts.slip, timeout, wanted=True)

    @method("endInsertion", needs=Stage.ENABLED, idle=True)
    def end_insertion(self) -> None:
        """End the insertion. Raises UposError E_EXTENDED with SLP_FORM if there is no form."""
        forms.expect_form(self.parts.service, self.parts.slip, there=True)
        self.parts.jobs.count_form()

    @method("beginRemoval", needs=Stage.ENABLED, idle=True)
    def begin_removal(self, timeout: int) -> None:
        """Push the form out and wait until it is taken.

        Blocks `timeout` ms at most. Raises as beginInsertion.
        """
        self.parts.jobs.run(self.parts.slip, [positioning.PRINT_PAGE_AND_LEAVE])
        forms.await_form(self.parts.service, self.parts.slip, timeout, wanted=False)

    @method("endRemoval", needs=Stage.ENABLED, idle=True)
    def end_removal(self) -> None:
        """End the removal. Raises UposError E_EXTENDED with SLP_FORM if a form is still there."""
        forms.expect_form(self.parts.service, self.parts.slip, there=False)

    @method("changePrintSide", needs=Stage.ENABLED, since=V1_5, idle=True)
    def change_print_side(self, side: int) -> None:
        """Raise UposError E_ILLEGAL: no printer of this kind turns a form."""
        raise UposError(ErrorCode.E_ILLEGAL, f"print side {side}: CapSlpBothSidesPrint is false")

    # --- parts

    def _prepare_session(self) -> None:
        super()._prepare_session()
        session = self._session_now()
        if not isinstance(session.service, PrinterService):
            session.dispatcher.stop()
            self._session = None  # the base class began the session already; a failed open leaves the device closed
            raise UposError(ErrorCode.E_NOSERVICE, f"the service of {self} is no PrinterService", "ask its maker")
        self.parts = PrinterParts(session.service, session.statistics, self._submit)

    def _submit(self, request: Request) -> None:
        """A synchronous call cannot be resumed by its caller, so its job is run to the end."""
        run = request.run if self._async_mode else request.run_to_the_end
        self._output(Output(run, request.abort, request))

    def _describe_output_error(self, output: Output, problem: UposError) -> None:
        request: Any = output.about
        assert isinstance(request, Request)
        text = f"{problem.what}; {problem.remedy}" if problem.remedy else problem.what
        self.parts.last_error = LastError(level_of(request.state), request.station, text)

    def _drop_output(self) -> None:
        super()._drop_output()
        self.parts.stations.forget()

    def _bitmap_station(self, station: Station) -> PrintStation:
        paper = self.parts.stations[station]
        paper.require("bitmaps", has=paper.bitmap)
        return paper

    def _print_bitmap(self, paper: PrintStation, data: bytes, width: int, alignment: int) -> None:
        picture = bitmaps.decode(paper, data, width, alignment)
        self.parts.jobs.write(paper.name, lambda composer: composer.picture(*picture))

    def _till_devices(self) -> DeviceSource:
        return site.load()

    def _configure(self, source: DeviceSource, entry: DeviceEntry) -> None:
        super()._configure(source, entry)
        self._marks = source.journal.parent if isinstance(source, site.Site) else None

    def _own_service(self) -> Factory:
        return partial(EscPosPrinter, marks=self._marks)
