"""The sale as a conversation, against a model of the host and of a network that loses anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.conversation.effects import (
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
from tests.support.conversations import CHECKOUT, RULES, SLIP, answered, ids, scripted
from tests.support.merchants import merchant


@dataclass
class Heard:
    """What the flow did: each effect with the time before it."""

    verdict: Verdict
    ended_s: float
    effects: list[tuple[float, SaleEffect]]

    def sent(self, call: Call) -> list[tuple[float, Request]]:
        return [
            (at_s, effect.request)
            for at_s, effect in self.effects
            if isinstance(effect, Send) and effect.request.call is call
        ]


def drive(
    answer: Callable[[Request, float], tuple[Reply, float]],
    *,
    rules: Rules = RULES,
    start: Start = Start(),  # noqa: B008 - frozen
    began_s: float = 1000.0,
    cancel_at_s: float = float("inf"),
) -> Heard:
    """Run a sale; `answer` gives the reply to a request and how long it took."""
    now_s = began_s
    sale = SaleConversation(
        CHECKOUT,
        merchant=merchant(),
        rules=rules,
        ids=ids(),
        start=start,
        turn=Turn(now_s, cancel=now_s >= cancel_at_s),
    ).run()
    effects: list[tuple[float, SaleEffect]] = []
    try:
        effect = next(sale)
        for _ in range(2000):
            effects.append((now_s, effect))
            reply = None
            if isinstance(effect, Send):
                reply, took_s = answer(effect.request, now_s)
                now_s += took_s
            elif isinstance(effect, Wait):
                woken_s = max(now_s, cancel_at_s) if effect.heed_cancel else float("inf")
                now_s = max(now_s, min(effect.until_s, woken_s))
            effect = sale.send(Turn(now_s, reply, cancel=now_s >= cancel_at_s))
    except StopIteration as end:
        return Heard(end.value, now_s, effects)
    raise AssertionError("the sale does not end")


@dataclass
class ModelHost:
    """A host that decides whenever it likes, behind a network that loses whatever it likes."""

    fates: Iterator[str]
    delays: Iterator[float]
    decisions: Iterator[str]
    status: str | None = None
    refuses: str = ""
    seen: list[Call] = field(default_factory=list)

    def __call__(self, request: Request, _now_s: float) -> tuple[Reply, float]:
        fate, took_s = next(self.fates), next(self.delays)
        if fate == "not-sent":
            return NotSent("refused"), took_s
        if fate == "lost-before":
            return NoAnswer("closed"), took_s
        reply = self._process(request)
        return (NoAnswer("closed") if fate == "lost-after" else reply), took_s

    def _process(self, request: Request) -> Reply:
        self.seen.append(request.call)
        if request.call is Call.CHECKOUT and self.status is None:
            if self.refuses:
                return Refused(self.refuses)
            self.status = "new"
        assert self.status is not None
        if self.status in ("new", "pending"):
            self.status = next(self.decisions)
        if request.call is Call.CANCEL and self.status in ("new", "pending"):
            self.status = "canceled"
        slip = SLIP if self.status in ("accepted", "rejected") and request.call is Call.STATUS else None
        return answered(request, self.status, slip=slip)

    @property
    def charged(self) -> bool:
        return self.status == "accepted"


FATES = st.lists(
    st.sampled_from(["answer", "answer", "lost-before", "lost-after", "not-sent"]), min_size=1, max_size=30
)
DELAYS = st.lists(st.sampled_from([0.0, 0.05, 0.4, 2.0, 9.9]), min_size=1, max_size=10)
DECISIONS = st.lists(
    st.sampled_from(["new", "pending", "pending", "accepted", "rejected", "canceled"]), min_size=1, max_size=12
)
REFUSALS = st.sampled_from(["", "", "", "UNKNOWN_SESSION_ID", "TRANSACTION_IN_PROCESSING", "HTTP_401", "BRAND_NEW"])


def forever(values: list[str]) -> Iterator[str]:
    while True:
        yield from values


def forever_s(values: list[float]) -> Iterator[float]:
    while True:
        yield from values


@settings(max_examples=600)
@given(FATES, DELAYS, DECISIONS, REFUSALS, st.sampled_from([float("inf"), 1000.0, 1000.3, 1004.0, 1031.0]))
def test_whatever_is_lost_the_verdict_is_the_hosts_truth_or_unknown(
    fates: list[str], delays: list[float], decisions: list[str], refuses: str, cancel_at_s: float
) -> None:
    host = ModelHost(forever(fates), forever_s(delays), forever(decisions), refuses=refuses)
    heard = drive(host, cancel_at_s=cancel_at_s)
    truth = {
        Outcome.PAID: host.status == "accepted",
        Outcome.REJECTED: host.status in (None, "rejected"),
        Outcome.CANCELED: host.status in (None, "canceled"),
        Outcome.UNKNOWN: True,
    }
    assert truth[heard.verdict.outcome], (heard.verdict, host.status)
    check_manners(heard)


def check_manners(heard: Heard) -> None:
    """Rules of the wire that hold in every conversation."""
    checkouts = heard.sent(Call.CHECKOUT)
    assert all(request is CHECKOUT for _, request in checkouts)
    assert len(checkouts) <= 1 + RULES.resend_attempts
    assert all(at_s - checkouts[0][0] <= RULES.resend_window_s for at_s, _ in checkouts)
    polls = [at_s for at_s, _ in heard.sent(Call.STATUS)]
    assert all(later - earlier >= RULES.poll_interval_s - 1e-9 for earlier, later in pairwise(polls))
    cancels = {request.request_id for _, request in heard.sent(Call.CANCEL)}
    assert len(cancels) <= 1
    kinds = [effect for _, effect in heard.effects]
    kept = [effect.request_id for effect in kinds if isinstance(effect, KeepCancel)]
    assert cancels <= set(kept)
    if polls or cancels:
        first = next(
            at for at, effect in enumerate(kinds) if isinstance(effect, Send) and effect.request is not CHECKOUT
        )
        assert any(isinstance(effect, KeepTransaction) for effect in kinds[:first])
    assert heard.ended_s - 1000 < 250


def test_the_first_status_comes_250_ms_after_checkout_and_the_next_as_late_again() -> None:
    heard = drive(scripted("pending", "pending", "accepted"))
    assert [at_s - 1000 for at_s, _ in heard.sent(Call.STATUS)] == [0.25, 0.5, 0.75]
    assert heard.verdict == Verdict(Outcome.PAID, "t-1", slip=SLIP, answer={"status": "accepted", "slip": SLIP})


@pytest.mark.scenario(22)
def test_slow_answers_do_not_pile_up() -> None:
    heard = drive(scripted("pending", "accepted", took_s=1.0))
    assert [at_s - 1000 for at_s, _ in heard.sent(Call.STATUS)] == [1.25, 2.5]


def test_after_thirty_seconds_the_sale_is_cancelled_and_the_status_decides() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "canceled" if request.call is Call.CANCEL else "pending"), 0.0

    heard = drive(answer)
    [(cancelled_s, _)] = heard.sent(Call.CANCEL)
    assert cancelled_s - 1000 == pytest.approx(30, abs=0.3)
    assert heard.verdict == Verdict(Outcome.CANCELED, "t-1", "DECISION_TIMEOUT", answer={"status": "canceled"})


@pytest.mark.scenario(28)
def test_a_refused_cancel_of_an_accepted_payment_is_a_paid_sale_with_its_slip() -> None:
    host = ModelHost(forever(["answer"]), forever_s([0.0]), forever(["pending"] * 121 + ["accepted"]))
    heard = drive(host)
    assert heard.verdict == Verdict(Outcome.PAID, "t-1", slip=SLIP, answer={"status": "accepted", "slip": SLIP})
    assert heard.sent(Call.STATUS)[-1][0] > heard.sent(Call.CANCEL)[0][0]


@pytest.mark.scenario(4, 5)
def test_a_lost_answer_is_learnt_by_the_same_bytes_and_charged_once() -> None:
    host = ModelHost(
        forever(["lost-after", "answer", "answer", "answer"]), forever_s([0.1]), forever(["pending", "accepted"])
    )
    heard = drive(host)
    assert heard.verdict.outcome is Outcome.PAID
    assert [request for _, request in heard.sent(Call.CHECKOUT)] == [CHECKOUT, CHECKOUT]


def test_a_checkout_whose_answer_was_lost_goes_out_again_after_pauses_that_double() -> None:
    """A cancel does not shorten them: the host may have the first one, so the same bytes must go out again."""
    heard = drive(lambda _request, _now_s: (NoAnswer("closed"), 0.0), cancel_at_s=1000.2)
    assert [at_s - 1000.0 for at_s, _ in heard.sent(Call.CHECKOUT)] == [0.0, 0.5, 1.5, 3.5]
    assert [effect for _, effect in heard.effects if isinstance(effect, Wait)] == [
        Wait(1000.5, heed_cancel=False),
        Wait(1001.5, heed_cancel=False),
        Wait(1003.5, heed_cancel=False),
    ]
    assert heard.verdict.outcome is Outcome.UNKNOWN


def test_a_checkout_that_did_not_leave_waits_as_long_but_a_cancel_ends_the_wait() -> None:
    heard = drive(lambda _request, _now_s: (NotSent("refused"), 0.0))
    assert [at_s - 1000.0 for at_s, _ in heard.sent(Call.CHECKOUT)] == [0.0, 0.5, 1.5]
    canceled = drive(lambda _request, _now_s: (NotSent("refused"), 0.0), cancel_at_s=1000.2)
    assert (len(canceled.sent(Call.CHECKOUT)), canceled.ended_s) == (1, 1000.2)


@pytest.mark.parametrize("lost", [NoAnswer("closed"), NotSent("refused")])
def test_a_cancel_that_is_lost_is_repeated_after_a_pause(lost: Reply) -> None:
    """The same cancel, in a rhythm of its own; then the status decides as ever."""

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return (lost if request.call is Call.CANCEL else answered(request, "pending")), 0.0

    heard = drive(answer, cancel_at_s=1001.0)
    cancels = heard.sent(Call.CANCEL)
    assert [at_s - 1001.0 for at_s, _ in cancels] == [0.0, 0.5, 1.0, 1.5]
    assert len({request.request_id for _, request in cancels}) == 1
    waits = [effect for at_s, effect in heard.effects if isinstance(effect, Wait) and 1001.0 <= at_s < 1002.5]
    assert waits[:3] == [Wait(1001.0 + 0.5 * number, heed_cancel=False) for number in (1, 2, 3)]
    assert heard.verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("reply", [Refused("TOO_LATE"), None])
def test_a_cancel_that_is_answered_is_sent_once(reply: Reply | None) -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CANCEL:
            return reply or answered(request, "canceled"), 0.0
        return answered(request, "pending"), 0.0

    assert len(drive(answer, cancel_at_s=1001.0).sent(Call.CANCEL)) == 1


@pytest.mark.scenario(8)
def test_a_host_that_asks_for_a_pause_gets_it_within_the_window() -> None:
    replies: Iterator[Reply] = iter([NoAnswer("HTTP 503", 7.0), NoAnswer("HTTP 503"), NoAnswer("HTTP 503", 3600.0)])
    heard = drive(lambda _request, _now_s: (next(replies), 0.0))
    assert [at_s for at_s, _ in heard.sent(Call.CHECKOUT)] == [1000.0, 1007.0, 1008.0]
    assert (heard.verdict.outcome, heard.ended_s) == (Outcome.UNKNOWN, 1008.0)


@pytest.mark.scenario(8)
def test_polls_keep_the_pause_that_the_host_asks_for_and_still_end_in_time() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.STATUS:
            return NoAnswer("HTTP 429", 9.0), 0.0
        return answered(request, "pending"), 0.0

    heard = drive(answer)
    asked = [at_s - 1000.0 for at_s, _ in heard.sent(Call.STATUS)]
    assert asked[:5] == [0.25, 9.25, 18.25, 27.25, 30.0]
    assert heard.sent(Call.CANCEL)[0][0] == 1030.0


@pytest.mark.scenario(61)
def test_a_tablet_that_slept_through_the_deadline_asks_first_and_then_cancels() -> None:
    """The machine slept an hour in the middle of a wait: the wait ends an hour late."""
    status, slept = iter(["pending", "pending", "canceled"]), False

    def answer(request: Request, now_s: float) -> tuple[Reply, float]:
        nonlocal slept
        if request.call is Call.STATUS:
            return answered(request, next(status)), 0.0 if slept else 3600.0
        slept = request.call is Call.CANCEL
        return answered(request, "pending"), 0.0

    heard = drive(answer)
    calls = [effect.request.call for _, effect in heard.effects if isinstance(effect, Send)]
    assert calls == [Call.CHECKOUT, Call.STATUS, Call.CANCEL, Call.STATUS, Call.STATUS]
    assert heard.verdict.outcome is Outcome.CANCELED


def test_news_of_the_host_ends_a_long_wait_but_not_faster_than_the_api_allows() -> None:
    """Polls every ten seconds; the waits that heed news may end early, the quarter of a second may not."""
    heard = drive(
        lambda request, _now_s: (answered(request, "pending"), 0.0), rules=replace(RULES, poll_interval_s=10.0)
    )
    waits = [effect for _, effect in heard.effects if isinstance(effect, Wait)]
    assert waits[0] == Wait(1000.25, heed_cancel=True)
    assert waits[1:3] == [Wait(1000.5, heed_cancel=True), Wait(1010.25, heed_cancel=True, heed_news=True)]


def test_rare_polls_do_not_put_off_the_deadline() -> None:
    rules = replace(RULES, poll_interval_s=10.0, decision_timeout_s=12.0)
    heard = drive(lambda request, _now_s: (answered(request, "pending"), 0.0), rules=rules)
    assert [at_s - 1000.0 for at_s, _ in heard.sent(Call.STATUS)][:3] == [0.25, 10.25, 12.0]
    assert heard.sent(Call.CANCEL)[0][0] == 1012.0


@pytest.mark.scenario(10, 11, 13)
@pytest.mark.parametrize(
    "code", ["UNKNOWN_SESSION_ID", "HTTP_401", "TRANSACTION_FOR_SESSION_ID_ALREADY_EXISTS", "BRAND_NEW"]
)
def test_a_refusal_after_an_answer_was_lost_is_not_believed(code: str) -> None:
    replies: Iterator[Reply] = iter([NoAnswer("closed"), Refused(code)])
    heard = drive(lambda _request, _now_s: (next(replies), 0.0))
    assert heard.verdict.outcome is Outcome.UNKNOWN


@pytest.mark.scenario(13)
def test_a_first_refusal_ends_the_sale_at_once() -> None:
    heard = drive(lambda _request, _now_s: (Refused("UNKNOWN_PARTNER_ID", "нет магазина"), 0.0))
    assert heard.verdict == Verdict(Outcome.REJECTED, error_code="UNKNOWN_PARTNER_ID", details="нет магазина")
    assert len(heard.effects) == 1


@pytest.mark.scenario(1)
def test_a_host_that_cannot_be_reached_is_given_up_within_the_time_of_connecting() -> None:
    at_once = drive(lambda _request, _now_s: (NotSent("refused"), 0.0))
    assert at_once.verdict == Verdict(Outcome.REJECTED, error_code="HOST_UNREACHABLE", details="refused")
    assert len(at_once.sent(Call.CHECKOUT)) > 1
    black_hole = drive(lambda _request, _now_s: (NotSent("timed out"), 3.0))
    assert black_hole.ended_s - 1000 < 4
    not_trusted = drive(lambda _request, _now_s: (NotSent("TLS", "HOST_NOT_TRUSTED"), 0.0))
    assert len(not_trusted.sent(Call.CHECKOUT)) == 1


@pytest.mark.scenario(26)
def test_a_cancel_before_the_first_byte_sends_nothing() -> None:
    heard = drive(scripted("accepted"), cancel_at_s=0.0)
    assert (heard.verdict, heard.effects) == (Verdict(Outcome.CANCELED, error_code="CANCELED"), [])


def test_a_cancel_while_the_host_cannot_be_reached_sends_nothing_more() -> None:
    heard = drive(lambda _request, _now_s: (NotSent("refused"), 0.0), cancel_at_s=1000.2)
    assert heard.verdict == Verdict(Outcome.CANCELED, error_code="CANCELED")


@pytest.mark.scenario(27)
def test_the_cashiers_cancel_is_sent_as_soon_as_the_transaction_is_known() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "canceled" if request.call is Call.CANCEL else "pending"), 0.0

    heard = drive(answer, cancel_at_s=1001.1)
    [(cancelled_s, _)] = heard.sent(Call.CANCEL)
    assert cancelled_s == pytest.approx(1001.1)
    assert heard.verdict.error_code == "CANCELED"


@pytest.mark.scenario(30)
@pytest.mark.parametrize("cancel_at_s", [1001.1, float("inf")], ids=["cashier", "deadline"])
@pytest.mark.parametrize("end", ["canceled", "accepted", "rejected"])
def test_a_cancel_whose_answer_is_lost_is_sent_again_and_the_status_decides(end: str, cancel_at_s: float) -> None:
    cancelled: list[Request] = []

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CANCEL:
            cancelled.append(request)
            return NoAnswer("closed"), 0.0
        return answered(request, end if cancelled else "pending", slip=SLIP), 0.0

    heard = drive(answer, cancel_at_s=cancel_at_s)
    assert heard.verdict.outcome is RULES.final_statuses[end]
    assert len(cancelled) == 4
    assert len({request.body for request in cancelled}) == 1


def test_a_cancel_that_never_gets_through_leaves_the_outcome_unknown() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CHECKOUT:
            return answered(request, "new"), 0.0
        return NoAnswer("closed"), 0.0

    heard = drive(answer)
    assert heard.verdict == Verdict(Outcome.UNKNOWN, "t-1", "OUTCOME_UNKNOWN")
    assert heard.ended_s - 1000 < 30 + 10 + 3


@pytest.mark.scenario(12)
def test_in_processing_is_not_a_no() -> None:
    replies: Iterator[Reply] = iter([Refused("TRANSACTION_IN_PROCESSING")])
    after = scripted("accepted")
    heard = drive(lambda request, now_s: (next(replies, None) or after(request, now_s)[0], 0.0))
    assert heard.verdict.outcome is Outcome.PAID


def test_a_payment_that_was_refunded_meanwhile_was_paid() -> None:
    for status in ("refunding", "partial_refunded", "refunded"):
        assert drive(scripted(status)).verdict.outcome is Outcome.PAID


@pytest.mark.scenario(14)
def test_unknown_statuses_and_unknown_transactions_are_waited_for() -> None:
    assert drive(scripted("thinking_it_over", "", None, "accepted")).verdict.outcome is Outcome.PAID


def test_a_status_of_another_transaction_is_not_believed() -> None:
    def answer(request: Request, now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CHECKOUT:
            return answered(request, "new"), 0.0
        if now_s < 1002:
            return answered(request, "accepted", transaction_id="another", slip=SLIP), 0.0
        return answered(request, "rejected", error_code="EXTERNAL_PROVIDER_ERROR"), 0.0

    verdict = drive(answer).verdict
    assert (verdict.outcome, verdict.error_code) == (Outcome.REJECTED, "EXTERNAL_PROVIDER_ERROR")


def test_a_cancel_of_another_transaction_is_not_believed() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CANCEL:
            return answered(request, "canceled", transaction_id="t-other"), 0.0
        return answered(request, "pending"), 0.0

    heard = drive(answer, cancel_at_s=1000.5)
    assert heard.verdict.outcome is Outcome.UNKNOWN
    assert heard.sent(Call.STATUS)[-1][0] > heard.sent(Call.CANCEL)[-1][0], "ours is asked about after it"


def test_an_id_in_capitals_is_the_same_id() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CHECKOUT:
            return answered(request, "new", transaction_id="abc-1"), 0.0
        return answered(request, "canceled", transaction_id="ABC-1"), 0.0

    assert drive(answer).verdict.outcome is Outcome.CANCELED


def test_statuses_that_are_final_are_a_setting() -> None:
    rules = replace(RULES, final_statuses={**RULES.final_statuses, "blessed": Outcome.PAID})
    assert drive(scripted("blessed"), rules=rules).verdict.outcome is Outcome.PAID


def test_a_payment_without_a_slip_is_paid_after_a_few_more_questions() -> None:
    heard = drive(lambda request, _now_s: (answered(request, "accepted"), 0.0))
    assert heard.verdict == Verdict(Outcome.PAID, "t-1", slip=None, answer={"status": "accepted"})
    assert len(heard.sent(Call.STATUS)) == 3


def test_a_resumed_sale_whose_transaction_is_known_asks_first_and_then_cancels() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "canceled" if request.call is Call.CANCEL else "pending"), 0.0

    heard = drive(answer, start=Start("t-1", first_sent_s=900.0))
    assert [effect.request.call for _, effect in heard.effects if isinstance(effect, Send)] == [
        Call.STATUS,
        Call.CANCEL,
    ]
    assert heard.verdict.outcome is Outcome.CANCELED


def test_a_resumed_sale_sends_the_same_cancel_again() -> None:
    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "canceled" if request.call is Call.CANCEL else "pending"), 0.0

    heard = drive(answer, start=Start("t-1", first_sent_s=900.0, cancel_request_id="cancel-1"))
    assert [request.request_id for _, request in heard.sent(Call.CANCEL)] == ["cancel-1"]


def test_a_resumed_sale_sends_the_charge_again_only_inside_the_window() -> None:
    inside = drive(scripted("accepted"), start=Start(first_sent_s=990.0))
    assert inside.verdict.outcome is Outcome.PAID
    outside = drive(scripted("accepted"), start=Start(first_sent_s=900.0))
    assert (outside.verdict.outcome, outside.effects) == (Outcome.UNKNOWN, [])
    clock_set_back = drive(scripted("accepted"), start=Start(first_sent_s=float("-inf")))
    assert (clock_set_back.verdict.outcome, clock_set_back.effects) == (Outcome.UNKNOWN, [])
