"""Find the payment that a refund is of: in this till's journal, in the shop's ledger, or on its slip alone."""

from __future__ import annotations

import msgspec

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import CheckoutInvoice
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.payment.refund_limits import Paid
from koshelek_driver.payment.shop import Shop, ShopPayment


class PaidPayments:
    """Payments with everything that any till gave back of them."""

    def __init__(self, journal: Journal, shop: Shop) -> None:
        self._journal = journal
        self._shop = shop

    def find(self, order_id: str, transaction_id: str, amount: int | None) -> tuple[str, Paid]:
        """Return the transaction to refund, and the known facts of its payment.

        Either `order_id` or `transaction_id` is empty. `amount` is needed for a payment that only its slip knows.

        Raises:
            UsageError: no such payment, or it is not paid; the message says what to give instead.
            LedgerError: the shop's ledger had to be asked and cannot be.
        """
        if bool(order_id) == bool(transaction_id):
            raise UsageError("a refund is of an order or of a transaction", "give one of the two")
        payment = self._journal.latest(order_id) if order_id else None
        payment = payment or self._journal.by_transaction(transaction_id)
        if payment is not None:
            return self._own(payment)
        running = self._running(order_id, transaction_id)
        if running is not None:
            known = Paid(running.order_id, running.paid, None, (running,))
            return running.verdict.transaction_id, known
        elsewhere = self._shop.find(order_id, transaction_id)
        return self._of_shop(elsewhere) if elsewhere else self._of_slip(order_id, transaction_id, amount)

    def _running(self, order_id: str, transaction_id: str) -> Refund | None:
        """Return an open refund of another till's payment, begun here: it is resumed whatever the shop knows."""
        book = self._journal.refunds
        known = book.of_order(order_id) if order_id else book.of_payment(transaction_id)
        return next((refund for refund in known if refund.outcome is Outcome.UNKNOWN), None)

    def _of_slip(self, order_id: str, transaction_id: str, amount: int | None) -> tuple[str, Paid]:
        if order_id or amount is None:
            raise UsageError(
                "the journal of this till has no such payment",
                "for a payment of another till give --transaction-id and --amount as its slip has them",
            )
        return transaction_id, self._with_refunds("", None, None, transaction_id)

    def _of_shop(self, found: list[ShopPayment]) -> tuple[str, Paid]:
        """Return a payment of another till, as the shop's ledger has it."""
        paid = [payment for payment in found if payment.outcome is Outcome.PAID]
        if len(paid) != 1:
            tills = ", ".join(f"{payment.outcome} at till {payment.till}" for payment in found)
            remedy = "give --transaction-id as its slip has it" if paid else "there is nothing to refund"
            raise UsageError(f"order {found[0].order_id} is {tills}", remedy)
        (payment,) = paid
        known = self._with_refunds(payment.order_id, payment.amount, payment.invoice, payment.transaction_id)
        return payment.transaction_id, known

    def _own(self, payment: Payment) -> tuple[str, Paid]:
        """Return a payment of this till; one that was paid after its cancel may be refunded, too."""
        alarm = self._journal.outbox.alarm
        if payment.outcome is not Outcome.PAID and not alarm(payment.order_id, payment.request_id):
            remedy = "settle it first: recover" if payment.outcome is Outcome.UNKNOWN else "there is nothing to refund"
            raise UsageError(f"order {payment.order_id} is {payment.outcome.value}, not paid", remedy)
        transaction_id, invoice = payment.verdict.transaction_id, self._journal.invoice_of(payment)
        if not transaction_id:
            what = f"order {payment.order_id} was closed by a supervisor, and the host's transaction is not known"
            raise UsageError(what, "give --transaction-id and --amount as the provider's registry has them")
        return transaction_id, self._with_refunds(payment.order_id, payment.amount, invoice, transaction_id)

    def _with_refunds(self, order_id: str, amount: int | None, invoice: str | None, transaction_id: str) -> Paid:
        """Return a payment with its refunds. If one of our own is open, the shop need not be asked: it comes first."""
        sold = msgspec.json.decode(invoice, type=CheckoutInvoice) if invoice else None
        refunds = self._journal.refunds.of_payment(transaction_id)
        if not any(refund.outcome is Outcome.UNKNOWN for refund in refunds):
            refunds += self._shop.refunds(transaction_id)
        return Paid(order_id, amount, sold, sorted(refunds, key=lambda refund: refund.created_s))
