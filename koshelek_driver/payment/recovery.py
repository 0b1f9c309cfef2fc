"""What a crash, a lost answer or a cashier left open is ended: finished or taken back, or named unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from koshelek_driver.errors import BusyError, UsageError
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.printer.condition import PrinterCondition
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import JobObserver, PrintResult

S = TypeVar("S", bound=Payment | Refund)
_NOBODY = SaleObserver()
_NO_PRINTER = PrinterCondition("there is no printer", "name one in the site file's CAT")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of everything that was open. What is still unknown says what to do by its error code."""

    settled: tuple[Payment | Refund, ...]
    still_unknown: tuple[Payment | Refund, ...]


class Recovery:
    """Ends open payments and refunds, one program of a till at a time."""

    def __init__(self, till: PaymentParts) -> None:
        self._till = till

    def cancel(self, order_id: str, watcher: SaleObserver) -> Payment:
        """End an unfinished sale, also one that another program is driving; see Terminal.cancel."""
        found = self._till.journal.latest(order_id)
        if found is None:
            raise UsageError(f"the journal has no order {order_id}", "check the number; nothing was begun at this till")
        if found.outcome is Outcome.UNKNOWN:
            self._till.journal.want_cancel(found.request_id, self._till.clock.unix_s())
        with self._till.lock.hold("the cancel"):
            found = self._till.journal.latest(order_id) or found
            if found.outcome is not Outcome.UNKNOWN:
                return replace(found, repeated=True)
            return self._till.slips.print(self._take_back(found, watcher), watcher)

    def close(self, order_id: str, outcome: Outcome, reason: str) -> Payment:
        """Close what stays unknown, by a person's word; see Terminal.close_unknown."""
        if outcome not in (Outcome.PAID, Outcome.CANCELED) or not reason.strip():
            raise UsageError("an unknown is closed as paid or canceled, with a reason", "say where you learnt it")
        with self._till.lock.hold("the closing"):
            found = self._till.journal.latest(order_id)
            if found is None or found.outcome is not Outcome.UNKNOWN:
                state = "not known to this till" if found is None else found.outcome.value
                raise UsageError(f"order {order_id} is {state}, not unknown", "there is nothing to close")
            verdict = Verdict(outcome, found.verdict.transaction_id, "CLOSED_BY_SUPERVISOR", reason.strip())
            self._till.journal.end(found.request_id, verdict, self._till.clock.unix_s())
            return self._till.journal.latest(order_id) or found

    def print_slip(self, of: Payment | Refund, watcher: SaleObserver) -> PrintResult:
        """Print what waits, or a copy; see Terminal.print_slip."""
        with self._till.lock.hold("the slip"):
            if of.slip_state is not SlipState.QUEUED:
                return self._till.slips.print_copy(of, JobObserver(held=lambda why: notify(watcher.printer_holds, why)))
            results: list[PrintResult] = []
            self._till.slips.print(of, replace(watcher, printed=results.append))
            return results[-1] if results else PrintResult(JobState.QUEUED, _NO_PRINTER)

    def recover(self, watcher: SaleObserver) -> Recovered:
        """End everything that is open, and print the slips that wait; see Terminal.recover."""
        with self._till.lock.hold("the recovery"):
            ended: list[Payment | Refund] = [*self._payments(watcher), *self._refunds(watcher)]
            for waiting in self._till.journal.unfinished():
                self._till.slips.print(waiting, watcher)
            for refund in self._till.journal.refunds.unfinished():
                self._till.slips.print(refund, watcher)
        return Recovered(
            settled=tuple(each for each in ended if each.outcome is not Outcome.UNKNOWN),
            still_unknown=tuple(each for each in ended if each.outcome is Outcome.UNKNOWN),
        )

    def hear(self, answer: TransactionAnswer, body: bytes) -> bool:
        """Keep what the host said by itself of a payment or a refund. Whether this till has one of that name."""
        journal = self._till.journal
        found = journal.refunds.by_reversal(answer.ref_transaction_id or "") or journal.by_transaction(
            answer.transaction_id
        )
        if found is not None:
            journal.hear_postback(found.request_id, body, self._till.clock.unix_s())
        return found is not None

    def settle_orphans(self, goes_on: Callable[[], bool]) -> None:
        """End what is open while nobody uses the till: then nobody drives it any more. See `caretaker`.

        The till is free meanwhile: a cashier who asks for the same order asks the host beside this, which does no harm.
        Slips stay queued.
        """
        for payment in self._unless_busy(self._till.journal.still_open):
            if goes_on():
                self._take_back(payment, _NOBODY)
        for refund in self._unless_busy(self._till.journal.refunds.still_open):
            if goes_on():
                self._till.engine.resume_refund(refund, _NOBODY.called)

    def _unless_busy(self, look: Callable[[], list[S]]) -> list[S]:
        try:
            with self._till.lock.hold("the look for what is open", wait_s=0):
                return look()
        except BusyError:
            return []

    def _payments(self, watcher: SaleObserver) -> list[Payment]:
        return [self._take_back(each, watcher) for each in self._till.journal.still_open()]

    def _refunds(self, watcher: SaleObserver) -> list[Refund]:
        open_ = self._till.journal.refunds.still_open()
        return [self._till.engine.resume_refund(each, watcher.called) for each in open_]

    def _take_back(self, payment: Payment, watcher: SaleObserver) -> Payment:
        """Nobody stands at the till any more: what is not paid yet is cancelled."""
        with self._canceling():
            return self._till.engine.resume(payment, watcher.called)

    @contextmanager
    def _canceling(self) -> Iterator[None]:
        self._till.engine.request_cancel()
        try:
            yield
        finally:
            self._till.engine.new_sale()
