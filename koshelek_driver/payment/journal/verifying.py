"""Verification of a journal: its file, its rows, its chain, its tables against its events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal.chain import FIRST_LINK, Anchor, Event
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.tables import FOREIGN, TABLES, convert, flaws, is_salt, reason

_BEGINNINGS = ("intent", "refund intent")
_MOST_FAULTS = 20
"""Enough to see what happened; one lost page can break thousands of rows."""


def find_faults(database: Database, anchor: Anchor | None = None) -> list[str]:
    """Return descriptions of the first 20 faults; an empty list for an intact journal.

    Reads the whole file. Rows are read one by one, so that a journal of many years fits into memory.
    """
    found: list[str] = []
    try:
        for fault in islice(_faults(database, anchor), _MOST_FAULTS):
            found.append(fault)
    except JournalError as problem:
        found.append(problem.what)
    return found


def _faults(database: Database, anchor: Anchor | None) -> Iterator[str]:
    integrity = database.integrity()
    if integrity != "ok":
        yield f"the file is damaged: {integrity}"
    if anchor is not None:
        yield from _missed(database, anchor)
    chain = _ChainReader()
    for row in database.event_rows():
        yield from chain.next(row)
    yield from _disagreements(database, chain)
    yield from _unreadable(database)


def _missed(database: Database, anchor: Anchor) -> list[str]:
    """Return a fault if the chain does not lead to an anchor that was printed."""
    row = database.first_row("SELECT link FROM event WHERE number = ?", anchor.event)
    if row is not None and bytes(row[0]).hex().startswith(anchor.link):
        return []
    what = "is missing" if row is None else "is another one, or one before it was changed"
    return [f"event {anchor.event}, which the Z report names, {what}"]


class _ChainReader:
    """Checks event after event, and remembers the amount and the outcome of each request."""

    def __init__(self) -> None:
        self.amounts: dict[str, Any] = {}
        self.outcomes: dict[str, Any] = {}
        self._link = FIRST_LINK
        self._number = 0

    def next(self, row: Any) -> Iterator[str]:
        try:
            event = Event(*convert(row, tuple[int, float, str, str, str, bytes]))
            facts = msgspec.json.decode(event.data, type=dict[str, Any])
        except FOREIGN as problem:
            self._number += 1
            yield f"event {row[0]} cannot be read: {reason(problem)}"
            return
        if not event.is_linked_to(self._link, self._number + 1):
            yield f"event {event.number} ({event.kind}) was changed, or one before it is missing"
        # Continue from the event as it is, so that one fault is reported once and not for every later event.
        self._link, self._number = event.link, event.number
        if event.kind in _BEGINNINGS:
            self.amounts[event.request_id] = facts.get("amount")
        elif event.kind == "end":
            self.outcomes[event.request_id] = facts.get("outcome")


def _disagreements(database: Database, chain: _ChainReader) -> Iterator[str]:
    """Find rows that contradict the events. Rows of schema versions 1 and 2, which had no events, are skipped."""
    for table in ("attempt", "refund"):
        for request_id, amount, outcome in database.run(f"SELECT request_id, amount, outcome FROM {table}"):  # noqa: S608
            began, ended = chain.amounts.get(request_id), chain.outcomes.get(request_id)
            chain.amounts.pop(request_id, None)
            if began is not None and (began, ended) != (amount, outcome):
                yield f"{table} {request_id}: the table says {amount}, {outcome}; the events say {began}, {ended}"
    yield from (f"request {request_id} has events and no row" for request_id in chain.amounts)


def _unreadable(database: Database) -> Iterator[str]:
    """Find rows with a value that later reads will refuse."""
    salts = database.run("SELECT salt FROM installation")
    if len(salts) != 1 or not is_salt(salts[0][0]):
        yield "the salt of the digests is gone"
    for table, kind in TABLES.items():
        names = [field.name for field in msgspec.structs.fields(kind)]
        for values in database.rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY number"):  # noqa: S608
            found = flaws(table, dict(zip(names, values, strict=True)))
            if found:
                yield f"{table} {values[names.index('number')]} has a damaged {', '.join(found)}"
