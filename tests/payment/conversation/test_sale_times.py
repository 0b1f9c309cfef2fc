"""A sale at its limits of time, and one that is decided: what is sent then, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

import pytest

from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation.effects import Rules, Send, Turn, Wait
from koshelek_driver.payment.conversation.sale import SaleConversation, Start
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.secrets import Secret
from tests.support.talks import MERCHANT, Talk, talk

CHECKOUT = Request(Call.CHECKOUT, "checkout-1", b"the charge", Secret("token"))
SLIP = {"id": "slip-1"}
RULES = Rules(
    first_poll_s=0.25,
    poll_interval_s=1.0,
    decision_timeout_s=3.0,
    settle_timeout_s=2.0,
    connect_timeout_s=3.0,
    resend_attempts=3,
    resend_pause_s=0.5,
    resend_window_s=60.0,
    final_statuses={"accepted": Outcome.PAID, "rejected": Outcome.REJECTED, "canceled": Outcome.CANCELED},
)
LOST = NoAnswer("closed")
NO_ROUTE = NotSent("no route")


def answer(status: str, *, slip: bool = True) -> Answered:
    said = TransactionAnswer(transaction_id="t-1", status=status, slip=SLIP if slip else None)
    return Answered(said, {"status": status})


def sale(replies: Iterable[Reply], *, rules: Rules = RULES, cancel_at_s: float = float("inf")) -> Talk:
    names = (f"id-{number}" for number in count())
    conversation = SaleConversation(CHECKOUT, merchant=MERCHANT, rules=rules, ids=names, start=Start(), turn=Turn(0.0))
    return talk(conversation.run(), replies, cancel_at_s=cancel_at_s)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("accepted", Outcome.PAID),
        ("rejected", Outcome.REJECTED),
        ("canceled", Outcome.CANCELED),
        ("refunded", Outcome.PAID),
    ],
)
def test_a_sale_that_is_decided_is_not_cancelled(status: str, outcome: Outcome) -> None:
    made = sale([answer("new"), answer("pending"), answer(status)])
    assert made.verdict.outcome is outcome
    assert made.calls == [Call.CHECKOUT, Call.STATUS, Call.STATUS]


def test_an_undecided_sale_is_cancelled_at_its_deadline() -> None:
    made = sale([*[answer("new")] * 5, answer("canceled")])
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.CANCELED, "DECISION_TIMEOUT")
    assert made.calls == [Call.CHECKOUT, *[Call.STATUS] * 4, Call.CANCEL]
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 1.25, 2.25, 3.0, 3.0])


def test_an_undecided_sale_stays_unknown_where_only_a_person_may_cancel() -> None:
    made = sale([answer("new")] * 5, rules=replace(RULES, cancel_undecided=False))
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.UNKNOWN, "OUTCOME_UNKNOWN")
    assert Call.CANCEL not in made.calls


def test_a_cancel_by_a_person_is_sent_there_too() -> None:
    rules = replace(RULES, cancel_undecided=False)
    made = sale([answer("new"), answer("new"), answer("canceled")], rules=rules, cancel_at_s=1.0)
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.CANCELED, "CANCELED")
    assert made.calls == [Call.CHECKOUT, Call.STATUS, Call.CANCEL]


def test_a_lost_checkout_is_repeated_after_pauses_that_double() -> None:
    made = sale([LOST] * 4)
    assert made.verdict.outcome is Outcome.UNKNOWN
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.5, 1.5, 3.5])


@pytest.mark.parametrize(
    ("window_s", "times"), [(1.5, [0.0, 0.5, 1.5]), (1.25, [0.0, 0.5]), (3.5, [0.0, 0.5, 1.5, 3.5])]
)
def test_a_repeat_at_the_end_of_the_window_is_sent_and_none_behind_it(window_s: float, times: list[float]) -> None:
    lost = sale([LOST] * 4, rules=replace(RULES, resend_window_s=window_s))
    assert [at_s for at_s, _ in lost.sent] == pytest.approx(times)
    unsent = sale([NO_ROUTE] * 4, rules=replace(RULES, connect_timeout_s=window_s))
    assert [at_s for at_s, _ in unsent.sent] == pytest.approx(times)
    assert unsent.verdict.outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("reply", "outcome"), [(LOST, Outcome.UNKNOWN), (NO_ROUTE, Outcome.REJECTED)], ids=["lost", "unsent"]
)
def test_a_machine_that_sleeps_in_the_pause_sends_nothing_behind_the_window(reply: Reply, outcome: Outcome) -> None:
    names = (f"id-{number}" for number in count())
    sold = SaleConversation(CHECKOUT, merchant=MERCHANT, rules=RULES, ids=names, start=Start(), turn=Turn(0.0)).run()
    assert next(sold) == Send(CHECKOUT)
    assert isinstance(sold.send(Turn(0.0, reply)), Wait)
    with pytest.raises(StopIteration) as ended:
        sold.send(Turn(3600.0))
    assert ended.value.value.outcome is outcome


def test_a_checkout_that_may_have_arrived_is_repeated_whatever_the_cashier_says() -> None:
    assert not any(wait.heed_cancel for _, wait in sale([LOST] * 4).waits)
    assert all(wait.heed_cancel for _, wait in sale([NO_ROUTE] * 4).waits)


def test_a_checkout_that_never_left_is_not_repeated_after_a_cancel() -> None:
    made = sale([NO_ROUTE], cancel_at_s=0.5)
    assert (made.verdict.outcome, made.verdict.error_code) == (Outcome.CANCELED, "CANCELED")
    assert made.calls == [Call.CHECKOUT]


def test_the_slip_of_a_paid_sale_is_asked_for_three_times() -> None:
    made = sale([answer("accepted", slip=False)] * 4)
    assert (made.verdict.outcome, made.verdict.slip) == (Outcome.PAID, None)
    assert [at_s for at_s, _ in made.sent] == pytest.approx([0.0, 0.25, 0.5, 0.75])
    assert not any(wait.heed_cancel for _, wait in made.waits)


def test_after_a_cancel_the_status_is_asked_until_the_sale_is_settled() -> None:
    made = sale([answer("new"), answer("new"), *[LOST] * 4, *[answer("new")] * 4], cancel_at_s=0.3)
    assert made.verdict.outcome is Outcome.UNKNOWN
    assert made.calls == [Call.CHECKOUT, Call.STATUS, *[Call.CANCEL] * 4, *[Call.STATUS] * 3]
    cancelled_s = made.sent[5][0]
    assert [at_s - cancelled_s for at_s, _ in made.sent[6:]] == pytest.approx([0.25, 1.25, 2.0])
