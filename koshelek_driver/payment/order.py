"""An order of the point of sale, checked before anything is stored or sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from koshelek_driver.errors import UsageError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json_as
from koshelek_driver.pay_api.models import MAX_KOPECKS, MAX_ORDER_ID, CheckoutInvoice, Item
from koshelek_driver.payment.amounts import check_lines, check_whole


@dataclass(frozen=True, slots=True)
class LineRule:
    """The one line that stands for a sale without an invoice."""

    name: str
    article: str
    tax: str


@dataclass(frozen=True, slots=True)
class Order:
    """One receipt to be paid: the point of sale's own number and the amount in kopecks."""

    order_id: str
    amount: int
    invoice: CheckoutInvoice


def order(order_id: str, amount: int, rule: LineRule) -> Order:
    """Return an order without an invoice: one line by the site file's rule.

    Raises:
        UsageError: the id or the amount is wrong; the message names the field.
    """
    item = Item(name=rule.name, article=rule.article, price=amount, quantity=1, total_amount=amount, tax=rule.tax)
    invoice = CheckoutInvoice(order_id=order_id, total_amount=amount, items=(item,))
    return _checked(Order(order_id, amount, invoice), (rule.tax,))


def order_with_invoice(order_id: str, amount: int, invoice_json: bytes, taxes: Collection[str]) -> Order:
    """Return an order with the point of sale's own `checkoutInvoice`, JSON in UTF-8.

    Raises:
        UsageError: a field is missing or wrong; the message names it.
    """
    try:
        invoice = parse_json_as(invoice_json, CheckoutInvoice)
    except ForeignJsonError as problem:
        raise UsageError(f"invoice: {problem}", "use the Pay API's own checkoutInvoice fields") from problem
    return _checked(Order(order_id, amount, invoice), taxes)


def _checked(new: Order, taxes: Collection[str]) -> Order:
    check_whole("amount", new.amount)
    if any("\ud800" <= letter <= "\udfff" for letter in new.order_id):
        raise UsageError(f"order id {new.order_id!r} is no text", "write it in UTF-8")
    if not 1 <= len(new.order_id) <= MAX_ORDER_ID:
        raise UsageError(f"order id of {len(new.order_id)} characters", f"1 to {MAX_ORDER_ID} are allowed")
    if not 1 <= new.amount <= MAX_KOPECKS:
        raise UsageError(f"amount {new.amount}", f"1 to {MAX_KOPECKS} kopecks are allowed")
    invoice = new.invoice
    if invoice.order_id != new.order_id:
        raise UsageError(f"invoice: orderId '{invoice.order_id}' is not '{new.order_id}'", "give one order id")
    if invoice.total_amount != new.amount:
        raise UsageError(f"invoice: totalAmount {invoice.total_amount} is not {new.amount}", "give one amount")
    check_lines("invoice", invoice, invoice.items, taxes)
    return new
