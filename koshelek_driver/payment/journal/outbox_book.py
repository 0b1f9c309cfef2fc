"""The outbox: requests that are sent later, when no cashier waits for them.

Open payments and refunds have no entry here: their own rows hold the bytes that were sent, and `recover` resumes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.outbox_states import Kind, State
from koshelek_driver.payment.journal.tables import Seconds, convert, read_all

__all__ = ["FIRST_CHECK_S", "Entry", "Kind", "OutboxBook", "State", "insert_entry"]
FIRST_CHECK_S = 60.0
"""The time from a cancel to the first check that the payment stays unpaid."""
_ROW = tuple[int, Kind, str, str, str, str, bytes, int, Seconds, State, str]
_COLUMNS = "number, kind, key, order_id, transaction_id, request_id, body, tries, due_s, state, last"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request to send later. `key` is unique among the entries of one kind and one order.

    `due_s` is Unix time, `tries` the number of sends so far, `last` a text about the last result.
    """

    number: int
    kind: Kind
    key: str
    order_id: str
    transaction_id: str
    request_id: str
    body: bytes
    tries: int
    due_s: float
    state: State
    last: str


class OutboxBook:
    """The outbox of a journal, for any thread. Every method blocks for about a disk write and raises JournalError.

    Times are Unix seconds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, kind: Kind, key: str, order_id: str, transaction_id: str, *, request_id: str, body: bytes, at_s: float
    ) -> None:
        """Add an entry that is due at once, in a transaction of its own."""
        with self._database.event(at_s, f"queued {kind}", request_id, {"order_id": order_id, "key": key}):
            insert_entry(
                self._database, kind, key, order_id, transaction_id, request_id=request_id, body=body, due_s=at_s
            )

    def find(self, kind: Kind, order_id: str, key: str) -> Entry | None:
        """Return the entry of a kind, order and key; None if there is none."""
        found = self._all("kind = ? AND order_id = ? AND key = ?", kind.value, order_id, key)
        return found[0] if found else None

    def due(self, now_s: float, latest_s: float) -> list[Entry]:
        """Return entries that are due, oldest first.

        Entries due after `latest_s` are included: no pause is that long, so the clock was set back meanwhile.
        """
        where = "state IN ('waiting', 'alarm') AND (due_s <= ? OR due_s > ?) ORDER BY due_s, number"
        return self._all(where, now_s, latest_s)

    def has_alarm(self, order_id: str, request_id: str) -> bool:
        """Return True if a payment that ended unpaid was found to be paid after all."""
        found = self.find(Kind.WATCH, order_id, request_id)
        return found is not None and found.state is State.ALARM

    def unfinished(self) -> list[Entry]:
        """Return all entries that are neither done nor refused, oldest first."""
        return self._all("state IN ('waiting', 'alarm', 'parked') ORDER BY number")

    def claim(self, entry: Entry, until_s: float) -> bool:
        """Take an entry for one try, until `until_s`. Return False if another program has taken it meanwhile."""
        sql = "UPDATE outbox SET due_s = ? WHERE number = ? AND due_s = ? RETURNING number"
        return bool(self._database.run(sql, until_s, entry.number, entry.due_s))

    def update(self, entry: Entry, state: State, *, tries: int, due_s: float, last: str, at_s: float) -> None:
        """Store the result of a try. Only a change of state adds an event, since an entry may be tried for days."""
        with self._database.transaction():
            self._database.run(
                "UPDATE outbox SET state = ?, tries = ?, due_s = ?, last = ? WHERE number = ?",
                state.value,
                tries,
                due_s,
                last,
                entry.number,
            )
            if state is not entry.state:
                facts = {"order_id": entry.order_id, "kind": entry.kind.value, "last": last}
                self._database.add_event(at_s, f"outbox {state}", entry.request_id, facts)
        self._database.checkpoint()

    def _all(self, where: str, *values: Any) -> list[Entry]:
        rows = self._database.run(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", *values)  # noqa: S608
        return read_all(_entry, rows)


def insert_entry(
    database: Database,
    kind: Kind,
    key: str,
    order_id: str,
    transaction_id: str,
    *,
    due_s: float,
    request_id: str = "",
    body: bytes = b"",
) -> None:
    """Add an entry in the current transaction; see `OutboxBook.add` for one of its own."""
    database.run(
        "INSERT INTO outbox (kind, key, order_id, transaction_id, request_id, body, due_s)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        kind.value,
        key,
        order_id,
        transaction_id,
        request_id,
        body,
        due_s,
    )


def _entry(row: Any) -> Entry:
    return Entry(*convert(row, _ROW))
