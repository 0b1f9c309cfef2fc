"""Refunds of a till: the payment found, the refund checked, requested and printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from koshelek_driver.errors import BusyError, JournalError, LedgerError, TotpModuleError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import CheckoutInvoice
from koshelek_driver.payment.amounts import check_whole
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.refund_limits import Paid, RefundPlan, plan_refund, read_items
from koshelek_driver.payment.shop import Shop, ShopPayment
from koshelek_driver.payment.staff.approval import RefundApproval
from koshelek_driver.payment.staff.operators import NOBODY, Staff
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


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of `Refunds.refund`: the time of its button, and everybody who takes part in it."""

    pressed_s: float
    observer: SaleObserver
    staff: Staff


class Refunds:
    """Refunds of one till. Any number of threads and programs may call; one is served at a time."""

    def __init__(
        self,
        parts: PaymentParts,
        line_rule: LineRule,
        token: Callable[[], Secret],
        shop: Shop,
        approval: RefundApproval | None = None,
    ) -> None:
        """`token` makes the API's header without a card; it raises TotpModuleError. `approval` None: no limit."""
        self._parts = parts
        self._shop = shop
        self._payments = PaidPayments(parts.journal, shop)
        self._line_rule = line_rule
        self._token = token
        self._approval = approval or RefundApproval(parts.journal, parts.clock, None, None)

    def refund(
        self,
        wanted: RefundWanted,
        observer: SaleObserver,
        cancel: CancelToken | None = None,
        staff: Staff = NOBODY,
    ) -> Refund:
        """Give money back and print the slip; see `Terminal.refund`."""
        if wanted.amount is not None:
            check_whole("amount", wanted.amount)
        call = _Call(self._parts.clock.now_s(), observer, staff)
        waiting = observer.waiting_for_till
        with self._parts.lock.hold("the refund", cancel=cancel, waiting=lambda: notify(waiting)):
            try:
                done = self._refunded(wanted, call)
            except LedgerError as problem:
                return self._without_ledger(wanted, call, problem)
            return self._parts.slips.print(done, observer, cancel)

    def _refunded(self, wanted: RefundWanted, call: _Call) -> Refund:
        """Answer by an earlier refund, resume one, or request a new one. Raises LedgerError before anything is sent."""
        transaction_id, paid = self._payments.find(wanted.order_id, wanted.transaction_id, wanted.amount)
        running = paid.running
        if running is not None:
            return self._resume(transaction_id, running, wanted, call)
        if wanted.is_whole and paid.last_refunded is not None and not paid.left:
            return replace(paid.last_refunded, repeated=True)
        items = read_items(wanted.items_json) if wanted.items_json is not None else None
        plan = plan_refund(paid, wanted.amount, items, self._line_rule)
        self._approval.check(transaction_id, paid, plan, call.staff)
        return self._request(transaction_id, paid, plan, call)

    def _resume(self, transaction_id: str, running: Refund, wanted: RefundWanted, call: _Call) -> Refund:
        """Resume an open refund. Raises BusyError if it is another till's, or not the one that is wanted."""
        if running.till or not wanted.may_repeat(running):
            what = f"a refund of {running.amount} kopecks of transaction {transaction_id} is not settled yet"
            raise BusyError(what, f"settle it first{f' at till {running.till}' if running.till else ''}: recover")
        self._parts.note_operator(running, "refund", call.staff.operator)
        done = self._parts.engine.resume_refund(running, call.observer.called)
        self._shop.tell(transaction_id)
        return done

    def _without_ledger(self, wanted: RefundWanted, call: _Call, problem: LedgerError) -> Refund:
        """Reject: other tills may have given back the same money, and the ledger that knows cannot be asked."""
        rejected = Verdict(Outcome.REJECTED, wanted.transaction_id, "LEDGER_UNREACHABLE", problem.what)
        now_s, operator = self._parts.clock.unix_s(), call.staff.operator
        return Refund(wanted.order_id, "", wanted.amount or 0, now_s, rejected, "[]", operator=operator)

    def _request(self, transaction_id: str, paid: Paid, plan: RefundPlan, call: _Call) -> Refund:
        """Request a new refund: first the shop's reservation, then the till's own intent, then the first byte."""
        try:
            token = self._token()
        except TotpModuleError as problem:
            rejected = Verdict(Outcome.REJECTED, transaction_id, "MODULE_UNREACHABLE", problem.what)
            return self._refund(paid, plan, "", rejected, call.staff)
        request_id = next(self._parts.ids)
        request = requests.refund(
            self._parts.merchant,
            request_id,
            transaction_id=transaction_id,
            amount=plan.amount,
            items=plan.items,
            token=token,
        )
        began = self._refund(paid, plan, request_id, Verdict(Outcome.UNKNOWN, transaction_id), call.staff)
        self._shop.reserve(began)
        try:
            return self._parts.engine.refund(began, request, call.pressed_s, call.observer.called)
        finally:
            self._shop.tell(transaction_id)

    def _refund(self, paid: Paid, plan: RefundPlan, request_id: str, verdict: Verdict, staff: Staff) -> Refund:
        return Refund(
            order_id=paid.order_id,
            request_id=request_id,
            amount=plan.amount,
            created_s=self._parts.clock.unix_s(),
            verdict=verdict,
            items=msgspec.json.encode(plan.items).decode(),
            paid=paid.amount,
            operator=staff.operator,
        )


class PaidPayments:
    """Finds the payment that a refund is of: in this till's journal, in the shop's ledger, or on its slip alone.

    A payment comes with everything that any till gave back of it.
    """

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
        alarm = self._journal.outbox.has_alarm
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
        sold = _sold(order_id, invoice)
        refunds = self._journal.refunds.of_payment(transaction_id)
        if not any(refund.outcome is Outcome.UNKNOWN for refund in refunds):
            refunds += self._shop.refunds(transaction_id)
        return Paid(order_id, amount, sold, sorted(refunds, key=lambda refund: refund.created_s))


def _sold(order_id: str, invoice: str | None) -> CheckoutInvoice | None:
    try:
        return msgspec.json.decode(invoice, type=CheckoutInvoice) if invoice else None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        what = f"order {order_id}: its invoice in the journal is damaged: {problem}"
        raise JournalError(what, "stop, and run: journal rebuild") from problem
