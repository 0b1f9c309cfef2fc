"""transactionPrint, rotatePrint, pageModePrint: begin to gather output, or print it as one job."""

from __future__ import annotations

from koshelek_driver.printer.pos_printer.collecting import PageOfMode, Sideways, Transaction
from koshelek_driver.printer.pos_printer.page_mode import PageMode
from koshelek_driver.printer.pos_printer.print_jobs import PrintJobs
from koshelek_driver.printer.pos_printer.request import StatisticsDelta
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PageModeControl, Rotation, TransactionControl

_TURN_BAR_CODES, _TURN_BITMAPS = 0x1000, 0x2000
"""PTR_RP_BARCODE, PTR_RP_BITMAP."""


def print_transaction(jobs: PrintJobs, paper: PrintStation, control: TransactionControl) -> None:
    """Begin a transaction on a paper, or print it as one job.

    Raises:
        UposError: E_ILLEGAL out of turn or without the paper; what submitting the job raises.
    """
    paper.require_capabilities()
    with jobs.composing:
        gathered = paper.collecting
        if control is TransactionControl.TRANSACTION:
            _refuse_gathering(paper)
            paper.collecting = Transaction()
            return
        if not isinstance(gathered, Transaction):
            raise UposError(ErrorCode.E_ILLEGAL, "no transaction was begun", "begin with PTR_TP_TRANSACTION")
        paper.collecting = None
    jobs.submit(paper, gathered.units, StatisticsDelta(gathered.lines, gathered.cuts))


def rotate(jobs: PrintJobs, paper: PrintStation, rotation: int) -> None:
    """Turn the following output by PTR_RP_ bits.

    Any rotation prints lines that were turned before.

    Raises:
        UposError: E_ILLEGAL for a rotation that the paper lacks; what submitting the turned lines raises.
    """
    capabilities = paper.require_capabilities()
    turned = Rotation(rotation & ~(_TURN_BAR_CODES | _TURN_BITMAPS))
    sideways = turned in (Rotation.LEFT90, Rotation.RIGHT90)
    if (sideways and not paper.sideways) or (turned is Rotation.ROTATE180 and not paper.upside_down):
        raise UposError(ErrorCode.E_ILLEGAL, f"this printer cannot turn print {turned.name}", "read its Cap…")
    with jobs.composing:
        if isinstance(paper.collecting, Transaction | PageOfMode) and sideways:
            raise UposError(ErrorCode.E_ILLEGAL, "turned lines in a page or a transaction", "end that first")
        gathered = paper.collecting
        paper.rotation = turned
        paper.turns_bar_codes = bool(rotation & _TURN_BAR_CODES)
        paper.turns_bitmaps = bool(rotation & _TURN_BITMAPS)
        if isinstance(gathered, Sideways):
            paper.collecting = None
        if sideways:
            paper.collecting = Sideways(turned, capabilities.dots, capabilities.page_rows)
    if isinstance(gathered, Sideways):
        jobs.submit(paper, gathered.units())


def print_page(jobs: PrintJobs, page_mode: PageMode, control: PageModeControl) -> None:
    """Begin a page on PageModeStation, print it, print and store it, or forget it.

    Raises:
        UposError: E_ILLEGAL out of turn; what submitting the page raises.
    """
    paper = page_mode.paper()
    with jobs.composing:
        page = paper.collecting
        if control is PageModeControl.PAGE_MODE:
            _refuse_gathering(paper)
            paper.collecting = page_mode.new_page()
            return
        if not isinstance(page, PageOfMode):
            raise UposError(ErrorCode.E_ILLEGAL, "no page was begun", "begin with PTR_PM_PAGE_MODE")
        paper.collecting = page if control is PageModeControl.PRINT_SAVE else None
    if control is not PageModeControl.CANCEL:
        jobs.submit(paper, page.units())


def _refuse_gathering(paper: PrintStation) -> None:
    if paper.collecting is not None:
        raise UposError(ErrorCode.E_ILLEGAL, "a page, a transaction or turned text is being gathered", "end it first")
