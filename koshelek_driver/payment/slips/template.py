"""Templates of slips: lines with fields in braces, rendered to lines of paper. Pure.

A line may begin with marks and a blank: `=` centred, `!` bold, `+` twice as large. ` | ` separates label and value.
`---` is a ruled line, `{marks}` the lines of copy and test, `{qr}` a QR code. A line whose fields are all empty is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from koshelek_driver.errors import SiteError, nearest
from koshelek_driver.printer.rendering.layout import Code, Item, Line, block, pair, rule

_MARKS = re.compile(r"(?:([=!+]{1,3}) )?(.*)", re.DOTALL)
_FIELD = re.compile(r"\{([^{}]*)\}")
_RULE, _LINES_OF_MARKS, _QR = "---", "{marks}", "{qr}"
_FISCAL = re.compile(r"кассовый\s+чек|фискальн|фпд|\bфн\b|\bфд\b", re.IGNORECASE)

FIELDS = (
    "title", "provider", "payment_type", "amount", "date", "order_id", "payment_transaction_id",
    "refund_transaction_id", "qrc_id", "kzo", "request_id", "slip_id", "operation_id", "merchant_id", "store_id",
    "terminal_id", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filling:
    """The values of a template: its fields, the lines for `{marks}`, the data of `{qr}` (empty: none)."""

    fields: Mapping[str, str]
    marks: tuple[str, ...] = ()
    qr: str = ""


def check(name: str, lines: tuple[str, ...]) -> None:
    """Check a template of the site file.

    Raises:
        SiteError: a field is unknown, or the slip would look like a fiscal receipt.
    """
    for line in lines:
        if _FISCAL.search(line):
            raise SiteError(f"slip.{name}: '{line}' looks like a fiscal receipt", "a slip is none: call it otherwise")
        for field in _FIELD.findall(line):
            if f"{{{field}}}" not in (_LINES_OF_MARKS, _QR) and field not in FIELDS:
                raise SiteError(f"slip.{name}: no field '{{{field}}}'", nearest(field, FIELDS))


def filled(lines: tuple[str, ...], filling: Filling, columns: int, printable: Callable[[str], str]) -> Iterator[Item]:
    """Render the lines of paper, each at most `columns` wide."""
    for line in lines:
        if line == _LINES_OF_MARKS:
            yield from filled(filling.marks, filling, columns, printable)
        elif line == _QR:
            yield from (Line(), Code(filling.qr), Line()) if filling.qr else ()
        elif line == _RULE:
            yield from rule(columns)
        elif _has_something(line, filling.fields):
            yield from _set(line, filling.fields, columns, printable)


def _has_something(line: str, fields: Mapping[str, str]) -> bool:
    named = _FIELD.findall(line)
    return not named or any(fields.get(name) for name in named)


def _set(line: str, fields: Mapping[str, str], columns: int, printable: Callable[[str], str]) -> tuple[Line, ...]:
    found = _MARKS.fullmatch(line)
    marks, text = found.groups() if found else ("", line)
    label, parted, value = (printable(_put(part, fields)) for part in text.partition(" | "))
    if parted:
        return pair(label, value, columns)
    marks = marks or ""
    return block(label, columns, centred="=" in marks, bold="!" in marks, large="+" in marks)


def _put(text: str, fields: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda found: fields.get(found[1], ""), text)
