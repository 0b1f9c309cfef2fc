"""The category POSPrinter of UnifiedPOS."""

from __future__ import annotations

from typing import ClassVar

from firmware_protocol.escpos import commands
from koshelek_driver.config import site
from koshelek_driver.printer.pos_printer.collecting import PageOfMode, Sideways
from koshelek_driver.printer.pos_printer.gathering import Gathering
from koshelek_driver.printer.pos_printer.request import Request, StatisticsDelta
from koshelek_driver.printer.pos_printer.service import EscPosPrinter
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.pos_printer.writing import STATISTICS
from koshelek_driver.printer.rendering import bar_codes, imaging
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.printer.rendering.ruled_line import RuledLine
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_5, V1_10, V1_13, Stage, method
from koshelek_driver.upos.printer_codes import Rotation, Station
from koshelek_driver.upos.registry import Devices, Factory

_BITMAPS = range(1, 21)
_LOGOS = (1, 2)
_PAIRS = {
    0x0003: (Station.JOURNAL, Station.RECEIPT),
    0x0005: (Station.JOURNAL, Station.SLIP),
    0x0006: (Station.RECEIPT, Station.SLIP),
    0x8003: (Station.RECEIPT, Station.JOURNAL),
    0x8005: (Station.SLIP, Station.JOURNAL),
    0x8006: (Station.SLIP, Station.RECEIPT),
}
"""Stations of printTwoNormal, the first prints the first data: PTR_S_ and PTR_TWO_."""
_BITMAP_TYPES = (1, 2, 3)
_MARKS = {1: 65, 2: 66, 4: 67, 8: 67}
"""PTR_MF_ to the functions of FS ( L."""


class POSPrinter(Gathering):
    """A receipt printer: open, claim, enable, print.

        printer = POSPrinter()
        printer.open("printer1")                # a device of the till's site file
        printer.claim(1000)
        printer.device_enabled = True
        printer.print_normal(Station.RECEIPT, "\\x1b|cA\\x1b|bCСпасибо!\\n")
        printer.cut_paper(100)

    Every call is a job that ends on paper, or raises what hinders it: cover and paper as E_EXTENDED. In AsyncMode it
    is queued; while the printer holds a job for want of paper an ErrorEvent waits for its answer: ER_RETRY lets the
    same job go on where it stands, ER_CLEAR takes it back. Text without a line feed waits for the next call.
    """

    category: ClassVar[str] = "POSPrinter"
    statistic_names: ClassVar[tuple[str, ...]] = STATISTICS

    # --- print

    @method("printNormal", needs=Stage.ENABLED)
    def print_normal(self, station: Station, data: str) -> None:
        """Print text with escape sequences. Raises E_ILLEGAL for a station that is not there, and what hinders."""
        self._write(station, lambda composer: composer.write(data))

    @method("printImmediate", needs=Stage.ENABLED)
    def print_immediate(self, station: Station, data: str) -> None:
        """As printNormal, at once and before what is queued; what is being printed ends first. Never asynchronous."""
        paper = self._stations[station]
        composer = Composer(self._setting(paper, at_once=True), [], paper.typeface)
        composer.write(data)
        composer.end_line()
        self._job(paper, composer.finished(), self._tally(composer)).run()

    @method("printTwoNormal", needs=Stage.ENABLED)
    def print_two_normal(self, stations: int, data1: str, data2: str) -> None:
        """Print on two stations as one job; `data2` "" prints `data1` on both. Raises E_ILLEGAL without both."""
        pair = _PAIRS.get(stations, ())
        if not pair or not self._both(*pair):
            raise UposError(ErrorCode.E_ILLEGAL, f"stations {stations}", "use PTR_TWO_ of two that the printer has")
        with self._composing:
            composers = [self._composed(each, data) for each, data in zip(pair, (data1, data2 or data1), strict=True)]
            units = [unit for paper, composer in composers for unit in self._whole(paper, composer.finished())]
        self._submit(Request(self._service, pair[0], units, self._tally(composers[0][1]), self._count))

    @method("printBarCode", needs=Stage.ENABLED)
    def print_bar_code(  # noqa: PLR0917 - as the standard has it
        self, station: Station, data: str, symbology: int, height: int, width: int, alignment: int, text_position: int
    ) -> None:
        """Print a bar code; height and width in MapMode units, alignment PTR_BC_ or a distance, text PTR_BC_TEXT_.

        Drawn as dots where the printer lacks the symbology. Raises E_ILLEGAL for what cannot be printed here.
        """
        paper = self._with("bar codes", station, lambda paper: paper.bar_code)
        size = (self._dots(paper, height), self._dots(paper, width))
        align = alignment if alignment < 0 else self._dots(paper, alignment)
        wanted = bar_codes.order(data, symbology, size, align, text_position)
        self._write(station, lambda composer: composer.bar_code(wanted), StatisticsDelta(bar_codes=1))

    @method("printBitmap", needs=Stage.ENABLED)
    def print_bitmap(self, station: Station, file_name: str, width: int, alignment: int) -> None:
        """Print a picture file: BMP, GIF, JPEG, PNG. `width` PTR_BM_ASIS or MapMode units.

        Raises E_NOEXIST, E_EXTENDED with TOOBIG or BADFORMAT, E_ILLEGAL without bitmaps.
        """
        self._bitmap_station(station)
        self._print_picture(station, imaging.read_file(file_name), width, alignment)

    @method("printMemoryBitmap", needs=Stage.ENABLED, since=V1_10)
    def print_memory_bitmap(self, station: Station, data: bytes, type: int, width: int, alignment: int) -> None:  # noqa: A002
        """Print a picture in memory; `type` is PTR_BMT_, and its bytes count. Raises as printBitmap."""
        self._bitmap_station(station)
        if type not in _BITMAP_TYPES:
            raise UposError(ErrorCode.E_ILLEGAL, f"bitmap type {type}", "use PTR_BMT_: 1 BMP, 2 JPEG, 3 GIF")
        self._print_picture(station, data, width, alignment)

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
        """Draw horizontal lines: "start,length;start,length" in MapMode units, PTR_LS_ styles.

        Raises E_ILLEGAL for vertical ones, and while a page, a transaction or turned text is gathered.
        """
        paper = self._bitmap_station(station)
        if paper.collecting is not None:
            raise UposError(
                ErrorCode.E_ILLEGAL, "a ruled line in a page, a transaction or turned text", "end that first"
            )
        wanted = RuledLine(position_list, line_direction, line_width, line_style, line_color)
        self._write(station, lambda composer: composer.ruled_line(wanted))

    @method("cutPaper", needs=Stage.ENABLED)
    def cut_paper(self, percentage: int) -> None:
        """Cut where the paper is; feed RecLinesToPaperCut lines before. Below 100 a piece is left; 0 does not cut."""
        paper = self._with("cutter", Station.RECEIPT, lambda paper: paper.cutter)
        if not 0 <= percentage <= 100 or isinstance(paper.collecting, PageOfMode | Sideways):
            raise UposError(ErrorCode.E_ILLEGAL, f"cut by {percentage} percent", "0 to 100, outside pages")
        self._write(Station.RECEIPT, lambda composer: composer.cut(percentage, feed=False))

    @method("markFeed", needs=Stage.ENABLED, since=V1_5)
    def mark_feed(self, type: int) -> None:  # noqa: A002
        """Feed marked paper to where PTR_MF_ says. Raises E_ILLEGAL where CapRecMarkFeed lacks it."""
        paper = self._stations[Station.RECEIPT]
        if type not in _MARKS or not paper.mark_feed & type:
            raise UposError(ErrorCode.E_ILLEGAL, f"markFeed {type}", "read CapRecMarkFeed")
        self._submit(self._job(paper, [commands.to_mark(_MARKS[type])], StatisticsDelta()))

    # --- bitmaps and logos that are kept

    @method("setBitmap", needs=Stage.ENABLED)
    def set_bitmap(self, bitmap_number: int, station: Station, file_name: str, width: int, alignment: int) -> None:
        """Keep a picture for the escape sequence `#B`, 1 to 20; an empty name forgets it. Raises as printBitmap."""
        paper = self._bitmap_station(station)
        if bitmap_number not in _BITMAPS:
            raise UposError(ErrorCode.E_ILLEGAL, f"bitmap number {bitmap_number}", "use 1 to 20")
        if not file_name:
            self._bitmaps.pop((station, bitmap_number), None)
            return
        picture, align = self._picture(paper, imaging.read_file(file_name), width, alignment)
        self._bitmaps[station, bitmap_number] = (picture, align)

    @method("setLogo", needs=Stage.ENABLED)
    def set_logo(self, location: int, data: str) -> None:
        """Keep print data, with escape sequences, for the logos `tL` (PTR_L_TOP 1) and `bL` (PTR_L_BOTTOM 2)."""
        if location not in _LOGOS:
            raise UposError(ErrorCode.E_ILLEGAL, f"logo location {location}", "use PTR_L_TOP or PTR_L_BOTTOM")
        self._logos[location] = data

    # --- ask first

    @method("validateData", needs=Stage.ENABLED)
    def validate_data(self, station: Station, data: str) -> None:
        """Print nothing. Raises E_FAILURE for what cannot be printed here, E_ILLEGAL for what will be approximated."""
        paper = self._stations[station]
        composer = Composer(self._setting(paper), list(paper.pending), paper.typeface)
        composer.write(data)
        doubts = sorted(composer.doubts, key=lambda doubt: not doubt.fatal)
        if doubts:
            code = ErrorCode.E_FAILURE if doubts[0].fatal else ErrorCode.E_ILLEGAL
            raise UposError(code, doubts[0].what, "print it otherwise, or as it comes")

    def _composed(self, station: Station, data: str) -> tuple[PrintStation, Composer]:
        paper = self._stations[station]
        composer = Composer(self._setting(paper), paper.pending, paper.typeface)
        composer.write(data)
        paper.took(composer)
        return paper, composer

    def _bitmap_station(self, station: Station) -> PrintStation:
        return self._with("bitmaps", station, lambda paper: paper.bitmap)

    def _print_picture(self, station: Station, data: bytes, width: int, alignment: int) -> None:
        kept = self._picture(self._stations[station], data, width, alignment)
        self._write(station, lambda composer: composer.picture(*kept))

    def _picture(self, paper: PrintStation, data: bytes, width: int, alignment: int) -> tuple[Picture, int]:
        if (width <= 0 and width != imaging.AS_IS) or alignment < bar_codes.RIGHT:
            what = f"bitmap width {width}, alignment {alignment}"
            raise UposError(ErrorCode.E_ILLEGAL, what, "PTR_BM_ASIS or a width; PTR_BM_ or a distance")
        dots = None if width == imaging.AS_IS else max(1, self._dots(paper, width))
        turn = paper.rotation if paper.turns_bitmaps else Rotation.NORMAL
        picture = imaging.decoded(data, dots, self._setting(paper).room, turn)
        return picture, alignment if alignment < 0 else self._dots(paper, alignment)

    def _till_devices(self) -> Devices:
        return site.load().devices

    def _own_service(self) -> Factory:
        return EscPosPrinter
