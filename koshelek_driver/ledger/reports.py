"""Reports over all tills of a shop, of what they have fed; a till that was not heard of for long says so itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from koshelek_driver.ledger import rows
from koshelek_driver.ledger.link import Link
from koshelek_driver.payment.journal.day_book import Ended
from koshelek_driver.payment.journal.feed import Record
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.report import Row, Totals, counted_row, totals_of, unknown_row

if TYPE_CHECKING:
    from koshelek_driver.ledger.link import Cursor

_TILLS = """
SELECT DISTINCT ON (store_id, terminal_id) store_id, terminal_id, extract(epoch FROM heard)::float8,
    extract(epoch FROM now() - heard)::float8, last - position
FROM koshelek.till ORDER BY store_id, terminal_id, heard DESC
"""
"""Of a till whose journal was made anew the newer one counts."""
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
"""What is open, and what a person ended while its till says nothing."""


@dataclass(frozen=True, slots=True)
class TillState:
    """A till as the ledger knows it.

    It fed last at `heard_s` (Unix time), `silent_s` ago; so many of its events, `behind`, were not here then.
    """

    store_id: str
    terminal_id: str
    heard_s: float
    silent_s: float
    behind: int


@dataclass(frozen=True, slots=True)
class ShopReport:
    """All tills together: the days of one date that are closed, or (empty date) the days that are open.

    `till` of a row, and `by_till`, name a till by its terminal, in a chain of several stores `store/terminal`.
    """

    date: str
    tills: tuple[TillState, ...]
    unknown: tuple[Row, ...]
    rows: tuple[Row, ...]
    totals: dict[str, Totals]
    by_till: dict[str, dict[str, Totals]]


def shop_report(link: Link, date: str) -> ShopReport:
    """What all tills did: on days of a date, as 2026-11-22, that they have closed, or (empty) since they closed one.

    Every row is in just one date or open. Blocks a minute at most; raises LedgerError.
    """
    with link.reading() as cursor:
        tills = tuple(TillState(*row) for row in cursor.execute(_TILLS).fetchall())
        found = _all(cursor, _CLOSED_DAYS, date) if date else _all(cursor, _OPEN_DAYS)
        unknown = _all(cursor, _UNSETTLED)
    many = len({till.store_id for till in tills}) > 1
    done = tuple(counted_row(_ended(name_of(*till, many=many), of)) for till, of in found)
    names = sorted({row.till for row in done})
    return ShopReport(
        date=date,
        tills=tills,
        unknown=tuple(
            unknown_row(_ended(name_of(*till, many=many), of), is_refund=of.kind == "refund") for till, of in unknown
        ),
        rows=done,
        totals=totals_of(done),
        by_till={name: totals_of(row for row in done if row.till == name) for name in names},
    )


def name_of(store_id: str, terminal_id: str, *, many: bool) -> str:
    """A terminal's name is its own in one store alone."""
    return f"{store_id}/{terminal_id}" if many else terminal_id


def tills_of(link: Link) -> list[TillState]:
    """Every till that ever fed. Raises LedgerError."""
    with link.reading() as cursor:
        return [TillState(*row) for row in cursor.execute(_TILLS).fetchall()]


def _all(cursor: Cursor, sql: str, *values: Any) -> list[tuple[tuple[str, str], Record]]:
    """Records with the store and the terminal of each."""
    return [((store, terminal), Record(*of)) for store, terminal, *of in cursor.execute(sql, values).fetchall()]


def _ended(till: str, of: Record) -> Ended:
    """Of one that is open, when it began."""
    return Ended(
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
    )
