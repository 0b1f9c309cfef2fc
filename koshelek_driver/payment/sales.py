"""The sale as the till knows it: a card shown, an order charged, a slip on paper; each at most once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from koshelek_driver.card.totp import ResultCode
from koshelek_driver.errors import BusyError, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.payment.engine import Intent
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.outcome import Outcome, Payment, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.shown_card import Shown, ShownCard

_BEGUN = (Outcome.PAID, Outcome.UNKNOWN)
"""An order that ended so is never charged anew."""


class Sales:
    """Sales of one till. Many threads and processes may ask; one is served at a time."""

    def __init__(self, till: PaymentParts, cards: ShownCard, breaker: Breaker, smallest_amount: int) -> None:
        self._till = till
        self._cards = cards
        self._breaker = breaker
        self._smallest_amount = smallest_amount

    def pay(self, order: Order, show: Callable[[], Shown], watcher: SaleObserver) -> Payment:
        """Charge an order and print its slip; see Terminal.pay. `show` is called when a card is needed."""
        try:
            with self._till.lock.hold(f"order {order.order_id}"):
                return self._till.slips.print(self._pay(order, show, watcher), watcher)
        except BusyError:
            known = self._known(order)
            if known is None:
                raise
            return known

    def _pay(self, order: Order, show: Callable[[], Shown], watcher: SaleObserver) -> Payment:
        self._till.engine.new_sale()
        earlier = self._till.journal.latest(order.order_id)
        if earlier is not None and earlier.outcome in _BEGUN:
            return self._again(earlier, order, watcher)
        if order.amount < self._smallest_amount:
            return self._not_payable(order, "TOTAL_AMOUNT_IS_TOO_SMALL")
        return self._charge_shown(order, earlier, show, watcher)

    def _known(self, order: Order) -> Payment | None:
        """Another program holds the till. It may be paying this very order: then what is known of it is the answer."""
        earlier = self._till.journal.latest(order.order_id)
        return replace(earlier, repeated=True) if earlier and earlier.outcome in _BEGUN else None

    def _again(self, earlier: Payment, order: Order, watcher: SaleObserver) -> Payment:
        if earlier.amount != order.amount:
            raise UsageError(
                f"order {order.order_id} was begun with {earlier.amount} kopecks, not {order.amount}",
                "a changed receipt needs an order id of its own",
            )
        if earlier.outcome is Outcome.UNKNOWN:
            return self._till.engine.resume(earlier, watcher.called)
        return replace(earlier, repeated=True)

    def _charge_shown(
        self, order: Order, earlier: Payment | None, show: Callable[[], Shown], watcher: SaleObserver
    ) -> Payment:
        """Have a card shown and charge it. While nothing of it has left this till, it is as good as new."""
        keep, shown = False, show()
        self._cards.begin_sale()
        try:
            notify(watcher.scanned, shown.label, shown.verification)
            payment = self._charge(order, earlier, shown, watcher)
            is_good = shown.verification.can_pay and payment.never_left
            keep = is_good and shown.was_held
            if is_good and not shown.was_held:
                self._cards.forget_use(self._cards.digest(shown.verification.presentation))
            return payment
        finally:
            self._cards.end_sale(keep=keep)

    def _charge(self, order: Order, earlier: Payment | None, shown: Shown, watcher: SaleObserver) -> Payment:
        verification, card = shown.verification, shown.verification.presentation
        digest = self._cards.digest(card)
        if earlier and earlier.card_digest == digest and verification.result_code == ResultCode.TOTP_REPLAYED:
            return replace(earlier, repeated=True)  # the button pressed twice on one scan
        if not verification.can_pay or card is None or card.card_session is None:
            return self._not_payable(order, verification.result_code, verification.details)
        wait_s = self._breaker.wait_s(self._till.clock.now_s())
        if wait_s:
            return self._not_payable(order, "HOST_RESTS", f"{wait_s:.0f} s")
        try:
            token = self._cards.token(card)
        except TotpModuleError as problem:
            return self._not_payable(order, ResultCode.MODULE_UNREACHABLE, problem.what)
        checkout = requests.checkout(
            self._till.merchant,
            next(self._till.ids),
            order.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=token,
        )
        invoice = msgspec.json.encode(order.invoice).decode()
        intent = Intent(order.order_id, order.amount, checkout, digest, shown.pressed_s, invoice)
        payment = self._till.engine.pay(intent, watcher.called)
        self._breaker.heard(answered=_was_answered(payment), now_s=self._till.clock.now_s())
        return payment

    def _not_payable(self, order: Order, code: str, details: str = "") -> Payment:
        """A card or an order that cannot be paid: nothing was sent, so nothing is kept."""
        verdict = Verdict(Outcome.REJECTED, error_code=code, details=details)
        return Payment(order.order_id, "", order.amount, self._till.clock.unix_s(), verdict)


def _was_answered(payment: Payment) -> bool:
    """Whether the host said anything of this charge. A cashier who cancelled before that proves nothing."""
    verdict = payment.verdict
    is_silent = verdict.outcome is Outcome.UNKNOWN and not verdict.transaction_id
    return not is_silent and verdict.error_code != "HOST_UNREACHABLE"
