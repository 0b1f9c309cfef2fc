"""Transactions, turned print and page mode: what is gathered over several calls and printed as one job."""

from __future__ import annotations

from koshelek_driver.printer.pos_printer.collecting import PageOfMode, Sideways, Transaction
from koshelek_driver.printer.pos_printer.forms import Forms
from koshelek_driver.printer.pos_printer.request import StatisticsDelta
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_9, Stage, method
from koshelek_driver.upos.printer_codes import PageModeControl, Rotation, Station, TransactionControl

_TURN_BAR_CODES, _TURN_BITMAPS = 0x1000, 0x2000
"""PTR_RP_BARCODE, PTR_RP_BITMAP."""


class Gathering(Forms):
    """Their methods."""

    @method("transactionPrint", needs=Stage.ENABLED)
    def transaction_print(self, station: Station, control: TransactionControl) -> None:
        """Begin to gather, or print what was gathered, as one job. Raises E_ILLEGAL out of turn, and what hinders."""
        paper = self._stations[station]
        _ = paper.can
        with self._composing:
            gathered = paper.collecting
            if control is TransactionControl.TRANSACTION:
                self._refuse_gathering(paper)
                paper.collecting = Transaction()
                return
            if not isinstance(gathered, Transaction):
                raise UposError(ErrorCode.E_ILLEGAL, "no transaction was begun", "begin with PTR_TP_TRANSACTION")
            paper.collecting = None
        self._submit(self._job(paper, gathered.units, StatisticsDelta(gathered.lines, gathered.cuts)))

    @method("rotatePrint", needs=Stage.ENABLED)
    def rotate_print(self, station: Station, rotation: int) -> None:
        """Turn what follows: PTR_RP_, with PTR_RP_BARCODE and BITMAP for these too. NORMAL prints turned lines."""
        paper = self._stations[station]
        _ = paper.can
        turned = Rotation(rotation & ~(_TURN_BAR_CODES | _TURN_BITMAPS))
        sideways = turned in (Rotation.LEFT90, Rotation.RIGHT90)
        if (sideways and not paper.sideways) or (turned is Rotation.ROTATE180 and not paper.upside_down):
            raise UposError(ErrorCode.E_ILLEGAL, f"this printer cannot turn print {turned.name}", "read its Cap…")
        with self._composing:
            if isinstance(paper.collecting, Transaction | PageOfMode) and sideways:
                raise UposError(ErrorCode.E_ILLEGAL, "turned lines in a page or a transaction", "end that first")
            gathered = paper.collecting
            paper.rotation = turned
            paper.turns_bar_codes = bool(rotation & _TURN_BAR_CODES)
            paper.turns_bitmaps = bool(rotation & _TURN_BITMAPS)
            if isinstance(gathered, Sideways):
                paper.collecting = None
            if sideways:
                paper.collecting = Sideways(turned, paper.can.dots, paper.can.page_rows)
        if isinstance(gathered, Sideways):
            self._submit(self._job(paper, gathered.units(), StatisticsDelta()))

    @method("pageModePrint", needs=Stage.ENABLED, since=V1_9)
    def page_mode_print(self, control: PageModeControl) -> None:
        """Begin a page on PageModeStation, print it and keep it or not, or forget it. Raises E_ILLEGAL out of turn."""
        paper = self._page_station()
        with self._composing:
            page = paper.collecting
            if control is PageModeControl.PAGE_MODE:
                self._refuse_gathering(paper)
                paper.collecting = PageOfMode(self._print_area(paper), self._page_mode_print_direction)
                return
            if not isinstance(page, PageOfMode):
                raise UposError(ErrorCode.E_ILLEGAL, "no page was begun", "begin with PTR_PM_PAGE_MODE")
            paper.collecting = page if control is PageModeControl.PRINT_SAVE else None
        if control is not PageModeControl.CANCEL:
            self._submit(self._job(paper, page.units(), StatisticsDelta()))

    @method("clearPrintArea", needs=Stage.ENABLED, since=V1_9)
    def clear_print_area(self) -> None:
        """The present area of the page is white again. Raises E_ILLEGAL outside page mode."""
        self._page_now().clear()

    def _refuse_gathering(self, paper: PrintStation) -> None:
        if paper.collecting is not None:
            raise UposError(
                ErrorCode.E_ILLEGAL, "a page, a transaction or turned text is being gathered", "end it first"
            )
