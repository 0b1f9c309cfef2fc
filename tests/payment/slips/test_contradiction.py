"""A slip that says otherwise than the till asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.slips.contradiction import SLIP_CONTRADICTS, flagged
from tests.support.journals import payment, refund

PAID = Verdict(Outcome.PAID, "t-1")
REFUNDED = Verdict(Outcome.REFUNDED, "t-1")
AS_ASKED = {"orderId": "A-1", "paymentTransactionId": "T-1", "totalAmount": 100}


@pytest.mark.parametrize(
    ("of", "verdict", "slip"),
    [
        (payment(), PAID, AS_ASKED),
        (payment(), PAID, {}),
        (payment(), PAID, {"totalAmount": 0, "orderId": ""}),
        (payment(), PAID, None),
        (refund(amount=40), REFUNDED, {**AS_ASKED, "totalAmount": 40}),
        (refund(amount=40), REFUNDED, AS_ASKED),
        (replace(refund(), order_id=""), REFUNDED, {"orderId": "of another till"}),
    ],
    ids=["as asked", "empty", "blank", "none", "the refund's", "the payment's", "refund of another till"],
)
def test_a_slip_that_agrees_or_says_nothing_changes_nothing(
    of: Payment | Refund, verdict: Verdict, slip: dict[str, Any] | None
) -> None:
    told = replace(verdict, slip=slip)
    assert flagged(told, of) is told


@pytest.mark.parametrize(
    ("of", "verdict", "change", "details"),
    [
        (payment(), PAID, {"totalAmount": 99}, "totalAmount is 99, not 100"),
        (payment(), PAID, {"totalAmount": -100}, "totalAmount is -100, not 100"),
        (payment(), PAID, {"orderId": "a-1"}, "orderId is a-1, not A-1"),
        (payment(), PAID, {"paymentTransactionId": "t-2"}, "paymentTransactionId is t-2, not t-1"),
        (refund(), REFUNDED, {"totalAmount": 41}, "totalAmount is 41, not 40"),
        (payment(), PAID, {"totalAmount": 1, "orderId": "B"}, "totalAmount is 1, not 100; orderId is B, not A-1"),
    ],
)
def test_each_contradiction_is_named(
    of: Payment | Refund, verdict: Verdict, change: dict[str, Any], details: str
) -> None:
    told = flagged(replace(verdict, slip={**AS_ASKED, **change}), of)
    assert (told.outcome, told.error_code, told.details) == (verdict.outcome, SLIP_CONTRADICTS, details)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(slip=st.dictionaries(st.sampled_from([*AS_ASKED, "kzo", "x"]), JSON))
def test_whatever_the_slip_holds_the_outcome_stays(slip: dict[str, Any]) -> None:
    told = flagged(replace(PAID, slip=slip), payment())
    assert (told.outcome, told.transaction_id, told.slip) == (Outcome.PAID, "t-1", slip)
