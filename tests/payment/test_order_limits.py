"""The one line of a sale without an invoice, and order ids and amounts at their limits."""

from __future__ import annotations

import pytest

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import CheckoutInvoice, Item
from koshelek_driver.payment.order import LineRule, Order, order

RULE = LineRule("Покупка", "17", "vat20")


def test_a_sale_without_an_invoice_is_one_whole_line_by_the_rule() -> None:
    line = Item(name="Покупка", article="17", price=250, quantity=1, total_amount=250, tax="vat20")
    invoice = CheckoutInvoice(order_id="A-1", total_amount=250, items=(line,))
    assert order("A-1", 250, RULE) == Order("A-1", 250, invoice)


@pytest.mark.parametrize("size", [1, 36])
def test_an_order_id_may_have_1_to_36_characters(size: int) -> None:
    assert order("x" * size, 1, RULE).order_id == "x" * size


@pytest.mark.parametrize("size", [0, 37])
def test_another_order_id_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match=f"order id of {size} characters"):
        order("x" * size, 1, RULE)


@pytest.mark.parametrize("amount", [1, 9_999_999_999])
def test_the_smallest_and_the_largest_amount_may_be_paid(amount: int) -> None:
    assert order("A-1", amount, RULE).amount == amount
