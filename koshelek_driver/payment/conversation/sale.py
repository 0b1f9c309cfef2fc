"""A sale as a conversation with the host: a pure generator.

The law of this module: a checkout is sent again only as the same bytes, and only inside its window; "no answer" is
never "no"; once a request may have arrived, only the host's status ends the sale, or the sale stays unknown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.ids import is_same_id
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.conversation.effects import (
    Conversation,
    KeepCancel,
    KeepTransaction,
    Rules,
    SaleEffect,
    Send,
    Turn,
    Wait,
    requested_pause_s,
)
from koshelek_driver.payment.outcome import Outcome, Verdict

_PAID_EARLIER = frozenset(("refunding", "partial_refunded", "refunded"))
_STILL_RUNNING = frozenset(("TRANSACTION_IN_PROCESSING",))
_SLIP_TRIES = 3
_FASTEST_POLL_S = 0.25
"""The API allows no faster poll, even after a postback."""


@dataclass(frozen=True, slots=True)
class Start:
    """The state of a sale at its beginning: all defaults for a fresh one, else what an earlier run left.

    `first_sent_s` is on the steady clock of the turns and may lie before them. `cancel_request_id` is of a cancel that
    may have been sent; it is used again.
    """

    transaction_id: str = ""
    first_sent_s: float | None = None
    cancel_request_id: str = ""


class SaleConversation:
    """One charge, from the first byte to a verdict. `turn` holds the facts of now. Call `run` once."""

    def __init__(
        self, checkout: Request, *, merchant: Merchant, rules: Rules, ids: Iterator[str], start: Start, turn: Turn
    ) -> None:
        self._checkout = checkout
        self._merchant = merchant
        self._rules = rules
        self._ids = ids
        self._transaction_id = start.transaction_id
        self._cancel_request_id = start.cancel_request_id
        self._maybe_arrived = start.first_sent_s is not None
        self._began_s = turn.now_s if start.first_sent_s is None else start.first_sent_s
        self._turn = turn

    def run(self) -> Conversation[SaleEffect]:
        """Yield effects, be sent turns, return the verdict. Raises nothing of its own."""
        if not self._transaction_id:
            early = yield from self._learn_transaction()
            if early is not None:
                return early
        return (yield from self._decide())

    def _do(self, effect: SaleEffect) -> Generator[SaleEffect, Turn, Turn]:
        self._turn = yield effect
        return self._turn

    # --- until the host's transactionId is known

    def _learn_transaction(self) -> Generator[SaleEffect, Turn, Verdict | None]:
        """Send the checkout, again if need be, until its transactionId is known. A verdict ends the sale."""
        verdict = Verdict(Outcome.REJECTED, error_code="HOST_UNREACHABLE")
        for attempt in range(1 + self._rules.resend_attempts):
            if not (yield from self._is_in_time(attempt)):
                break
            if self._turn.cancel and not self._maybe_arrived:
                return Verdict(Outcome.CANCELED, error_code="CANCELED")
            reply = (yield from self._do(Send(self._checkout))).reply
            if isinstance(reply, Answered) and reply.answer.transaction_id:
                return (yield from self._learned(reply))
            if isinstance(reply, NotSent | Refused):
                verdict = Verdict(Outcome.REJECTED, error_code=reply.code, details=reply.details)
            if not self._may_go_on(reply):
                break
        return self._unknown() if self._maybe_arrived else verdict

    def _is_in_time(self, attempt: int) -> Generator[SaleEffect, Turn, bool]:
        """Wait for the pause before an attempt; return False if it is too late, before the pause or behind it.

        A tablet that sleeps in a pause of half a second may wake an hour later.
        """
        pause_s = self._pause_s(attempt)
        if pause_s and not self._too_late(pause_s):
            yield from self._do(Wait(self._turn.now_s + pause_s, heed_cancel=not self._maybe_arrived))
            pause_s = 0.0
        return not self._too_late(pause_s)

    def _pause_s(self, attempt: int) -> float:
        own_s: float = self._rules.resend_pause_s * 2 ** (attempt - 1)
        return requested_pause_s(self._turn.reply, own_s) if attempt else 0.0

    def _too_late(self, pause_s: float) -> bool:
        """Return True if a request after this pause would be outside its window."""
        window_s = self._rules.resend_window_s if self._maybe_arrived else self._rules.connect_timeout_s
        return self._turn.now_s + pause_s - self._began_s > window_s

    def _may_go_on(self, reply: Reply | None) -> bool:
        """Return True if the checkout may be sent again after a reply without a transactionId."""
        if isinstance(reply, NotSent):
            return reply.code != "HOST_NOT_TRUSTED"
        if isinstance(reply, Refused) and reply.code not in _STILL_RUNNING:
            return False
        self._maybe_arrived = True
        return True

    def _learned(self, reply: Answered) -> Generator[SaleEffect, Turn, Verdict | None]:
        self._maybe_arrived = True
        self._transaction_id = reply.answer.transaction_id
        yield from self._do(KeepTransaction(self._transaction_id))
        return (yield from self._final(reply))

    # --- until the host has decided

    def _decide(self) -> Conversation[SaleEffect]:
        deadline_s = self._began_s + self._rules.decision_timeout_s
        verdict = yield from self._poll(deadline_s, heed_cancel=True)
        if verdict is None and (self._turn.cancel or self._rules.cancel_undecided):
            why = "CANCELED" if self._turn.cancel else "DECISION_TIMEOUT"
            verdict = yield from self._cancel(why)
        return verdict or self._unknown()

    def _poll(self, deadline_s: float, *, heed_cancel: bool) -> Generator[SaleEffect, Turn, Verdict | None]:
        """Ask for the status, one request at a time, until it is final; return None at the deadline or at a cancel."""
        soonest_s = due_s = self._turn.now_s + self._rules.first_poll_s
        while True:
            yield from self._do(Wait(soonest_s, heed_cancel))
            if due_s > soonest_s:
                yield from self._do(Wait(due_s, heed_cancel, heed_news=True))
            if heed_cancel and self._turn.cancel:
                return None
            reply = yield from self._ask_status()
            verdict = (yield from self._final(reply)) if reply else None
            if verdict is not None or self._turn.now_s >= deadline_s:
                return verdict
            answered_s = self._turn.now_s  # counted from here, two requests are as far apart as the host sees them
            latest_s = max(deadline_s, answered_s + _FASTEST_POLL_S)
            soonest_s = min(answered_s + requested_pause_s(self._turn.reply, _FASTEST_POLL_S), latest_s)
            due_s = min(answered_s + requested_pause_s(self._turn.reply, self._rules.poll_interval_s), latest_s)

    def _ask_status(self) -> Generator[SaleEffect, Turn, Answered | None]:
        """Return the response with the status of this transaction, None if there is none."""
        request = requests.status(self._merchant, next(self._ids), self._transaction_id)
        return self._of_ours((yield from self._do(Send(request))).reply)

    def _of_ours(self, reply: Reply | None) -> Answered | None:
        """Return a response that names this transaction, None for any other: it says nothing about this sale."""
        if not isinstance(reply, Answered):
            return None
        return reply if is_same_id(reply.answer.transaction_id, self._transaction_id) else None

    def _final(self, reply: Answered) -> Generator[SaleEffect, Turn, Verdict | None]:
        """Return the verdict of a response, None while the host has not decided."""
        status = reply.answer.status or ""
        outcome = Outcome.PAID if status in _PAID_EARLIER else self._rules.final_statuses.get(status)
        if outcome is None:
            return None
        if outcome is Outcome.PAID and reply.answer.slip is None:
            reply = (yield from self._fetch_slip()) or reply
        answer = reply.answer
        return Verdict(outcome, self._transaction_id, answer.error_code or "", slip=answer.slip, answer=reply.raw)

    def _fetch_slip(self) -> Generator[SaleEffect, Turn, Answered | None]:
        """Ask for the slip of a paid payment. Three tries are enough: the money is settled without it."""
        for _ in range(_SLIP_TRIES):
            yield from self._do(Wait(self._turn.now_s + self._rules.first_poll_s, heed_cancel=False))
            reply = yield from self._ask_status()
            if reply is not None and reply.answer.slip is not None:
                return reply
        return None

    # --- taking it back

    def _cancel(self, why: str) -> Generator[SaleEffect, Turn, Verdict | None]:
        """Cancel, then ask for the status until it is final: a refused cancel may mean a paid sale."""
        request_id = self._cancel_request_id or next(self._ids)
        request = requests.cancel(self._merchant, request_id, self._transaction_id)
        yield from self._do(KeepCancel(request.request_id))
        reply = self._of_ours((yield from self._send_cancel(request)))
        verdict = (yield from self._final(reply)) if reply else None
        if verdict is None:
            deadline_s = self._turn.now_s + self._rules.settle_timeout_s
            verdict = yield from self._poll(deadline_s, heed_cancel=False)
        if verdict is not None and verdict.outcome is Outcome.CANCELED:
            return replace(verdict, error_code=why)
        return verdict

    def _send_cancel(self, request: Request) -> Generator[SaleEffect, Turn, Reply | None]:
        for attempt in range(1 + self._rules.resend_attempts):
            if attempt:
                yield from self._do(Wait(self._turn.now_s + self._rules.resend_pause_s, heed_cancel=False))
            reply = (yield from self._do(Send(request))).reply
            if not isinstance(reply, NoAnswer | NotSent):
                break
        return reply

    # --- verdicts

    def _unknown(self) -> Verdict:
        return Verdict(Outcome.UNKNOWN, self._transaction_id, "OUTCOME_UNKNOWN")
