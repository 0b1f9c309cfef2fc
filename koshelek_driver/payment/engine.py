"""Payments and refunds of one till: the intent on disk, then the conversation with the host, then the end on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.cancel import CancelToken, SignalSafeEvent
from koshelek_driver.payment.clock import Clock, Moment, moment
from koshelek_driver.payment.conversation.effects import KeepCancel, KeepRefundTransaction, KeepTransaction, Rules
from koshelek_driver.payment.conversation.refund import RefundConversation, RefundStart
from koshelek_driver.payment.conversation.runner import Caller, ConversationContext, ConversationRunner, Watch
from koshelek_driver.payment.conversation.sale import SaleConversation, Start
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.slips.contradiction import flagged


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge about to be made; `invoice` is JSON.

    `pressed_s` (steady clock): when the cashier pressed pay, or when the card was scanned if the till was waiting for
    it.
    """

    order_id: str
    amount: int
    checkout: Request
    card_digest: bytes
    pressed_s: float
    invoice: str
    operator: str = ""


class Engine:
    """Payments and refunds of one till, one at a time; the caller holds the till's lock.

    Once an intent is on disk, a journal that fails stops nothing: the host's word counts, and the next run asks the
    host again. `cancel` of a method is the token of its caller; without one the call cannot be cancelled.
    """

    def __init__(
        self, *, client: Caller, journal: Journal, merchant: Merchant, rules: Rules, ids: Iterator[str], clock: Clock
    ) -> None:
        self._client = client
        self._journal = journal
        self._merchant = merchant
        self._rules = rules
        self._ids = ids
        self._clock = clock
        self._news = SignalSafeEvent()

    def hear_news(self) -> None:
        """Ask for the status of the sale under way as soon as the API allows: the host has news. Any thread."""
        self._news.set()

    def pay(self, intent: Intent, watch: Watch, cancel: CancelToken | None = None) -> Payment:
        """Charge. Blocks until the outcome is final or must stay unknown.

        Raises:
            JournalError: the intent could not be stored; nothing was sent.
        """
        now = moment(self._clock)
        began = Payment(
            order_id=intent.order_id,
            request_id=intent.checkout.request_id,
            amount=intent.amount,
            created_s=now.unix_s,
            verdict=Verdict(Outcome.UNKNOWN),
            card_digest=intent.card_digest,
            operator=intent.operator,
        )
        self._journal.begin(began, intent.checkout, intent.invoice, now)
        return self._settle(began, intent.checkout, Start(), watch, cancel, pressed_s=intent.pressed_s)

    def resume(self, left_open: Payment, watch: Watch, cancel: CancelToken | None = None) -> Payment:
        """Continue an attempt that an earlier run left open; if the token is cancelled already, cancel the payment.

        Never sends the charge again outside the window of re-sending.
        """
        sent = self._journal.sent_for(left_open)
        start = Start(left_open.verdict.transaction_id, self._first_sent_s(sent.began), sent.cancel_request_id)
        return self._settle(left_open, sent.checkout, start, watch, cancel)

    def refund(self, began: Refund, request: Request, pressed_s: float, watch: Watch) -> Refund:
        """Give money back. Blocks until the outcome is final or must stay unknown; cannot be cancelled.

        Raises:
            JournalError: the intent could not be stored; nothing was sent.
        """
        self._journal.refunds.begin(began, request)
        return self._settle_refund(began, request, RefundStart(began.verdict.transaction_id), pressed_s, watch)

    def resume_refund(self, left_open: Refund, watch: Watch) -> Refund:
        """Continue a refund that an earlier run left open: send the same request again, or ask for its status."""
        request = self._journal.refunds.sent_for(left_open)
        start = RefundStart(left_open.verdict.transaction_id, left_open.refund_transaction_id, maybe_arrived=True)
        return self._settle_refund(left_open, request, start, None, watch)

    def _settle(
        self,
        began: Payment,
        checkout: Request,
        start: Start,
        watch: Watch,
        cancel: CancelToken | None,
        *,
        pressed_s: float | None = None,
    ) -> Payment:
        request_id, token = checkout.request_id, cancel or CancelToken()
        runner = ConversationRunner(
            self._context(watch, token),
            self._journal,
            request_id,
            keep=self._keep_of_payment(request_id),
            canceled=lambda: token.is_set() or self._is_cancel_wanted(request_id),
            pressed_s=pressed_s,
        )
        sale = SaleConversation(
            checkout, merchant=self._merchant, rules=self._rules, ids=self._ids, start=start, turn=runner.turn()
        )
        verdict = flagged(runner.run(sale.run()), began)
        if verdict.outcome is not Outcome.UNKNOWN:
            runner.safely(self._journal.end, request_id, verdict, self._clock.unix_s())
        if runner.unkept:
            return replace(began, verdict=verdict, unkept=runner.unkept)
        return self._journal.latest(began.order_id) or began

    def _settle_refund(
        self, began: Refund, request: Request, start: RefundStart, pressed_s: float | None, watch: Watch
    ) -> Refund:
        request_id, refunds = request.request_id, self._journal.refunds

        def keep(learned: KeepRefundTransaction) -> None:
            refunds.keep_refund_transaction(request_id, learned.refund_transaction_id, self._clock.unix_s())

        runner = ConversationRunner(
            self._context(watch, CancelToken()),
            refunds,
            request_id,
            keep=keep,
            canceled=lambda: False,
            pressed_s=pressed_s,
        )
        conversation = RefundConversation(
            request, merchant=self._merchant, rules=self._rules, ids=self._ids, start=start, turn=runner.turn()
        )
        verdict = flagged(runner.run(conversation.run()), began)
        if verdict.outcome is not Outcome.UNKNOWN:
            runner.safely(refunds.end, request_id, verdict, self._clock.unix_s())
        if runner.unkept:
            return replace(began, verdict=verdict, unkept=runner.unkept)
        return refunds.find(request_id) or began

    def _context(self, watch: Watch, cancel: CancelToken) -> ConversationContext:
        return ConversationContext(self._client, self._clock, watch, cancel, self._news)

    def _keep_of_payment(self, request_id: str) -> Callable[[KeepTransaction | KeepCancel], None]:
        def keep(learned: KeepTransaction | KeepCancel) -> None:
            at_s = self._clock.unix_s()
            if isinstance(learned, KeepTransaction):
                self._journal.keep_transaction(request_id, learned.transaction_id, at_s)
            else:
                self._journal.keep_cancel(request_id, learned.request_id, at_s)

        return keep

    def _is_cancel_wanted(self, request_id: str) -> bool:
        """Return True if another program of this till wants the payment cancelled."""
        try:
            return self._journal.is_cancel_wanted(request_id)
        except JournalError:
            return False

    def _first_sent_s(self, began: Moment | None) -> float:
        """Return when a payment began, on the steady clock of now.

        After a boot, or if a clock was set, it is infinitely old, so that nothing is sent again.
        """
        now = moment(self._clock)
        return now.steady_s - (began.age_s(now) if began else float("inf"))
