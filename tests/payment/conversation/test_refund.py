"""A refund as a conversation, against a model of a host and a network that loses anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation.effects import KeepRefundTransaction, RefundEffect, Send, Turn, Wait
from koshelek_driver.payment.conversation.refund import RefundConversation, RefundStart
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret
from tests.support.conversations import REFUND_SLIP, RULES, ids, refund_answered
from tests.support.merchants import merchant

REFUND = Request(Call.REFUND, "refund-1", b"the refund", Secret("token"))
START = RefundStart("t-1")
LOST = NoAnswer("closed")


@dataclass
class Heard:
    verdict: Verdict
    ended_s: float
    effects: list[tuple[float, RefundEffect]] = field(default_factory=list)

    def sent(self, call: Call) -> list[tuple[float, Request]]:
        sends = [(at_s, effect.request) for at_s, effect in self.effects if isinstance(effect, Send)]
        return [(at_s, request) for at_s, request in sends if request.call is call]


def drive(answer: Callable[[Request, float], tuple[Reply, float]], start: RefundStart = START) -> Heard:
    now_s = 1000.0
    flow = RefundConversation(REFUND, merchant=merchant(), rules=RULES, ids=ids(), start=start, turn=Turn(now_s)).run()
    effects: list[tuple[float, RefundEffect]] = []
    try:
        effect = next(flow)
        for _ in range(1000):
            effects.append((now_s, effect))
            reply = None
            if isinstance(effect, Send):
                reply, took_s = answer(effect.request, now_s)
                now_s += took_s
            elif isinstance(effect, Wait):
                now_s = max(now_s, effect.until_s)
            effect = flow.send(Turn(now_s, reply))
    except StopIteration as end:
        return Heard(end.value, now_s, effects)
    raise AssertionError("a refund that does not end")


def replies(*some: Reply | str) -> Callable[[Request, float], tuple[Reply, float]]:
    """These replies one after another, the last for ever; a word is a refStatus."""
    left = list(some)

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        reply = left.pop(0) if len(left) > 1 else left[0]
        return (refund_answered(request, reply) if isinstance(reply, str) else reply), 0.01

    return answer


def test_a_refund_that_is_done_at_once_is_done() -> None:
    heard = drive(replies("accepted"))
    assert (heard.verdict.outcome, heard.verdict.slip, heard.verdict.transaction_id) == (
        Outcome.REFUNDED,
        REFUND_SLIP,
        "t-1",
    )
    assert [effect for _, effect in heard.effects] == [Send(REFUND), KeepRefundTransaction("ref-1")]


def test_a_refund_that_takes_time_is_asked_about_by_its_own_transaction() -> None:
    heard = drive(replies("new", "new", "new", "accepted"))
    assert heard.verdict.outcome is Outcome.REFUNDED
    times = [at_s - 1000.01 for at_s, _ in heard.sent(Call.STATUS)]
    assert times == pytest.approx([0.25, 0.51, 0.77]), "each is counted from the end of the one before"
    assert all(b'"refTransactionId":"ref-1"' in request.body for _, request in heard.sent(Call.STATUS))


@pytest.mark.parametrize(
    ("some", "code"),
    [
        ([Refused("PAYMENT_TRANSACTION_IS_NOT_PAID", "x")], "PAYMENT_TRANSACTION_IS_NOT_PAID"),
        ([Refused("PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY")], "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY"),
        ([Refused("HTTP_401")], "HTTP_401"),
        ([NotSent("no route")], "HOST_UNREACHABLE"),
        ([NotSent("bad", "HOST_NOT_TRUSTED")], "HOST_NOT_TRUSTED"),
        ([LOST, Refused("REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE")], "REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE"),
    ],
)  # fmt: skip
def test_a_clear_no_is_a_no(some: list[Reply], code: str) -> None:
    heard = drive(replies(*some))
    assert (heard.verdict.outcome, heard.verdict.error_code) == (Outcome.REJECTED, code)


@pytest.mark.parametrize(
    "some",
    [
        [LOST],
        [LOST, NotSent("gone")],
        [LOST, Refused("HTTP_401")],
        [LOST, Refused("PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY")],
        ["new"],
        ["new", LOST],
        ["new", Refused("UNKNOWN_TRANSACTION_ID")],
        ["thinking_it_over"],
    ],
)
def test_what_may_have_arrived_is_never_a_no_without_the_hosts_word(some: list[Reply | str]) -> None:
    heard = drive(replies(*some))
    assert (heard.verdict.outcome, heard.verdict.error_code) == (Outcome.UNKNOWN, "REFUND_UNKNOWN")
    assert heard.ended_s <= 1000.0 + RULES.decision_timeout_s + 1


@pytest.mark.parametrize("calls", [(Call.REFUND,), (Call.STATUS,)])
def test_a_response_about_another_transaction_is_not_believed(calls: tuple[Call, ...]) -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        told = refund_answered(request, "new" if request.call is Call.REFUND else "accepted")
        if request.call in calls:
            other = msgspec.structs.replace(told.answer, transaction_id="t-other", ref_status="accepted")
            told = Answered(other, told.raw)
        return told, 0.01

    assert drive(answer).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("named", ["", "T-1", "REF-1"])
def test_a_response_may_name_the_payment_or_the_refund_or_nothing(named: str) -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        told = refund_answered(request, "new" if request.call is Call.REFUND else "accepted")
        named_so = msgspec.structs.replace(told.answer, transaction_id=named if request.call is Call.STATUS else "t-1")
        return Answered(named_so, told.raw), 0.01

    assert drive(answer).verdict.outcome is Outcome.REFUNDED


def test_a_first_response_may_name_the_refund_itself() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        told = refund_answered(request, "accepted")
        return Answered(msgspec.structs.replace(told.answer, transaction_id="ref-1"), told.raw), 0.01

    heard = drive(answer)
    assert (heard.verdict.outcome, len(heard.sent(Call.REFUND))) == (Outcome.REFUNDED, 1)


def test_a_bank_that_refuses_later_is_reported() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.REFUND:
            return refund_answered(request, "new"), 0.0
        return refund_answered(request, "rejected", error_code="EXTERNAL_PROVIDER_ERROR"), 0.0

    assert drive(answer).verdict.error_code == "EXTERNAL_PROVIDER_ERROR"


def test_a_refund_without_its_slip_asks_for_it_a_few_times_and_is_done_all_the_same() -> None:
    heard = drive(lambda request, _now_s: (refund_answered(request, "accepted", slip=False), 0.0))
    assert (heard.verdict.outcome, heard.verdict.slip) == (Outcome.REFUNDED, None)
    assert len(heard.sent(Call.STATUS)) == 3


def test_a_refund_left_open_goes_on_where_it_was() -> None:
    known = drive(replies("accepted"), RefundStart("t-1", "ref-1", maybe_arrived=True))
    assert known.sent(Call.REFUND) == []
    lost = drive(replies("accepted"), RefundStart("t-1", maybe_arrived=True))
    assert [request for _, request in lost.sent(Call.REFUND)] == [REFUND]


REPLIES = st.sampled_from(
    ["new", "accepted", "rejected", "odd", None, LOST, NotSent("x"), NotSent("x", "HOST_NOT_TRUSTED"), Refused("HTTP_403"), Refused("CANCEL_REFUNDING_BY_BANK"), Refused("TRANSACTION_IN_PROCESSING")]
)  # fmt: skip


@given(st.lists(REPLIES, min_size=1, max_size=30), st.sampled_from([0.0, 0.3, 10.0]))
def test_whatever_comes_the_law_is_kept(some: list[Reply | str | None], took_s: float) -> None:
    left, heard_replies = list(some), list[Reply]()

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        chosen = left.pop(0) if left else LOST
        reply = refund_answered(request, chosen) if chosen is None or isinstance(chosen, str) else chosen
        heard_replies.append(reply)
        return reply, took_s

    heard = drive(answer)
    refunds = heard.sent(Call.REFUND)
    assert 1 <= len(refunds) <= 1 + RULES.resend_attempts
    assert all(request == REFUND for _, request in refunds)
    statuses = [reply.answer.ref_status for reply in heard_replies if isinstance(reply, Answered)]
    may_have_arrived = any(isinstance(reply, NoAnswer | Answered) for reply in heard_replies)
    if heard.verdict.outcome is Outcome.REFUNDED:
        assert "accepted" in statuses
    elif heard.verdict.outcome is Outcome.REJECTED:
        assert "rejected" in statuses or not may_have_arrived or isinstance(heard_replies[-1], Refused)
    else:
        assert may_have_arrived
