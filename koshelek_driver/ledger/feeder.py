"""A till's journal into the ledger: at least once, in order, and as if once.

How far a till came is kept in the ledger, in the transaction that brings the rows. So no crash of either side, and no
lost answer, can lose or double one; a ledger that was restored from an old copy is filled up again by its tills.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import Link
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import Batch, JournalReader

if TYPE_CHECKING:
    from koshelek_driver.ledger.connection import Cursor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Name:
    """Which till feeds."""

    store_id: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class Fed:
    """How far a till is: events that it brought now, the last of them all, and the journal's own last."""

    events: int
    position: int
    last: int


class Feeder:
    """Feeds one till's journal; any number of programs may do so at once. Raises LedgerError, JournalError."""

    def __init__(self, journal: Journal, link: Link, name: Name) -> None:
        self._journal = journal
        self._link = link
        self._name = name

    def feed(self, goes_on: Callable[[], bool] = lambda: True) -> Fed:
        """Bring everything that is new, some hundred events at a time, while `goes_on` says so.

        Blocks as long as that takes; each step some seconds at most.
        """
        events = 0
        with closing(JournalReader(self._journal.database.path)) as feed:
            while True:
                batch, before = self._step(feed)
                events += batch.until - before
                if batch.until == batch.last or not goes_on():
                    return Fed(events, batch.until, batch.last)

    def _step(self, feed: JournalReader) -> tuple[Batch, int]:
        """One transaction; gives what it brought, and where the ledger was before."""
        with self._link.transaction() as cursor:
            journal_id = enrol(cursor, self._journal, feed, self._name)
            position, _ = _position(cursor, journal_id, lock=True)
            batch = feed.batch(position)
            rows.put(cursor, journal_id, batch.records)
            rows.put_days(cursor, journal_id, batch.closings)
            _move(cursor, journal_id, self._name, batch)
        return batch, position


def enrol(cursor: Cursor, journal: Journal, feed: JournalReader, name: Name) -> str:
    """Have the till in the ledger; gives its journal's id.

    A ledger that knows events that this journal has not knows another one by that id: an older copy of it was put back,
    or a till was cloned with its journal. Then this one gets an id of its own, and is fed from its beginning.
    """
    journal_id = _enrolled(cursor, journal, name)
    position, link = _position(cursor, journal_id)
    if position and feed.link(position) != link:
        _log.warning("the shop's ledger knows more of this till than its journal does; all of it is fed anew")
        journal.database.renew_id()
        return _enrolled(cursor, journal, name)
    return journal_id


def _enrolled(cursor: Cursor, journal: Journal, name: Name) -> str:
    journal_id = journal.database.journal_id()
    cursor.execute(
        "INSERT INTO koshelek.till (journal_id, store_id, terminal_id) VALUES (%s, %s, %s)"
        " ON CONFLICT (journal_id) DO NOTHING",
        (journal_id, name.store_id, name.terminal_id),
    )
    return journal_id


def behind(cursor: Cursor, journal: Journal) -> int:
    """How many events of a journal are not in the ledger."""
    position, _ = _position(cursor, journal.database.journal_id())
    return journal.database.last_number() - position


def _position(cursor: Cursor, journal_id: str, *, lock: bool = False) -> tuple[int, bytes]:
    """How far a till is; 0 for one that is not enrolled. With `lock` others that feed its journal wait from here on."""
    sql = "SELECT position, link FROM koshelek.till WHERE journal_id = %s"
    found = cursor.execute(f"{sql} FOR NO KEY UPDATE" if lock else sql, (journal_id,)).fetchone()
    return (int(found[0]), bytes(found[1])) if found else (0, b"")


def _move(cursor: Cursor, journal_id: str, name: Name, batch: Batch) -> None:
    """Keep how far it is. A till that has nothing new says every minute that it is there."""
    cursor.execute(
        "UPDATE koshelek.till SET position = %(until)s, last = %(last)s, heard = now(),"
        " link = CASE WHEN %(until)s > position THEN %(link)s ELSE link END,"
        " store_id = %(store_id)s, terminal_id = %(terminal_id)s"
        " WHERE journal_id = %(journal_id)s AND (position < %(until)s OR heard < now() - interval '1 minute')",
        {
            "until": batch.until,
            "last": batch.last,
            "link": batch.link,
            "store_id": name.store_id,
            "terminal_id": name.terminal_id,
            "journal_id": journal_id,
        },
    )
