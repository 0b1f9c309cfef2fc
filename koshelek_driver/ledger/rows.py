"""The rows of the ledger: the columns of a journal's record, and the statements that write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from koshelek_driver.errors import LedgerError
from koshelek_driver.payment.journal.day_book import ClosedDay
from koshelek_driver.payment.journal.reader import Record, record_from_row
from koshelek_driver.payment.journal.tables import FOREIGN, check_invoice, check_items, reason

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
_COLUMN = re.compile(r"`\$\[([0-9]|1[0-6])\]`")
"""The path of a column in an error of msgspec."""
_NO_NUL = "\N{REPLACEMENT CHARACTER}"


def read(till: str, values: Sequence[Any]) -> Record:
    """Return the record of a row; `till` is its till in the error, empty if it is not known.

    Other tills write the ledger, some with another version of this driver: what comes out of it is looked at.

    Raises:
        LedgerError: a value does not fit, such as an outcome that this driver does not know.
    """
    try:
        record = record_from_row(values)
        if record.contents is not None:
            (check_invoice if record.kind == "payment" else check_items)(record.contents)
    except FOREIGN as problem:
        named = f"till {till}, " if till else ""
        what = f"{named}request {values[1]}: its row in the shop's ledger does not read: {_place(problem)}"
        raise LedgerError(what, "update this driver, or look at the row and the journal of that till") from problem
    return record


def _place(problem: Exception) -> str:
    """Return the text of a problem with the name of the column in place of its number."""
    return _COLUMN.sub(lambda found: _FIELDS[int(found[1])], reason(problem))


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
