"""A refund as a conversation: a pure generator, like a sale.

The law of this module: a refund that may have arrived is only ever repeated as the same bytes, which the host answers
as the first time; it cannot be cancelled; only the host's word ends it, or it stays unknown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.replies import Answered, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.conversation.sale import (
    Conversation,
    Effect,
    KeepReversal,
    Rules,
    Send,
    Turn,
    Wait,
    asked_pause_s,
)
from koshelek_driver.payment.outcome import Outcome, Verdict

_OURS_IS_RUNNING = frozenset(("PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY", "TRANSACTION_IN_PROCESSING"))
"""Said to a repeated refund, these mean the first sending of it."""
_ENDS = {"accepted": Outcome.REFUNDED, "rejected": Outcome.REJECTED}
_SLIP_TRIES = 3


@dataclass(frozen=True, slots=True)
class RefundStart:
    """Where the refund stands; `maybe_arrived` is true for one that an earlier run left."""

    transaction_id: str
    ref_transaction_id: str = ""
    maybe_arrived: bool = False


class RefundConversation:
    """One refund, from the first byte to a verdict. `tick` is the present. Use `run` once."""

    def __init__(
        self, request: Request, *, merchant: Merchant, rules: Rules, ids: Iterator[str], start: RefundStart, tick: Turn
    ) -> None:
        self._request = request
        self._merchant = merchant
        self._rules = rules
        self._ids = ids
        self._transaction_id = start.transaction_id
        self._reversal_id = start.ref_transaction_id
        self._maybe_arrived = start.maybe_arrived
        self._tick = tick

    def run(self) -> Conversation:
        """The conversation. Ends with a verdict; raises nothing of its own."""
        verdict = None if self._reversal_id else (yield from self._learn_reversal())
        if verdict is None and self._reversal_id:
            verdict = yield from self._poll()
        return verdict or self._unknown()

    def _do(self, effect: Effect) -> Generator[Effect, Turn, Turn]:
        self._tick = yield effect
        return self._tick

    def _learn_reversal(self) -> Generator[Effect, Turn, Verdict | None]:
        """Send, and again if need be, until the host's name for the refund is known. A verdict ends it."""
        verdict = self._rejected("HOST_UNREACHABLE")
        for attempt in range(1 + self._rules.resend_attempts):
            if attempt:
                own_s: float = self._rules.resend_pause_s * 2 ** (attempt - 1)
                longest_s = max(own_s, self._rules.settle_timeout_s)
                wait_s = min(asked_pause_s(self._tick.reply, own_s), longest_s)
                yield from self._do(Wait(self._tick.now_s + wait_s, heed_cancel=False))
            reply = (yield from self._do(Send(self._request))).reply
            if isinstance(reply, Answered):
                return (yield from self._learned(reply))
            if isinstance(reply, NotSent | Refused):
                verdict = self._rejected(reply.code, reply.details)
            if self._is_no(reply):
                return verdict
        return None if self._maybe_arrived else verdict

    def _is_no(self, reply: Reply | None) -> bool:
        """Whether a reply ends the refund. After one that may have arrived only the API's own no does."""
        if isinstance(reply, NotSent):
            return reply.code == "HOST_NOT_TRUSTED" and not self._maybe_arrived
        if isinstance(reply, Refused) and not self._maybe_arrived:
            return True
        if isinstance(reply, Refused):
            return not reply.code.startswith("HTTP_") and reply.code not in _OURS_IS_RUNNING
        self._maybe_arrived = True
        return False

    def _learned(self, reply: Answered) -> Generator[Effect, Turn, Verdict | None]:
        self._maybe_arrived = True
        self._reversal_id = reply.answer.refund_transaction_id or ""
        if self._reversal_id:
            yield from self._do(KeepReversal(self._reversal_id))
        return (yield from self._final(reply))

    def _poll(self) -> Generator[Effect, Turn, Verdict | None]:
        """Ask how far it is until it is final, as long as a sale may take."""
        deadline_s = self._tick.now_s + self._rules.decision_timeout_s
        due_s = self._tick.now_s + self._rules.first_poll_s
        verdict: Verdict | None = None
        while verdict is None and due_s <= deadline_s:
            yield from self._do(Wait(due_s, heed_cancel=False))
            asked_s = self._tick.now_s
            reply = yield from self._ask()
            due_s = asked_s + asked_pause_s(self._tick.reply, self._rules.poll_interval_s)
            verdict = (yield from self._final(reply)) if reply else None
        return verdict

    def _ask(self) -> Generator[Effect, Turn, Answered | None]:
        """The state of this refund, None if the host did not say it."""
        request = requests.refund_status(self._merchant, next(self._ids), self._reversal_id)
        reply = (yield from self._do(Send(request))).reply
        is_ours = isinstance(reply, Answered) and reply.answer.refund_transaction_id == self._reversal_id
        return reply if is_ours and isinstance(reply, Answered) else None

    def _final(self, reply: Answered) -> Generator[Effect, Turn, Verdict | None]:
        """The verdict that this answer means, None while the host has not decided."""
        outcome = _ENDS.get(reply.answer.ref_status or "")
        if outcome is Outcome.REFUNDED and reply.answer.slip is None:
            reply = (yield from self._fetch_slip()) or reply
        if outcome is None:
            return None
        answer = reply.answer
        return Verdict(outcome, self._transaction_id, answer.error_code or "", slip=answer.slip, answer=reply.raw)

    def _fetch_slip(self) -> Generator[Effect, Turn, Answered | None]:
        for _ in range(_SLIP_TRIES if self._reversal_id else 0):
            yield from self._do(Wait(self._tick.now_s + self._rules.first_poll_s, heed_cancel=False))
            reply = yield from self._ask()
            if reply is not None and reply.answer.slip is not None:
                return reply
        return None

    def _rejected(self, code: str, details: str = "") -> Verdict:
        return Verdict(Outcome.REJECTED, self._transaction_id, code, details)

    def _unknown(self) -> Verdict:
        return Verdict(Outcome.UNKNOWN, self._transaction_id, "REFUND_UNKNOWN")
