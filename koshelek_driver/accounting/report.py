"""The cash report of a business day: payments, refunds, cancels, and unknown outcomes.

Pure: payments and refunds in; a report out, and its forms: lines of paper, CSV, a JSON document.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import msgspec

from koshelek_driver.pay_api.models import read_slip
from koshelek_driver.payment.journal.chain import Anchor
from koshelek_driver.payment.journal.day_book import Operation
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, in_roubles, responsible
from koshelek_driver.payment.slips.local_time import local_time
from koshelek_driver.printer.rendering.layout import Line, pair, rule, title

Kind = Literal["payment", "refund", "cancel", "unknown payment", "unknown refund"]
_KINDS: dict[Outcome, Kind] = {Outcome.PAID: "payment", Outcome.REFUNDED: "refund", Outcome.CANCELED: "cancel"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula."""
_NO_PROVIDER = "?"
"""The provider of rows without a slip, such as cancels."""
_WORDS = {
    "ru": {
        "x": "X-ОТЧЁТ",
        "z": "Z-ОТЧЁТ",
        "day": "День",
        "from": "С",
        "until": "По",
        "unknown": "НЕ ЗАВЕРШЕНО",
        "payments": "Оплаты",
        "refunds": "Возвраты",
        "cancels": "Отмены",
        "total": "Итого, руб.",
        "none": "Операций не было",
        "all": "ВСЕГО",
        "anchor": "Контроль журнала",
    },
    "en": {
        "x": "X REPORT",
        "z": "Z REPORT",
        "day": "Day",
        "from": "From",
        "until": "Until",
        "unknown": "UNSETTLED",
        "payments": "Payments",
        "refunds": "Refunds",
        "cancels": "Cancels",
        "total": "Total, RUB",
        "none": "Nothing happened",
        "all": "ALL PROVIDERS",
        "anchor": "Journal anchor",
    },
}


class Row(msgspec.Struct, frozen=True):
    """One payment, refund or cancel of a report; `amount` in kopecks.

    `at_s` is the Unix time of its end, or of its beginning if it is unknown. `slip` is the provider's complete slip.
    `till` is the name of the till in reports over several tills, else empty. `operator` answers for the row: of a
    cancel the person who cancelled. `ended_by` acted on it after its beginning.
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
    operator: str = ""
    ended_by: str = ""


@dataclass(slots=True)
class Totals:
    """The sums of one provider: counts of rows, and kopecks."""

    payments: int = 0
    paid: int = 0
    refunds: int = 0
    refunded: int = 0
    cancels: int = 0
    canceled: int = 0

    def add(self, row: Row) -> None:
        """Add a row. Rows of unknown outcome do not count."""
        if row.kind == "payment":
            self.payments, self.paid = self.payments + 1, self.paid + row.amount
        elif row.kind == "refund":
            self.refunds, self.refunded = self.refunds + 1, self.refunded + row.amount
        elif row.kind == "cancel":
            self.cancels, self.canceled = self.cancels + 1, self.canceled + row.amount


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one business day: a Z report if `closed`, else an X report.

    `unknown` are requests without an outcome; they are carried over into the next day. `totals` are by provider. Times
    are Unix seconds; `since_s` is None for the first day of a journal. `anchor` is the event that closed the day.
    """

    day: int
    date: str
    since_s: float | None
    until_s: float
    closed: bool
    unknown: tuple[Row, ...]
    rows: tuple[Row, ...]
    totals: dict[str, Totals] = field(default_factory=dict)
    anchor: Anchor | None = None

    @property
    def grand_total(self) -> Totals:
        """The sums over all providers."""
        return grand_total(self.totals)


def make_report(
    day: int,
    date: str,
    ended: Iterable[Operation],
    unknown: Iterable[Payment | Refund],
    *,
    since_s: float | None,
    until_s: float,
    closed: bool,
) -> Report:
    """Return the report of a day; `date` as 2026-11-22.

    Rejected payments and refunds are left out: no money moved, and nothing was cancelled.
    """
    rows = tuple(counted_row(each) for each in ended if each.outcome in _KINDS)
    return Report(day, date, since_s, until_s, closed, tuple(map(_unknown, unknown)), rows, totals_of(rows))


def counted_row(operation: Operation) -> Row:
    """Return the row of a payment, refund or cancel that counts in the totals."""
    return _row(_KINDS[operation.outcome], operation)


def unknown_row(operation: Operation, *, is_refund: bool) -> Row:
    """Return the row of a payment or refund of unknown outcome. Its `at_s` is the time of its beginning."""
    return _row("unknown refund" if is_refund else "unknown payment", operation)


def totals_of(rows: Iterable[Row]) -> dict[str, Totals]:
    """Return the totals of each provider, sorted by its name."""
    totals: dict[str, Totals] = {}
    for row in rows:
        totals.setdefault(row.payment_type or _NO_PROVIDER, Totals()).add(row)
    return dict(sorted(totals.items()))


def grand_total(totals: Mapping[str, Totals]) -> Totals:
    """Return the sums over all providers."""
    return Totals(*map(sum, zip(*map(astuple, totals.values()), strict=True)))


def document(report: Report) -> dict[str, Any]:
    """Return a report as plain values for JSON; times as 2026-11-22T10:00:00.000Z."""
    return {
        "day": report.day,
        "date": report.date,
        "from": None if report.since_s is None else _utc(report.since_s),
        "until": _utc(report.until_s),
        "closed": report.closed,
        "anchor": None if report.anchor is None else msgspec.to_builtins(report.anchor),
        "totals": msgspec.to_builtins(report.totals),
        "grand_total": msgspec.to_builtins(report.grand_total),
        "unknown": [as_plain(row) for row in report.unknown],
        "rows": [as_plain(row) for row in report.rows],
    }


def as_csv(rows: Iterable[Row]) -> str:
    """Return rows as CSV with a heading, CR LF and semicolons, which Russian spreadsheets expect.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it: order ids come from outside.
    """
    out = io.StringIO()
    names = Row.__struct_fields__
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["at" if name == "at_s" else name for name in names])
    for row in rows:
        plain = as_plain(row)
        writer.writerow([_cell(plain["at" if name == "at_s" else name]) for name in names])
    return out.getvalue()


def as_lines(report: Report, columns: int, language: Literal["ru", "en"], zone: tzinfo | None = None) -> list[Line]:
    """Return a report as lines of paper: unknown requests, totals by provider, the grand total, the anchor.

    Times are in the zone of the shop; None for the machine's.
    """
    words = _WORDS[language]
    lines = [
        *title(words["z" if report.closed else "x"], columns, large=True),
        *pair(words["day"], f"{report.day}, {report.date}", columns),
    ]
    if report.since_s is not None:
        lines += pair(words["from"], local_time(report.since_s, zone), columns)
    lines += [*pair(words["until"], local_time(report.until_s, zone), columns), *rule(columns)]
    if report.unknown:
        lines += title(words["unknown"], columns)
        lines += [line for row in report.unknown for line in pair(row.order_id, in_roubles(row.amount), columns)]
        lines += rule(columns)
    for name, totals in report.totals.items():
        lines += _provider_lines(name, totals, words, columns)
    if report.totals:
        lines += _provider_lines(words["all"], report.grand_total, words, columns)
    else:
        lines += title(words["none"], columns)
    return lines if report.anchor is None else [*lines, *pair(words["anchor"], report.anchor.on_paper(), columns)]


def _provider_lines(name: str, totals: Totals, words: dict[str, str], columns: int) -> list[Line]:
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


def _unknown(payment: Payment | Refund) -> Row:
    operation = Operation(
        payment.order_id,
        payment.request_id,
        payment.amount,
        payment.outcome,
        payment.verdict.transaction_id,
        payment.verdict.error_code,
        payment.verdict.slip or {},
        payment.refund_transaction_id if isinstance(payment, Refund) else "",
        payment.created_s,
        "",
        payment.operator,
        payment.ended_by,
    )
    return unknown_row(operation, is_refund=isinstance(payment, Refund))


def _row(kind: Kind, operation: Operation) -> Row:
    slip = read_slip(operation.slip)
    return Row(
        kind=kind,
        at_s=operation.at_s,
        order_id=operation.order_id,
        request_id=operation.request_id,
        payment_transaction_id=operation.payment_transaction_id or slip.payment_transaction_id,
        refund_transaction_id=operation.refund_transaction_id or slip.refund_transaction_id,
        payment_type=slip.payment_type,
        amount=operation.amount,
        qrc_id=slip.qrc_id,
        kzo=slip.kzo,
        slip_id=slip.id,
        operation_id=slip.operation_id,
        operation_date_time=slip.operation_date_time,
        merchant_id=slip.merchant_id,
        store_id=slip.store_id,
        terminal_id=slip.terminal_id,
        error_code=operation.error_code,
        slip=operation.slip,
        till=operation.till,
        operator=responsible(operation.outcome, operation.operator, operation.ended_by),
        ended_by=operation.ended_by,
    )


def as_plain(row: Row) -> dict[str, Any]:
    """Return a row as plain values for JSON; `at` is its time as 2026-11-22T10:00:00.000Z."""
    values = {name: getattr(row, name) for name in Row.__struct_fields__}
    return {
        "at" if name == "at_s" else name: _utc(value) if name == "at_s" else value for name, value in values.items()
    }


def _cell(value: Any) -> str:
    text = msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
