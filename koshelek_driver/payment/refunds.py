"""Refunds at this till: found by order or by the host's transaction, checked, asked for, printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from koshelek_driver.errors import BusyError, LedgerError, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import CheckoutInvoice
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.refund_limits import Paid, RefundPlan, plan_refund, read_items
from koshelek_driver.payment.shop import Shop, ShopPayment
from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """What the cashier wants given back: of an order, or of the host's transaction as a slip shows it.

    Without `amount` (kopecks) and `items_json` (a list of the API's Item) all that is left.
    """

    order_id: str = ""
    transaction_id: str = ""
    amount: int | None = None
    items_json: bytes | None = None


class Refunds:
    """Many threads and programs may ask; one is served at a time. `token` makes the API's header without a card."""

    def __init__(self, till: PaymentParts, line_rule: LineRule, token: Callable[[], Secret], shop: Shop) -> None:
        self._till = till
        self._shop = shop
        self._line_rule = line_rule
        self._token = token

    def refund(self, wanted: RefundWanted, watcher: SaleObserver, cancel: CancelToken | None = None) -> Refund:
        """Give back and print the slip; see Terminal.refund."""
        pressed_s = self._till.clock.now_s()
        waiting = watcher.waiting_for_till
        with self._till.lock.hold("the refund", cancel=cancel, waiting=lambda: notify(waiting)):
            try:
                done = self._refunded(wanted, pressed_s, watcher)
            except LedgerError as problem:
                return self._without_ledger(wanted, problem)
            return self._till.slips.print(done, watcher)

    def _refunded(self, wanted: RefundWanted, pressed_s: float, watcher: SaleObserver) -> Refund:
        """Raises LedgerError while nothing was sent."""
        transaction_id, paid = self._paid(wanted)
        earlier = self._earlier(transaction_id, paid, wanted)
        if earlier is None:
            items = read_items(wanted.items_json) if wanted.items_json is not None else None
            back = plan_refund(paid, wanted.amount, items, self._line_rule)
            return self._ask(transaction_id, paid, back, pressed_s, watcher)
        if earlier.outcome is Outcome.UNKNOWN:
            done = self._till.engine.resume_refund(earlier, watcher.called)
            self._shop.tell(transaction_id)
            return done
        return replace(earlier, repeated=True)

    def _without_ledger(self, wanted: RefundWanted, problem: LedgerError) -> Refund:
        """Nobody knows what other tills gave back, so nothing is given back now."""
        refused = Verdict(Outcome.REJECTED, wanted.transaction_id, "LEDGER_UNREACHABLE", problem.what)
        return Refund(wanted.order_id, "", wanted.amount or 0, self._till.clock.unix_s(), refused, "[]")

    def _paid(self, wanted: RefundWanted) -> tuple[str, Paid]:
        """The transaction to refund, and what is known of its payment. Raises UsageError."""
        if bool(wanted.order_id) == bool(wanted.transaction_id):
            raise UsageError("a refund is of an order or of a transaction", "give one of the two")
        by_order = self._till.journal.latest(wanted.order_id) if wanted.order_id else None
        payment = by_order or self._till.journal.by_transaction(wanted.transaction_id)
        if payment is not None:
            return self._of_payment(payment)
        running = self._running(wanted)
        if running is not None:
            known = Paid(running.order_id, running.paid, None, (running,))
            return running.verdict.transaction_id, known
        elsewhere = self._shop.find(wanted.order_id, wanted.transaction_id)
        return self._of_shop(elsewhere) if elsewhere else self._of_slip(wanted)

    def _running(self, wanted: RefundWanted) -> Refund | None:
        """A refund of another till's payment that this till left open: it is gone on with, whatever the shop knows."""
        book = self._till.journal.refunds
        known = book.of_order(wanted.order_id) if wanted.order_id else book.of_payment(wanted.transaction_id)
        return next((refund for refund in known if refund.outcome is Outcome.UNKNOWN), None)

    def _of_slip(self, wanted: RefundWanted) -> tuple[str, Paid]:
        """A payment that only its slip knows."""
        if wanted.order_id or wanted.amount is None:
            raise UsageError(
                "the journal of this till has no such payment",
                "for a payment of another till give --transaction-id and --amount as its slip has them",
            )
        return wanted.transaction_id, self._paid_of("", None, None, wanted.transaction_id)

    def _of_shop(self, found: list[ShopPayment]) -> tuple[str, Paid]:
        """A payment of another till, as the shop's ledger has it."""
        paid = [payment for payment in found if payment.outcome is Outcome.PAID]
        if len(paid) != 1:
            tills = ", ".join(f"{payment.outcome} at till {payment.till}" for payment in found)
            remedy = "give --transaction-id as its slip has it" if paid else "there is nothing to refund"
            raise UsageError(f"order {found[0].order_id} is {tills}", remedy)
        (payment,) = paid
        known = self._paid_of(payment.order_id, payment.amount, payment.invoice, payment.transaction_id)
        return payment.transaction_id, known

    def _of_payment(self, payment: Payment) -> tuple[str, Paid]:
        outbox = self._till.journal.outbox
        if payment.outcome is not Outcome.PAID and not outbox.alarm(payment.order_id, payment.request_id):
            remedy = "settle it first: recover" if payment.outcome is Outcome.UNKNOWN else "there is nothing to refund"
            raise UsageError(f"order {payment.order_id} is {payment.outcome.value}, not paid", remedy)
        transaction_id, invoice = payment.verdict.transaction_id, self._till.journal.invoice_of(payment)
        if not transaction_id:
            what = f"order {payment.order_id} was closed by a supervisor, and the host's transaction is not known"
            raise UsageError(what, "give --transaction-id and --amount as the provider's registry has them")
        return transaction_id, self._paid_of(payment.order_id, payment.amount, invoice, transaction_id)

    def _paid_of(self, order_id: str, amount: int | None, invoice: str | None, transaction_id: str) -> Paid:
        """A payment with everything that any till gave back of it; where one of our own is open, that is enough."""
        sold = msgspec.json.decode(invoice, type=CheckoutInvoice) if invoice else None
        refunds = self._till.journal.refunds.of_payment(transaction_id)
        if not any(refund.outcome is Outcome.UNKNOWN for refund in refunds):
            refunds += self._shop.refunds(transaction_id)
        return Paid(order_id, amount, sold, sorted(refunds, key=lambda refund: refund.created_s))

    def _earlier(self, transaction_id: str, paid: Paid, wanted: RefundWanted) -> Refund | None:
        """A refund that this one is a repeat of: an open one of the same amount, or the one that gave back all.

        Raises BusyError while another one is open, here or at another till.
        """
        is_whole = wanted.amount is None and wanted.items_json is None
        running = next((refund for refund in paid.refunds if refund.outcome is Outcome.UNKNOWN), None)
        if running is None:
            done = [refund for refund in paid.refunds if refund.outcome is Outcome.REFUNDED]
            return done[-1] if done and is_whole and not paid.left else None
        if running.till or not (is_whole or wanted.amount in (None, running.amount)):
            what = f"a refund of {running.amount} kopecks of transaction {transaction_id} is not settled yet"
            raise BusyError(what, f"settle it first{f' at till {running.till}' if running.till else ''}: recover")
        return running

    def _ask(
        self, transaction_id: str, paid: Paid, back: RefundPlan, pressed_s: float, watcher: SaleObserver
    ) -> Refund:
        try:
            token = self._token()
        except TotpModuleError as problem:
            refused = Verdict(Outcome.REJECTED, transaction_id, "MODULE_UNREACHABLE", problem.what)
            return self._refund(paid, back, "", refused)
        request_id = next(self._till.ids)
        request = requests.refund(
            self._till.merchant,
            request_id,
            transaction_id=transaction_id,
            amount=back.amount,
            items=back.items,
            token=token,
        )
        began = self._refund(paid, back, request_id, Verdict(Outcome.UNKNOWN, transaction_id))
        self._shop.reserve(began)
        try:
            return self._till.engine.refund(began, request, pressed_s, watcher.called)
        finally:
            self._shop.tell(transaction_id)

    def _refund(self, paid: Paid, back: RefundPlan, request_id: str, verdict: Verdict) -> Refund:
        return Refund(
            order_id=paid.order_id,
            request_id=request_id,
            amount=back.amount,
            created_s=self._till.clock.unix_s(),
            verdict=verdict,
            items=msgspec.json.encode(back.items).decode(),
            paid=paid.amount,
        )
