"""Drives flows: sends what they ask, keeps what they learn, and tells whoever watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.flows import Flow, KeepCancel, KeepTransaction, Rules, Sale, Send, Start, Tick, Wait
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, Verdict
from koshelek_driver.payment.watcher import tell

Watch = Callable[[Exchange], None]
"""Is told of every call when it has ended."""


class Caller(Protocol):
    """What the engine needs of the API's client."""

    def call(self, request: Request) -> Exchange:
        """Send once; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge about to be made. `pressed_s` is the cashier's button on the steady clock."""

    order_id: str
    amount: int
    checkout: Request
    card_digest: bytes
    pressed_s: float


class Engine:
    """Payments of one till, one at a time; the caller holds the till's lock."""

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

    def request_cancel(self) -> None:
        """The cashier's cancel, from any thread or a signal handler: the sale under way ends as soon as it can."""
        self._cancel.set()

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
        self._journal.begin(began, intent.checkout)
        return self._settle(began, intent.checkout, Start(), intent.pressed_s, watch)

    def resume(self, left_open: Payment, watch: Watch) -> Payment:
        """Go on with an attempt that an earlier run left open.

        Never sends the charge again outside the window of re-sending.
        """
        sent = self._journal.sent_for(left_open)
        start = Start(left_open.verdict.transaction_id, self._first_sent_s(left_open), sent.cancel_request_id)
        return self._settle(left_open, sent.checkout, start, None, watch)

    def _settle(
        self, began: Payment, checkout: Request, start: Start, pressed_s: float | None, watch: Watch
    ) -> Payment:
        sale = Sale(
            checkout,
            merchant=self._merchant,
            rules=self._rules,
            ids=self._ids,
            start=start,
            tick=Tick(self._clock.now_s(), cancel=self._cancel.is_set()),
        )
        drive = _Drive(
            client=self._client,
            journal=self._journal,
            clock=self._clock,
            cancel=self._cancel,
            request_id=checkout.request_id,
            pressed_s=pressed_s,
            watch=watch,
        )
        try:
            verdict = drive.run(sale.run())
            if verdict.outcome is not Outcome.UNKNOWN:
                self._journal.end(checkout.request_id, verdict, self._clock.unix_s())
            return self._journal.latest(began.order_id) or began
        except JournalError as problem:  # the intent is on disk: the next run of this order goes on from there
            return replace(began, verdict=Verdict(Outcome.UNKNOWN, error_code="OUTCOME_UNKNOWN", details=problem.what))

    def _first_sent_s(self, payment: Payment) -> float:
        """When it began, on the steady clock. A wall clock set back makes it old: then nothing is sent again."""
        age_s = self._clock.unix_s() - payment.created_s
        return self._clock.now_s() - age_s if age_s >= 0 else float("-inf")


class _Drive:
    """One flow being driven."""

    def __init__(
        self,
        *,
        client: Caller,
        journal: Journal,
        clock: Clock,
        cancel: threading.Event,
        request_id: str,
        pressed_s: float | None,
        watch: Watch,
    ) -> None:
        self._client = client
        self._journal = journal
        self._clock = clock
        self._cancel = cancel
        self._request_id = request_id
        self._pressed_s = pressed_s
        self._watch = watch

    def run(self, flow: Flow) -> Verdict:
        try:
            effect = next(flow)
            while True:
                effect = flow.send(self._perform(effect))
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict

    def _perform(self, effect: Send | Wait | KeepTransaction | KeepCancel) -> Tick:
        match effect:
            case Send(request):
                exchange = self._client.call(request)
                self._took_off(exchange)
                tell(self._watch, exchange)
                return self._tick(exchange)
            case Wait(until_s, heed_cancel):
                self._clock.wait(until_s, self._cancel if heed_cancel else None)
            case KeepTransaction(transaction_id):
                self._journal.keep_transaction(self._request_id, transaction_id)
            case KeepCancel(cancel_request_id):
                self._journal.keep_cancel(self._request_id, cancel_request_id)
        return self._tick(None)

    def _took_off(self, exchange: Exchange) -> None:
        """Keep the time from the button to the first byte, once."""
        if self._pressed_s is not None and exchange.first_byte_s is not None:
            self._journal.keep_button_to_wire(self._request_id, (exchange.first_byte_s - self._pressed_s) * 1000)
            self._pressed_s = None

    def _tick(self, exchange: Exchange | None) -> Tick:
        reply = None if exchange is None else exchange.reply
        return Tick(self._clock.now_s(), reply, self._cancel.is_set())
