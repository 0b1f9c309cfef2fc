"""Sales of a till: a card shown, an order charged, a slip on paper; each at most once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from koshelek_driver.card.totp import ResultCode
from koshelek_driver.errors import BusyError, CallCanceled, ScanCanceled, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.engine import Intent
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.outcome import Outcome, Payment, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.shown_card import Shown, ShownCard

_BEGUN = (Outcome.PAID, Outcome.UNKNOWN)
"""An order that ended so is never charged anew."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of `Sales.pay`: the order, and everybody who takes part in it."""

    order: Order
    show: Callable[[], Shown]
    observer: SaleObserver
    cancel: CancelToken
    operator: str


class Sales:
    """Sales of one till. Any number of threads and programs may call; one is served at a time."""

    def __init__(self, parts: PaymentParts, cards: ShownCard, breaker: Breaker, smallest_amount: int) -> None:
        """`smallest_amount` is in kopecks: a smaller order is rejected before anything is sent."""
        self._parts = parts
        self._cards = cards
        self._breaker = breaker
        self._smallest_amount = smallest_amount

    def pay(
        self,
        order: Order,
        show: Callable[[], Shown],
        observer: SaleObserver,
        cancel: CancelToken | None = None,
        operator: str = "",
    ) -> Payment:
        """Charge an order and print its slip; see `Terminal.pay`. `show` is called when a card is needed."""
        call = _Call(order, show, observer, cancel or CancelToken(), operator)
        what, waiting = f"order {order.order_id}", observer.waiting_for_till
        try:
            with self._parts.lock.hold(what, cancel=call.cancel, waiting=lambda: notify(waiting)):
                return self._parts.slips.print(self._pay(call), observer, call.cancel)
        except ScanCanceled:
            raise
        except (BusyError, CallCanceled) as problem:
            known = self._known(order)
            if known is None and isinstance(problem, BusyError):
                raise
            return known or self._without_trace(call, Outcome.CANCELED, "CANCELED")

    def _pay(self, call: _Call) -> Payment:
        order = call.order
        earlier = self._parts.journal.latest(order.order_id)
        if earlier is not None and earlier.outcome in _BEGUN:
            return self._again(earlier, call)
        if order.amount < self._smallest_amount:
            return self._not_payable(call, "TOTAL_AMOUNT_IS_TOO_SMALL")
        return self._charge_shown(earlier, call)

    def _known(self, order: Order) -> Payment | None:
        """Return the order as the journal has it, if it is begun. Raises UsageError if its amount was another.

        The program that holds the till may be paying this very order: then its payment is the answer.
        """
        earlier = self._parts.journal.latest(order.order_id)
        if earlier is None or earlier.outcome not in _BEGUN:
            return None
        _check_amount(earlier, order)
        return replace(earlier, repeated=True)

    def _again(self, earlier: Payment, call: _Call) -> Payment:
        _check_amount(earlier, call.order)
        if earlier.outcome is Outcome.UNKNOWN:
            self._parts.note_operator(earlier, "pay", call.operator)
            return self._parts.engine.resume(earlier, call.observer.called, call.cancel)
        return replace(earlier, repeated=True)

    def _charge_shown(self, earlier: Payment | None, call: _Call) -> Payment:
        """Have a card shown and charge it. A card of which nothing has left this till is as good as new."""
        keep, shown = False, call.show()
        self._cards.begin_sale()
        try:
            notify(call.observer.scanned, shown.label, shown.verification)
            payment = self._charge(earlier, shown, call)
            is_good = shown.verification.can_pay and payment.never_left
            keep = is_good and shown.was_held
            if is_good and not shown.was_held:
                self._cards.forget_use(self._cards.digest(shown.verification.presentation))
            return payment
        finally:
            self._cards.end_sale(keep=keep)

    def _charge(self, earlier: Payment | None, shown: Shown, call: _Call) -> Payment:
        order = call.order
        verification, card = shown.verification, shown.verification.presentation
        digest = self._cards.digest(card)
        if earlier and earlier.card_digest == digest and verification.result_code == ResultCode.TOTP_REPLAYED:
            return replace(earlier, repeated=True)  # the button pressed twice on one scan
        if not verification.can_pay or card is None or card.card_session is None:
            return self._not_payable(call, verification.result_code, verification.details)
        wait_s = self._breaker.wait_s(self._parts.clock.now_s())
        if wait_s:
            return self._not_payable(call, "HOST_RESTS", f"{wait_s:.0f} s")
        try:
            token = self._cards.token(card)
        except TotpModuleError as problem:
            return self._not_payable(call, ResultCode.MODULE_UNREACHABLE, problem.what)
        checkout = requests.checkout(
            self._parts.merchant,
            next(self._parts.ids),
            order.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=token,
        )
        invoice = msgspec.json.encode(order.invoice).decode()
        intent = Intent(order.order_id, order.amount, checkout, digest, shown.pressed_s, invoice, call.operator)
        payment = self._parts.engine.pay(intent, call.observer.called, call.cancel)
        self._breaker.heard(answered=_was_answered(payment), now_s=self._parts.clock.now_s())
        return payment

    def _not_payable(self, call: _Call, code: str, details: str = "") -> Payment:
        """Reject a card or an order that cannot be paid."""
        return self._without_trace(call, Outcome.REJECTED, code, details)

    def _without_trace(self, call: _Call, outcome: Outcome, code: str, details: str = "") -> Payment:
        """Return the end of a sale of which nothing was sent, so that nothing is stored."""
        verdict = Verdict(outcome, error_code=code, details=details)
        order, now_s = call.order, self._parts.clock.unix_s()
        return Payment(order.order_id, "", order.amount, now_s, verdict, operator=call.operator)


def _check_amount(earlier: Payment, order: Order) -> None:
    if earlier.amount != order.amount:
        what = f"order {order.order_id} was begun with {earlier.amount} kopecks, not {order.amount}"
        raise UsageError(what, "a changed receipt needs an order id of its own")


def _was_answered(payment: Payment) -> bool:
    """Return True unless the host was silent. A cashier who cancelled before the host spoke proves nothing."""
    verdict = payment.verdict
    is_silent = verdict.outcome is Outcome.UNKNOWN and not verdict.transaction_id
    return not is_silent and verdict.error_code != "HOST_UNREACHABLE"
