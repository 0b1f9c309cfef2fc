"""Reports over all tills of a shop, from the events that they have fed.

The report also lists each till with the time of its last feed, since later sales of that till are missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from koshelek_driver.accounting.report import Row, Totals, counted_row, totals_of, unknown_row
from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import LedgerConnection
from koshelek_driver.payment.journal.day_book import Operation
from koshelek_driver.payment.journal.reader import Record
from koshelek_driver.payment.outcome import Outcome

if TYPE_CHECKING:
    from koshelek_driver.ledger.connection import Cursor

_TILLS = """
SELECT DISTINCT ON (store_id, terminal_id) store_id, terminal_id, extract(epoch FROM heard)::float8,
    extract(epoch FROM now() - heard)::float8, last - position
FROM koshelek.till ORDER BY store_id, terminal_id, heard DESC
"""
"""A till whose journal was rebuilt has several rows; the newest one counts."""
_FROM = f"""
SELECT t.store_id, t.terminal_id, {rows.BRIEF} FROM koshelek.operation o JOIN koshelek.till t USING (journal_id)
"""  # noqa: S608
_ENDED = "o.outcome IN ('paid', 'refunded', 'canceled')"
_IN_ORDER = "ORDER BY o.closed_s, o.request_id"
_OPEN_DAYS = f"""
{_FROM} LEFT JOIN (SELECT journal_id, max(until) AS until FROM koshelek.day GROUP BY journal_id) d USING (journal_id)
WHERE {_ENDED} AND o.ended > coalesce(d.until, 0) {_IN_ORDER}
"""  # noqa: S608
_CLOSED_DAYS = f"""
WITH d AS (
    SELECT journal_id, date, until, lag(until, 1, 0::bigint) OVER (PARTITION BY journal_id ORDER BY day) AS after
    FROM koshelek.day
)
{_FROM} JOIN d USING (journal_id)
WHERE d.date = %s AND {_ENDED} AND o.ended > d.after AND o.ended <= d.until {_IN_ORDER}
"""  # noqa: S608
_UNSETTLED = f"{_FROM} WHERE o.outcome IS NULL OR o.by_hand ORDER BY o.created_s, o.request_id"
"""Open operations, and those that a person closed and the till has not confirmed since."""


@dataclass(frozen=True, slots=True)
class TillState:
    """The state of a till in the ledger.

    `name` is the terminal, in a chain of several stores `store/terminal`. `heard_s` is the time of its last feed (Unix
    time), `silent_s` the seconds since; `behind` is the number of its events that were not in the ledger then.
    """

    name: str
    store_id: str
    terminal_id: str
    heard_s: float
    silent_s: float
    behind: int


@dataclass(frozen=True, slots=True)
class ShopReport:
    """A report over all tills.

    It covers the closed days of one date, or the open days if `date` is empty. `till` of a row and the keys of
    `by_till` are names of tills.
    """

    date: str
    tills: tuple[TillState, ...]
    unknown: tuple[Row, ...]
    rows: tuple[Row, ...]
    totals: dict[str, Totals]
    by_till: dict[str, dict[str, Totals]]


def shop_report(connection: LedgerConnection, date: str) -> ShopReport:
    """Report all tills: the closed days of a date, or the open days if it is empty.

    `date` is written as 2026-11-22. Every row belongs to exactly one date or to an open day. Blocks up to a minute;
    raises LedgerError.
    """
    with connection.reading() as cursor:
        tills = _tills(cursor)
        found = _all(cursor, _CLOSED_DAYS, date) if date else _all(cursor, _OPEN_DAYS)
        unknown = _all(cursor, _UNSETTLED)
    names = {(till.store_id, till.terminal_id): till.name for till in tills}
    done = tuple(counted_row(_ended(names[till], of)) for till, of in found)
    return ShopReport(
        date=date,
        tills=tills,
        unknown=tuple(unknown_row(_ended(names[till], of), is_refund=of.kind == "refund") for till, of in unknown),
        rows=done,
        totals=totals_of(done),
        by_till=_by_till(done),
    )


def tills_of(connection: LedgerConnection) -> tuple[TillState, ...]:
    """Return the state of every till that ever fed. Raises LedgerError."""
    with connection.reading() as cursor:
        return _tills(cursor)


def _tills(cursor: Cursor) -> tuple[TillState, ...]:
    found = cursor.execute(_TILLS).fetchall()
    is_chain = len({store for store, *_ in found}) > 1
    return tuple(
        TillState(f"{store}/{terminal}" if is_chain else terminal, store, terminal, *rest)
        for store, terminal, *rest in found
    )


def _by_till(rows: Iterable[Row]) -> dict[str, dict[str, Totals]]:
    ordered = sorted(rows, key=lambda row: row.till)
    return {name: totals_of(its) for name, its in groupby(ordered, key=lambda row: row.till)}


def _all(cursor: Cursor, sql: str, *values: Any) -> list[tuple[tuple[str, str], Record]]:
    """Return records, each with its store and terminal."""
    return [
        ((store, terminal), rows.read(f"{store}/{terminal}", of))
        for store, terminal, *of in cursor.execute(sql, values).fetchall()
    ]


def _ended(till: str, of: Record) -> Operation:
    """Convert a record to a row of a report; an open one is dated by its start."""
    return Operation(
        of.order_id,
        of.request_id,
        of.amount,
        Outcome(of.outcome) if of.outcome else Outcome.UNKNOWN,
        of.transaction_id,
        of.error_code,
        msgspec.json.decode(of.slip, type=dict[str, Any]) if of.slip else {},
        of.refund_transaction_id,
        of.created_s if of.closed_s is None else of.closed_s,
        till,
        of.operator,
        of.ended_by,
    )
