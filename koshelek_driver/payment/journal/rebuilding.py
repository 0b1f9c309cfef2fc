"""Rebuilding a damaged journal from its backup and its readable rows.

The damaged files are copied aside first and never deleted. Rows are read one by one by their number, so that a damaged
page loses its own rows and no others. Every value is looked at: nothing is taken over that a later read would refuse,
from the backup neither, and everything that is left out is named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.files import PRIVATE_FOLDER, copy_private
from koshelek_driver.payment.journal.database import Database, sync_folder
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark
from koshelek_driver.payment.journal.tables import FOREIGN, TABLES, Row, flaws, is_salt, mended

_UNFINISHED = "outcome IS NULL OR slip_state IN ('queued', 'sent')"
_STILL_OPEN = {"attempt": _UNFINISHED, "refund": _UNFINISHED, "outbox": "state <> 'done'"}
"""Rows of a backup that may have changed since: only open rows change."""
_SUFFIXES = ("", "-wal", "-shm", ".mark")
"""The files of a journal; the write-ahead log holds commits that the main file does not have yet."""
_LEFT_BEHIND = ("-wal", "-shm", ".mark", ".reserve", ".opening")
_UNREADABLE = (apsw.CorruptError, apsw.IOError, UnicodeError, OverflowError)
_NO_TABLE = (apsw.NotADBError, apsw.CantOpenError, apsw.SQLError)
"""The header or the schema is damaged: no row can be read."""
_LEAST_ROW_BYTES = 32
"""No row is shorter, so a number far above the size of the file is damage."""
_MOST_NAMED = 1000
"""Lost rows that are named; one lost page can break thousands."""
_END = "FROM event WHERE event.request_id = {0}.request_id AND kind = 'end'"
_MEND_END = (
    f"UPDATE {{0}} SET ended = coalesce((SELECT max(number) {_END}), ended),"  # noqa: S608
    f" closed_s = coalesce(closed_s, (SELECT max(at_s) {_END}), created_s) WHERE outcome IS NOT NULL"
)
_MEND_OPEN = "UPDATE {0} SET ended = NULL, closed_s = NULL WHERE outcome IS NULL"
_WITHOUT_ROW = (
    "SELECT kind, request_id FROM event WHERE kind IN ('intent', 'refund intent') AND request_id NOT IN"
    " (SELECT request_id FROM attempt UNION SELECT request_id FROM refund) ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild.

    `put_aside` is the folder of the damaged files. `from_backup` is the number of the backup's last event, `saved` the
    number of later events that could be read. `lost` has the first and the last number of each gap between events.
    `lost_rows` names rows, and values of rows, that were there and do not read, and payments of which only the events
    are left. `salt_is_new`: used passwords and wrong passwords of before are not recognised any more.
    """

    put_aside: Path
    from_backup: int
    saved: int
    lost: tuple[tuple[int, int], ...]
    lost_rows: tuple[str, ...] = ()
    salt_is_new: bool = False


def rebuild(path: Path, backup: Path | None, aside: Path) -> Rebuilt:
    """Copy a damaged journal to the folder `aside` and put a rebuilt one in its place.

    No program may have the journal open; `aside` must not exist. Without a backup only the readable rows are used.
    Blocks for as long as reading every row takes.

    Raises:
        JournalError: the journal could not be rebuilt; the damaged one is still in its place.
    """
    new, old = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")
    try:
        _copy_aside(path, aside)
        _remove(new)
        with closing(Database(new)) as database:
            copying = _Copying(database)
            if backup is not None:
                _open_backup(backup, old)
                copying.take(old, 0)
            before = database.last_number()
            seen = copying.take(aside / path.name, HighWaterMark(path).number())
            rebuilt = _finish(copying, aside, before, seen)
            after = database.last_number()
        _replace_journal(new, path)
    except (OSError, apsw.Error, *FOREIGN) as problem:
        raise JournalError(
            f"{path} cannot be made anew: {problem}", "free some space, or name another backup"
        ) from problem
    finally:
        _remove(old)
    HighWaterMark(path).move_to(after)
    return rebuilt


def _finish(copying: _Copying, aside: Path, before: int, seen: int) -> Rebuilt:
    database = copying.database
    database.renew_id()  # the shop's ledger may have read events that are lost here
    for table in ("attempt", "refund"):
        database.run(_MEND_END.format(table))
        database.run(_MEND_OPEN.format(table))
    for kind, request_id in database.rows(f"{_WITHOUT_ROW} LIMIT {_MOST_NAMED}"):
        copying.name_lost(f"request {request_id} ({kind}): only its events are left")
    saved = database.first_row("SELECT count(*) FROM event WHERE number > ?", before)[0]
    return Rebuilt(aside, before, saved, tuple(_gaps(database, seen)), tuple(copying.lost_rows), copying.salt is None)


def _copy_aside(path: Path, aside: Path) -> None:
    aside.mkdir(mode=PRIVATE_FOLDER)
    for beside in _SUFFIXES:
        with suppress(FileNotFoundError):
            copy_private(Path(f"{path}{beside}"), aside / f"{path.name}{beside}")
    sync_folder(aside)


def _open_backup(backup: Path, old: Path) -> None:
    """Copy the backup, and bring the copy to this driver's version."""
    _remove(old)
    copy_private(backup, old)
    Database(old).close()


@dataclass
class _Copying:
    """Copies the sound rows of one journal after the other; `lost_rows` names what was left out."""

    database: Database
    salt: bytes | None = None
    lost_rows: list[str] = field(default_factory=list)

    def take(self, path: Path, last_marked: int) -> int:
        """Copy every readable row of a journal; return the highest known number of an event."""
        size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
        highest = last_marked + size // _LEAST_ROW_BYTES
        try:
            source = apsw.Connection(os.fspath(path))
            with closing(source):
                last = min(highest, max(last_marked, _last_number(source, "event", last_marked)))
                with self.database.transaction():
                    self._take_salt(source)
                    for table in TABLES:
                        self._take_table(source, table, last, highest)
                return last
        except _NO_TABLE:
            return last_marked

    def name_lost(self, what: str) -> None:
        """Add to the names of what is lost."""
        if len(self.lost_rows) < _MOST_NAMED and what not in self.lost_rows:
            self.lost_rows.append(what)

    def _take_table(self, source: apsw.Connection, table: str, last: int, highest: int) -> None:
        last_present = self.database.first_row(f"SELECT coalesce(max(number), 0) FROM {table}")[0]  # noqa: S608
        still_open = _STILL_OPEN.get(table)
        if still_open is not None:
            for number, request_id in self.database.run(f"SELECT number, request_id FROM {table} WHERE {still_open}"):  # noqa: S608
                row = _read_row(source, table, number)
                if row is not None and row.get("request_id") == request_id:
                    self._take_row(table, row)
        # A damaged schema may name any columns: only those that the new journal has are copied.
        for row in _rows(source, table, last_present, min(highest, _last_number(source, table, last))):
            self._take_row(table, row)

    def _take_row(self, table: str, row: Row) -> None:
        name = _name(table, row)
        flawed = flaws(table, row)
        sound = mended(table, row, flawed)
        if sound is None or not self._insert(table, sound):
            self.name_lost(name)
        elif flawed:
            self.name_lost(f"{name}: {', '.join(flawed)}")

    def _insert(self, table: str, row: Row) -> bool:
        """Write a row; return False if it contradicts another one. Raises JournalError."""
        known = [each.name for each in msgspec.structs.fields(TABLES[table]) if each.name in row]
        names, parameters = ", ".join(known), ", ".join("?" * len(known))
        changes = ", ".join(f"{name} = excluded.{name}" for name in known)
        sql = f"INSERT INTO {table} ({names}) VALUES ({parameters}) ON CONFLICT (number) DO UPDATE SET {changes}"  # noqa: S608
        try:
            self.database.run(sql, *(row[name] for name in known))
        except JournalError as problem:
            if isinstance(problem.__cause__, apsw.ConstraintError):
                return False
            raise
        return True

    def _take_salt(self, source: apsw.Connection) -> None:
        """Keep the first salt that reads, so that the digests of cards stay comparable."""
        with suppress(*_UNREADABLE, *_NO_TABLE):
            for (salt,) in source.execute("SELECT salt FROM installation").fetchall():
                if self.salt is None and is_salt(salt):
                    self.salt = salt
                    self.database.run("UPDATE installation SET salt = ?", self.salt)


def _name(table: str, row: Row) -> str:
    order = row.get("order_id")
    return f"{table} {row['number']}" + (f" (order {order})" if isinstance(order, str) else "")


def _rows(source: apsw.Connection, table: str, after: int, last: int) -> Iterator[Row]:
    """Yield the rows after a number. Where the next one cannot be read, try the numbers one by one."""
    number = after
    while number < last:
        row = _read_row(source, table, number, "> ? ORDER BY number LIMIT 1")
        if row is None:
            return
        if not _is_between(row, number, last):
            row = _read_row(source, table, number + 1) or {}
        is_read = _is_between(row, number, last)
        number = row["number"] if is_read else number + 1
        if is_read:
            yield row


def _is_between(row: Row, after: int, last: int) -> bool:
    number = row.get("number")
    return isinstance(number, int) and after < number <= last


def _read_row(source: apsw.Connection, table: str, number: int, which: str = "= ?") -> Row | None:
    """Return a row; None if there is none, an empty one if it cannot be read."""
    where = f"FROM {table} WHERE number {which}"
    try:
        cursor = source.execute(f"SELECT * {where}", (number,))
        return next((dict(zip(_column_names(cursor), values, strict=True)) for values in cursor), None)
    except UnicodeError:
        return _read_by_column(source, table, where, number)
    except apsw.SQLError:  # the damaged schema, or that of an older version, has no such table
        return None
    except _UNREADABLE:
        return {}


def _read_by_column(source: apsw.Connection, table: str, where: str, number: int) -> Row:
    """Return a row with text that is no text; its bytes stand in place of it."""
    row: Row = {}
    for each in msgspec.structs.fields(TABLES[table]):
        with suppress(*_UNREADABLE, apsw.SQLError):
            try:
                found = source.execute(f"SELECT {each.name} {where}", (number,)).fetchall()
            except UnicodeError:
                found = source.execute(f"SELECT CAST({each.name} AS BLOB) {where}", (number,)).fetchall()
            row[each.name] = found[0][0] if found else None
    return row if isinstance(row.get("number"), int) else {}


def _column_names(cursor: apsw.Cursor) -> list[str]:
    return [str(column[0]) for column in cursor.get_description()]


def _last_number(source: apsw.Connection, table: str, if_unreadable: int) -> int:
    """Return the last number of a table. `if_unreadable` is an upper bound: there are more events than rows."""
    try:
        last: Any = source.execute(f"SELECT coalesce(max(number), 0) FROM {table}").fetchall()[0][0]  # noqa: S608
    except (*_UNREADABLE, apsw.SQLError):
        return if_unreadable
    return last if isinstance(last, int) else if_unreadable


def _gaps(database: Database, last: int) -> Iterator[tuple[int, int]]:
    expected = 1
    for (number,) in (*database.run("SELECT number FROM event ORDER BY number"), (last + 1,)):
        if number > expected:
            yield expected, number - 1
        expected = max(expected, number + 1)


def _replace_journal(new: Path, path: Path) -> None:
    for beside in ("-wal", "-shm"):
        Path(f"{path}{beside}").unlink(missing_ok=True)
    new.replace(path)
    _remove(new)
    sync_folder(path.parent)


def _remove(journal: Path) -> None:
    for name in ("", *_LEFT_BEHIND):
        Path(f"{journal}{name}").unlink(missing_ok=True)
