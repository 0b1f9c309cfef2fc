"""The journal's file: SQLite in WAL mode with synchronous FULL, so that a commit that returned survives a power cut."""

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
from koshelek_driver.payment.journal.chain import FIRST_LINK, Event, link
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark
from koshelek_driver.payment.journal.schema import MIGRATIONS, SCHEMA_VERSION

_BUSY_MS = 5000
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON", "trusted_schema": "OFF"}
_RESERVE_BYTES = 1 << 20
"""Set aside so that what is under way can be ended on a disk that is full."""
_LONG_LOG_PAGES = 1000
"""SQLite's own limit for its write-ahead log; but it would tidy up inside a commit, perhaps before a first byte."""
_ALL_PAGES = -1


def sync_folder(folder: Path) -> None:
    """Have files that were made or removed in it survive a power cut.

    SQLite does not: a rollback journal that comes back would undo all that was written since. Windows has no such call.
    """
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Database:
    """One connection, for any thread. Every method blocks for about a disk write and raises JournalError."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self.path = path
        self._vfs = vfs
        self._one_at_a_time = threading.RLock()
        self._mark = HighWaterMark(path)
        self._has_failed = False
        self._log_pages = 0
        self._refuse_empty_place()
        try:
            self._open()
        except (apsw.Error, OSError) as problem:  # filelock's Timeout is an OSError
            raise self._error("cannot be opened", problem) from problem
        self._refuse_old_copy()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def run(self, sql: str, *values: Any) -> list[Any]:
        """One statement, in a transaction of its own or in the one under way."""
        try:
            with self._one_at_a_time:
                return self._db.execute(sql, values).fetchall()
        except (apsw.Error, OSError) as problem:
            self._has_failed = self._has_failed or isinstance(problem, apsw.IOError | apsw.CorruptError)
            raise self._error("cannot be used", problem) from problem

    def one(self, sql: str, *values: Any) -> Any:
        """The first row, or None."""
        rows = self.run(f"{sql} LIMIT 1", *values)
        return rows[0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; another thread or program waits, five seconds at most."""
        with self._one_at_a_time:
            self.run("BEGIN IMMEDIATE")
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                with suppress(JournalError):  # a full disk may have rolled back already
                    self.run("ROLLBACK")
                raise
            self._mark.move_to(self.last_number())

    def tidy(self) -> None:
        """Move a long write-ahead log into the file; when nobody waits for the disk. Never raises: see `check_disk`."""
        if self._log_pages > _LONG_LOG_PAGES:
            try:
                with self._one_at_a_time:
                    self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.Error as problem:
                self._has_failed = self._has_failed or isinstance(problem, apsw.IOError | apsw.CorruptError)

    @contextmanager
    def event(self, at_s: float, kind: str, request_id: str, facts: dict[str, Any]) -> Iterator[None]:
        """A transaction that ends with one more event."""
        with self.transaction():
            yield
            self.add_event(at_s, kind, request_id, facts)

    def add_event(self, at_s: float, kind: str, request_id: str, facts: dict[str, Any]) -> int:
        """One more event, in the transaction under way; its number."""
        data = msgspec.json.encode(facts).decode()
        last = self.one("SELECT number, link FROM event ORDER BY number DESC")
        number, before = (last[0] + 1, bytes(last[1])) if last else (1, FIRST_LINK)
        linked = link(before, number, at_s, kind, request_id, data)
        self.run("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", number, at_s, kind, request_id, data, linked)
        return number

    def events(self, request_id: str | None = None) -> Iterator[Event]:
        """All events, or those of one request, in their order; read as they are asked for."""
        where, values = ("", ()) if request_id is None else (" WHERE request_id = ?", (request_id,))
        sql = f"SELECT number, at_s, kind, request_id, data, link FROM event{where} ORDER BY number"  # noqa: S608
        for row in self._db.cursor().execute(sql, values):
            yield Event(*row)

    def journal_id(self) -> str:
        """This journal among all of a shop."""
        return str(self.run("SELECT journal_id FROM installation")[0][0])

    def renew_id(self) -> None:
        """It is not the journal any more that others know by its id: something that they saw of it is lost."""
        self.run("UPDATE installation SET journal_id = lower(hex(randomblob(16)))")

    def integrity(self) -> str:
        """What SQLite says of the file: `ok`, or its first fault."""
        return str(self.run("PRAGMA integrity_check(1)")[0][0])

    def backup(self, target: Path) -> None:
        """A whole copy of the present state, while others go on writing."""
        part = target.with_name(f"{target.name}.part")
        try:
            part.unlink(missing_ok=True)
            source = apsw.Connection(os.fspath(self.path), flags=apsw.SQLITE_OPEN_READONLY, vfs=self._vfs)
            copy = apsw.Connection(os.fspath(part))
            with closing(source), closing(copy):
                with copy.backup("main", source, "main") as backup:
                    backup.step(_ALL_PAGES)  # at once, or every commit meanwhile would begin it anew
                copy.pragma("journal_mode", "DELETE")
            part.replace(target)
        except (apsw.Error, OSError) as problem:
            what = f"{self.path}: no backup to {target}: {problem}"
            raise JournalError(what, "name a folder that exists and has free space") from problem

    # --- whether money may be begun

    def check_disk(self) -> None:
        """Raise JournalError on a disk that is full, and on one that failed since the journal was opened.

        After a failed sync nobody knows what is on the disk, and a later one that works proves nothing.
        """
        if self._has_failed:
            raise JournalError(f"{self.path}: the disk failed", "check the disk, then start the program again")
        if not self._has_reserve():
            raise JournalError(f"{self.path}: the disk is full", "free some space; nothing is begun until then")

    def free_bytes(self) -> int:
        """Room that its disk has left; 0 when nothing may be begun."""
        try:
            self.check_disk()
            return shutil.disk_usage(self.path.parent).free
        except (JournalError, OSError):
            return 0

    def _has_reserve(self) -> bool:
        """Whether there is room for what a sale writes; makes the reserve anew if it can."""
        reserve = self._reserve
        if reserve.exists() and reserve.stat().st_size == _RESERVE_BYTES:
            return True
        try:
            with reserve.open("wb") as file:
                file.write(bytes(_RESERVE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.free_reserve()
            return False
        return True

    def free_reserve(self) -> None:
        """Give the reserve back to a disk that is full."""
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    @property
    def _reserve(self) -> Path:
        return self.path.with_name(f"{self.path.name}.reserve")

    # --- opening

    def _open(self) -> None:
        """Open, and make what is not there yet; one at a time, for SQLite does not wait while it turns to WAL."""
        self.path.touch(mode=0o600)
        with FileLock(f"{self.path}.opening", timeout=_BUSY_MS / 1000, mode=0o600):
            self._db = apsw.Connection(os.fspath(self.path), vfs=self._vfs)
            self._db.set_busy_timeout(_BUSY_MS)
            for name, value in _PRAGMAS.items():
                self._db.pragma(name, value)
            self._db.set_wal_hook(self._log_grew)
            self._bring_up_to_date(self._db.pragma("user_version"))
            sync_folder(self.path.parent)

    def _log_grew(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """SQLite calls this after each commit, in place of tidying up by itself."""
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _bring_up_to_date(self, version: int) -> None:
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"{self.path}: journal of version {version}, this driver writes version {SCHEMA_VERSION}",
                "install the driver that wrote it, or a newer one",
            )
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            with self._db:
                self._db.execute(migration).fetchall()
                if number == 1:
                    self._db.execute("INSERT INTO installation VALUES (?)", (secrets.token_bytes(32),))
                self._db.pragma("user_version", number)

    def _refuse_empty_place(self) -> None:
        """A till that has sold and has no journal lost it; a new one would charge again what was paid."""
        if self._mark.number() and not self.path.exists():
            raise JournalError(
                f"{self.path} is gone: this till has written event {self._mark.number()}",
                "put it back, or make it anew of its backup: journal rebuild",
            )

    def _refuse_old_copy(self) -> None:
        """A journal that is older than what this till has seen of it would charge again what was paid."""
        seen, has = self._mark.number(), self.last_number()
        if seen > has:
            self.close()
            raise JournalError(
                f"{self.path} is an old copy: it ends with event {has}, this till has written event {seen}",
                f"put the newer journal back; if it is lost, an administrator may remove {self._mark.path}",
            )

    def last_number(self) -> int:
        """The number of the last event; 0 when there is none."""
        row = self.one("SELECT number FROM event ORDER BY number DESC")
        return 0 if row is None else int(row[0])

    def _error(self, what: str, problem: Exception) -> JournalError:
        if isinstance(problem, apsw.CorruptError | apsw.NotADBError):
            return JournalError(f"journal {self.path} is damaged: {problem}", "stop; then: journal rebuild")
        return JournalError(
            f"journal {self.path} {what}: {problem}",
            "check that its folder exists, belongs to the till's user and has free space",
        )
