"""Settle, cancel or flag every payment and refund that a crash or a lost response left open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeVar

from koshelek_driver.errors import BusyError, DriverError, UsageError
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.printer.condition import PrinterCondition
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import PrintResult

S = TypeVar("S", bound=Payment | Refund)
_log = logging.getLogger(__name__)
_NOBODY = SaleObserver()
_NO_PRINTER = PrinterCondition("there is no printer", "name one in the site file's CAT")


@dataclass(frozen=True, slots=True)
class Recovered:
    """The payments and refunds that were open, by how they stand now.

    The error code of one that is still unknown says what to do.
    """

    settled: tuple[Payment | Refund, ...]
    still_unknown: tuple[Payment | Refund, ...]


class Recovery:
    """Ends open payments and refunds, one program of a till at a time.

    `cancel` of a method is heard while it waits for the till; what has begun goes to its end.
    """

    def __init__(self, parts: PaymentParts) -> None:
        self._parts = parts

    def cancel(
        self, order_id: str, observer: SaleObserver, cancel: CancelToken | None = None, operator: str = ""
    ) -> Payment:
        """End an unfinished sale, also one that another program runs; see `Terminal.cancel`."""
        found = self._parts.journal.latest(order_id)
        if found is None:
            raise UsageError(f"the journal has no order {order_id}", "check the number; nothing was begun at this till")
        if found.outcome is Outcome.UNKNOWN:
            self._parts.journal.want_cancel(found.request_id, self._parts.clock.unix_s(), operator)
        with self._hold("the cancel", observer, cancel):
            found = self._parts.journal.latest(order_id) or found
            if found.outcome is not Outcome.UNKNOWN:
                return replace(found, repeated=True)
            return self._parts.slips.print(self._take_back(found, observer), observer, cancel)

    def close(self, order_id: str, outcome: Outcome, reason: str, operator: str = "") -> Payment:
        """Close a payment that stays unknown, by a person's word; see `Terminal.close_unknown`."""
        if outcome not in (Outcome.PAID, Outcome.CANCELED) or not reason.strip():
            raise UsageError("an unknown is closed as paid or canceled, with a reason", "say where you learnt it")
        with self._hold("the closing", _NOBODY, None):
            found = self._parts.journal.latest(order_id)
            if found is None or found.outcome is not Outcome.UNKNOWN:
                state = "not known to this till" if found is None else found.outcome.value
                raise UsageError(f"order {order_id} is {state}, not unknown", "there is nothing to close")
            verdict = Verdict(outcome, found.verdict.transaction_id, "CLOSED_BY_SUPERVISOR", reason.strip())
            self._parts.journal.keep_operator(found.request_id, "close", operator, self._parts.clock.unix_s())
            self._parts.journal.end(found.request_id, verdict, self._parts.clock.unix_s())
            return self._parts.journal.latest(order_id) or found

    def print_slip(
        self, of: Payment | Refund, observer: SaleObserver, cancel: CancelToken | None = None
    ) -> PrintResult:
        """Print the slip that waits for paper, or a copy; see `Terminal.print_slip`."""
        with self._hold("the slip", observer, cancel):
            if of.slip_state is not SlipState.QUEUED:
                return self._parts.slips.print_copy(of, observer, cancel)
            results: list[PrintResult] = []
            self._parts.slips.print(of, replace(observer, printed=results.append), cancel)
            return results[-1] if results else PrintResult(JobState.QUEUED, _NO_PRINTER)

    def recover(self, observer: SaleObserver, cancel: CancelToken | None = None, operator: str = "") -> Recovered:
        """End everything that is open, and print the slips that wait; see `Terminal.recover`."""
        with self._hold("the recovery", observer, cancel):
            ended: list[Payment | Refund] = [
                *self._payments(observer, operator),
                *self._refunds(observer, operator),
            ]
            for waiting in self._parts.journal.unfinished():
                self._parts.slips.print(waiting, observer, cancel)
            for refund in self._parts.journal.refunds.unfinished():
                self._parts.slips.print(refund, observer, cancel)
        return Recovered(
            settled=tuple(each for each in ended if each.outcome is not Outcome.UNKNOWN),
            still_unknown=tuple(each for each in ended if each.outcome is Outcome.UNKNOWN),
        )

    def hear(self, answer: TransactionAnswer, body: bytes) -> bool:
        """Store a postback. Return True if the payment or refund belongs to this till."""
        journal = self._parts.journal
        refund = journal.refunds.by_refund_transaction(answer.refund_transaction_id or "")
        found = refund or journal.by_transaction(answer.transaction_id)
        if found is not None:
            journal.keep_postback(found.request_id, body, self._parts.clock.unix_s())
        return found is not None

    def settle_orphans(self, goes_on: Callable[[], bool]) -> None:
        """End what is open while no program uses the till: then no program runs it any more. See `till.background`.

        The till is free meanwhile: a cashier who pays the same order asks the host in parallel, which does no harm.
        Slips stay queued.
        """
        for payment in self._unless_busy(self._parts.journal.still_open):
            if goes_on():
                self._ended(payment, _NOBODY, self._take_back)
        for refund in self._unless_busy(self._parts.journal.refunds.still_open):
            if goes_on():
                self._ended(refund, _NOBODY, self._resume_refund)

    def _hold(self, what: str, observer: SaleObserver, cancel: CancelToken | None) -> AbstractContextManager[None]:
        return self._parts.lock.hold(what, cancel=cancel, waiting=lambda: notify(observer.waiting_for_till))

    def _unless_busy(self, look: Callable[[], list[S]]) -> list[S]:
        try:
            with self._parts.lock.hold("the look for what is open", wait_s=0):
                return look()
        except BusyError:
            return []

    def _payments(self, observer: SaleObserver, operator: str) -> list[Payment]:
        open_ = self._parts.journal.still_open()
        return [self._ended(each, observer, self._take_back, operator) for each in open_]

    def _refunds(self, observer: SaleObserver, operator: str) -> list[Refund]:
        open_ = self._parts.journal.refunds.still_open()
        return [self._ended(each, observer, self._resume_refund, operator) for each in open_]

    def _ended(
        self, left_open: S, observer: SaleObserver, end: Callable[[S, SaleObserver], S], operator: str = ""
    ) -> S:
        """Return how it ends. One that cannot be ended stays unknown, with the reason, and the next has its turn."""
        try:
            self._parts.note_operator(left_open, "recover", operator)
            return end(left_open, observer)
        except DriverError as problem:
            why = problem.what
        except Exception as problem:  # noqa: BLE001 - whatever it is, it must not stop the others
            _log.exception("a fault of the driver")
            why = type(problem).__name__
        _log.error("order %s cannot be ended: %s", left_open.order_id, why)
        return replace(left_open, verdict=replace(left_open.verdict, details=why))

    def _resume_refund(self, refund: Refund, observer: SaleObserver) -> Refund:
        return self._parts.engine.resume_refund(refund, observer.called)

    def _take_back(self, payment: Payment, observer: SaleObserver) -> Payment:
        """Cancel an open payment unless it is paid: no customer stands at the till for it any more."""
        canceled = CancelToken()
        canceled.cancel()
        return self._parts.engine.resume(payment, observer.called, canceled)
