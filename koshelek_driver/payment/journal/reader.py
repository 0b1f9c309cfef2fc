"""The journal for readers beside the sales: the shop's ledger, and comparisons with registries.

For the ledger it is a feed: what changed behind an event, and as what it stands now.

The journal's events are the outbox: each change of money is one, in the same transaction. So a reader that remembers
the number of the last event it took misses nothing and may take anything twice.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import apsw
import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal.day_book import ClosedDay, closings_in

_MOST_EVENTS = 500
"""How much is taken at once."""
_BUSY_MS = 5000
_NAMED = "AND transaction_id <> ''"
"""Without it SQLite cannot tell that the index of transactions, which has none of these, will do."""
_COLUMNS = (
    "request_id, order_id, transaction_id, amount, created_s, outcome, error_code, details, slip, closed_s, ended"
)
_WHOLE = (
    f"SELECT 'payment', {_COLUMNS}, '', invoice, NULL FROM attempt",  # noqa: S608
    f"SELECT 'refund', {_COLUMNS}, ref_transaction_id, items, paid FROM refund",  # noqa: S608
)
_BRIEF = tuple(sql.replace("invoice", "NULL").replace("items", "NULL") for sql in _WHOLE)
"""Without what was sold, for those who read very many."""


class Record(msgspec.Struct, frozen=True):
    """A payment or refund as the journal has it; the outcome is None while it is open. `contents` is JSON.

    `ended` is the number of the event that ended it.
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


class Batch(msgspec.Struct, frozen=True):
    """What changed behind an event up to another, `until`, whose link of the chain is `link`.

    `last` is the number of the journal's last event.
    """

    records: list[Record]
    closings: list[ClosedDay]
    until: int
    link: bytes
    last: int


class JournalReader:
    """Reads on a connection of its own, so that nobody who pays waits for it. For one thread at a time."""

    def __init__(self, journal: Path) -> None:
        """Of a journal that is there. Raises JournalError."""
        self._path = journal
        try:
            self._db = apsw.Connection(os.fspath(journal), flags=apsw.SQLITE_OPEN_READONLY)
            self._db.set_busy_timeout(_BUSY_MS)
        except apsw.Error as problem:
            raise self._error(problem) from problem

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def link(self, number: int) -> bytes:
        """The link of an event; empty when there is no such event."""
        found = self._all("SELECT link FROM event WHERE number = ?", number)
        return bytes(found[0][0]) if found else b""

    def batch(self, after: int) -> Batch:
        """The next changes behind an event, some hundred events at most; raises JournalError."""
        self._all("BEGIN")
        try:
            return self._batch(after)
        finally:
            self._all("COMMIT")

    def of_transaction(self, transaction_id: str) -> list[Record]:
        """The payment of one of the host's transactions, and its refunds."""
        return list(self._where(f"transaction_id = ? {_NAMED}", transaction_id))

    def between(self, since_s: float, until_s: float) -> list[Record]:
        """What ended between two moments, and what began then and is still open."""
        moments = since_s, until_s
        ended, opened = "closed_s >= ? AND closed_s < ?", "outcome IS NULL AND created_s >= ? AND created_s < ?"
        return [record for where in (ended, opened) for record in self._where(where, *moments, of=_BRIEF)]

    def named(self, transaction_ids: Collection[str], order_ids: Collection[str]) -> list[Record]:
        """What has one of these transactions, of a payment or of a refund itself, or these orders; some of it twice."""
        transactions, orders = (msgspec.json.encode(list(ids)).decode() for ids in (transaction_ids, order_ids))
        some = "IN (SELECT value FROM json_each(?))"
        found = [*self._where(f"transaction_id {some} {_NAMED}", transactions, of=_BRIEF)]
        found += self._where(f"order_id {some}", orders, of=_BRIEF)
        found += self._where(f"ref_transaction_id {some} AND ref_transaction_id <> ''", transactions, of=_BRIEF[1:])
        return found

    def _batch(self, after: int) -> Batch:
        """All of it as it stood at one moment."""
        events = self._all(
            "SELECT number, request_id, link FROM event WHERE number > ? ORDER BY number LIMIT ?",
            after,
            _MOST_EVENTS,
        )
        until, link = (events[-1][0], bytes(events[-1][2])) if events else (after, b"")
        (last,) = self._all("SELECT coalesce(max(number), 0) FROM event")[0]
        names = dict.fromkeys(request_id for _, request_id, _ in events)
        records = [record for name in names for record in self._where("request_id = ?", name)]
        return Batch(records, closings_in(self._all, after, until), until, link, last)

    def _where(self, condition: str, *values: Any, of: Sequence[str] = _WHOLE) -> Iterator[Record]:
        for sql in of:
            for row in self._all(f"{sql} WHERE {condition}", *values):
                yield Record(*row)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except apsw.Error as problem:
            raise self._error(problem) from problem

    def _error(self, problem: apsw.Error) -> JournalError:
        what = f"journal {self._path} cannot be read: {problem}"
        return JournalError(what, "check its disk")
