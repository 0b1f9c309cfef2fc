"""What a crash, a lost answer or a cashier left open is ended: finished or taken back, or named unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from koshelek_driver.errors import UsageError
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.till import Till
from koshelek_driver.payment.watcher import Watcher


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of everything that was open. What is still unknown says what to do by its error code."""

    settled: tuple[Payment | Refund, ...]
    still_unknown: tuple[Payment | Refund, ...]


class RecoveryDesk:
    """Ends open payments and refunds, one program of a till at a time."""

    def __init__(self, till: Till) -> None:
        self._till = till

    def cancel(self, order_id: str, watcher: Watcher) -> Payment:
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

    def recover(self, watcher: Watcher) -> Recovered:
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

    def _payments(self, watcher: Watcher) -> list[Payment]:
        still_open = [each for each in self._till.journal.unfinished() if each.outcome is Outcome.UNKNOWN]
        return [self._take_back(each, watcher) for each in still_open]

    def _refunds(self, watcher: Watcher) -> list[Refund]:
        still_open = [each for each in self._till.journal.refunds.unfinished() if each.outcome is Outcome.UNKNOWN]
        return [self._till.engine.resume_refund(each, watcher.called) for each in still_open]

    def _take_back(self, payment: Payment, watcher: Watcher) -> Payment:
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
