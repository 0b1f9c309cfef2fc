"""Whether a journal is whole: its file, its chain, and whether tables say what the events say."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from koshelek_driver.payment.journal.chain import FIRST_LINK, Event
from koshelek_driver.payment.journal.database import Database

_BEGINNINGS = ("intent", "refund intent")
_FIRST_FAULTS = 20


def faults_of(database: Database) -> list[str]:
    """The first faults in words; none for a whole journal."""
    integrity = database.integrity()
    found = [f"the file is damaged: {integrity}"] if integrity != "ok" else []
    chain = _Chain()
    for event in database.events():
        found += chain.next(event)
        if len(found) >= _FIRST_FAULTS:
            return found
    return [*found, *_disagreements(database, chain)][:_FIRST_FAULTS]


class _Chain:
    """Reads events one after another, and remembers how each request began and ended."""

    def __init__(self) -> None:
        self.began: dict[str, int] = {}
        self.ended: dict[str, str] = {}
        self._link = FIRST_LINK
        self._number = 0

    def next(self, event: Event) -> list[str]:
        self._number += 1
        is_linked = event.is_linked_to(self._link, self._number)
        self._link, self._number = event.link, event.number
        data = msgspec.json.decode(event.data)
        if event.kind in _BEGINNINGS:
            self.began[event.request_id] = data["amount"]
        elif event.kind == "end":
            self.ended[event.request_id] = data["outcome"]
        return [] if is_linked else [f"event {event.number} ({event.kind}) was changed, or one before it is missing"]


def _disagreements(database: Database, chain: _Chain) -> Iterator[str]:
    """Rows that events do not bear out. Rows from before there were events have none."""
    for table in ("attempt", "refund"):
        for request_id, amount, outcome in database.run(f"SELECT request_id, amount, outcome FROM {table}"):  # noqa: S608
            began, ended = chain.began.get(request_id), chain.ended.get(request_id)
            chain.began.pop(request_id, None)
            if began is not None and (began, ended) != (amount, outcome):
                yield f"{table} {request_id}: the table says {amount}, {outcome}; the events say {began}, {ended}"
    yield from (f"request {request_id} has events and no row" for request_id in chain.began)
