"""What is still to be said to the host, or asked of it, when no cashier waits for it.

Open payments and refunds are not here: their own rows hold what was sent, and `recover` goes on with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from koshelek_driver.payment.journal.database import Database

FIRST_LOOK_S = 60.0
"""How long after a cancel it is looked at for the first time."""
_COLUMNS = "number, kind, key, order_id, transaction_id, request_id, body, tries, due_s, state, last"


class Kind(StrEnum):
    """What an entry is for."""

    RECEIPT = "receipt"
    """A fiscal receipt for the customer's app."""
    WATCH = "watch"
    """A payment that was cancelled or closed unpaid: does the host still say so later?"""


class State(StrEnum):
    """How an entry stands."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    PARKED = "parked"
    """Tried too often; a person may send it again."""
    ALARM = "alarm"
    """A watched payment was paid after all: it is watched on until the money is given back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to say or ask. `key` is unique among the entries of a kind and an order."""

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
    """Every method blocks for about a disk write and raises JournalError. Times are Unix seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, kind: Kind, key: str, order_id: str, transaction_id: str, *, request_id: str, body: bytes, at_s: float
    ) -> None:
        """One more entry, due at once; see `put` for a transaction that is under way."""
        with self._database.event(at_s, f"queued {kind}", request_id, {"order_id": order_id, "key": key}):
            put(self._database, kind, key, order_id, transaction_id, request_id=request_id, body=body, due_s=at_s)

    def find(self, kind: Kind, order_id: str, key: str) -> Entry | None:
        """The entry with this key."""
        found = self._all("kind = ? AND order_id = ? AND key = ?", kind.value, order_id, key)
        return found[0] if found else None

    def due(self, now_s: float, latest_s: float) -> list[Entry]:
        """Entries whose time has come, oldest first, and those due after `latest_s`: then the clock was set back."""
        where = "state IN ('waiting', 'alarm') AND (due_s <= ? OR due_s > ?) ORDER BY due_s, number"
        return self._all(where, now_s, latest_s)

    def alarm(self, order_id: str, request_id: str) -> bool:
        """Whether this payment, which ended unpaid, was paid after all."""
        found = self.find(Kind.WATCH, order_id, request_id)
        return found is not None and found.state is State.ALARM

    def unfinished(self) -> list[Entry]:
        """Everything that is not done or refused, oldest first."""
        return self._all("state IN ('waiting', 'alarm', 'parked') ORDER BY number")

    def move(self, entry: Entry, state: State, *, tries: int, due_s: float, last: str, at_s: float) -> None:
        """How it stands after a try. Only a change of its state is an event."""
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
        self._database.tidy()

    def _all(self, where: str, *values: Any) -> list[Entry]:
        rows = self._database.run(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", *values)  # noqa: S608
        return [_entry(row) for row in rows]


def put(
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
    """One more entry, in the transaction under way."""
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
    number, kind, key, order_id, transaction_id, request_id, body, tries, due_s, state, last = row
    return Entry(
        number, Kind(kind), key, order_id, transaction_id, request_id, bytes(body), tries, due_s, State(state), last
    )
