"""The states of a payment, found by playing every reply of the host to the real conversation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation.effects import (
    Conversation,
    KeepCancel,
    KeepTransaction,
    Rules,
    SaleEffect,
    Send,
    Turn,
    Wait,
)
from koshelek_driver.payment.conversation.sale import SaleConversation, Start
from koshelek_driver.payment.outcome import Outcome, Verdict
from tests.support.merchants import merchant

# Short limits, so that each is crossed after a few replies.
_RULES = Rules(
    first_poll_s=0.25,
    poll_interval_s=0.25,
    decision_timeout_s=0.6,
    settle_timeout_s=0.3,
    connect_timeout_s=3.0,
    resend_attempts=1,
    resend_pause_s=0.5,
    resend_window_s=60.0,
    final_statuses={"accepted": Outcome.PAID, "rejected": Outcome.REJECTED, "canceled": Outcome.CANCELED},
)
_CHECKOUT = Request(Call.CHECKOUT, "checkout", b"the charge")
_CANCELS = "cashier cancels"
_REPLIES: dict[str, Reply | str] = {
    "not sent": NotSent("refused"),
    "no answer": NoAnswer("closed"),
    "refused": Refused("NO"),
    "pending": "pending",
    "accepted": "accepted",
    "accepted without slip": "accepted",
    "rejected": "rejected",
    "canceled": "canceled",
}
_MOST_IN_A_ROW = 4
"""Turns in one state that are played; every limit above is crossed in fewer."""


@dataclass(frozen=True, order=True)
class Transition:
    """From one state to the next, by a reply of the host or by the cashier."""

    state: str
    event: str
    following: str


def transitions() -> list[Transition]:
    """Return every transition, found by playing replies in every order that leads to something new."""
    found: set[Transition] = set()
    seen: set[tuple[str, int, bool]] = set()
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        played = waiting.pop(0)
        for event in (*_REPLIES, _CANCELS):
            path = _play((*played, event))
            if path is None:
                continue
            found.update(path)
            place = _place(path, is_canceled=_CANCELS in (*played, event))
            if place not in seen and place[1] <= _MOST_IN_A_ROW:
                seen.add(place)
                waiting.append((*played, event))
    return sorted(found)


def _place(path: list[Transition], *, is_canceled: bool) -> tuple[str, int, bool]:
    """Return where a path ends: the state, how often in a row, and whether the cashier cancelled."""
    last = path[-1].following if path else ""
    stayed = next((number for number, each in enumerate(reversed(path)) if each.state != last), len(path))
    return last, stayed, is_canceled


def mermaid() -> str:
    """Return the states of a payment as a mermaid state diagram."""
    by_ends: dict[tuple[str, str], list[str]] = {}
    for each in transitions():
        by_ends.setdefault((each.state, each.following), []).append(each.event)
    lines = ["stateDiagram-v2", "    [*] --> charging: intent on disk"]
    lines += [f"    {state} --> {following}: {', '.join(events)}" for (state, following), events in by_ends.items()]
    lines += [f"    {outcome.value} --> [*]" for outcome in Outcome if any(to == outcome.value for _, to in by_ends)]
    return "\n".join(lines)


def _play(events: tuple[str, ...]) -> list[Transition] | None:
    """Play events in turn; None if one of them cannot happen where its turn comes."""
    now_s, is_canceled = 1000.0, False
    left, path, state, event = list(events), list[Transition](), _State(), ""
    conversation = _conversation(now_s)
    effect: SaleEffect = next(conversation)
    try:
        while True:
            if state.moves(effect) and event:
                path.append(Transition(state.before, event, state.name))
                event = ""
            reply: Reply | None = None
            if isinstance(effect, Wait) and left[:1] == [_CANCELS] and effect.heed_cancel and not is_canceled:
                is_canceled, event = True, _CANCELS
                del left[0]
            elif isinstance(effect, Wait):
                now_s = max(now_s, effect.until_s)
            elif isinstance(effect, Send):
                if not left or left[0] == _CANCELS:
                    return path if not left else None
                event = left.pop(0)
                reply = _reply(event, effect.request)
                state.replied(event)
            effect = conversation.send(Turn(now_s, reply, cancel=is_canceled))
    except StopIteration as end:
        verdict: Verdict = end.value
        path.append(Transition(state.name, event, verdict.outcome.value))
        return path if not left else None


class _State:
    """The state that an effect belongs to."""

    def __init__(self) -> None:
        self.name = self.before = "charging"
        self._is_canceling = self._is_known = self._is_paid = False

    def moves(self, effect: SaleEffect) -> bool:
        """Take an effect; True if it begins a state, perhaps the same again."""
        self._is_canceling = self._is_canceling or isinstance(effect, KeepCancel)
        self._is_known = self._is_known or isinstance(effect, KeepTransaction)
        if isinstance(effect, Send):
            self.before, self.name = self.name, self._named(effect.request.call)
        elif isinstance(effect, Wait) and self._is_known and self.name == "charging":
            self.before, self.name = self.name, self._named(Call.STATUS)
        else:
            return False
        return True

    def replied(self, event: str) -> None:
        """Remember that the money is taken: from then on only the slip is asked for."""
        self._is_paid = self._is_paid or event == "accepted without slip"

    def _named(self, call: Call) -> str:
        if self._is_paid:
            return "slip_asked_for"
        if call is Call.STATUS:
            return "cancel_settling" if self._is_canceling else "customer_decides"
        return {Call.CHECKOUT: "charging", Call.CANCEL: "canceling"}[call]


def _conversation(now_s: float) -> Conversation[SaleEffect]:
    ids = (f"id-{number}" for number in count())
    turn = Turn(now_s)
    return SaleConversation(_CHECKOUT, merchant=merchant(), rules=_RULES, ids=ids, start=Start(), turn=turn).run()


def _reply(event: str, request: Request) -> Reply:
    reply = _REPLIES[event]
    if isinstance(reply, str):
        slip = {"id": "slip"} if event == "accepted" else None
        answer = TransactionAnswer(request_id=request.request_id, transaction_id="t-1", status=reply, slip=slip)
        return Answered(answer, {"status": reply})
    return reply
