"""A refund whose slip comes late, never, or that has no name of its own; how often it is sent, and when."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import pytest

from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation.effects import KeepRefundTransaction, Rules, Send, Turn
from koshelek_driver.payment.conversation.refund import RefundConversation, RefundStart
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret
from tests.support.talks import MERCHANT, Talk, talk

REFUND = Request(Call.REFUND, "refund-1", b"the refund", Secret("token"))
SLIP = {"id": "slip-1"}
RULES = Rules(
    first_poll_s=0.25,
    poll_interval_s=1.0,
    decision_timeout_s=3.0,
    settle_timeout_s=10.0,
    connect_timeout_s=3.0,
    resend_attempts=3,
    resend_pause_s=0.5,
    resend_window_s=60.0,
    final_statuses={},
)
LOST = NoAnswer("closed")


def answer(ref_status: str, *, slip: bool = False, name: str | None = "ref-1") -> Answered:
    """What the host says of the refund."""
    said = TransactionAnswer(
        transaction_id="t-1", refund_transaction_id=name, ref_status=ref_status, slip=SLIP if slip else None
    )
    return Answered(said, {"refStatus": ref_status, "slip": slip})


def refund(replies: Iterable[Reply]) -> Talk:
    names = (f"id-{number}" for number in count())
    conversation = RefundConversation(
        REFUND, merchant=MERCHANT, rules=RULES, ids=names, start=RefundStart("t-1"), turn=Turn(0.0)
    )
    return talk(conversation.run(), replies)


def test_a_slip_that_comes_late_is_fetched() -> None:
    made = refund([answer("accepted"), answer("accepted"), answer("accepted", slip=True)])
    assert made.verdict == Verdict(Outcome.REFUNDED, "t-1", slip=SLIP, answer={"refStatus": "accepted", "slip": True})
    assert made.only[:2] == [Send(REFUND), KeepRefundTransaction("ref-1")]
    assert made.calls == [Call.REFUND, Call.STATUS, Call.STATUS]
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 0.5])


def test_a_slip_that_never_comes_changes_nothing_of_the_refund() -> None:
    made = refund([*[answer("accepted")] * 3, LOST])
    assert (made.verdict.outcome, made.verdict.slip) == (Outcome.REFUNDED, None)
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 0.5, 0.75])


def test_a_done_refund_without_a_name_is_done_and_nothing_is_asked_about_it() -> None:
    made = refund([answer("accepted", name=None)])
    assert (made.verdict.outcome, made.verdict.slip) == (Outcome.REFUNDED, None)
    assert made.only == [Send(REFUND)]


def test_a_refund_under_way_without_a_name_stays_unknown() -> None:
    made = refund([answer("new", name=None)])
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.UNKNOWN, "REFUND_UNKNOWN")
    assert made.only == [Send(REFUND)]


def test_a_lost_refund_is_repeated_after_pauses_that_double() -> None:
    made = refund([LOST] * 4)
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.5, 1.5, 3.5])
    assert made.calls == [Call.REFUND] * 4


def test_a_host_that_is_not_trusted_is_asked_once() -> None:
    made = refund([NotSent("another certificate", "HOST_NOT_TRUSTED")])
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.REJECTED, "HOST_NOT_TRUSTED")
    assert made.calls == [Call.REFUND]


def test_a_refund_is_asked_about_until_the_deadline_and_not_behind_it() -> None:
    made = refund([answer("new")] * 4)
    assert made.verdict.outcome is Outcome.UNKNOWN
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 1.25, 2.25])


def test_a_refund_is_asked_about_at_the_very_deadline() -> None:
    made = refund([answer("new"), NoAnswer("busy", wait_s=2.75), answer("accepted", slip=True)])
    assert made.verdict.outcome is Outcome.REFUNDED
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 3.0])


@pytest.mark.parametrize("replies", [[LOST] * 4, [answer("new")] * 4, [answer("accepted")] * 4])
def test_no_wait_of_a_refund_ends_with_a_cancel(replies: list[Reply]) -> None:
    waits = refund(replies).waits
    assert waits
    assert not any(wait.heed_cancel or wait.heed_news for _, wait in waits)
