"""A provider's settlement file: CSV with the payments and refunds that it settles. Bytes in, rows out.

There is no standard for its layout, so columns, words, encoding and units are settings of the site file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
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
"""The fields that are read, and the default heading of the column of each."""
_DELIMITERS = ",;\t|"
_SPACES = str.maketrans("", "", " \u00a0\u202f'")
"""Separators of thousands, which are removed from amounts: spaces, no-break spaces, apostrophes."""
_KOPECKS = {"kopecks": 1, "roubles": 100}
_AMOUNT = re.compile(r"([+-]?)([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
"""The one written form of an amount: no exponent, no other digits, no more places than money has."""
_AMOUNTS = {"kopecks": "kopecks as 12345", "roubles": "roubles as 123.45"}
_LONGEST_SHOWN = 60
"""Characters of a cell in an error; a cell may be a megabyte."""
_DATE_FORMATS = ("", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")
"""The default formats of dates: ISO 8601 (empty), and those used in Russia."""
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a settlement file.

    Attributes:
        encoding: the encoding; a byte order mark in the file wins.
        delimiter: empty: the most frequent of `,` `;` tab and `|` in the line of headings.
        skip_lines: the number of lines before the headings.
        columns: the heading of each of COLUMNS; an empty heading: there is no such column. Without a column `type` a
            negative amount is a refund.
        amount_in: the unit of amounts.
        types: the words of the column `type` that mean `payment`, `refund` or `ignored`, in any case. Ignored rows,
            such as a line of sums, are skipped.
        date_format: a format of `strptime`; empty: ISO 8601 or 22.11.2026 10:00.
        zone: the time zone of dates without one; None: the machine's.
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
class SettlementRow:
    """A row of a settlement file: one payment or refund.

    `amount` in kopecks and positive, `at_s` Unix time or None if the row has no date. `line` is the number of the line
    as an editor shows it.
    """

    line: int
    kind: Kind
    order_id: str
    transaction_id: str
    amount: int
    at_s: float | None


Theirs = SettlementRow
"""The name of SettlementRow until version 0.1."""


def read(name: str, content: bytes, layout: Layout) -> list[SettlementRow]:
    """Return the rows of a settlement file; `name` is its name in errors.

    Raises:
        UsageError: the file does not fit the layout; the error names line, column, the text found and the expectation.
    """
    reader = _RowReader(name, layout)
    return list(reader.rows(_decode(name, content, layout.encoding)))


def _decode(name: str, content: bytes, encoding: str) -> str:
    # Spreadsheets write a byte order mark; it is more reliable than a setting.
    actual = next((found for bom, found in _BOMS.items() if content.startswith(bom)), encoding)
    try:
        return content.decode(actual)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        column = problem.start - content.rfind(b"\n", 0, problem.start)
        what = f"{name}, line {line}: byte {content[problem.start]:#04x} is not {actual}, at byte {column} of the line"
        raise UsageError(what, 'name its encoding in the site file: encoding = "windows-1251"') from problem
    except (LookupError, ValueError) as problem:  # a codec may refuse its own name, or to decode at all
        raise UsageError(f"no encoding {encoding!r} for a file", "write utf-8 or windows-1251") from problem


class _RowReader:
    def __init__(self, name: str, layout: Layout) -> None:
        self._name = name
        self._layout = layout
        self._headings = {**COLUMNS, **layout.columns}
        self._kinds = _kinds(layout.types)
        self._line = 0

    def rows(self, text: str) -> Iterator[SettlementRow]:
        lines = io.StringIO(text, newline="")
        for _ in range(self._layout.skip_lines):
            if not lines.readline():
                break
        heading = lines.readline()
        delimiter = self._layout.delimiter or max(_DELIMITERS, key=heading.count)
        indexes = self._column_indexes(self._cells(heading, delimiter))
        # csv counts the lines that it has read itself: those before are added, to give the line number of an editor.
        reader, before = csv.reader(lines, delimiter=delimiter), self._layout.skip_lines + 1
        try:
            for cells in reader:
                self._line = before + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield from self._row(cells, indexes)
        except csv.Error as problem:
            what = f"{self._name}, line {before + reader.line_num}: {problem}"
            raise UsageError(what, "mend the file") from problem

    def _cells(self, heading: str, delimiter: str) -> list[str]:
        try:
            return next(csv.reader([heading], delimiter=delimiter), [])
        except csv.Error as problem:
            raise UsageError(
                f"{self._name}, line {self._layout.skip_lines + 1}: {problem}", "mend the file"
            ) from problem

    def _column_indexes(self, headings: list[str]) -> dict[str, int]:
        found = {heading.strip(): index for index, heading in enumerate(headings)}
        wanted = {key: heading for key, heading in self._headings.items() if heading}
        missing = [heading for heading in wanted.values() if heading not in found]
        if missing:
            came = ", ".join(found) or "nothing"
            what = f"{self._name}: no column {', '.join(missing)}; its headings are: {came}"
            raise UsageError(what, "map them in the site file: [registries.NAME.columns]")
        twice = [heading for heading in wanted.values() if [each.strip() for each in headings].count(heading) > 1]
        if twice:
            raise UsageError(f"{self._name}: {', '.join(twice)} stands over two columns", "leave one of them")
        return {key: found[heading] for key, heading in wanted.items()}

    def _row(self, cells: list[str], indexes: Mapping[str, int]) -> Iterator[SettlementRow]:
        given = {key: cells[index].strip() if index < len(cells) else "" for key, index in indexes.items()}
        word = given.get("type", "").casefold()
        if "type" in given and self._kinds.get(word) == "ignored":
            return
        signed = self._amount(given["amount"])
        kind: Kind = self._kind(given["type"]) if "type" in given else "refund" if signed < 0 else "payment"
        order_id, transaction_id = given.get("order_id", ""), given.get("transaction_id", "")
        if not order_id and not transaction_id:
            raise self._error("transaction_id", "", "an order or a transaction")
        at_s = self._time_s(given.get("date", ""))
        yield SettlementRow(self._line, kind, order_id, transaction_id, abs(signed), at_s)

    def _kind(self, word: str) -> Kind:
        found = self._kinds.get(word.casefold())
        if found not in ("payment", "refund"):
            raise self._error("type", word, f"one of {', '.join(self._kinds)}")
        return "payment" if found == "payment" else "refund"

    def _amount(self, text: str) -> int:
        unit = self._layout.amount_in
        written = _AMOUNT.fullmatch(text.translate(_SPACES))
        if written is not None:
            sign, whole, fraction = written.groups(default="")
            kopecks = int(whole) * _KOPECKS[unit] + (int(fraction.ljust(2, "0")) if unit == "roubles" else 0)
            if kopecks <= MAX_KOPECKS and (unit == "roubles" or not fraction.strip("0")):
                return -kopecks if sign == "-" else kopecks
        raise self._error("amount", text, _AMOUNTS[unit])

    def _time_s(self, text: str) -> float | None:
        if not text:
            return None
        if any(each.isdigit() and not each.isascii() for each in text):
            raise self._error("date", text, "the digits 0 to 9")
        date_format = self._layout.date_format
        for each in (date_format,) if date_format else _DATE_FORMATS:
            # Of strptime also what its regular expressions raise for a format that names a part twice.
            with suppress(ValueError, OverflowError, OSError, re.error):
                at = datetime.strptime(text, each) if each else datetime.fromisoformat(text)  # noqa: DTZ007 - see below
                return (at if at.tzinfo else at.replace(tzinfo=self._layout.zone)).timestamp()  # None: the local zone
        raise self._error("date", text, date_format or "2026-11-22 10:00:00 or 22.11.2026 10:00")

    def _error(self, key: str, came: str, expected: str) -> UsageError:
        shown = came if len(came) <= _LONGEST_SHOWN else f"{came[:_LONGEST_SHOWN]}…"
        what = f"{self._name}, line {self._line}, {self._headings[key]}: '{shown}', expected {expected}"
        return UsageError(what, "mend the line, or the layout in the site file: [registries.NAME]")


def _kinds(types: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the meaning of each word of the column `type`: payment, refund or ignored."""
    given = {"payment": ("payment",), "refund": ("refund",), **types}
    return {word.casefold(): kind for kind, words in given.items() for word in words}
