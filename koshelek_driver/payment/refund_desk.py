"""Refunds at this till: found by order or by the host's transaction, checked, asked for, printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from koshelek_driver.errors import BusyError, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import MAX_KOPECKS, CheckoutInvoice
from koshelek_driver.payment.giving_back import GivingBack, Paid, plan, read_items
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.till import Till
from koshelek_driver.payment.watcher import Watcher
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


class RefundDesk:
    """Many threads and programs may ask; one is served at a time. `token` makes the API's header without a card."""

    def __init__(self, till: Till, line_rule: LineRule, token: Callable[[], Secret]) -> None:
        self._till = till
        self._line_rule = line_rule
        self._token = token

    def refund(self, wanted: RefundWanted, watcher: Watcher) -> Refund:
        """Give back and print the slip; see Terminal.refund."""
        pressed_s = self._till.clock.now_s()
        with self._till.lock.hold("the refund"):
            transaction_id, paid = self._paid(wanted)
            earlier = self._earlier(transaction_id, paid, wanted)
            if earlier is None:
                items = read_items(wanted.items_json) if wanted.items_json is not None else None
                back = plan(paid, wanted.amount, items, self._line_rule)
                done = self._ask(transaction_id, paid, back, pressed_s, watcher)
            elif earlier.outcome is Outcome.UNKNOWN:
                done = self._till.engine.resume_refund(earlier, watcher.called)
            else:
                done = replace(earlier, repeated=True)
            return self._till.slips.print(done, watcher)

    def _paid(self, wanted: RefundWanted) -> tuple[str, Paid]:
        """The transaction to refund, and what is known of its payment. Raises UsageError."""
        if bool(wanted.order_id) == bool(wanted.transaction_id):
            raise UsageError("a refund is of an order or of a transaction", "give one of the two")
        by_order = self._till.journal.latest(wanted.order_id) if wanted.order_id else None
        payment = by_order or self._till.journal.by_transaction(wanted.transaction_id)
        if payment is not None:
            return self._of_payment(payment)
        if wanted.order_id or wanted.amount is None:
            raise UsageError(
                "the journal of this till has no such payment",
                "for a payment of another till give --transaction-id and --amount as its slip has them",
            )
        refunds = self._till.journal.refunds.of_payment(wanted.transaction_id)
        return wanted.transaction_id, Paid(wanted.order_id, MAX_KOPECKS, None, refunds)

    def _of_payment(self, payment: Payment) -> tuple[str, Paid]:
        outbox = self._till.journal.outbox
        if payment.outcome is not Outcome.PAID and not outbox.alarm(payment.order_id, payment.request_id):
            remedy = "settle it first: recover" if payment.outcome is Outcome.UNKNOWN else "there is nothing to refund"
            raise UsageError(f"order {payment.order_id} is {payment.outcome.value}, not paid", remedy)
        transaction_id, invoice = payment.verdict.transaction_id, self._till.journal.invoice_of(payment)
        if not transaction_id:
            what = f"order {payment.order_id} was closed by a supervisor, and the host's transaction is not known"
            raise UsageError(what, "give --transaction-id and --amount as the provider's registry has them")
        sold = msgspec.json.decode(invoice, type=CheckoutInvoice) if invoice else None
        refunds = self._till.journal.refunds.of_payment(transaction_id)
        return transaction_id, Paid(payment.order_id, payment.amount, sold, refunds)

    def _earlier(self, transaction_id: str, paid: Paid, wanted: RefundWanted) -> Refund | None:
        """A refund that this one is a repeat of: an open one of the same amount, or the one that gave back all.

        Raises BusyError while another one is open.
        """
        is_whole = wanted.amount is None and wanted.items_json is None
        last = paid.refunds[-1] if paid.refunds else None
        if last is not None and last.outcome is Outcome.UNKNOWN:
            if not is_whole and wanted.amount not in (None, last.amount):
                what = f"a refund of {last.amount} kopecks of transaction {transaction_id} is not settled yet"
                raise BusyError(what, "settle it first: recover")
            return last
        return last if last is not None and is_whole and not paid.left else None

    def _ask(self, transaction_id: str, paid: Paid, back: GivingBack, pressed_s: float, watcher: Watcher) -> Refund:
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
        return self._till.engine.refund(began, request, paid.amount, pressed_s, watcher.called)

    def _refund(self, paid: Paid, back: GivingBack, request_id: str, verdict: Verdict) -> Refund:
        return Refund(
            order_id=paid.order_id,
            request_id=request_id,
            amount=back.amount,
            created_s=self._till.clock.unix_s(),
            verdict=verdict,
            items=msgspec.json.encode(back.items).decode(),
        )
