"""The shop beyond this till: what a refund must know of other tills, and the lock that all of them share."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from koshelek_driver.errors import LedgerError
from koshelek_driver.payment.outcome import Outcome, Refund

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShopPayment:
    """A payment as the shop knows it: which till took it, how much (kopecks) and for what (the invoice as JSON)."""

    till: str
    order_id: str
    transaction_id: str
    amount: int
    outcome: Outcome
    invoice: str | None


class Shop(Protocol):
    """Every method blocks for some seconds at most; those that must know raise LedgerError."""

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:
        """Payments of any till: of an order, or of the host's transaction; one of the two is empty."""
        ...

    def refunds(self, transaction_id: str) -> list[Refund]:
        """What other tills gave back of a payment, or are giving back, the oldest first."""
        ...

    def reserve(self, refund: Refund) -> None:
        """Take the shop's lock on a payment for one refund, until its end is told. The caller holds its till's lock.

        Raises BusyError while another refund of the payment is open, UsageError when not so much is left.
        """
        ...

    def tell(self, transaction_id: str) -> None:
        """How the refunds of a payment stand in this till's journal. Never raises: the journal is fed again later."""
        ...


class NoShop:
    """A till that knows itself alone."""

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:  # noqa: ARG002
        """Nothing."""
        return []

    def refunds(self, transaction_id: str) -> list[Refund]:  # noqa: ARG002
        """Nothing."""
        return []

    def reserve(self, refund: Refund) -> None:
        """Nobody else could."""

    def tell(self, transaction_id: str) -> None:
        """Nobody listens."""


class LenientShop:
    """A shop that refunds without its ledger while that cannot be asked: the host alone guards the sum then."""

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
