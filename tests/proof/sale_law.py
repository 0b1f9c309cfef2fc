"""The law of a sale: the rules that each conversation with the host about a payment must keep, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation import sale
from koshelek_driver.payment.conversation.effects import KeepCancel, KeepTransaction, Rules, Send, Turn, Wait
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret
from tests.proof.alphabet import OTHER_SLIP, SALE, Alphabet, Step
from tests.proof.freezing import Ids
from tests.proof.moments import NEVER, Moment
from tests.support.merchants import merchant

SMALL = Rules(
    first_poll_s=0.25,
    poll_interval_s=0.5,
    decision_timeout_s=0.75,
    settle_timeout_s=0.5,
    connect_timeout_s=0.5,
    resend_attempts=2,
    resend_pause_s=0.25,
    resend_window_s=1.0,
    final_statuses={"accepted": Outcome.PAID, "rejected": Outcome.REJECTED, "canceled": Outcome.CANCELED},
)
"""Limits that are crossed after a few replies, each in its own place; binary fractions, so that sums are exact."""
SMALLEST = replace(SMALL, resend_attempts=1, decision_timeout_s=0.5)
"""Limits for the quick walk."""
CLOSEST_S = 0.25
LAPSE_S = 100.0
"""From a crash to the run that resumes, where every window is over by then."""
WORDS = {**SMALL.final_statuses, "refunding": Outcome.PAID}
"""The final words of the host, told here once more: the proof does not ask the code that it proves."""
CHECKOUT = Request(Call.CHECKOUT, "checkout", b"the charge", Secret("token"))
Break = Callable[[str], None]
"""Told the name of a rule that is broken."""


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """The truth about a sale so far, as an onlooker sees it who stands beside driver, journal and wire.

    What is `kept` outlives a crash; the rest is of the run under way.
    """

    began_s: Moment
    is_resumed: bool = False
    may_have_arrived: bool = False
    is_refused: bool = False
    is_cancel_pressed: bool = False
    transaction: str = ""
    offered_transaction: str = ""
    kept_transaction: str = ""
    offered_cancel: str = ""
    kept_cancel: str = ""
    first_cancel: Request | None = None
    is_cancel_sent: bool = False
    word: Outcome | None = None
    status_ended_s: Moment = NEVER


class SaleLaw:
    """Sales with certain rules; `module` holds the conversation, so that a faulty copy can be tried."""

    def __init__(self, rules: Rules = SMALL, alphabet: Alphabet = SALE, module: ModuleType = sale) -> None:
        self.rules = rules
        self.alphabet = alphabet
        self._module = module
        self._merchant = merchant()

    @property
    def oldest_s(self) -> float:
        """The age from which on a moment is only long ago: no limit reaches so far back."""
        rules = self.rules
        limits = (rules.resend_window_s, rules.decision_timeout_s, rules.settle_timeout_s, rules.connect_timeout_s)
        return max(limits) + CLOSEST_S

    def beginnings(self, now_s: Moment) -> Iterator[tuple[SaleFacts, Turn]]:
        """Give a new sale, also one whose cancel is pressed already."""
        for cancel in (False, True):
            yield SaleFacts(now_s, is_cancel_pressed=cancel), Turn(now_s, None, cancel)

    def begin(self, facts: SaleFacts, turn: Turn, ids: Ids) -> Any:
        """Return the conversation that the engine would run."""
        first_sent_s = facts.began_s if facts.is_resumed else None
        start = self._module.Start(facts.kept_transaction, first_sent_s, facts.kept_cancel)
        whole = self._module.SaleConversation(
            CHECKOUT, merchant=self._merchant, rules=self.rules, ids=ids, start=start, turn=turn
        )
        return whole.run()

    def resumptions(self, facts: SaleFacts, now_s: Moment) -> Iterator[tuple[SaleFacts, Turn]]:
        """Give the sale as later runs find it: at once, behind every window, and with a clock set back."""
        first_cancel = facts.first_cancel
        left = SaleFacts(
            facts.began_s,
            is_resumed=True,
            may_have_arrived=facts.may_have_arrived,
            transaction=facts.kept_transaction,
            offered_transaction=facts.kept_transaction,
            kept_transaction=facts.kept_transaction,
            kept_cancel=facts.kept_cancel,
            first_cancel=first_cancel if first_cancel and first_cancel.request_id == facts.kept_cancel else None,
            status_ended_s=facts.status_ended_s,
        )
        for cancel in (False, True):
            found = replace(left, is_cancel_pressed=cancel)
            yield found, Turn(now_s, None, cancel)
            yield found, Turn(now_s + LAPSE_S, None, cancel)
            yield replace(found, began_s=NEVER), Turn(now_s, None, cancel)

    # --- the driver asks for an effect

    def asks(self, facts: SaleFacts, effect: object, now_s: Moment, broken: Break) -> SaleFacts:
        """Judge an effect that the conversation asks for."""
        match effect:
            case Send(request) if request.call is Call.CHECKOUT:
                self._checkout(facts, request, now_s, broken)
            case Send(request) if request.call is Call.STATUS:
                self._status(facts, request, now_s, broken)
            case Send(request) if request.call is Call.CANCEL:
                self._cancel(facts, request, broken)
                return replace(facts, is_cancel_sent=True, first_cancel=facts.first_cancel or request)
            case Send():
                broken("a sale calls checkout, status and cancel only")
            case Wait(until_s):
                if not until_s - now_s <= self.oldest_s:
                    broken("every wait is bounded")
            case _:
                return _offered(facts, effect, broken)
        return facts

    def _checkout(self, facts: SaleFacts, request: Request, now_s: Moment, broken: Break) -> None:
        has_begun = facts.may_have_arrived or facts.is_resumed
        window_s = self.rules.resend_window_s if has_begun else self.rules.connect_timeout_s
        if request != CHECKOUT:
            broken("a checkout is repeated as the same bytes and requestId")
        if now_s - facts.began_s > window_s:
            broken("no checkout leaves after its window")
        if facts.transaction or facts.is_refused:
            broken("no checkout follows an answer")
        if facts.is_cancel_pressed and not has_begun:
            broken("no first checkout leaves after the cashier's cancel")

    def _status(self, facts: SaleFacts, request: Request, now_s: Moment, broken: Break) -> None:
        if request.body != requests.status(self._merchant, request.request_id, facts.transaction).body:
            broken("every question and cancel names our transaction")
        if facts.offered_transaction != facts.transaction:
            broken("the host's id is stored before it is used")
        if now_s - facts.status_ended_s < CLOSEST_S:
            broken("two questions for the status are 250 ms apart")

    def _cancel(self, facts: SaleFacts, request: Request, broken: Break) -> None:
        if request.body != requests.cancel(self._merchant, request.request_id, facts.transaction).body:
            broken("every question and cancel names our transaction")
        if facts.offered_cancel != request.request_id:
            broken("a cancel is stored before it is sent")
        if facts.first_cancel not in (None, request):
            broken("every repeat of a cancel has the same requestId")
        if facts.word is not None:
            broken("no cancel follows a final status")
        if not (facts.is_cancel_pressed or self.rules.cancel_undecided):
            broken("nobody but a person cancels where the settings say so")

    # --- the world answers

    def happened(self, facts: SaleFacts, effect: object, step: Step) -> SaleFacts:
        """Return the facts after an effect."""
        turn = step.turn
        is_recent = turn.now_s - facts.status_ended_s < CLOSEST_S
        status_ended_s = facts.status_ended_s if is_recent else NEVER
        facts = replace(facts, is_cancel_pressed=turn.cancel, status_ended_s=status_ended_s)
        match effect:
            case Send(request) if request.call is Call.CHECKOUT:
                return _after_checkout(facts, turn.reply)
            case Send(request):
                facts = replace(facts, word=facts.word or _word(facts, turn.reply))
                return replace(facts, status_ended_s=Moment(turn.now_s)) if request.call is Call.STATUS else facts
            case KeepTransaction(transaction_id) if step.is_kept:
                return replace(facts, kept_transaction=transaction_id)
            case KeepCancel(request_id) if step.is_kept:
                return replace(facts, kept_cancel=request_id)
        return facts

    def crashed(self, facts: SaleFacts, effect: object, now_s: Moment) -> Iterator[SaleFacts]:
        """Give the facts that a crash leaves while an effect is performed."""
        yield facts
        match effect:
            case Send(request) if request.call is Call.CHECKOUT:
                yield replace(facts, may_have_arrived=True)
            case Send(request) if request.call is Call.STATUS:
                yield replace(facts, status_ended_s=now_s)
            case KeepTransaction() | KeepCancel():
                yield self.happened(facts, effect, Step("stored", Turn(now_s, None, facts.is_cancel_pressed)))

    # --- the conversation ends

    def ends(self, facts: SaleFacts, verdict: object, broken: Break) -> None:
        """Judge a verdict."""
        if not isinstance(verdict, Verdict) or verdict.outcome is Outcome.REFUNDED:
            broken("every conversation ends with a verdict of its kind")
            return
        if facts.word is not None and verdict.outcome is not facts.word:
            broken("a final state is never left")
        if facts.word is None:
            self._end_without_word(facts, verdict, broken)
        if verdict.transaction_id != facts.transaction or verdict.slip == OTHER_SLIP:
            broken("a verdict is about our transaction")

    def _end_without_word(self, facts: SaleFacts, verdict: Verdict, broken: Break) -> None:
        outcome = verdict.outcome
        if outcome is Outcome.PAID:
            broken("nothing is paid without the host's word")
        is_no = outcome in (Outcome.REJECTED, Outcome.CANCELED)
        if is_no and facts.may_have_arrived:
            broken("nothing is a no once a request may have arrived")
        if outcome is Outcome.CANCELED and not facts.is_cancel_pressed:
            broken("nothing is canceled without a person or the host")
        is_wanted = facts.is_cancel_pressed or self.rules.cancel_undecided
        if facts.transaction and is_wanted and not facts.is_cancel_sent:
            broken("a cancel that is wanted is sent")


def _offered(facts: SaleFacts, effect: object, broken: Break) -> SaleFacts:
    """Judge what is handed to the journal."""
    match effect:
        case KeepTransaction(transaction_id):
            if transaction_id != facts.transaction or facts.kept_transaction not in ("", transaction_id):
                broken("the id that is stored is the one that the host gave")
            return replace(facts, offered_transaction=transaction_id)
        case KeepCancel(request_id):
            if facts.kept_cancel not in ("", request_id):
                broken("every repeat of a cancel has the same requestId")
            return replace(facts, offered_cancel=request_id)
    broken("a sale has no other effects")
    return facts


def _after_checkout(facts: SaleFacts, reply: Reply | None) -> SaleFacts:
    if isinstance(reply, NotSent):
        return facts
    is_no = isinstance(reply, Refused) and reply.code != "TRANSACTION_IN_PROCESSING"
    if is_no:
        return replace(facts, is_refused=True)
    if isinstance(reply, Answered) and reply.answer.transaction_id:
        facts = replace(facts, transaction=reply.answer.transaction_id)
        return replace(facts, may_have_arrived=True, word=_word(facts, reply))
    return replace(facts, may_have_arrived=True)


def _word(facts: SaleFacts, reply: Reply | None) -> Outcome | None:
    """Return the final word of a reply about our transaction."""
    is_ours = isinstance(reply, Answered) and reply.answer.transaction_id == facts.transaction
    return WORDS.get(reply.answer.status or "") if is_ours and isinstance(reply, Answered) else None
