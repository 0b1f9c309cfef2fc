"""One till's side of the shop's ledger.

Feeding, refunds and reports have a connection each, so that a long report delays no refund.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from koshelek_driver.ledger.connection import Address, LedgerConnection
from koshelek_driver.ledger.feeder import Feeder, FeedProgress, TillName, behind
from koshelek_driver.ledger.records import LedgerRecords
from koshelek_driver.ledger.reports import ShopReport, TillState, shop_report, tills_of
from koshelek_driver.ledger.shop import ShopLedger
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import MOST_EVENTS
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.shop import ShopPayment


class TillLedger:
    """The ledger as one till uses it, from any thread. Connections are opened on first use.

    Every method but `close` raises LedgerError or JournalError.
    """

    def __init__(self, address: Address, journal: Journal, name: TillName, most_events: int = MOST_EVENTS) -> None:
        """`most_events` of the journal go into one transaction."""
        self._journal = journal
        self._feeding = LedgerConnection(address)
        self._refunding = LedgerConnection(address)
        self._reporting = LedgerConnection(address)
        self._feeder = Feeder(journal, self._feeding, name, most_events)
        self.shop = ShopLedger(journal, self._refunding, name)
        """The part that refunds use."""

    def close(self) -> None:
        """Close the connections."""
        self._feeding.close()
        self._refunding.close()
        self._reporting.close()

    def feed(self, may_continue: Callable[[], bool] = lambda: True) -> FeedProgress:
        """Send all events that the ledger lacks, until all are sent or `may_continue` returns False.

        Blocks as long as that takes.
        """
        return self._feeder.feed(may_continue)

    def behind(self) -> int:
        """Return the number of events of the journal that are not in the ledger yet."""
        with self._refunding.transaction() as cursor:
            return behind(cursor, self._journal)

    def release_lost(self, hold_till: Callable[[], AbstractContextManager[object]]) -> None:
        """Release reservations of an earlier run; see `ShopLedger.release_lost`."""
        self.shop.release_lost(hold_till)

    def find(self, *, order_id: str = "", transaction_id: str = "") -> list[ShopPayment]:
        """Return payments of any till, newest first, by order or by the transaction of the host."""
        return self.shop.find(order_id, transaction_id)

    def report(self, date: str = "") -> ShopReport:
        """Report all tills: the closed days of a date, as 2026-11-22, or (empty) the open days."""
        return shop_report(self._reporting, date)

    def records(self) -> LedgerRecords:
        """Return the records of all tills, for the comparison with a settlement file."""
        return LedgerRecords(self._reporting)

    def tills(self) -> tuple[TillState, ...]:
        """Return the state of every till that ever fed."""
        return tills_of(self._reporting)

    def close_refund(self, request_id: str, outcome: Outcome, reason: str) -> None:
        """Close the open refund of a till that is gone; see `ShopLedger.close_by_hand`."""
        self.shop.close_by_hand(request_id, outcome, reason)
