"""The sale as the till knows it: a card shown, an order charged, a slip on paper; each at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
from filelock import BaseFileLock, Timeout

from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.errors import BusyError, JournalError, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.card_desk import CardDesk, Shown
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.engine import Engine, Intent
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState, Verdict
from koshelek_driver.payment.slip import slip_lines
from koshelek_driver.payment.watcher import Watcher, tell
from koshelek_driver.printer.layout import Line
from koshelek_driver.printer.receipt_printer import Printed, PrintResult, ReceiptPrinter
from koshelek_driver.printer.text import printable

_TEXT_COLUMNS = 42
"""Width of a slip as text on a till without a printer."""
_BEGUN = (Outcome.PAID, Outcome.UNKNOWN)
"""An order that ended so is never charged anew."""
_SLIP_STATES = {
    Printed.SENT: SlipState.SENT,
    Printed.ASSUMED: SlipState.ASSUMED,
    Printed.ON_PAPER: SlipState.PRINTED,
}


@dataclass(frozen=True, slots=True)
class DeskRules:
    """How slips look, and how long to wait for another program that pays at this till."""

    environment: Literal["test", "production"]
    language: Literal["ru", "en"]
    busy_wait_s: float


class SaleDesk:
    """Sales of one till. Many threads and processes may ask; one is served at a time."""

    def __init__(
        self,
        *,
        cards: CardDesk,
        engine: Engine,
        journal: Journal,
        merchant: requests.Merchant,
        printer: ReceiptPrinter | None,
        lock: BaseFileLock,
        ids: Iterator[str],
        clock: Clock,
        rules: DeskRules,
    ) -> None:
        self._cards = cards
        self._engine = engine
        self._journal = journal
        self._merchant = merchant
        self._printer = printer
        self._lock = lock
        self._ids = ids
        self._clock = clock
        self._rules = rules

    def pay(self, order: Order, show: Callable[[], Shown], watcher: Watcher) -> Payment:
        """Charge an order and print its slip; see Terminal.pay. `show` is called when a card is needed."""
        try:
            held = self._lock.acquire(timeout=self._rules.busy_wait_s)
        except Timeout as problem:
            return self._busy(order, problem)
        with held:
            self._engine.new_sale()
            earlier = self._journal.latest(order.order_id)
            if earlier is not None and earlier.outcome in _BEGUN:
                payment = self._again(earlier, order, watcher)
            else:
                payment = self._charge_shown(order, earlier, show, watcher)
            try:
                return self._print(payment, watcher)
            except JournalError as problem:  # the money is settled: a slip must not make it look otherwise
                tell(watcher.printed, PrintResult(Printed.NOT_SENT, problem.what, problem.remedy))
                return payment

    def slip_text(self, payment: Payment) -> list[str]:
        """The slip of a paid order as lines of text; empty for any other."""
        columns = self._printer.columns if self._printer else _TEXT_COLUMNS
        return [line.as_text(columns) for line in self._slip(payment, columns, copy=False)]

    def _busy(self, order: Order, problem: Timeout) -> Payment:
        """Another program holds the till. It may be paying this very order: then what is known of it is the answer."""
        earlier = self._journal.latest(order.order_id)
        if earlier is not None and earlier.outcome in _BEGUN:
            return replace(earlier, repeated=True)
        raise BusyError(
            f"another program is paying at this till; order {order.order_id} was not begun",
            "wait for the other program, then pay again",
        ) from problem

    def _again(self, earlier: Payment, order: Order, watcher: Watcher) -> Payment:
        if earlier.amount != order.amount:
            raise UsageError(
                f"order {order.order_id} was begun with {earlier.amount} kopecks, not {order.amount}",
                "a changed receipt needs an order id of its own",
            )
        if earlier.outcome is Outcome.UNKNOWN:
            return self._engine.resume(earlier, watcher.called)
        return replace(earlier, repeated=True)

    def _charge_shown(
        self, order: Order, earlier: Payment | None, show: Callable[[], Shown], watcher: Watcher
    ) -> Payment:
        """Have a card shown and charge it. While nothing of it has left this till, it is as good as new."""
        keep, shown = False, show()
        self._cards.begin_sale()
        try:
            tell(watcher.scanned, shown.label, shown.verification)
            payment = self._charge(order, earlier, shown, watcher)
            is_good = shown.verification.can_pay and payment.never_left
            keep = is_good and shown.was_held
            if is_good and not shown.was_held:
                self._cards.forget_use(self._cards.digest(shown.verification.presentation))
            return payment
        finally:
            self._cards.end_sale(keep=keep)

    def _charge(self, order: Order, earlier: Payment | None, shown: Shown, watcher: Watcher) -> Payment:
        verification, card = shown.verification, shown.verification.presentation
        digest = self._cards.digest(card)
        if earlier and earlier.card_digest == digest and verification.result_code == ResultCode.TOTP_REPLAYED:
            return replace(earlier, repeated=True)  # the button pressed twice on one scan
        if not verification.can_pay or card is None or card.card_session is None:
            return self._not_payable(order, verification)
        try:
            token = self._cards.token(card)
        except TotpModuleError as problem:
            unreachable = replace(verification, result_code=ResultCode.MODULE_UNREACHABLE, details=problem.what)
            return self._not_payable(order, unreachable)
        checkout = requests.checkout(
            self._merchant,
            next(self._ids),
            order.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=token,
        )
        invoice = msgspec.json.encode(order.invoice).decode()
        intent = Intent(order.order_id, order.amount, checkout, digest, shown.pressed_s, invoice)
        return self._engine.pay(intent, watcher.called)

    def _not_payable(self, order: Order, verification: Verification) -> Payment:
        """A card that cannot pay: nothing was sent, so nothing is kept."""
        verdict = Verdict(Outcome.REJECTED, error_code=verification.result_code, details=verification.details)
        return Payment(order.order_id, "", order.amount, self._clock.unix_s(), verdict)

    def _slip(self, payment: Payment, columns: int, *, copy: bool) -> tuple[Line, ...]:
        if payment.outcome is not Outcome.PAID:
            return ()
        codec = self._printer.codec if self._printer else "utf-8"
        return slip_lines(
            payment,
            columns=columns,
            printable=lambda text: printable(text, codec),
            environment=self._rules.environment,
            language=self._rules.language,
            copy=copy,
        )

    def _print(self, payment: Payment, watcher: Watcher) -> Payment:
        """Print a slip that is not on paper yet. One that may be there already is marked as a copy."""
        if payment.slip_state not in (SlipState.QUEUED, SlipState.SENT):
            return payment
        if self._printer is None:  # the POS prints the lines itself, so nothing stays queued
            return self._keep_slip_state(payment, SlipState.NONE)
        lines = self._slip(payment, self._printer.columns, copy=payment.slip_state is SlipState.SENT)
        result = self._printer.print_lines(lines, before_write=lambda: self._keep_slip_state(payment, SlipState.SENT))
        tell(watcher.printed, result)
        return self._keep_slip_state(payment, _SLIP_STATES.get(result.printed, payment.slip_state))

    def _keep_slip_state(self, payment: Payment, state: SlipState) -> Payment:
        self._journal.keep_slip_state(payment.request_id, state)
        return replace(payment, slip_state=state)
