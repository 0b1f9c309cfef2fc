"""The journal's file: SQLite in WAL mode with synchronous FULL.

A commit that has returned therefore survives a power cut. Only this module opens the file for writing.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec
from filelock import FileLock

from koshelek_driver.errors import JournalError
from koshelek_driver.files import create_private
from koshelek_driver.payment.journal.chain import FIRST_LINK, Event, link
from koshelek_driver.payment.journal.disk import Reserve, is_damage, is_full
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark
from koshelek_driver.payment.journal.schema import MIGRATIONS, SCHEMA_VERSION
from koshelek_driver.payment.journal.tables import Seconds, check_object, convert, read

_BUSY_MS = 5000
"""The longest wait of a statement for the lock of another connection or program."""
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON", "trusted_schema": "OFF"}
_LONG_LOG_PAGES = 1000
"""The length of the write-ahead log at which SQLite itself would checkpoint (the default of wal_autocheckpoint).

SQLite would do it inside a commit, perhaps the one that a customer waits for; see `Database.checkpoint`.
"""
_ALL_PAGES = -1


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that its created and deleted files survive a power cut. Blocks for a disk write.

    SQLite does not do this here, and a deleted rollback journal that comes back would undo later commits. Windows has
    no such call.
    """
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Database:
    """One connection to the journal's file, for any thread.

    Every method blocks for about a disk write, or up to 5 s while another program writes, and raises JournalError.
    """

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self.path = path
        self._vfs = vfs
        self._lock = threading.RLock()  # reentrant: `transaction` holds it while `run` takes it again
        self._high_water_mark = HighWaterMark(path)
        self._reserve = Reserve(path)
        self._has_failed = False
        self._log_pages = 0
        self._refuse_missing_file()
        try:
            self._open_on_any_disk()
        except (apsw.Error, OSError, UnicodeError) as problem:  # filelock's Timeout is an OSError
            raise self._error("cannot be opened", problem) from problem
        self._refuse_old_copy()

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def run(self, sql: str, *values: Any) -> list[Any]:
        """Execute one statement and return its rows. Outside a transaction the statement commits on its own."""
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except (apsw.Error, OSError, UnicodeError, OverflowError) as problem:
            self._has_failed = self._has_failed or isinstance(problem, apsw.IOError | apsw.CorruptError)
            raise self._error("cannot be used", problem) from problem

    def first_row(self, sql: str, *values: Any) -> Any:
        """Return the first row of a query, or None."""
        rows = self.run(f"{sql} LIMIT 1", *values)
        return rows[0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction: commit at its end, roll back if it raises.

        Another thread waits until it ends; another program waits at most 5 s, then its statement raises JournalError.
        """
        with self._lock:
            # IMMEDIATE takes the write lock before the first read: nothing that the block reads can change meanwhile.
            self.run("BEGIN IMMEDIATE")
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                with suppress(JournalError):  # a full disk may have rolled back already
                    self.run("ROLLBACK")
                raise
            self._high_water_mark.move_to(self.last_number())

    def checkpoint(self) -> None:
        """Move the write-ahead log into the main file if the log is long.

        It is called when a payment has ended, so that no customer waits for it. Never raises; `check_disk` reports a
        disk that failed here.
        """
        if self._log_pages > _LONG_LOG_PAGES:
            try:
                with self._lock:
                    self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.Error as problem:
                self._has_failed = self._has_failed or isinstance(problem, apsw.IOError | apsw.CorruptError)

    @contextmanager
    def event(self, at_s: float, kind: str, request_id: str, facts: dict[str, Any]) -> Iterator[None]:
        """Run the block in a transaction that ends with an event. A change and its event are stored together."""
        with self.transaction():
            yield
            self.add_event(at_s, kind, request_id, facts)

    def add_event(self, at_s: float, kind: str, request_id: str, facts: dict[str, Any]) -> int:
        """Add an event in the current transaction; return its number."""
        data = msgspec.json.encode(facts).decode()
        last = self.first_row("SELECT number, link FROM event ORDER BY number DESC")
        number, before = read(_read_last, last) if last else (1, FIRST_LINK)
        linked = link(before, number, at_s, kind, request_id, data)
        self.run("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", number, at_s, kind, request_id, data, linked)
        return number

    def events(self, request_id: str | None = None) -> Iterator[Event]:
        """Yield all events, or those of one request, in their order. Rows are read one by one, not all at once."""
        for row in self.event_rows(request_id):
            yield read(_read_event, row)

    def event_rows(self, request_id: str | None = None) -> Iterator[Any]:
        """Yield the rows of events as they are in the file, for those who look at damage."""
        where, values = ("", ()) if request_id is None else (" WHERE request_id = ?", (request_id,))
        sql = f"SELECT number, at_s, kind, request_id, data, link FROM event{where} ORDER BY number"  # noqa: S608
        return self.rows(sql, *values)

    def rows(self, sql: str, *values: Any) -> Iterator[Any]:
        """Yield the rows of a query one by one, not all at once."""
        try:
            yield from self._db.cursor().execute(sql, values)
        except (apsw.Error, OSError, UnicodeError, OverflowError) as problem:
            raise self._error("cannot be read", problem) from problem

    def journal_id(self) -> str:
        """Return the id of this journal, by which the shop's ledger knows it."""
        return read(_read_journal_id, self.run("SELECT journal_id FROM installation"))

    def renew_id(self) -> None:
        """Give the journal a new id. Call it when events that others have already read were lost."""
        self.run("UPDATE installation SET journal_id = lower(hex(randomblob(16)))")

    def integrity(self) -> str:
        """Return the result of SQLite's integrity check: `ok` or the first fault. Reads the whole file."""
        return str(self.run("PRAGMA integrity_check(1)")[0][0])

    def backup(self, target: Path) -> None:
        """Write a complete copy of the current state to `target`, while others go on writing.

        The copy is complete before it takes the place of an older one. Blocks for as long as the copying takes.
        """
        part = target.with_name(f"{target.name}.part")
        try:
            create_private(part)  # it holds what the journal holds
            source = apsw.Connection(os.fspath(self.path), flags=apsw.SQLITE_OPEN_READONLY, vfs=self._vfs)
            copy = apsw.Connection(os.fspath(part))
            with closing(source), closing(copy):
                with copy.backup("main", source, "main") as backup:
                    backup.step(_ALL_PAGES)  # in one step, because SQLite restarts a backup at each commit in between
                copy.pragma("journal_mode", "DELETE")  # one file alone, without -wal and -shm beside it
            part.replace(target)
        except (apsw.Error, OSError) as problem:
            what = f"{self.path}: no backup to {target}: {problem}"
            raise JournalError(what, "name a folder that exists and has free space") from problem

    # --- the disk

    def check_disk(self) -> None:
        """Raise JournalError if the disk is full or has failed since the journal was opened.

        After a failed sync the content of the disk is unknown, and a later successful sync proves nothing.
        """
        if self._has_failed:
            raise JournalError(f"{self.path}: the disk failed", "check the disk, then start the program again")
        if not self._reserve.is_there():
            raise JournalError(f"{self.path}: the disk is full", "free some space; nothing is begun until then")

    def free_bytes(self) -> int:
        """Return the free bytes of the journal's disk; 0 if no payment may begin."""
        try:
            self.check_disk()
            return shutil.disk_usage(self.path.parent).free
        except (JournalError, OSError):
            return 0

    def free_reserve(self) -> None:
        """Delete the reserve file, so that open payments can be ended on a full disk."""
        self._reserve.free()

    # --- opening

    def _open_on_any_disk(self) -> None:
        """Open the file; if the disk is full, give up the reserve for it, so that open payments can be ended."""
        try:
            self._open()
        except (apsw.Error, OSError) as problem:
            if not is_full(problem, self.path.parent) or not self._reserve.free():
                raise
            self._open()

    def _open(self) -> None:
        """Open the file; create and migrate it if needed.

        A file lock admits one program at a time, because SQLite does not wait for a lock while it switches to WAL.
        """
        self.path.touch(mode=0o600)
        with FileLock(f"{self.path}.opening", timeout=_BUSY_MS / 1000, mode=0o600):
            self._db = apsw.Connection(os.fspath(self.path), vfs=self._vfs)
            try:
                self._set_up()
            except BaseException:
                self._db.close()
                raise

    def _set_up(self) -> None:
        self._db.set_busy_timeout(_BUSY_MS)
        for name, value in _PRAGMAS.items():
            self._db.pragma(name, value)
        self._db.set_wal_hook(self._note_log_length)
        self._migrate(self._db.pragma("user_version"))
        sync_folder(self.path.parent)

    def _note_log_length(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """Remember the length of the log. SQLite calls this after each commit, instead of its own checkpoint."""
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _migrate(self, version: int) -> None:
        if version < 0:
            raise JournalError(f"journal {self.path} is damaged: version {version}", "stop; then: journal rebuild")
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"{self.path}: journal of version {version}, this driver writes version {SCHEMA_VERSION}",
                "install the driver that wrote it, or a newer one",
            )
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            with self._db:  # one transaction with its version number: a migration that fails leaves the old version
                self._db.execute(migration).fetchall()
                if number == 1:
                    self._db.execute("INSERT INTO installation VALUES (?)", (secrets.token_bytes(32),))
                self._db.pragma("user_version", number)

    def _refuse_missing_file(self) -> None:
        """Raise JournalError if the mark exists without a journal. An empty one would charge paid orders again."""
        if self._high_water_mark.number() and not self.path.exists():
            raise JournalError(
                f"{self.path} is gone: this till has written event {self._high_water_mark.number()}",
                "put it back, or rebuild it from its backup: journal rebuild",
            )

    def _refuse_old_copy(self) -> None:
        """Raise JournalError if the journal ends before the mark. An old copy would charge paid orders again."""
        seen, has = self._high_water_mark.number(), self.last_number()
        if seen > has:
            self.close()
            raise JournalError(
                f"{self.path} is an old copy: it ends with event {has}, this till has written event {seen}",
                f"put the newer journal back; if it is lost, an administrator may remove {self._high_water_mark.path}",
            )

    def last_number(self) -> int:
        """Return the number of the last event; 0 if there is none."""
        row = self.first_row("SELECT number FROM event ORDER BY number DESC")
        return 0 if row is None else read(_read_number, row)

    def _error(self, what: str, problem: Exception) -> JournalError:
        if is_full(problem, self.path.parent):
            return JournalError(
                f"journal {self.path} {what}: the disk is full", "free some space; nothing is begun until then"
            )
        if is_damage(problem):
            return JournalError(f"journal {self.path} is damaged: {problem}", "stop; then: journal rebuild")
        return JournalError(
            f"journal {self.path} {what}: {problem}",
            "check that its folder exists, belongs to the till's user and has free space",
        )


def _read_event(row: Any) -> Event:
    event = Event(*convert(row, tuple[int, Seconds, str, str, str, bytes]))
    check_object(event.data)
    return event


def _read_last(row: Any) -> tuple[int, bytes]:
    number, before = convert(row, tuple[int, bytes])
    return number + 1, before


def _read_number(row: Any) -> int:
    return int(convert(row, tuple[int])[0])


def _read_journal_id(rows: Any) -> str:
    return str(convert(rows[0], tuple[str])[0])
