"""Verification of a journal: its file, its chain, its tables against its events."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from koshelek_driver.payment.journal.chain import FIRST_LINK, Anchor, Event
from koshelek_driver.payment.journal.database import Database

_BEGINNINGS = ("intent", "refund intent")
_MOST_FAULTS = 20
"""Enough to see what happened; one lost page can break thousands of rows."""


def find_faults(database: Database, anchor: Anchor | None = None) -> list[str]:
    """Return descriptions of the first 20 faults; an empty list for an intact journal.

    Reads the whole file. Events are read one by one, so that a journal of many years fits into memory.
    """
    integrity = database.integrity()
    found = [f"the file is damaged: {integrity}"] if integrity != "ok" else []
    found += _missed(database, anchor) if anchor else []
    chain = _ChainReader()
    for event in database.events():
        found += chain.next(event)
        if len(found) >= _MOST_FAULTS:
            return found
    return [*found, *_disagreements(database, chain)][:_MOST_FAULTS]


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
        self.amounts: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self._link = FIRST_LINK
        self._number = 0

    def next(self, event: Event) -> list[str]:
        self._number += 1
        is_linked = event.is_linked_to(self._link, self._number)
        # Continue from the event as it is, so that one fault is reported once and not for every later event.
        self._link, self._number = event.link, event.number
        data = msgspec.json.decode(event.data)
        if event.kind in _BEGINNINGS:
            self.amounts[event.request_id] = data["amount"]
        elif event.kind == "end":
            self.outcomes[event.request_id] = data["outcome"]
        return [] if is_linked else [f"event {event.number} ({event.kind}) was changed, or one before it is missing"]


def _disagreements(database: Database, chain: _ChainReader) -> Iterator[str]:
    """Find rows that contradict the events. Rows of schema versions 1 and 2, which had no events, are skipped."""
    for table in ("attempt", "refund"):
        for request_id, amount, outcome in database.run(f"SELECT request_id, amount, outcome FROM {table}"):  # noqa: S608
            began, ended = chain.amounts.get(request_id), chain.outcomes.get(request_id)
            chain.amounts.pop(request_id, None)
            if began is not None and (began, ended) != (amount, outcome):
                yield f"{table} {request_id}: the table says {amount}, {outcome}; the events say {began}, {ended}"
    yield from (f"request {request_id} has events and no row" for request_id in chain.amounts)
