"""Charges rest while the host says nothing, and only charges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver import Outcome, RefundWanted, Terminal
from koshelek_driver.errors import UsageError
from koshelek_driver.network.http import BaseUrl
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.tills import Till

DEAD = "https://127.0.0.1:9/partner"


def test_it_rests_after_failures_in_a_row_and_then_lets_one_try() -> None:
    breaker = Breaker(2, 30.0)
    breaker.heard(answered=False, now_s=0.0)
    assert breaker.wait_s(0.0) == 0
    breaker.heard(answered=True, now_s=1.0)
    breaker.heard(answered=False, now_s=2.0)
    breaker.heard(answered=False, now_s=3.0)
    assert [breaker.wait_s(now_s) for now_s in (3.0, 20.0, 33.0)] == [30.0, 13.0, 0.0]
    breaker.heard(answered=False, now_s=34.0)
    assert breaker.wait_s(34.0) == 30.0
    breaker.heard(answered=True, now_s=70.0)
    breaker.heard(answered=False, now_s=71.0)
    assert breaker.wait_s(71.0) == 0


@given(st.integers(0, 5), st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=30))
def test_no_rest_is_longer_than_the_pause_and_zero_failures_never_rest(
    failures: int, charges: list[tuple[bool, float]]
) -> None:
    breaker, now_s = Breaker(failures, 30.0), 0.0
    for answered, later_s in charges:
        now_s += later_s
        breaker.heard(answered=answered, now_s=now_s)
        assert 0.0 <= breaker.wait_s(now_s) <= (30.001 if failures else 0.0)


def test_the_cashier_is_told_at_once_and_the_card_stays_good(till: Till) -> None:
    till.rewrite(base_url=DEAD)
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_attempts = 0\nrest_after_failures = 2")
    label = till.label()
    with Terminal.open(till.site) as terminal:
        codes = [
            terminal.pay(terminal.new_order(f"A-{number}", 500), label=label).verdict.error_code for number in range(3)
        ]
        assert codes == ["HOST_UNREACHABLE", "HOST_UNREACHABLE", "HOST_RESTS"]
        assert terminal.find("A-2") is None
        real = till.host.base_url
        terminal._client._http.base_url = BaseUrl.parse(real)
        terminal._sales._breaker.pause_s, terminal._sales._breaker._rests_until_s = 0.0, 0.0
        assert terminal.pay(terminal.new_order("A-2", 500), label=label).outcome is Outcome.PAID


def test_refunds_and_recovery_do_not_rest(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        terminal._sales._breaker._rests_until_s = float("inf")
        assert terminal.pay(terminal.new_order("A-2", 500), label=till.label()).verdict.error_code == "HOST_RESTS"
        assert terminal.refund(RefundWanted("A-1")).outcome is Outcome.REFUNDED


# -- The supervisor ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.CANCELED])
def test_a_supervisor_closes_an_unknown_with_a_reason(till: Till, outcome: Outcome) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", AMOUNTS["lost-always"]), label=till.label())
        closed = terminal.close_unknown("A-1", outcome, " registry of 22.11., line 7 ")
        assert (closed.outcome, closed.verdict.error_code) == (outcome, "CLOSED_BY_SUPERVISOR")
        assert closed.verdict.details == "registry of 22.11., line 7"
        assert terminal._journal.verify() == []
        again = terminal.pay(terminal.new_order("A-1", AMOUNTS["lost-always"]), label="4601234567893")
        assert again.repeated == (outcome is Outcome.PAID)
        with pytest.raises(UsageError, match="A-1 is .*, not unknown"):
            terminal.close_unknown("A-1", outcome, "again")
        with pytest.raises(UsageError, match="closed by a supervisor" if outcome is Outcome.PAID else "not paid"):
            terminal.refund(RefundWanted("A-1"))


@pytest.mark.parametrize(
    ("order_id", "outcome", "reason", "why"),
    [
        ("A-1", Outcome.PAID, "  ", "with a reason"),
        ("A-1", Outcome.UNKNOWN, "x", "paid or canceled"),
        ("A-9", Outcome.PAID, "x", "not known to this till"),
    ],
)
def test_nothing_is_closed_without_need_and_reason(
    till: Till, order_id: str, outcome: Outcome, reason: str, why: str
) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        with pytest.raises(UsageError, match=why):
            terminal.close_unknown(order_id, outcome, reason)
