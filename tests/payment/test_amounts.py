"""Amounts, texts and lines at the first and the last value that may be sent, and one beyond."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import MAX_KOPECKS, CheckoutInvoice, Item
from koshelek_driver.payment.amounts import check_choice, check_kopecks, check_length, check_lines, check_sum

TAXES = ("none", "vat20")
ITEM = Item(name="Хлеб", article="1", price=50, quantity=2, total_amount=100, tax="none")
INVOICE = CheckoutInvoice(order_id="A-1", total_amount=100, items=(ITEM,))


@pytest.mark.parametrize("amount", [None, 0, 1, MAX_KOPECKS])
def test_an_amount_within_the_limits_passes(amount: int | None) -> None:
    check_kopecks("invoice", "price", amount)


@pytest.mark.parametrize("amount", [-1, MAX_KOPECKS + 1])
def test_an_amount_beyond_the_limits_is_named(amount: int) -> None:
    with pytest.raises(UsageError, match=f"invoice: price {amount}$") as caught:
        check_kopecks("invoice", "price", amount)
    assert caught.value.remedy == "0 to 9999999999 kopecks are allowed"


@pytest.mark.parametrize("text", [None, "x", "x" * 8])
def test_a_text_within_the_limits_passes(text: str | None) -> None:
    check_length("receipt", "address", text, 8)


@pytest.mark.parametrize("text", ["", "x" * 9])
def test_a_text_beyond_the_limits_is_named(text: str) -> None:
    with pytest.raises(UsageError, match=f"receipt: address of {len(text)} characters") as caught:
        check_length("receipt", "address", text, 8)
    assert caught.value.remedy == "1 to 8 are allowed"


def test_a_choice_is_one_of_the_list_or_absent() -> None:
    check_choice("receipt", "tax", None, TAXES)
    check_choice("receipt", "tax", "vat20", TAXES)
    with pytest.raises(UsageError, match="receipt: tax 'vat99'") as caught:
        check_choice("receipt", "tax", "vat99", TAXES)
    assert caught.value.remedy == "allowed: none, vat20"


@pytest.mark.parametrize("before_discount", [None, 100, 101])
@pytest.mark.parametrize("currency", [None, "", "RUB"])
def test_a_sum_before_its_discount_is_at_least_the_sum(before_discount: int | None, currency: str | None) -> None:
    check_sum("invoice", msgspec.structs.replace(INVOICE, sub_total_amount=before_discount, currency=currency))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"sub_total_amount": 99}, "invoice: subTotalAmount 99 is less than totalAmount 100"),
        ({"sub_total_amount": -1}, "invoice: subTotalAmount -1"),
        ({"discount_amount": -1}, "invoice: discountAmount -1"),
        ({"total_amount": -1}, "invoice: totalAmount -1"),
        ({"currency": "USD"}, "invoice: currency 'USD'"),
    ],
)
def test_a_sum_that_cannot_be_is_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        check_sum("invoice", msgspec.structs.replace(INVOICE, **change))


def test_the_currencies_that_may_be_sent_are_listed() -> None:
    with pytest.raises(UsageError) as caught:
        check_sum("invoice", msgspec.structs.replace(INVOICE, currency="USD"))
    assert caught.value.remedy == "allowed: RUB, or none"


def test_the_sum_before_a_discount_is_explained() -> None:
    with pytest.raises(UsageError) as caught:
        check_sum("invoice", msgspec.structs.replace(INVOICE, sub_total_amount=99))
    assert caught.value.remedy == "subTotalAmount is the sum before the discount"


def test_every_line_is_checked_and_named_by_its_number() -> None:
    lines = (ITEM, msgspec.structs.replace(ITEM, sub_total_amount=99), ITEM)
    with pytest.raises(UsageError, match="invoice item 2: subTotalAmount 99 is less than totalAmount 100"):
        check_lines("invoice", INVOICE, lines, TAXES)


@pytest.mark.parametrize("quantity", [1, 1.0, 2])
def test_whole_units_pass(quantity: float) -> None:
    check_lines("invoice", INVOICE, (msgspec.structs.replace(ITEM, quantity=quantity),), TAXES)


@pytest.mark.parametrize("quantity", [0, 0.5, 1.5, -1])
def test_no_unit_and_parts_of_one_are_named(quantity: float) -> None:
    with pytest.raises(UsageError, match=f"invoice item 1: quantity {quantity}"):
        check_lines("invoice", INVOICE, (msgspec.structs.replace(ITEM, quantity=quantity),), TAXES)


def test_lines_add_up_to_the_whole() -> None:
    check_lines("invoice", msgspec.structs.replace(INVOICE, total_amount=200), (ITEM, ITEM), TAXES)
    with pytest.raises(UsageError, match="invoice: the items add up to 200, not to 100"):
        check_lines("invoice", INVOICE, (ITEM, ITEM), TAXES)


def test_the_whole_is_checked_before_its_lines() -> None:
    with pytest.raises(UsageError, match="invoice: currency 'USD'"):
        check_lines("invoice", msgspec.structs.replace(INVOICE, currency="USD"), (), TAXES)
