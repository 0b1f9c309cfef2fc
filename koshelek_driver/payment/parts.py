"""The parts that sales, refunds and recovery of one till share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.requests import Merchant
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.payment.slips.printing import SlipPrinting
from koshelek_driver.payment.till_lock import TillLock


@dataclass(frozen=True, slots=True)
class PaymentParts:
    """The money of one till: its engine, journal, slips, lock and clock. `ids` yields a new requestId each time."""

    engine: Engine
    journal: Journal
    merchant: Merchant
    slips: SlipPrinting
    lock: TillLock
    ids: Iterator[str]
    clock: Clock

    def note_operator(self, of: Payment | Refund, action: str, operator: str) -> None:
        """Store the operator who takes up an open payment or refund.

        A journal that fails is ignored: settling the money comes first.
        """
        book = self.journal if isinstance(of, Payment) else self.journal.refunds
        with suppress(JournalError):
            book.keep_operator(of.request_id, action, operator, self.clock.unix_s())
