"""The feed of a till's journal into the ledger: at least once, in order, and idempotent.

The position of a till is stored in the ledger, in the transaction that writes the rows. So no crash of either side and
no lost response can lose or double a row; a ledger that was restored from an old backup is filled again by its tills.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import LedgerConnection
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import MOST_EVENTS, Batch, JournalReader

if TYPE_CHECKING:
    from koshelek_driver.ledger.connection import Cursor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TillName:
    """The identity of a till: its store and its terminal."""

    store_id: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class FeedProgress:
    """The progress of a feed.

    `events` were sent now, `position` is the last event in the ledger, `last` the last one of the journal.
    """

    events: int
    position: int
    last: int


class Feeder:
    """The feeder of one till's journal; any number of processes may feed it at the same time."""

    def __init__(
        self, journal: Journal, connection: LedgerConnection, name: TillName, most_events: int = MOST_EVENTS
    ) -> None:
        """`most_events` go into one transaction."""
        self._journal = journal
        self._connection = connection
        self._name = name
        self._most_events = most_events

    def feed(self, may_continue: Callable[[], bool] = lambda: True) -> FeedProgress:
        """Send all new events, some hundred per transaction, until all are sent or `may_continue` returns False.

        Blocks as long as that takes, each transaction some seconds at most.

        Raises:
            LedgerError: the ledger cannot be reached or refused the rows.
            JournalError: the journal cannot be read.
        """
        events = 0
        with closing(JournalReader(self._journal.database.path)) as reader:
            while True:
                batch, before = self._step(reader)
                events += batch.until - before
                if batch.until == batch.last or not may_continue():
                    return FeedProgress(events, batch.until, batch.last)

    def _step(self, reader: JournalReader) -> tuple[Batch, int]:
        """Send one batch in one transaction; return it with the position before it."""
        with self._connection.transaction() as cursor:
            journal_id = enrol(cursor, self._journal, reader, self._name)
            position, _ = _position(cursor, journal_id, lock=True)
            batch = reader.batch(position, self._most_events)
            rows.write(cursor, journal_id, batch.records)
            rows.write_days(cursor, journal_id, batch.closings)
            _store_position(cursor, journal_id, self._name, batch)
        return batch, position


def enrol(cursor: Cursor, journal: Journal, reader: JournalReader, name: TillName) -> str:
    """Register the till in the ledger and return the id of its journal.

    If the ledger holds events that this journal lacks, the id belongs to another journal: an older copy was restored,
    or a till was cloned with its journal. Then this journal gets a new id and is fed from its beginning.
    """
    journal_id = _enrolled(cursor, journal, name)
    position, link = _position(cursor, journal_id)
    if position and reader.link(position) != link:
        _log.warning("the shop's ledger knows more of this till than its journal does; all of it is fed anew")
        journal.database.renew_id()
        return _enrolled(cursor, journal, name)
    return journal_id


def _enrolled(cursor: Cursor, journal: Journal, name: TillName) -> str:
    journal_id = journal.database.journal_id()
    cursor.execute(
        "INSERT INTO koshelek.till (journal_id, store_id, terminal_id) VALUES (%s, %s, %s)"
        " ON CONFLICT (journal_id) DO NOTHING",
        (journal_id, name.store_id, name.terminal_id),
    )
    return journal_id


def behind(cursor: Cursor, journal: Journal) -> int:
    """Return the number of events of a journal that are not in the ledger yet."""
    position, _ = _position(cursor, journal.database.journal_id())
    return journal.database.last_number() - position


def _position(cursor: Cursor, journal_id: str, *, lock: bool = False) -> tuple[int, bytes]:
    """Return number and hash of the last event in the ledger; 0 for a new till.

    `lock` makes other feeders of the same journal wait for the end of this transaction.
    """
    sql = "SELECT position, link FROM koshelek.till WHERE journal_id = %s"
    found = cursor.execute(f"{sql} FOR NO KEY UPDATE" if lock else sql, (journal_id,)).fetchone()
    return (int(found[0]), bytes(found[1])) if found else (0, b"")


def _store_position(cursor: Cursor, journal_id: str, name: TillName, batch: Batch) -> None:
    """Store the position of a till.

    Without new events its timestamp is refreshed once a minute, as a sign of life.
    """
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
