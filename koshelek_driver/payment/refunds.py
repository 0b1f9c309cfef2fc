"""Refunds of a till: the payment found, the refund checked, requested and printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from koshelek_driver.errors import BusyError, LedgerError, TotpModuleError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.payment.paid_payments import PaidPayments
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.refund_limits import Paid, RefundPlan, plan_refund, read_items
from koshelek_driver.payment.shop import Shop
from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True)
class RefundWanted:
    """The refund that the cashier wants: of an order, or of the host's transaction as a slip shows it.

    `amount` is in kopecks, `items_json` a list of the API's Item, UTF-8. Without both, all that is left is refunded.
    """

    order_id: str = ""
    transaction_id: str = ""
    amount: int | None = None
    items_json: bytes | None = None

    @property
    def is_whole(self) -> bool:
        """True if all that is left is wanted."""
        return self.amount is None and self.items_json is None

    def may_repeat(self, running: Refund) -> bool:
        """Return True if this may be another press of the button that began `running`."""
        return self.is_whole or self.amount in (None, running.amount)


class Refunds:
    """Refunds of one till. Any number of threads and programs may call; one is served at a time."""

    def __init__(self, parts: PaymentParts, line_rule: LineRule, token: Callable[[], Secret], shop: Shop) -> None:
        """`token` makes the API's header without a card; it raises TotpModuleError."""
        self._parts = parts
        self._shop = shop
        self._payments = PaidPayments(parts.journal, shop)
        self._line_rule = line_rule
        self._token = token

    def refund(self, wanted: RefundWanted, observer: SaleObserver, cancel: CancelToken | None = None) -> Refund:
        """Give money back and print the slip; see `Terminal.refund`."""
        pressed_s = self._parts.clock.now_s()
        waiting = observer.waiting_for_till
        with self._parts.lock.hold("the refund", cancel=cancel, waiting=lambda: notify(waiting)):
            try:
                done = self._refunded(wanted, pressed_s, observer)
            except LedgerError as problem:
                return self._without_ledger(wanted, problem)
            return self._parts.slips.print(done, observer, cancel)

    def _refunded(self, wanted: RefundWanted, pressed_s: float, observer: SaleObserver) -> Refund:
        """Answer by an earlier refund, resume one, or request a new one. Raises LedgerError before anything is sent."""
        transaction_id, paid = self._payments.find(wanted.order_id, wanted.transaction_id, wanted.amount)
        running = paid.running
        if running is not None:
            return self._resume(transaction_id, running, wanted, observer)
        if wanted.is_whole and paid.last_refunded is not None and not paid.left:
            return replace(paid.last_refunded, repeated=True)
        items = read_items(wanted.items_json) if wanted.items_json is not None else None
        plan = plan_refund(paid, wanted.amount, items, self._line_rule)
        return self._request(transaction_id, paid, plan, pressed_s, observer)

    def _resume(self, transaction_id: str, running: Refund, wanted: RefundWanted, observer: SaleObserver) -> Refund:
        """Resume an open refund. Raises BusyError if it is another till's, or not the one that is wanted."""
        if running.till or not wanted.may_repeat(running):
            what = f"a refund of {running.amount} kopecks of transaction {transaction_id} is not settled yet"
            raise BusyError(what, f"settle it first{f' at till {running.till}' if running.till else ''}: recover")
        done = self._parts.engine.resume_refund(running, observer.called)
        self._shop.tell(transaction_id)
        return done

    def _without_ledger(self, wanted: RefundWanted, problem: LedgerError) -> Refund:
        """Reject: other tills may have given back the same money, and the ledger that knows cannot be asked."""
        rejected = Verdict(Outcome.REJECTED, wanted.transaction_id, "LEDGER_UNREACHABLE", problem.what)
        return Refund(wanted.order_id, "", wanted.amount or 0, self._parts.clock.unix_s(), rejected, "[]")

    def _request(
        self, transaction_id: str, paid: Paid, plan: RefundPlan, pressed_s: float, observer: SaleObserver
    ) -> Refund:
        """Request a new refund: first the shop's reservation, then the till's own intent, then the first byte."""
        try:
            token = self._token()
        except TotpModuleError as problem:
            rejected = Verdict(Outcome.REJECTED, transaction_id, "MODULE_UNREACHABLE", problem.what)
            return self._refund(paid, plan, "", rejected)
        request_id = next(self._parts.ids)
        request = requests.refund(
            self._parts.merchant,
            request_id,
            transaction_id=transaction_id,
            amount=plan.amount,
            items=plan.items,
            token=token,
        )
        began = self._refund(paid, plan, request_id, Verdict(Outcome.UNKNOWN, transaction_id))
        self._shop.reserve(began)
        try:
            return self._parts.engine.refund(began, request, pressed_s, observer.called)
        finally:
            self._shop.tell(transaction_id)

    def _refund(self, paid: Paid, plan: RefundPlan, request_id: str, verdict: Verdict) -> Refund:
        return Refund(
            order_id=paid.order_id,
            request_id=request_id,
            amount=plan.amount,
            created_s=self._parts.clock.unix_s(),
            verdict=verdict,
            items=msgspec.json.encode(plan.items).decode(),
            paid=paid.amount,
        )
