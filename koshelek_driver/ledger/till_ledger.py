"""One till's side of the shop's ledger: it feeds by one connection, refunds by another, and reports by a third."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from koshelek_driver.ledger.connection import Address, Link
from koshelek_driver.ledger.feeder import Fed, Feeder, Name, behind
from koshelek_driver.ledger.records import LedgerBooks
from koshelek_driver.ledger.reports import ShopReport, TillState, shop_report, tills_of
from koshelek_driver.ledger.shop import ShopLedger
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.shop import ShopPayment


class TillLedger:
    """For any thread. It connects when it is asked for something; every method raises LedgerError, JournalError."""

    def __init__(self, address: Address, journal: Journal, name: Name) -> None:
        self._journal = journal
        self._feeding, self._asking, self._reporting = Link(address), Link(address), Link(address)
        self._feeder = Feeder(journal, self._feeding, name)
        self.shop = ShopLedger(journal, self._asking, name)
        """What refunds ask."""

    def close(self) -> None:
        """Close the connections."""
        self._feeding.close()
        self._asking.close()
        self._reporting.close()

    def feed(self, goes_on: Callable[[], bool] = lambda: True) -> Fed:
        """Bring everything that the ledger does not have yet; blocks as long as that takes, while `goes_on` says so."""
        return self._feeder.feed(goes_on)

    def behind(self) -> int:
        """How many events of the journal are not in the ledger yet."""
        with self._asking.transaction() as cursor:
            return behind(cursor, self._journal)

    def release_lost(self, till_is_free: Callable[[], AbstractContextManager[object]]) -> None:
        """See ShopLedger."""
        self.shop.release_lost(till_is_free)

    def find(self, *, order_id: str = "", transaction_id: str = "") -> list[ShopPayment]:
        """Payments of any till, the newest first: of an order, or of the host's transaction."""
        return self.shop.find(order_id, transaction_id)

    def report(self, date: str = "") -> ShopReport:
        """Over all tills: the days of a date, as 2026-11-22, that are closed, or those that are open."""
        return shop_report(self._reporting, date)

    def books(self) -> LedgerBooks:
        """All tills' rows, for a comparison with a registry."""
        return LedgerBooks(self._reporting)

    def tills(self) -> tuple[TillState, ...]:
        """Every till that ever fed."""
        return tills_of(self._reporting)

    def close_refund(self, request_id: str, outcome: Outcome, reason: str) -> None:
        """End a refund of a till that is gone; see ShopLedger.close_by_hand."""
        self.shop.close_by_hand(request_id, outcome, reason)
