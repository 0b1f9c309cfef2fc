"""A refund whose slip comes late, never, or that has no name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

import pytest

from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.conversation.refund import RefundConversation, RefundStart
from koshelek_driver.payment.conversation.sale import Effect, KeepReversal, Rules, Send, Turn, Wait
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret

REFUND = Request(Call.REFUND, "refund-1", b"the refund", Secret("token"))
SLIP = {"id": "slip-1"}
RULES = Rules(
    first_poll_s=0.25,
    poll_interval_s=1.0,
    decision_timeout_s=30.0,
    settle_timeout_s=10.0,
    connect_timeout_s=3.0,
    resend_attempts=3,
    resend_pause_s=0.5,
    resend_window_s=60.0,
    final_statuses={},
)


def answer(ref_status: str, *, slip: bool, name: str | None = "ref-1") -> Answered:
    """What the host says of the refund."""
    said = TransactionAnswer(
        transaction_id="t-1", ref_transaction_id=name, ref_status=ref_status, slip=SLIP if slip else None
    )
    return Answered(said, {"refStatus": ref_status, "slip": slip})


def talk(replies: Iterable[Reply]) -> tuple[Verdict, list[Effect], float]:
    """The verdict, all effects, and the seconds that were waited; requests take no time here."""
    left: Iterator[Reply] = iter(replies)
    names = (f"id-{number}" for number in count())
    merchant = Merchant("SHOP", "TILL-01", "1.2.1", ("SBP",), "Оплата", qr_key="qr")
    flow = RefundConversation(
        REFUND, merchant=merchant, rules=RULES, ids=names, start=RefundStart("t-1"), tick=Turn(0.0)
    ).run()
    now_s, effects = 0.0, [next(flow)]
    while True:
        effect = effects[-1]
        if isinstance(effect, Wait):
            now_s = effect.until_s
        try:
            effects.append(flow.send(Turn(now_s, next(left) if isinstance(effect, Send) else None)))
        except StopIteration as end:
            return end.value, effects, now_s


def test_a_slip_that_comes_late_is_fetched() -> None:
    late = [answer("accepted", slip=False), answer("accepted", slip=False), answer("accepted", slip=True)]
    verdict, effects, waited_s = talk(late)
    assert verdict == Verdict(Outcome.REFUNDED, "t-1", slip=SLIP, answer={"refStatus": "accepted", "slip": True})
    assert waited_s == pytest.approx(0.5)
    assert effects[:2] == [Send(REFUND), KeepReversal("ref-1")]
    asked = [effect.request for effect in effects if isinstance(effect, Send)][1:]
    assert [request.call for request in asked] == [Call.STATUS, Call.STATUS]


def test_a_slip_that_never_comes_changes_nothing_of_the_refund() -> None:
    never = [answer("accepted", slip=False)] * 3 + [NoAnswer("closed")]
    verdict, effects, waited_s = talk(never)
    assert (verdict.outcome, verdict.slip) == (Outcome.REFUNDED, None)
    assert len([effect for effect in effects if isinstance(effect, Send)]) == 4
    assert waited_s == pytest.approx(0.75)


def test_a_done_refund_without_a_name_is_done_and_nothing_is_asked_about_it() -> None:
    verdict, effects, _ = talk([answer("accepted", slip=False, name=None)])
    assert (verdict.outcome, verdict.slip) == (Outcome.REFUNDED, None)
    assert effects == [Send(REFUND)]


def test_a_refund_under_way_without_a_name_stays_unknown() -> None:
    verdict, effects, _ = talk([answer("new", slip=False, name=None)])
    assert (verdict.outcome, verdict.error_code) == (Outcome.UNKNOWN, "REFUND_UNKNOWN")
    assert effects == [Send(REFUND)]
