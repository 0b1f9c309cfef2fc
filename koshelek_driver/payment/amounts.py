"""Check amounts and lines before anything is stored or sent. Every check raises UsageError; amounts are kopecks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import MAX_KOPECKS, Item

CURRENCIES = ("RUB",)
"""The API takes no other (its page on objects, 1.1.0); without one it takes roubles."""


class Sum(Protocol):
    """The amounts that an invoice, a fiscal receipt and a line of either have in common."""

    @property
    def total_amount(self) -> int:
        """After the discount."""
        ...

    @property
    def discount_amount(self) -> int | None:
        """Taken off."""
        ...

    @property
    def sub_total_amount(self) -> int | None:
        """Before the discount."""
        ...

    @property
    def currency(self) -> str | None:
        """ISO 4217."""
        ...


def check_whole(name: str, amount: object) -> None:
    """Refuse an amount that is not an int: kopecks are whole, and True is no sum."""
    if type(amount) is not int:
        raise UsageError(
            f"{name} {amount!r} is a {type(amount).__name__}", "give whole kopecks, an int: 123.45 is 12345"
        )


def check_lines(name: str, whole: Sum, items: Iterable[Item], taxes: Collection[str]) -> None:
    """Check the sums of `name` and of each of its lines; the lines must add up to the whole."""
    check_sum(name, whole)
    items = tuple(items)
    for number, item in enumerate(items, 1):
        _check_item(f"{name} item {number}", item, taxes)
    total = sum(item.total_amount for item in items)
    if total != whole.total_amount:
        raise UsageError(f"{name}: the items add up to {total}, not to {whole.total_amount}", "correct the items")


def check_sum(name: str, whole: Sum) -> None:
    """Check each amount, and the amounts against each other."""
    check_kopecks(name, "totalAmount", whole.total_amount)
    check_kopecks(name, "discountAmount", whole.discount_amount)
    check_kopecks(name, "subTotalAmount", whole.sub_total_amount)
    if whole.sub_total_amount is not None and whole.sub_total_amount < whole.total_amount:
        what = f"{name}: subTotalAmount {whole.sub_total_amount} is less than totalAmount {whole.total_amount}"
        raise UsageError(what, "subTotalAmount is the sum before the discount")
    if whole.currency not in (None, "", *CURRENCIES):
        raise UsageError(f"{name}: currency '{whole.currency}'", f"allowed: {', '.join(CURRENCIES)}, or none")


def check_kopecks(name: str, field: str, amount: int | None) -> None:
    """Check an amount that may be absent."""
    if amount is not None and not 0 <= amount <= MAX_KOPECKS:
        raise UsageError(f"{name}: {field} {amount}", f"0 to {MAX_KOPECKS} kopecks are allowed")


def check_length(name: str, field: str, text: str | None, longest: int) -> None:
    """Check the length of a text that may be absent."""
    if text is not None and not 1 <= len(text) <= longest:
        raise UsageError(f"{name}: {field} of {len(text)} characters", f"1 to {longest} are allowed")


def check_choice(name: str, field: str, came: str | None, allowed: Collection[str]) -> None:
    """Check a value that may be absent against a list."""
    if came is not None and came not in allowed:
        raise UsageError(f"{name}: {field} '{came}'", f"allowed: {', '.join(allowed)}")


def _check_item(name: str, item: Item, taxes: Collection[str]) -> None:
    check_kopecks(name, "price", item.price)
    check_sum(name, item)
    check_choice(name, "tax", item.tax, taxes)
    if item.quantity != int(item.quantity) or item.quantity < 1:
        raise UsageError(f"{name}: quantity {item.quantity}", "send whole units: 1125 GRAM, not 1.125 KILOGRAM")
