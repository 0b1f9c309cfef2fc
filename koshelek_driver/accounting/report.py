"""The cash report: what was paid, given back and cancelled in a business day, and what nobody knows yet.

Pure: payments and refunds in, a report and its forms out (lines of paper, CSV, plain values).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from koshelek_driver.pay_api.models import read_slip
from koshelek_driver.payment.journal.day_book import Ended
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, in_roubles
from koshelek_driver.printer.rendering.layout import Line, pair, rule, title

Kind = Literal["payment", "refund", "cancel", "unknown payment", "unknown refund"]
_KINDS: dict[Outcome, Kind] = {Outcome.PAID: "payment", Outcome.REFUNDED: "refund", Outcome.CANCELED: "cancel"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate instead of show."""
_NO_PROVIDER = "?"
_WORDS = {
    "ru": {
        "x": "X-ОТЧЁТ",
        "z": "Z-ОТЧЁТ",
        "day": "День",
        "from": "С (UTC)",
        "until": "По (UTC)",
        "unknown": "НЕ ЗАВЕРШЕНО",
        "payments": "Оплаты",
        "refunds": "Возвраты",
        "cancels": "Отмены",
        "total": "Итого, руб.",
        "none": "Операций не было",
    },
    "en": {
        "x": "X REPORT",
        "z": "Z REPORT",
        "day": "Day",
        "from": "From (UTC)",
        "until": "Until (UTC)",
        "unknown": "UNSETTLED",
        "payments": "Payments",
        "refunds": "Refunds",
        "cancels": "Cancels",
        "total": "Total, RUB",
        "none": "Nothing happened",
    },
}


class Row(msgspec.Struct, frozen=True):
    """One payment, refund or cancel. `amount` in kopecks; `at_s` is when it ended, of an unknown one when it began.

    `slip` is the provider's slip, whole; `till` is who made it, in reports over several tills.
    """

    kind: Kind
    at_s: float
    order_id: str
    request_id: str
    payment_transaction_id: str
    refund_transaction_id: str
    payment_type: str
    amount: int
    qrc_id: str
    kzo: str
    slip_id: str
    operation_id: str
    operation_date_time: str
    merchant_id: str
    store_id: str
    terminal_id: str
    error_code: str
    slip: dict[str, Any]
    till: str = ""


@dataclass(slots=True)
class Totals:
    """Counts and kopecks of one provider."""

    payments: int = 0
    paid: int = 0
    refunds: int = 0
    refunded: int = 0
    cancels: int = 0
    canceled: int = 0

    def add(self, row: Row) -> None:
        """One more."""
        if row.kind == "payment":
            self.payments, self.paid = self.payments + 1, self.paid + row.amount
        elif row.kind == "refund":
            self.refunds, self.refunded = self.refunds + 1, self.refunded + row.amount
        elif row.kind == "cancel":
            self.cancels, self.canceled = self.cancels + 1, self.canceled + row.amount


@dataclass(frozen=True, slots=True)
class Report:
    """One business day; `closed` with a Z. `unknown` comes first, and is carried over into the next day."""

    day: int
    date: str
    since_s: float | None
    until_s: float
    closed: bool
    unknown: tuple[Row, ...]
    rows: tuple[Row, ...]
    totals: dict[str, Totals] = field(default_factory=dict)


def report(
    day: int,
    date: str,
    ended: Iterable[Ended],
    unknown: Iterable[Payment | Refund],
    *,
    since_s: float | None,
    until_s: float,
    closed: bool,
) -> Report:
    """A day's report, `date` as 2026-11-22. What was refused took no money and is not in it."""
    rows = tuple(counted_row(each) for each in ended if each.outcome in _KINDS)
    return Report(day, date, since_s, until_s, closed, tuple(map(_unknown, unknown)), rows, totals_of(rows))


def counted_row(of: Ended) -> Row:
    """What was paid, given back or cancelled."""
    return _row(_KINDS[of.outcome], of)


def unknown_row(of: Ended, *, is_refund: bool) -> Row:
    """What is not settled; `at_s` is when it began."""
    return _row("unknown refund" if is_refund else "unknown payment", of)


def totals_of(rows: Iterable[Row]) -> dict[str, Totals]:
    """By provider."""
    totals: dict[str, Totals] = {}
    for row in rows:
        totals.setdefault(row.payment_type or _NO_PROVIDER, Totals()).add(row)
    return dict(sorted(totals.items()))


def document(of: Report) -> dict[str, Any]:
    """As plain values, for JSON."""
    return {
        "day": of.day,
        "date": of.date,
        "from": None if of.since_s is None else _utc(of.since_s),
        "until": _utc(of.until_s),
        "closed": of.closed,
        "totals": msgspec.to_builtins(of.totals),
        "unknown": [as_plain(row) for row in of.unknown],
        "rows": [as_plain(row) for row in of.rows],
    }


def as_csv(rows: Iterable[Row]) -> str:
    """A line a row; semicolons, as spreadsheets of Russia want them. No cell is a formula."""
    out = io.StringIO()
    names = Row.__struct_fields__
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["at" if name == "at_s" else name for name in names])
    for row in rows:
        plain = as_plain(row)
        writer.writerow([_cell(plain["at" if name == "at_s" else name]) for name in names])
    return out.getvalue()


def as_lines(of: Report, columns: int, language: Literal["ru", "en"]) -> list[Line]:
    """For paper: what is not settled first, then the totals of each provider."""
    words = _WORDS[language]
    lines = [
        *title(words["z" if of.closed else "x"], columns, large=True),
        *pair(words["day"], f"{of.day}, {of.date}", columns),
    ]
    if of.since_s is not None:
        lines += pair(words["from"], _utc(of.since_s)[:19], columns)
    lines += [*pair(words["until"], _utc(of.until_s)[:19], columns), *rule(columns)]
    if of.unknown:
        lines += title(words["unknown"], columns)
        lines += [line for row in of.unknown for line in pair(row.order_id, in_roubles(row.amount), columns)]
        lines += rule(columns)
    for name, totals in of.totals.items():
        lines += _of_provider(name, totals, words, columns)
    return lines if of.totals else [*lines, *title(words["none"], columns)]


def _of_provider(name: str, totals: Totals, words: dict[str, str], columns: int) -> list[Line]:
    parts = (
        ("payments", totals.payments, totals.paid),
        ("refunds", totals.refunds, totals.refunded),
        ("cancels", totals.cancels, totals.canceled),
    )
    lines = [*title(name, columns)]
    for word, count, amount in parts:
        lines += pair(f"{words[word]}: {count}", in_roubles(amount), columns)
    return [*lines, *pair(words["total"], _signed(totals.paid - totals.refunded), columns), *rule(columns)]


def _signed(kopecks: int) -> str:
    return f"-{in_roubles(-kopecks)}" if kopecks < 0 else in_roubles(kopecks)


def _unknown(of: Payment | Refund) -> Row:
    reversal_id = of.refund_transaction_id if isinstance(of, Refund) else ""
    open_ = Ended(
        of.order_id,
        of.request_id,
        of.amount,
        of.outcome,
        of.verdict.transaction_id,
        of.verdict.error_code,
        of.verdict.slip or {},
        reversal_id,
        of.created_s,
    )
    return unknown_row(open_, is_refund=isinstance(of, Refund))


def _row(kind: Kind, of: Ended) -> Row:
    slip = read_slip(of.slip)
    return Row(
        kind=kind,
        at_s=of.at_s,
        order_id=of.order_id,
        request_id=of.request_id,
        payment_transaction_id=of.payment_transaction_id or slip.payment_transaction_id,
        refund_transaction_id=of.refund_transaction_id or slip.refund_transaction_id,
        payment_type=slip.payment_type,
        amount=of.amount,
        qrc_id=slip.qrc_id,
        kzo=slip.kzo,
        slip_id=slip.id,
        operation_id=slip.operation_id,
        operation_date_time=slip.operation_date_time,
        merchant_id=slip.merchant_id,
        store_id=slip.store_id,
        terminal_id=slip.terminal_id,
        error_code=of.error_code,
        slip=of.slip,
        till=of.till,
    )


def as_plain(row: Row) -> dict[str, Any]:
    """A row for JSON; its moment as 2026-11-22T10:00:00.000Z."""
    values = {name: getattr(row, name) for name in Row.__struct_fields__}
    return {
        "at" if name == "at_s" else name: _utc(value) if name == "at_s" else value for name, value in values.items()
    }


def _cell(value: Any) -> str:
    text = msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
