"""A refund as a conversation with the host: a pure generator.

The law of this module: a refund that may have arrived is only repeated as the same bytes, which the host answers as the
first time; it has no cancel; only the host's word ends it, or it stays unknown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.ids import is_same_id
from koshelek_driver.pay_api.replies import Answered, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.conversation.effects import (
    Conversation,
    KeepRefundTransaction,
    RefundEffect,
    Rules,
    Send,
    Turn,
    Wait,
    requested_pause_s,
)
from koshelek_driver.payment.outcome import Outcome, Verdict

_OURS_IS_RUNNING = frozenset(("PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY", "TRANSACTION_IN_PROCESSING"))
"""If a repeated refund is refused with one of these, the host is still processing our first request."""
_ENDS = {"accepted": Outcome.REFUNDED, "rejected": Outcome.REJECTED}
_SLIP_TRIES = 3


@dataclass(frozen=True, slots=True)
class RefundStart:
    """The state of a refund at its beginning; `maybe_arrived` is True for one that an earlier run left."""

    transaction_id: str
    refund_transaction_id: str = ""
    maybe_arrived: bool = False


class RefundConversation:
    """One refund, from the first byte to a verdict. `turn` holds the facts of now. Call `run` once."""

    def __init__(
        self, request: Request, *, merchant: Merchant, rules: Rules, ids: Iterator[str], start: RefundStart, turn: Turn
    ) -> None:
        self._request = request
        self._merchant = merchant
        self._rules = rules
        self._ids = ids
        self._transaction_id = start.transaction_id
        self._refund_transaction_id = start.refund_transaction_id
        self._maybe_arrived = start.maybe_arrived
        self._turn = turn

    def run(self) -> Conversation[RefundEffect]:
        """Yield effects, be sent turns, return the verdict. Raises nothing of its own."""
        verdict = None if self._refund_transaction_id else (yield from self._learn_refund_transaction())
        if verdict is None and self._refund_transaction_id:
            verdict = yield from self._poll()
        return verdict or self._unknown()

    def _do(self, effect: RefundEffect) -> Generator[RefundEffect, Turn, Turn]:
        self._turn = yield effect
        return self._turn

    def _learn_refund_transaction(self) -> Generator[RefundEffect, Turn, Verdict | None]:
        """Send the refund, again if need be, until its refTransactionId is known. A verdict ends it."""
        verdict = self._rejected("HOST_UNREACHABLE")
        for attempt in range(1 + self._rules.resend_attempts):
            if attempt:
                own_s: float = self._rules.resend_pause_s * 2 ** (attempt - 1)
                longest_s = max(own_s, self._rules.settle_timeout_s)
                wait_s = min(requested_pause_s(self._turn.reply, own_s), longest_s)
                yield from self._do(Wait(self._turn.now_s + wait_s, heed_cancel=False))
            reply = (yield from self._do(Send(self._request))).reply
            ours = self._of_ours(reply)
            if ours is not None:
                return (yield from self._learned(ours))
            if isinstance(reply, NotSent | Refused):
                verdict = self._rejected(reply.code, reply.details)
            if self._is_no(reply):
                return verdict
        return None if self._maybe_arrived else verdict

    def _is_no(self, reply: Reply | None) -> bool:
        """Return True if a reply ends the refund. After one that may have arrived, only the API's own refusal does."""
        if isinstance(reply, NotSent):
            return reply.code == "HOST_NOT_TRUSTED" and not self._maybe_arrived
        if isinstance(reply, Refused) and not self._maybe_arrived:
            return True
        if isinstance(reply, Refused):
            return not reply.code.startswith("HTTP_") and reply.code not in _OURS_IS_RUNNING
        self._maybe_arrived = True
        return False

    def _learned(self, reply: Answered) -> Generator[RefundEffect, Turn, Verdict | None]:
        self._maybe_arrived = True
        self._refund_transaction_id = reply.answer.refund_transaction_id or ""
        if self._refund_transaction_id:
            yield from self._do(KeepRefundTransaction(self._refund_transaction_id))
        return (yield from self._final(reply))

    def _poll(self) -> Generator[RefundEffect, Turn, Verdict | None]:
        """Ask for the status until it is final, as long as a sale may take."""
        deadline_s = self._turn.now_s + self._rules.decision_timeout_s
        due_s = self._turn.now_s + self._rules.first_poll_s
        verdict: Verdict | None = None
        while verdict is None and due_s <= deadline_s:
            yield from self._do(Wait(due_s, heed_cancel=False))
            reply = yield from self._ask()
            due_s = self._turn.now_s + requested_pause_s(self._turn.reply, self._rules.poll_interval_s)
            verdict = (yield from self._final(reply)) if reply else None
        return verdict

    def _ask(self) -> Generator[RefundEffect, Turn, Answered | None]:
        """Return the response with the status of this refund, None if there is none."""
        request = requests.refund_status(self._merchant, next(self._ids), self._refund_transaction_id)
        reply = self._of_ours((yield from self._do(Send(request))).reply)
        told = reply.answer.refund_transaction_id if reply else None
        return reply if is_same_id(told or "", self._refund_transaction_id) else None

    def _of_ours(self, reply: Reply | None) -> Answered | None:
        """Return a response about this refund, None for any other.

        It names the payment, or the refund itself, or neither; one that names another transaction says nothing here.
        """
        if not isinstance(reply, Answered):
            return None
        told = reply.answer.transaction_id
        own_id = self._refund_transaction_id or reply.answer.refund_transaction_id or ""
        known = (self._transaction_id, own_id)
        return reply if not told or any(is_same_id(told, one) for one in known) else None

    def _final(self, reply: Answered) -> Generator[RefundEffect, Turn, Verdict | None]:
        """Return the verdict of a response, None while the host has not decided."""
        outcome = _ENDS.get(reply.answer.ref_status or "")
        if outcome is Outcome.REFUNDED and reply.answer.slip is None:
            reply = (yield from self._fetch_slip()) or reply
        if outcome is None:
            return None
        answer = reply.answer
        return Verdict(outcome, self._transaction_id, answer.error_code or "", slip=answer.slip, answer=reply.raw)

    def _fetch_slip(self) -> Generator[RefundEffect, Turn, Answered | None]:
        for _ in range(_SLIP_TRIES if self._refund_transaction_id else 0):
            yield from self._do(Wait(self._turn.now_s + self._rules.first_poll_s, heed_cancel=False))
            reply = yield from self._ask()
            if reply is not None and reply.answer.slip is not None:
                return reply
        return None

    def _rejected(self, code: str, details: str = "") -> Verdict:
        return Verdict(Outcome.REJECTED, self._transaction_id, code, details)

    def _unknown(self) -> Verdict:
        return Verdict(Outcome.UNKNOWN, self._transaction_id, "REFUND_UNKNOWN")
