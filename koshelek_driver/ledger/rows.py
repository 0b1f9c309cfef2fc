"""Rows of the ledger: records of a till's journal as they are written, and read again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from koshelek_driver.payment.journal.day_book import ClosedDay
from koshelek_driver.payment.journal.reader import Record

if TYPE_CHECKING:
    from koshelek_driver.ledger.connection import Cursor

_FIELDS = Record.__struct_fields__
COLUMNS = ", ".join(f"o.{name}" for name in _FIELDS)
"""What makes a Record, of a table named o."""
BRIEF = COLUMNS.replace("o.contents", "NULL")
"""The same without what was sold, for those who read very many."""
_PUT = f"""
INSERT INTO koshelek.operation AS o (journal_id, {", ".join(_FIELDS)})
VALUES ({", ".join(["%s"] * (len(_FIELDS) + 1))})
ON CONFLICT (request_id) DO UPDATE
SET by_hand = false, journal_id = excluded.journal_id, {", ".join(f"{name} = excluded.{name}" for name in _FIELDS[2:])}
WHERE o.outcome IS NULL OR (o.by_hand AND excluded.outcome IS NOT NULL)
   OR (o.journal_id <> excluded.journal_id AND o.outcome = excluded.outcome)
"""  # noqa: S608
"""A final outcome stays, but for one that a person wrote; a journal that was made anew takes over its rows."""
_PUT_DAY = """
INSERT INTO koshelek.day (journal_id, day, until, since_s, until_s, date) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (journal_id, day) DO NOTHING
"""
_NO_NUL = "\N{REPLACEMENT CHARACTER}"


def put(cursor: Cursor, journal_id: str, records: Iterable[Record]) -> None:
    """Write records, each any number of times; in one order, so that no two writers wait for each other."""
    ordered = sorted(records, key=lambda record: record.request_id)
    cursor.executemany(_PUT, [(journal_id, *map(_storable, msgspec.structs.astuple(record))) for record in ordered])


def put_days(cursor: Cursor, journal_id: str, closings: Iterable[ClosedDay]) -> None:
    """Write days that were closed, each any number of times."""
    days = [(journal_id, day.day, day.until, day.since_s, day.until_s, day.date) for day in closings]
    cursor.executemany(_PUT_DAY, days)


def _storable(value: Any) -> Any:
    """PostgreSQL has no NUL in its texts."""
    return value.replace("\0", _NO_NUL) if isinstance(value, str) else value
