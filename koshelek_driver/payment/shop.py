"""The shop beyond this till: the facts about other tills that a refund needs, and the lock that all tills share."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from koshelek_driver.errors import LedgerError
from koshelek_driver.payment.outcome import Outcome, Refund

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShopPayment:
    """A payment as the shop knows it: its till, its amount in kopecks, its invoice as JSON."""

    till: str
    order_id: str
    transaction_id: str
    amount: int
    outcome: Outcome
    invoice: str | None


class Shop(Protocol):
    """The other tills of the shop. Every method blocks some seconds at most; those that must know raise LedgerError."""

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:
        """Return payments of any till, by order or by the host's transaction; the other argument is empty."""
        ...

    def refunds(self, transaction_id: str) -> list[Refund]:
        """Return the refunds of a payment that other tills made or have open, oldest first."""
        ...

    def reserve(self, refund: Refund) -> None:
        """Reserve a refund under the shop's lock, until its end is told. The caller holds its till's lock.

        Raises:
            BusyError: another refund of the payment is open.
            UsageError: the payment has less left than that.
        """
        ...

    def tell(self, transaction_id: str) -> None:
        """Report the refunds of a payment as this till's journal has them. Never raises: it is fed again later."""
        ...


class NoShop:
    """A till that knows itself alone."""

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:  # noqa: ARG002
        """Return nothing."""
        return []

    def refunds(self, transaction_id: str) -> list[Refund]:  # noqa: ARG002
        """Return nothing."""
        return []

    def reserve(self, refund: Refund) -> None:
        """Do nothing: no other till could refund."""

    def tell(self, transaction_id: str) -> None:
        """Do nothing."""


class LenientShop:
    """A shop that goes on refunding while its ledger cannot be asked: only the host guards the sum then."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:
        """See Shop."""
        try:
            return self._shop.find(order_id, transaction_id)
        except LedgerError as problem:
            _warn(problem)
            return []

    def refunds(self, transaction_id: str) -> list[Refund]:
        """See Shop."""
        try:
            return self._shop.refunds(transaction_id)
        except LedgerError as problem:
            _warn(problem)
            return []

    def reserve(self, refund: Refund) -> None:
        """See Shop."""
        try:
            self._shop.reserve(refund)
        except LedgerError as problem:
            _warn(problem)

    def tell(self, transaction_id: str) -> None:
        """See Shop."""
        self._shop.tell(transaction_id)


def _warn(problem: LedgerError) -> None:
    _log.warning("the refund goes on without the shop's ledger: %s", problem.what)
