"""The sale as the till knows it: a card shown, an order charged, a slip on paper; each at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from filelock import BaseFileLock, Timeout

from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.card.totp.reference import ReferenceTotp
from koshelek_driver.errors import BusyError, JournalError, UsageError
from koshelek_driver.pay_api import requests
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
from koshelek_driver.scanner.label import Label, read_text

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
    """How slips look, how long to wait for another program that pays at this till, whether typed cards may pay."""

    environment: Literal["test", "production"]
    language: Literal["ru", "en"]
    busy_wait_s: float
    accept_typed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as it was shown, and when the cashier's button was pressed, on the steady clock."""

    verification: Verification
    pressed_s: float


class SaleDesk:
    """Sales of one till. Many threads and processes may ask; one is served at a time."""

    def __init__(
        self,
        *,
        totp: ReferenceTotp,
        engine: Engine,
        journal: Journal,
        merchant: requests.Merchant,
        printer: ReceiptPrinter | None,
        lock: BaseFileLock,
        ids: Iterator[str],
        clock: Clock,
        rules: DeskRules,
    ) -> None:
        self._totp = totp
        self._engine = engine
        self._journal = journal
        self._merchant = merchant
        self._printer = printer
        self._lock = lock
        self._ids = ids
        self._clock = clock
        self._rules = rules

    def pay(self, order: Order, label: str | None, scan: Callable[[], Label], watcher: Watcher) -> Payment:
        """Charge an order and print its slip; see Terminal.pay. `scan` is called when `label` is None."""
        pressed_s = self._clock.now_s()
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
                payment = self._charge(order, earlier, self._show(label, scan, pressed_s, watcher), watcher)
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

    def _show(self, label: str | None, scan: Callable[[], Label], pressed_s: float, watcher: Watcher) -> Shown:
        """The label given or scanned, verified. With a scanner the scan itself is the button."""
        shown = scan() if label is None else read_text(label)
        if label is None:
            pressed_s = self._clock.now_s()
        verification = self._totp.barcode_verify(shown.text)
        if shown.typed and verification.can_pay and not self._rules.accept_typed:
            verification = replace(verification, result_code=ResultCode.CARD_TYPED)
        tell(watcher.scanned, shown, verification)
        return Shown(verification, pressed_s)

    def _charge(self, order: Order, earlier: Payment | None, shown: Shown, watcher: Watcher) -> Payment:
        verification, card = shown.verification, shown.verification.presentation
        digest = self._totp.digest(card) if card else b""
        if earlier and earlier.card_digest == digest and verification.result_code == ResultCode.TOTP_REPLAYED:
            return replace(earlier, repeated=True)  # the button pressed twice on one scan
        if not verification.can_pay or card is None or card.card_session is None:
            return self._not_payable(order, verification)
        checkout = requests.checkout(
            self._merchant,
            next(self._ids),
            order.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=self._totp.get_token(card.password),
        )
        intent = Intent(order.order_id, order.amount, checkout, digest, shown.pressed_s)
        payment = self._engine.pay(intent, watcher.called)
        if payment.never_left:
            self._journal.forget_use(digest)
        return payment

    def _not_payable(self, order: Order, verification: Verification) -> Payment:
        """A card that cannot pay: nothing was sent, so nothing is kept."""
        verdict = Verdict(Outcome.REJECTED, error_code=verification.result_code)
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
