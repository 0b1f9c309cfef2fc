"""Payments and refunds of one till: intents on disk, then their conversations with the host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.conversation.refund import RefundConversation, RefundStart
from koshelek_driver.payment.conversation.runner import Caller, ConversationContext, ConversationRunner, Watch
from koshelek_driver.payment.conversation.sale import (
    KeepCancel,
    KeepReversal,
    KeepTransaction,
    Rules,
    SaleConversation,
    Start,
)
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge about to be made. `pressed_s` is the cashier's button on the steady clock; `invoice` is JSON."""

    order_id: str
    amount: int
    checkout: Request
    card_digest: bytes
    pressed_s: float
    invoice: str


class Engine:
    """Payments and refunds of one till, one at a time; the caller holds the till's lock.

    Once an intent is on disk, a journal that fails stops nothing: what the host says counts, and the next run learns it
    from the host again.
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
        self._cancel = threading.Event()
        self._news = threading.Event()

    def request_cancel(self) -> None:
        """The cashier's cancel, from any thread or a signal handler: the sale under way ends as soon as it can."""
        self._cancel.set()
        self._news.set()

    def hear_news(self) -> None:
        """The host has news, perhaps of the sale under way: ask for its status as soon as the API allows.

        From any thread.
        """
        self._news.set()

    def cancel_requested(self) -> bool:
        """Whether the cashier cancelled since `new_sale`."""
        return self._cancel.is_set()

    def new_sale(self) -> None:
        """A cancel that was pressed for an earlier sale is over."""
        self._cancel.clear()

    def pay(self, intent: Intent, watch: Watch) -> Payment:
        """Charge. Blocks until the outcome is final or must stay unknown.

        Raises JournalError only while nothing was sent.
        """
        began = Payment(
            order_id=intent.order_id,
            request_id=intent.checkout.request_id,
            amount=intent.amount,
            created_s=self._clock.unix_s(),
            verdict=Verdict(Outcome.UNKNOWN),
            card_digest=intent.card_digest,
        )
        self._journal.begin(began, intent.checkout, intent.invoice)
        return self._settle(began, intent.checkout, Start(), intent.pressed_s, watch)

    def resume(self, left_open: Payment, watch: Watch) -> Payment:
        """Go on with an attempt that an earlier run left open.

        Never sends the charge again outside the window of re-sending. With a cancel requested it is taken back.
        """
        sent = self._journal.sent_for(left_open)
        start = Start(left_open.verdict.transaction_id, self._first_sent_s(left_open), sent.cancel_request_id)
        return self._settle(left_open, sent.checkout, start, None, watch)

    def refund(self, began: Refund, request: Request, pressed_s: float, watch: Watch) -> Refund:
        """Give back. Blocks until the outcome is final or must stay unknown.

        Raises JournalError only while nothing was sent.
        """
        self._journal.refunds.begin(began, request)
        return self._settle_refund(began, request, RefundStart(began.verdict.transaction_id), pressed_s, watch)

    def resume_refund(self, left_open: Refund, watch: Watch) -> Refund:
        """Go on with a refund that an earlier run left open: the same request again, or its status."""
        request = self._journal.refunds.sent_for(left_open)
        start = RefundStart(left_open.verdict.transaction_id, left_open.ref_transaction_id, maybe_arrived=True)
        return self._settle_refund(left_open, request, start, None, watch)

    def _settle(
        self, began: Payment, checkout: Request, start: Start, pressed_s: float | None, watch: Watch
    ) -> Payment:
        request_id = checkout.request_id
        drive = ConversationRunner(
            self._means(watch),
            self._journal,
            request_id,
            keep=lambda learned: self._keep(request_id, learned),
            canceled=lambda: self._is_canceled(request_id),
            pressed_s=pressed_s,
        )
        sale = SaleConversation(
            checkout, merchant=self._merchant, rules=self._rules, ids=self._ids, start=start, tick=drive.tick()
        )
        verdict = drive.run(sale.run())
        if verdict.outcome is not Outcome.UNKNOWN:
            drive.safely(self._journal.end, request_id, verdict, self._clock.unix_s())
        if drive.unkept:
            return replace(began, verdict=verdict, unkept=drive.unkept)
        return self._journal.latest(began.order_id) or began

    def _settle_refund(
        self, began: Refund, request: Request, start: RefundStart, pressed_s: float | None, watch: Watch
    ) -> Refund:
        refunds = self._journal.refunds
        drive = ConversationRunner(
            self._means(watch),
            refunds,
            request.request_id,
            keep=lambda learned: self._keep(request.request_id, learned),
            canceled=lambda: False,
            pressed_s=pressed_s,
        )
        flow = RefundConversation(
            request, merchant=self._merchant, rules=self._rules, ids=self._ids, start=start, tick=drive.tick()
        )
        verdict = drive.run(flow.run())
        if verdict.outcome is not Outcome.UNKNOWN:
            drive.safely(refunds.end, request.request_id, verdict, self._clock.unix_s())
        if drive.unkept:
            return replace(began, verdict=verdict, unkept=drive.unkept)
        return refunds.find(request.request_id) or began

    def _means(self, watch: Watch) -> ConversationContext:
        return ConversationContext(self._client, self._clock, watch, self._cancel, self._news)

    def _keep(self, request_id: str, learned: KeepTransaction | KeepCancel | KeepReversal) -> None:
        at_s = self._clock.unix_s()
        match learned:
            case KeepTransaction(transaction_id):
                self._journal.keep_transaction(request_id, transaction_id, at_s)
            case KeepCancel(cancel_request_id):
                self._journal.keep_cancel(request_id, cancel_request_id, at_s)
            case KeepReversal(ref_transaction_id):
                self._journal.refunds.keep_reversal(request_id, ref_transaction_id, at_s)

    def _is_canceled(self, request_id: str) -> bool:
        """By the cashier here, or by another program of this till."""
        if self._cancel.is_set():
            return True
        try:
            return self._journal.is_cancel_wanted(request_id)
        except JournalError:
            return False

    def _first_sent_s(self, payment: Payment) -> float:
        """When it began, on the steady clock. A wall clock set back makes it old: then nothing is sent again."""
        age_s = self._clock.unix_s() - payment.created_s
        return self._clock.now_s() - age_s if age_s >= 0 else float("-inf")
