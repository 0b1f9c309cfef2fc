"""A provider's registry: a CSV file of what was paid and given back, in whatever layout it comes. Bytes in, rows out.

The provider mails it, by contract, in a layout that is nobody's standard; so columns, words, encoding and units are
settings.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Literal

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import MAX_KOPECKS

Kind = Literal["payment", "refund"]
COLUMNS = {
    "order_id": "orderId",
    "transaction_id": "transactionId",
    "amount": "amount",
    "type": "type",
    "date": "date",
}
"""What is read, and the headings that it has by default."""
_DELIMITERS = ",;\t|"
_SPACES = str.maketrans("", "", " \u00a0\u202f'")
_KOPECKS = {"kopecks": 1, "roubles": 100}
_AMOUNTS = {"kopecks": "kopecks as 12345", "roubles": "roubles as 123.45"}
_FORMS = ("", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")
"""ISO 8601, and what is written in Russia."""
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a registry is written.

    `columns` names the heading of each of COLUMNS; an empty heading: there is no such column. Without `type` a negative
    amount is a refund. `types` are the words of `type`, in any case; rows of `ignored` words, a sum line say, are
    passed over. `date_format` as strptime has it, empty: ISO 8601 or 22.11.2026 10:00; `zone` is that of dates without
    one (None: the machine's). An empty `delimiter` is found by the headings.
    """

    encoding: str = "utf-8"
    delimiter: str = ""
    skip_lines: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    amount_in: Literal["kopecks", "roubles"] = "kopecks"
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_format: str = ""
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """A row of a registry: `amount` in kopecks, `at_s` Unix time (None: it has no date), `line` as an editor counts."""

    line: int
    kind: Kind
    order_id: str
    transaction_id: str
    amount: int
    at_s: float | None


def read(name: str, content: bytes, layout: Layout) -> list[Theirs]:
    """The rows of a file. Raises UsageError that names line and column, what came and what was expected."""
    reader = _Reader(name, layout)
    return list(reader.rows(_text(name, content, layout.encoding)))


def _text(name: str, content: bytes, encoding: str) -> str:
    marked = next((found for bom, found in _BOMS.items() if content.startswith(bom)), encoding)
    try:
        return content.decode(marked)
    except LookupError as problem:
        raise UsageError(f"no encoding '{encoding}'", "write utf-8 or windows-1251") from problem
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        what = f"{name}, line {line}: byte {content[problem.start]:#04x} is not {marked}"
        raise UsageError(what, 'name its encoding in the site file: encoding = "windows-1251"') from problem


class _Reader:
    def __init__(self, name: str, layout: Layout) -> None:
        self._name = name
        self._layout = layout
        self._headings = {**COLUMNS, **layout.columns}
        self._kinds = _kinds(layout.types)
        self._line = 0

    def rows(self, text: str) -> Iterator[Theirs]:
        lines = io.StringIO(text, newline="")
        for _ in range(self._layout.skip_lines):
            lines.readline()
        heading = lines.readline()
        delimiter = self._layout.delimiter or max(_DELIMITERS, key=heading.count)
        places = self._places(next(csv.reader([heading], delimiter=delimiter), []))
        reader, before = csv.reader(lines, delimiter=delimiter), self._layout.skip_lines + 1
        try:
            for cells in reader:
                self._line = before + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield from self._row(cells, places)
        except csv.Error as problem:
            what = f"{self._name}, line {before + reader.line_num}: {problem}"
            raise UsageError(what, "mend the file") from problem

    def _places(self, headings: list[str]) -> dict[str, int]:
        found = {heading.strip(): place for place, heading in enumerate(headings)}
        wanted = {key: heading for key, heading in self._headings.items() if heading}
        missing = [heading for heading in wanted.values() if heading not in found]
        if missing:
            came = ", ".join(found) or "nothing"
            what = f"{self._name}: no column {', '.join(missing)}; its headings are: {came}"
            raise UsageError(what, "map them in the site file: [registries.NAME.columns]")
        return {key: found[heading] for key, heading in wanted.items()}

    def _row(self, cells: list[str], places: Mapping[str, int]) -> Iterator[Theirs]:
        given = {key: cells[place].strip() if place < len(cells) else "" for key, place in places.items()}
        word = given.get("type", "").casefold()
        if "type" in given and self._kinds.get(word) == "ignored":
            return
        signed = self._amount(given["amount"])
        kind: Kind = self._kind(given["type"]) if "type" in given else "refund" if signed < 0 else "payment"
        order_id, transaction_id = given.get("order_id", ""), given.get("transaction_id", "")
        if not order_id and not transaction_id:
            raise self._wrong("transaction_id", "", "an order or a transaction")
        yield Theirs(self._line, kind, order_id, transaction_id, abs(signed), self._moment(given.get("date", "")))

    def _kind(self, word: str) -> Kind:
        found = self._kinds.get(word.casefold())
        if found not in ("payment", "refund"):
            raise self._wrong("type", word, f"one of {', '.join(self._kinds)}")
        return "payment" if found == "payment" else "refund"

    def _amount(self, text: str) -> int:
        unit = _KOPECKS[self._layout.amount_in]
        try:
            kopecks = Decimal(text.translate(_SPACES).replace(",", ".")) * unit
            if kopecks == int(kopecks) and abs(kopecks) <= MAX_KOPECKS:
                return int(kopecks)
        except (InvalidOperation, ValueError, OverflowError):
            pass
        raise self._wrong("amount", text, _AMOUNTS[self._layout.amount_in])

    def _moment(self, text: str) -> float | None:
        if not text:
            return None
        form = self._layout.date_format
        for each in (form,) if form else _FORMS:
            with suppress(ValueError, OverflowError):
                at = datetime.strptime(text, each) if each else datetime.fromisoformat(text)  # noqa: DTZ007 - see below
                return (at if at.tzinfo else at.replace(tzinfo=self._layout.zone)).timestamp()
        raise self._wrong("date", text, form or "2026-11-22 10:00:00 or 22.11.2026 10:00")

    def _wrong(self, key: str, came: str, expected: str) -> UsageError:
        what = f"{self._name}, line {self._line}, {self._headings[key]}: '{came}', expected {expected}"
        return UsageError(what, "mend the line, or the layout in the site file: [registries.NAME]")


def _kinds(types: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What each word of the column `type` means."""
    given = {"payment": ("payment",), "refund": ("refund",), **types}
    return {word.casefold(): kind for kind, words in given.items() for word in words}
