"""A reader of the journal for the shop's ledger and for reconciliation.

It runs beside the sales. For the ledger it is a feed: the records that changed after an event, in their current state.
Each change of money adds an event in its own transaction. A reader that remembers the number of the last event it took
therefore misses nothing; it may read a record twice.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import apsw
import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.ids import spellings
from koshelek_driver.payment.journal.day_book import ClosedDay, find_closings
from koshelek_driver.payment.journal.disk import is_damage
from koshelek_driver.payment.journal.tables import Kopecks, Seconds, check_object, convert, read_all
from koshelek_driver.payment.outcome import Outcome

MOST_EVENTS = 500
"""The limit of one batch, which bounds its memory."""
_BUSY_MS = 5000
_HAS_TRANSACTION = "AND transaction_id <> ''"
"""Repeats the condition of the partial index of transactions; without it SQLite does not use that index."""
_COLUMNS = (
    "request_id, order_id, transaction_id, amount, created_s, outcome, error_code, details, slip, closed_s, ended"
)
_WITH_CONTENTS = (
    f"SELECT 'payment', {_COLUMNS}, '', invoice, NULL, operator, ended_by FROM attempt",  # noqa: S608
    f"SELECT 'refund', {_COLUMNS}, ref_transaction_id, items, paid, operator, ended_by FROM refund",  # noqa: S608
)
_WITHOUT_CONTENTS = tuple(sql.replace("invoice", "NULL").replace("items", "NULL") for sql in _WITH_CONTENTS)
"""Without the goods, for reconciliation, which reads a hundred thousand rows."""


class Record(msgspec.Struct, frozen=True):
    """A payment or refund in its current state; `outcome` is None while it is open.

    Amounts are kopecks, times Unix seconds. `contents` is the invoice of a payment or the items of a refund as JSON, or
    None if it was not asked for. `ended` is the number of the event that ended the record, `paid` the amount of the
    payment that a refund belongs to. `operator` began it, `ended_by` acted on it later.
    """

    kind: Literal["payment", "refund"]
    request_id: str
    order_id: str
    transaction_id: str
    amount: int
    created_s: float
    outcome: str | None
    error_code: str
    details: str
    slip: str | None
    closed_s: float | None
    ended: int | None
    refund_transaction_id: str
    contents: str | None
    paid: int | None
    operator: str = ""
    ended_by: str = ""


_ROW = tuple[
    Literal["payment", "refund"], str, str, str, Kopecks, Seconds, Outcome | None, str, str, str | None,
    Seconds | None, int | None, str, str | None, Kopecks | None, str, str
]  # fmt: skip
"""The columns of a Record."""


class Batch(msgspec.Struct, frozen=True):
    """The changes after one event up to another.

    `until` is the number of the last event in it, `link` that event's link in the chain. `last` is the number of the
    journal's last event: the feed is complete when `until` equals it.
    """

    records: list[Record]
    closings: list[ClosedDay]
    until: int
    link: bytes
    last: int


class JournalReader:
    """A reader with a connection of its own, so that no sale waits for it. For one thread at a time."""

    def __init__(self, journal: Path) -> None:
        """Open an existing journal for reading. Raises JournalError."""
        self._path = journal
        try:
            self._db = apsw.Connection(os.fspath(journal), flags=apsw.SQLITE_OPEN_READONLY)
            self._db.set_busy_timeout(_BUSY_MS)
        except (apsw.Error, UnicodeError) as problem:
            raise self._error(problem) from problem

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def link(self, number: int) -> bytes:
        """Return the link of an event; empty if there is no such event."""
        found = read_all(_read_link, self._all("SELECT link FROM event WHERE number = ?", number))
        return found[0] if found else b""

    def batch(self, after: int, most_events: int = MOST_EVENTS) -> Batch:
        """Return the next changes after an event, from `most_events` events at most. Raises JournalError."""
        self._all("BEGIN")  # one transaction, so that all queries of the batch see the same state
        try:
            return self._batch(after, most_events)
        finally:
            with suppress(JournalError):  # SQLite may have ended it itself; nothing was written
                self._all("COMMIT")

    def of_transaction(self, transaction_id: str) -> list[Record]:
        """Return the payment with a transactionId of the host, and its refunds."""
        return list(self._where(f"transaction_id IN (?, ?, ?) {_HAS_TRANSACTION}", *spellings(transaction_id)))

    def between(self, since_s: float, until_s: float) -> list[Record]:
        """Return records that ended between two times, and those that began then and are open. Without contents."""
        moments = since_s, until_s
        ended, opened = "closed_s >= ? AND closed_s < ?", "outcome IS NULL AND created_s >= ? AND created_s < ?"
        return [record for where in (ended, opened) for record in self._where(where, *moments, of=_WITHOUT_CONTENTS)]

    def named(self, transaction_ids: Collection[str], order_ids: Collection[str]) -> list[Record]:
        """Return records with one of these transactions or orders, some of them twice. Without contents.

        A transaction may be a payment's transactionId or a refund's refTransactionId.
        """
        transactions, orders = (msgspec.json.encode(list(ids)).decode() for ids in (transaction_ids, order_ids))
        some = "IN (SELECT value FROM json_each(?))"  # one parameter of any length: SQLite limits their number
        found = [*self._where(f"transaction_id {some} {_HAS_TRANSACTION}", transactions, of=_WITHOUT_CONTENTS)]
        found += self._where(f"order_id {some}", orders, of=_WITHOUT_CONTENTS)
        found += self._where(
            f"ref_transaction_id {some} AND ref_transaction_id <> ''", transactions, of=_WITHOUT_CONTENTS[1:]
        )
        return found

    def _batch(self, after: int, most_events: int) -> Batch:
        events = self._all(
            "SELECT number, request_id, link FROM event WHERE number > ? ORDER BY number LIMIT ?",
            after,
            most_events,
        )
        events = read_all(_read_position, events)
        until, link = (events[-1][0], events[-1][2]) if events else (after, b"")
        (last,) = self._all("SELECT coalesce(max(number), 0) FROM event")[0]
        names = dict.fromkeys(request_id for _, request_id, _ in events)
        records = [record for name in names for record in self._where("request_id = ?", name)]
        return Batch(records, find_closings(self._all, after, until), until, link, last)

    def _where(self, condition: str, *values: Any, of: Sequence[str] = _WITH_CONTENTS) -> Iterator[Record]:
        for sql in of:
            yield from read_all(record_from_row, self._all(f"{sql} WHERE {condition}", *values))

    def _all(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except (apsw.Error, UnicodeError, OverflowError) as problem:
            raise self._error(problem) from problem

    def _error(self, problem: Exception) -> JournalError:
        if is_damage(problem):
            return JournalError(f"journal {self._path} is damaged: {problem}", "stop; then: journal rebuild")
        return JournalError(f"journal {self._path} cannot be read: {problem}", "check its disk")


def _read_link(row: Any) -> bytes:
    link: bytes = convert(row, tuple[bytes])[0]
    return link


def _read_position(row: Any) -> tuple[int, str, bytes]:
    found: tuple[int, str, bytes] = convert(row, tuple[int, str, bytes])
    return found


def record_from_row(row: Any) -> Record:
    """Return the record of a row with its columns. Raises one of `tables.FOREIGN`."""
    record = Record(*convert(row, _ROW))
    check_object(record.slip)
    if record.contents is not None:
        msgspec.json.decode(record.contents, type=dict[str, Any] if record.kind == "payment" else list[Any])
    return record
