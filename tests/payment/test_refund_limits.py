"""What may be given back: never more than was paid, item by item and kopeck by kopeck."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import CheckoutInvoice, Item
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.payment.refund_limits import Paid, RefundPlan, plan_refund, read_items

RULE = LineRule("Покупка", "0", "none")
MILK = Item(name="Молоко", article="m", price=100, quantity=3, total_amount=300, tax="vat10")
CHEESE = Item(name="Сыр", article="c", price=1, quantity=450, total_amount=450, tax="vat10", measure="GRAM")
INVOICE = CheckoutInvoice(order_id="A-1", total_amount=750, items=(MILK, CHEESE))


def some(item: Item, quantity: float, total: int) -> Item:
    return msgspec.structs.replace(item, quantity=quantity, total_amount=total)


def refund(items: tuple[Item, ...], outcome: Outcome = Outcome.REFUNDED, amount: int | None = None) -> Refund:
    total = sum(item.total_amount for item in items) if amount is None else amount
    return Refund("A-1", "r", total, 0.0, Verdict(outcome), msgspec.json.encode(items).decode())


def paid(*refunds: Refund, invoice: CheckoutInvoice | None = INVOICE, amount: int = 750) -> Paid:
    return Paid("A-1", amount, invoice, refunds)


@pytest.mark.parametrize("amount", [100.0, 1.5, True, float("nan"), "100"])
def test_only_whole_kopecks_are_given_back(amount: Any) -> None:
    with pytest.raises(UsageError, match="amount") as caught:
        plan_refund(paid(), amount, None, RULE)
    assert "whole kopecks" in caught.value.remedy


def test_everything_is_given_back_as_it_was_sold() -> None:
    assert (
        plan_refund(paid(), None, None, RULE) == plan_refund(paid(), 750, None, RULE) == RefundPlan(750, (MILK, CHEESE))
    )


def test_a_part_without_items_is_one_line_by_the_rule() -> None:
    back = plan_refund(paid(), 200, None, RULE)
    assert (back.amount, [(item.name, item.total_amount) for item in back.items]) == (200, [("Покупка", 200)])


def test_that_line_is_one_piece_at_the_whole_price() -> None:
    (line,) = plan_refund(paid(), 200, None, RULE).items
    assert line == Item(name="Покупка", article="0", price=200, quantity=1, total_amount=200, tax="none")


def test_the_rest_is_given_back_after_a_part() -> None:
    back = plan_refund(paid(refund((some(MILK, 1, 100),))), None, None, RULE)
    assert (back.amount, len(back.items)) == (650, 1)


@pytest.mark.parametrize("outcome", [Outcome.REFUNDED, Outcome.UNKNOWN])
def test_what_is_or_may_be_given_back_counts_and_what_was_refused_does_not(outcome: Outcome) -> None:
    earlier = refund((some(MILK, 3, 300),), outcome)
    assert paid(earlier).left == 450
    with pytest.raises(UsageError, match="1 wanted back, 0 of 3 are left"):
        plan_refund(paid(earlier), None, (some(MILK, 1, 100),), RULE)
    refused = refund((some(MILK, 3, 300),), Outcome.REJECTED)
    assert plan_refund(paid(refused), None, (some(MILK, 1, 100),), RULE).amount == 100


@pytest.mark.parametrize(
    ("amount", "items", "why"),
    [
        (751, None, "751 kopecks wanted back, 750 of 750 are left"),
        (0, None, "0 kopecks wanted back"),
        (-5, None, "-5 kopecks wanted back"),
        (101, (some(MILK, 1, 100),), "add up to 100 kopecks, not to 101"),
        (None, (some(MILK, 4, 400),), "item 1 .m.: 4 wanted back, 3 of 3 are left"),
        (None, (some(MILK, 2, 200), some(MILK, 2, 200)), "item 2 .m.: 2 wanted back, 1 of 3 are left"),
        (None, (some(MILK, 1.5, 150),), "1.5 wanted back"),
        (None, (some(MILK, 0, 0),), "0 wanted back"),
        (None, (some(CHEESE, 200, 200),), "is sold by GRAM"),
        (None, (msgspec.structs.replace(MILK, price=99),), "was not sold so"),
        (None, (some(MILK, 3, 800),), "800 kopecks wanted back, 750 of 750"),
    ],
)
def test_what_cannot_be_given_back_is_refused_with_what_can(
    amount: int | None, items: tuple[Item, ...] | None, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        plan_refund(paid(), amount, items, RULE)


@pytest.mark.parametrize(("sold", "wanted"), [(None, "PIECE"), ("PIECE", None), ("", "PIECE"), ("PIECE", "")])
def test_an_item_without_a_measure_is_sold_by_the_piece(sold: str | None, wanted: str | None) -> None:
    def milk(measure: str | None, quantity: int) -> Item:
        return msgspec.structs.replace(MILK, measure=measure, quantity=quantity, total_amount=100 * quantity)

    invoice = CheckoutInvoice(order_id="A-1", total_amount=300, items=(milk(sold, 3),))
    earlier = refund((milk(sold, 1),))
    assert plan_refund(paid(earlier, invoice=invoice, amount=300), None, (milk(wanted, 2),), RULE).amount == 200
    with pytest.raises(UsageError, match="3 wanted back, 2 of 3 are left"):
        plan_refund(paid(earlier, invoice=invoice, amount=300), None, (milk(wanted, 3),), RULE)


@pytest.mark.parametrize("other", [{"article": "n"}, {"name": "Кефир"}, {"price": 99}, {"measure": "GRAM"}])
def test_an_item_that_differs_in_anything_was_not_sold(other: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="was not sold so"):
        plan_refund(paid(), None, (msgspec.structs.replace(MILK, **other),), RULE)


@pytest.mark.scenario(65)
def test_weighed_goods_are_given_back_whole() -> None:
    assert plan_refund(paid(), None, (CHEESE,), RULE).amount == 450


def test_a_payment_of_another_till_is_checked_by_the_host_alone() -> None:
    unknown = paid(invoice=None, amount=10**9)
    assert plan_refund(unknown, None, (some(MILK, 40, 4000),), RULE).amount == 4000


def test_a_file_with_a_byte_order_mark_is_the_file_without_it() -> None:
    text = msgspec.json.encode((MILK, CHEESE))
    assert read_items(b"\xef\xbb\xbf" + text) == read_items(text) == (MILK, CHEESE)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1]", b'[{"name": "x"}]', b"\xff", b'["\xff"]', b"[" * 5000, b"[]".rjust(1 << 25)]
)
def test_items_that_are_no_items_are_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="items: "):
        read_items(text)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(Outcome)), max_size=12))
def test_however_many_refunds_there_are_no_item_and_no_kopeck_goes_back_twice(
    wanted: list[tuple[int, Outcome]],
) -> None:
    refunds: list[Refund] = []
    for quantity, outcome in wanted:
        items = (some(MILK, quantity, 100 * quantity),)
        try:
            back = plan_refund(paid(*refunds), None, items, RULE)
        except UsageError:
            continue
        refunds.append(refund(back.items, outcome))
    counting = [each for each in refunds if each.outcome is not Outcome.REJECTED]
    quantities: Counter[str] = Counter()
    for each in counting:
        for item in read_items(each.items.encode()):
            quantities[item.article] += int(item.quantity)
    assert quantities["m"] <= 3
    assert sum(each.amount for each in counting) <= 300
    assert paid(*refunds).left == 750 - sum(each.amount for each in counting)
