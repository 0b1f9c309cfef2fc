"""The law of a refund: the rules that each conversation with the host about a refund must keep, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation import refund
from koshelek_driver.payment.conversation.effects import KeepRefundTransaction, Rules, Send, Turn, Wait
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret
from tests.proof.alphabet import OTHER, OTHER_SLIP, OURS, REFUND, Alphabet, Step
from tests.proof.freezing import Ids
from tests.proof.moments import NEVER, Moment
from tests.proof.sale_law import CLOSEST_S, SMALL, Break
from tests.support.merchants import merchant

WORDS = {"accepted": Outcome.REFUNDED, "rejected": Outcome.REJECTED}
IS_RUNNING = ("TRANSACTION_IN_PROCESSING", "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY")
ASKED = Request(Call.REFUND, "refund", b"the refund", Secret("token"))


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """The truth about a refund so far; what is `kept` outlives a crash, the rest is of the run under way."""

    is_resumed: bool = False
    may_have_arrived: bool = False
    is_refused: bool = False
    refund: str = ""
    offered_refund: str = ""
    kept_refund: str = ""
    is_learned: bool = False
    word: Outcome | None = None
    status_ended_s: Moment = NEVER


class RefundLaw:
    """Refunds; `module` holds the conversation, so that a faulty copy can be tried."""

    def __init__(self, rules: Rules = SMALL, alphabet: Alphabet = REFUND, module: ModuleType = refund) -> None:
        self.rules = rules
        self.alphabet = alphabet
        self._module = module
        self._merchant = merchant()

    @property
    def oldest_s(self) -> float:
        """The age from which on a moment is only long ago: no limit reaches so far back."""
        return max(self.rules.decision_timeout_s, self.rules.settle_timeout_s) + CLOSEST_S

    def beginnings(self, now_s: Moment) -> Iterator[tuple[RefundFacts, Turn]]:
        """Give a new refund."""
        yield RefundFacts(), Turn(now_s)

    def begin(self, facts: RefundFacts, turn: Turn, ids: Ids) -> Any:
        """Return the conversation that the engine would run."""
        start = self._module.RefundStart(OURS, facts.kept_refund, maybe_arrived=facts.is_resumed)
        whole = self._module.RefundConversation(
            ASKED, merchant=self._merchant, rules=self.rules, ids=ids, start=start, turn=turn
        )
        return whole.run()

    def resumptions(self, facts: RefundFacts, now_s: Moment) -> Iterator[tuple[RefundFacts, Turn]]:
        """Give the refund as later runs find it; it has no window, so that their time makes no difference."""
        found = RefundFacts(
            is_resumed=True,
            may_have_arrived=facts.may_have_arrived,
            refund=facts.kept_refund,
            offered_refund=facts.kept_refund,
            kept_refund=facts.kept_refund,
            is_learned=bool(facts.kept_refund),
            status_ended_s=facts.status_ended_s,
        )
        yield found, Turn(now_s)

    # --- the driver asks for an effect

    def asks(self, facts: RefundFacts, effect: object, now_s: Moment, broken: Break) -> RefundFacts:
        """Judge an effect that the conversation asks for."""
        match effect:
            case Send(request) if request.call is Call.REFUND:
                _repeat(facts, request, broken)
            case Send(request) if request.call is Call.STATUS:
                self._status(facts, request, now_s, broken)
            case Send():
                broken("a refund calls refund and status only")
            case Wait(until_s):
                if not until_s - now_s <= self.oldest_s:
                    broken("every wait is bounded")
            case KeepRefundTransaction(refund_transaction_id):
                if refund_transaction_id != facts.refund:
                    broken("the id that is stored is the one that the host gave")
                return replace(facts, offered_refund=refund_transaction_id)
            case _:
                broken("a refund has no other effects")
        return facts

    def _status(self, facts: RefundFacts, request: Request, now_s: Moment, broken: Break) -> None:
        expected = requests.refund_status(self._merchant, request.request_id, facts.refund)
        if not facts.refund or request.body != expected.body:
            broken("every question names our refund")
        if facts.offered_refund != facts.refund:
            broken("the host's id is stored before it is used")
        if now_s - facts.status_ended_s < CLOSEST_S:
            broken("two questions for the status are 250 ms apart")

    # --- the world answers

    def happened(self, facts: RefundFacts, effect: object, step: Step) -> RefundFacts:
        """Return the facts after an effect."""
        turn = step.turn
        if turn.now_s - facts.status_ended_s >= CLOSEST_S:
            facts = replace(facts, status_ended_s=NEVER)
        match effect:
            case Send(request) if request.call is Call.REFUND:
                return _after_refund(facts, turn.reply)
            case Send():
                return replace(facts, word=facts.word or _word(facts, turn.reply), status_ended_s=Moment(turn.now_s))
            case KeepRefundTransaction(refund_transaction_id) if step.is_kept:
                return replace(facts, kept_refund=refund_transaction_id)
        return facts

    def crashed(self, facts: RefundFacts, effect: object, now_s: Moment) -> Iterator[RefundFacts]:
        """Give the facts that a crash leaves while an effect is performed."""
        yield facts
        match effect:
            case Send(request) if request.call is Call.REFUND:
                yield replace(facts, may_have_arrived=True)
            case Send():
                yield replace(facts, status_ended_s=now_s)
            case KeepRefundTransaction():
                yield self.happened(facts, effect, Step("stored", Turn(now_s)))

    # --- the conversation ends

    def ends(self, facts: RefundFacts, verdict: object, broken: Break) -> None:
        """Judge a verdict."""
        if not isinstance(verdict, Verdict) or verdict.outcome in (Outcome.PAID, Outcome.CANCELED):
            broken("every conversation ends with a verdict of its kind")
            return
        if facts.word is not None and verdict.outcome is not facts.word:
            broken("a final state is never left")
        if facts.word is None and verdict.outcome is Outcome.REFUNDED:
            broken("nothing is given back without the host's word")
        is_no = facts.word is None and verdict.outcome is Outcome.REJECTED
        if is_no and facts.may_have_arrived and not facts.is_refused:
            broken("nothing is a no once a request may have arrived")
        if verdict.transaction_id != OURS or verdict.slip == OTHER_SLIP:
            broken("a verdict is about our refund")


def _repeat(facts: RefundFacts, request: Request, broken: Break) -> None:
    if request != ASKED:
        broken("a refund is repeated as the same bytes and requestId")
    if facts.is_learned or facts.is_refused:
        broken("no refund follows an answer")


def _after_refund(facts: RefundFacts, reply: Reply | None) -> RefundFacts:
    if isinstance(reply, NotSent):
        return facts
    has_begun = facts.may_have_arrived or facts.is_resumed
    if isinstance(reply, Refused) and (not has_begun or _is_refusal_of_repeat(reply)):
        return replace(facts, is_refused=True)
    facts = replace(facts, may_have_arrived=True)
    if isinstance(reply, Answered) and reply.answer.transaction_id != OTHER:
        learned = reply.answer.refund_transaction_id or ""
        return replace(facts, is_learned=True, refund=learned, word=WORDS.get(reply.answer.ref_status or ""))
    return facts


def _is_refusal_of_repeat(reply: Refused) -> bool:
    """Return True for the API's own refusal, which means the refund even when it is a repeated one."""
    return not reply.code.startswith("HTTP_") and reply.code not in IS_RUNNING


def _word(facts: RefundFacts, reply: Reply | None) -> Outcome | None:
    """Return the final word of a reply about our refund."""
    if not isinstance(reply, Answered) or reply.answer.transaction_id == OTHER:
        return None
    is_ours = reply.answer.refund_transaction_id == facts.refund
    return WORDS.get(reply.answer.ref_status or "") if is_ours else None
