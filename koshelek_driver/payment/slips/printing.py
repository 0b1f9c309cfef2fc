"""Print slips: each once, a possible second one marked as a copy. The money never waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from koshelek_driver.config import profile
from koshelek_driver.errors import JournalError, UsageError
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.outcome import Payment, Refund, SlipState
from koshelek_driver.payment.slips.content import SlipRules, kind_of, slip_lines
from koshelek_driver.printer.condition import PrinterCondition
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.preview import Preview, preview
from koshelek_driver.printer.receipt_printer import JobObserver, PrintResult, ReceiptPrinter
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Item
from koshelek_driver.printer.rendering.text import printable

S = TypeVar("S", bound=Payment | Refund)

_PAPER_WITHOUT_PRINTER = "generic-escpos-80mm"
_TEXT_COLUMNS = 42
"""Width of a slip as text on a till without a printer."""
_WAITING = (SlipState.QUEUED, SlipState.SENT)
_SLIP_STATES = {JobState.ASSUMED: SlipState.ASSUMED, JobState.ACKNOWLEDGED: SlipState.PRINTED}


class SlipPrinting:
    """Prints slips that are not on paper yet. The caller holds the till's lock."""

    def __init__(self, printer: ReceiptPrinter | None, journal: Journal, rules: SlipRules) -> None:
        self._printer = printer
        self._journal = journal
        self._rules = rules

    def text(self, of: Payment | Refund, *, copy: bool = False, columns: int = 0) -> list[str]:
        """Return the slip as lines of text, as wide as the printer's paper or `columns`; empty if there is none."""
        width = columns or (self._printer.columns if self._printer else _TEXT_COLUMNS)
        fitting = _as_it_is if columns else self._fitting
        return [line.as_text(width) for line in self._lines(of, width, copy=copy, fitting=fitting)]

    def preview(self, of: Payment | Refund, *, copy: bool) -> Preview:
        """Return the slip as it looks on the till's paper, or on 80 mm without a printer.

        Raises:
            UsageError: there is no slip.
        """
        model = self._printer.profile if self._printer else profile.printer(_PAPER_WITHOUT_PRINTER)
        lines = self._lines(of, model.columns, copy=copy)
        if not lines:
            raise _no_slip(of)
        return preview(document.render(lines, model), model)[0]

    def print_copy(
        self, of: Payment | Refund, observer: SaleObserver, cancel: CancelToken | None = None
    ) -> PrintResult:
        """Print a copy, marked as one; the state of the first slip does not change. May block as long as `print` does.

        Raises:
            UsageError: there is no slip or no printer.
        """
        if self._printer is None:
            raise UsageError("the site file's CAT names no printer", "add printer = … to it")
        lines = self._lines(of, self._printer.columns, copy=True)
        if not lines:
            raise _no_slip(of)
        canceled = (cancel or CancelToken()).next_press()
        held = observer.printer_holds
        return self._printer.print_lines(
            lines, JobObserver(held=lambda why: notify(held, why), canceled=canceled), is_fitted=True
        )

    def print_plain(self, lines_for: Callable[[int], Sequence[Item]]) -> PrintResult:
        """Print lines that are no slip, such as a cash report; `lines_for` gets the paper's columns.

        Raises:
            UsageError: there is no printer.
        """
        if self._printer is None:
            raise UsageError("the site file's CAT names no printer", "add printer = … to it")
        return self._printer.print_lines(lines_for(self._printer.columns))

    def print(self, of: S, observer: SaleObserver, cancel: CancelToken | None = None) -> S:
        """Print the slip unless it is on paper; return the payment with its new state. A slip that fails waits.

        May block as long as the printer does. A cancel that comes meanwhile ends the wait for a printer that holds
        the slip.
        """
        try:
            return self._print(of, observer, cancel or CancelToken())
        except JournalError as problem:
            notify(observer.printed, PrintResult(JobState.QUEUED, PrinterCondition(problem.what, problem.remedy)))
            return of

    def _print(self, of: S, observer: SaleObserver, cancel: CancelToken) -> S:
        if of.slip_state not in _WAITING or of.unkept:
            return of
        if self._printer is None:  # the POS prints the lines itself, so nothing stays queued
            return self._keep(of, SlipState.NONE)
        lines = self._lines(of, self._printer.columns, copy=of.slip_state is SlipState.SENT)
        job_observer = JobObserver(
            before_write=lambda: self._keep(of, SlipState.SENT),
            held=lambda why: notify(observer.printer_holds, why),
            canceled=cancel.next_press(),
        )
        result = self._printer.print_lines(
            lines, job_observer, after_unknown=of.slip_state is SlipState.SENT, is_fitted=True
        )
        notify(observer.printed, result)
        return self._keep(of, _slip_state(result.state, of.slip_state))

    def _lines(
        self, of: Payment | Refund, columns: int, *, copy: bool, fitting: Callable[[str], str] | None = None
    ) -> tuple[Item, ...]:
        paid = of.paid if isinstance(of, Refund) else None
        kind = kind_of(of, of.amount if paid is None else paid)
        if kind is None:
            return ()
        copy = copy and kind != "cancel"  # that nobody charged can be told any number of times
        return slip_lines(of, kind, self._rules, columns=columns, printable=fitting or self._fitting, copy=copy)

    def _fitting(self, text: str) -> str:
        return printable(text, self._printer.codec if self._printer else "utf-8")

    def _keep(self, of: S, state: SlipState) -> S:
        book = self._journal if isinstance(of, Payment) else self._journal.refunds
        book.keep_slip_state(of.request_id, state)
        return replace(of, slip_state=state)


def _as_it_is(text: str) -> str:
    """Fit the text to no code page: the point of sale prints it on a printer of its own."""
    return printable(text, "utf-8")


def _slip_state(job: JobState, before: SlipState) -> SlipState:
    """A job of which nothing left changes nothing; every other end without a confirmation is SENT."""
    return before if job is JobState.QUEUED else _SLIP_STATES.get(job, SlipState.SENT)


def _no_slip(of: Payment | Refund) -> UsageError:
    return UsageError(f"order {of.order_id} is {of.outcome}: it has no slip", "only what is paid has one")
