"""The rows of the ledger: the columns of a journal's record, and the statements that write them."""

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
"""The columns of a Record in a table with the alias `o`."""
BRIEF = COLUMNS.replace("o.contents", "NULL")
"""The same columns without the sold items, for queries that read very many rows."""
_WRITE = f"""
INSERT INTO koshelek.operation AS o (journal_id, {", ".join(_FIELDS)})
VALUES ({", ".join(["%s"] * (len(_FIELDS) + 1))})
ON CONFLICT (request_id) DO UPDATE
SET by_hand = false, journal_id = excluded.journal_id, {", ".join(f"{name} = excluded.{name}" for name in _FIELDS[2:])}
WHERE o.outcome IS NULL OR (o.by_hand AND excluded.outcome IS NOT NULL)
   OR (o.journal_id <> excluded.journal_id AND o.outcome = excluded.outcome)
"""  # noqa: S608
"""A final outcome never changes, unless a person wrote it; a rebuilt journal takes over its rows."""
_WRITE_DAY = """
INSERT INTO koshelek.day (journal_id, day, until, since_s, until_s, date) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (journal_id, day) DO NOTHING
"""
_NO_NUL = "\N{REPLACEMENT CHARACTER}"


def write(cursor: Cursor, journal_id: str, records: Iterable[Record]) -> None:
    """Write records, idempotently. They are sorted, so that concurrent writers cannot deadlock."""
    ordered = sorted(records, key=lambda record: record.request_id)
    cursor.executemany(_WRITE, [(journal_id, *map(_storable, msgspec.structs.astuple(record))) for record in ordered])


def write_days(cursor: Cursor, journal_id: str, closings: Iterable[ClosedDay]) -> None:
    """Write closed business days, idempotently."""
    days = [(journal_id, day.day, day.until, day.since_s, day.until_s, day.date) for day in closings]
    cursor.executemany(_WRITE_DAY, days)


def _storable(value: Any) -> Any:
    """Replace NUL characters, which PostgreSQL refuses in texts."""
    return value.replace("\0", _NO_NUL) if isinstance(value, str) else value
