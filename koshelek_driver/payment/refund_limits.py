"""Limits of refunds: never more than was paid, by item and by kopeck. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from koshelek_driver.errors import UsageError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json_as
from koshelek_driver.pay_api.models import MAX_KOPECKS, CheckoutInvoice, Item
from koshelek_driver.payment.amounts import check_whole
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outcome import Outcome, Refund

_PIECES = (None, "", "PIECE")
_Key = tuple[str, str, int, str]
"""Article, name, price and measure: items that agree in these are the same goods."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The facts of a payment that refunds need. `amount` and `invoice` are None if no till knows them."""

    order_id: str
    amount: int | None
    invoice: CheckoutInvoice | None
    refunds: Sequence[Refund]

    @property
    def left(self) -> int:
        """Kopecks that may still be refunded. An open refund counts as given back."""
        return (MAX_KOPECKS if self.amount is None else self.amount) - self.back

    @property
    def back(self) -> int:
        """Kopecks that were, or may be, given back. An open refund counts."""
        return sum(refund.amount for refund in self._counting)

    @property
    def running(self) -> Refund | None:
        """The open refund, of this till or of another; a payment has at most one."""
        return next((refund for refund in self.refunds if refund.outcome is Outcome.UNKNOWN), None)

    @property
    def last_refunded(self) -> Refund | None:
        """The newest refund that gave money back."""
        return next((refund for refund in reversed(self.refunds) if refund.outcome is Outcome.REFUNDED), None)

    def items_back(self) -> Counter[_Key]:
        """Count the items that were, or may be, given back."""
        back: Counter[_Key] = Counter()
        for refund in self._counting:
            for item in read_items(refund.items.encode()):
                back[_key(item)] += int(item.quantity)
        return back

    @property
    def _counting(self) -> list[Refund]:
        return [refund for refund in self.refunds if refund.outcome is not Outcome.REJECTED]


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """A refund that keeps the limits. `amount` is in kopecks."""

    amount: int
    items: tuple[Item, ...]


def read_items(items_json: bytes) -> tuple[Item, ...]:
    """Parse a list of the API's `Item`, JSON in UTF-8.

    Raises:
        UsageError: it is none; the message names the field.
    """
    try:
        return parse_json_as(items_json, tuple[Item, ...])
    except ForeignJsonError as problem:
        raise UsageError(f"items: {problem}", "give a list of the Pay API's own Item") from problem


def plan_refund(paid: Paid, amount: int | None, items: tuple[Item, ...] | None, rule: LineRule) -> RefundPlan:
    """Return the refund to request: the items, else `amount` kopecks as one line by the rule, else all that is left.

    Raises:
        UsageError: it exceeds a limit; the message says how much is left, or which item cannot be given back so.
    """
    if amount is not None:
        check_whole("amount", amount)
    if items:
        wanted = RefundPlan(sum(item.total_amount for item in items), items)
        if amount not in (None, wanted.amount):
            raise UsageError(f"the items add up to {wanted.amount} kopecks, not to {amount}", "correct one of them")
        _check_items(paid, items)
    else:
        wanted = _without_items(paid, paid.left if amount is None else amount, rule)
    if not 1 <= wanted.amount <= paid.left:
        raise UsageError(
            f"order {paid.order_id}: {wanted.amount} kopecks wanted back, {paid.left} of {paid.amount} are left",
            "give back at most what is left" if paid.left else "nothing is left to give back",
        )
    return wanted


def _without_items(paid: Paid, amount: int, rule: LineRule) -> RefundPlan:
    """Plan a refund by its sum: the whole payment with its own items, a part as one line."""
    if paid.invoice is not None and amount == paid.amount and not paid.items_back():
        return RefundPlan(amount, paid.invoice.items)
    line = Item(name=rule.name, article=rule.article, price=amount, quantity=1, total_amount=amount, tax=rule.tax)
    return RefundPlan(amount, (line,))


def _check_items(paid: Paid, items: tuple[Item, ...]) -> None:
    if paid.invoice is None:
        return
    sold: Counter[_Key] = Counter()
    for item in paid.invoice.items:
        sold[_key(item)] += int(item.quantity)
    back = paid.items_back()
    for number, item in enumerate(items, 1):
        _check_item(f"item {number} ({item.article})", item, sold[_key(item)], back[_key(item)])
        back[_key(item)] += int(item.quantity)


def _check_item(name: str, item: Item, sold: int, back: int) -> None:
    if not sold:
        raise UsageError(f"{name} was not sold so in this order", "give article, name, price and measure as they were")
    if item.quantity != int(item.quantity) or not 1 <= item.quantity <= sold - back:
        raise UsageError(f"{name}: {item.quantity:g} wanted back, {sold - back} of {sold} are left", "correct it")
    if item.measure not in _PIECES and item.quantity != sold:
        raise UsageError(f"{name} is sold by {item.measure}", f"give it back whole: {sold}")


def _key(item: Item) -> _Key:
    return item.article, item.name, item.price, item.measure or "PIECE"
