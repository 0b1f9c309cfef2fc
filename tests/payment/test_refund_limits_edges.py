"""The last kopeck, the one line of a partial refund, and the words to the cashier."""

from __future__ import annotations

import pytest

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import Item
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.payment.refund_limits import Paid, RefundPlan, plan_refund

RULE = LineRule("Покупка", "17", "vat20")


def paid(*given_back: int) -> Paid:
    """A payment of 10.00 without an invoice, and refunds of it."""
    refunds = [Refund("A-1", "r", amount, 0.0, Verdict(Outcome.REFUNDED), "[]") for amount in given_back]
    return Paid("A-1", 1000, None, refunds)


def line(amount: int) -> Item:
    return Item(name="Покупка", article="17", price=amount, quantity=1, total_amount=amount, tax="vat20")


def test_a_part_is_one_whole_line_by_the_rule() -> None:
    assert plan_refund(paid(), 250, None, RULE) == RefundPlan(250, (line(250),))


@pytest.mark.parametrize("amount", [1, None])
def test_the_last_kopeck_may_be_given_back(amount: int | None) -> None:
    assert plan_refund(paid(999), amount, None, RULE) == RefundPlan(1, (line(1),))


def test_two_kopecks_of_one_are_refused_with_what_is_left() -> None:
    with pytest.raises(UsageError, match="order A-1: 2 kopecks wanted back, 1 of 1000 are left") as caught:
        plan_refund(paid(999), 2, None, RULE)
    assert caught.value.remedy == "give back at most what is left"


@pytest.mark.parametrize("amount", [1, None])
def test_nothing_is_given_back_twice(amount: int | None) -> None:
    with pytest.raises(UsageError, match="wanted back, 0 of 1000 are left") as caught:
        plan_refund(paid(1000), amount, None, RULE)
    assert caught.value.remedy == "nothing is left to give back"


def test_the_open_refund_and_the_last_done_one_are_found() -> None:
    refunds = [
        Refund("A-1", name, 100, 0.0, Verdict(outcome), "[]")
        for name, outcome in (
            ("r-1", Outcome.REFUNDED),
            ("r-2", Outcome.UNKNOWN),
            ("r-3", Outcome.REFUNDED),
            ("r-4", Outcome.REJECTED),
        )
    ]
    known = Paid("A-1", 1000, None, refunds)
    assert (known.running, known.last_refunded) == (refunds[1], refunds[2])
    assert (paid().running, paid().last_refunded) == (None, None)
