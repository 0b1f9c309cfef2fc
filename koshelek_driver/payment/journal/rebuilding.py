"""A damaged journal is put aside, never thrown away, and made anew of its last backup and of what can still be read.

The rows of a table are read one by one by their number: a damaged page loses its own rows and no others.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal.database import Database, sync_folder
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark

_TABLES = ("event", "attempt", "refund", "outbox", "used_password", "wrong_password")
_UNFINISHED = "outcome IS NULL OR slip_state IN ('queued', 'sent')"
_STILL_OPEN = {"attempt": _UNFINISHED, "refund": _UNFINISHED, "outbox": "state <> 'done'"}
"""Rows of a backup that may have gone on since."""
_BESIDE = ("", "-wal", "-shm", ".mark")
_UNREADABLE = (apsw.CorruptError, apsw.SQLError, apsw.IOError, UnicodeDecodeError)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of a journal. `lost` are events that nobody has any more: the first and last number of each gap."""

    put_aside: Path
    from_backup: int
    saved: int
    lost: tuple[tuple[int, int], ...]


def rebuild(path: Path, backup: Path | None, aside: Path) -> Rebuilt:
    """Put the journal at `path` into the folder `aside`, and a new one in its place. No program may have it open.

    Without a backup it is made of what can be read alone. Raises JournalError; then the old one is where it was.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        _put_aside(path, aside)
        new.unlink(missing_ok=True)
        if backup is not None:
            shutil.copyfile(backup, new)
        with closing(Database(new)) as database:
            before = _last_event(database)
            seen = _fill(database, aside / path.name, HighWaterMark(path).number())
            database.renew_id()
            after, lost = _last_event(database), tuple(_gaps(database, seen))
            saved = database.one("SELECT count(*) FROM event WHERE number > ?", before)[0]
        _take_its_place(new, path)
    except (OSError, apsw.Error) as problem:
        raise JournalError(
            f"{path} cannot be made anew: {problem}", "free some space, or name another backup"
        ) from problem
    HighWaterMark(path).move_to(after)
    return Rebuilt(aside, before, saved, lost)


def _put_aside(path: Path, aside: Path) -> None:
    aside.mkdir(mode=0o700)
    for beside in _BESIDE:
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{beside}", aside / f"{path.name}{beside}")
    sync_folder(aside)


def _fill(database: Database, damaged: Path, marked: int) -> int:
    """Add what can be read of the damaged one; gives the highest number of an event that there has been."""
    try:
        source = apsw.Connection(os.fspath(damaged))
        with closing(source):
            last = max(marked, _last_number(source, "event", marked))
            with database.transaction():
                _take_salt(database, source)
                for table in _TABLES:
                    _fill_table(database, source, table, last)
            return last
    except (apsw.NotADBError, apsw.CantOpenError):  # not one page of it can be read
        return marked


def _fill_table(database: Database, source: apsw.Connection, table: str, last: int) -> None:
    have = database.one(f"SELECT coalesce(max(number), 0) FROM {table}")[0]  # noqa: S608
    columns = {row[1] for row in database.run(f"PRAGMA table_info({table})")}
    still_open = _STILL_OPEN.get(table)
    if still_open is not None:
        for (number,) in database.run(f"SELECT number FROM {table} WHERE {still_open}"):  # noqa: S608
            _put(database, table, columns, _read(source, table, number))
    for number in range(have + 1, _last_number(source, table, last) + 1):
        _put(database, table, columns, _read(source, table, number))


def _read(source: apsw.Connection, table: str, number: int) -> Row | None:
    try:
        cursor = source.execute(f"SELECT * FROM {table} WHERE number = ?", (number,))  # noqa: S608
        return next((dict(zip(_names(cursor), values, strict=True)) for values in cursor), None)
    except _UNREADABLE:
        return None


def _names(cursor: apsw.Cursor) -> list[str]:
    return [str(column[0]) for column in cursor.get_description()]


def _put(database: Database, table: str, columns: set[str], row: Row | None) -> None:
    if row is not None:
        known = {name: value for name, value in row.items() if name in columns}
        names, places = ", ".join(known), ", ".join("?" * len(known))
        changes = ", ".join(f"{name} = excluded.{name}" for name in known)
        sql = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT (number) DO UPDATE SET {changes}"  # noqa: S608
        with suppress(JournalError):  # damage that made a row break the journal's own rules
            database.run(sql, *known.values())


def _take_salt(database: Database, source: apsw.Connection) -> None:
    """Digests of cards stay comparable."""
    with suppress(apsw.Error):
        (salt,) = source.execute("SELECT salt FROM installation").fetchall()[0]
        database.run("UPDATE installation SET salt = ?", salt)


def _last_number(source: apsw.Connection, table: str, otherwise: int) -> int:
    """No table has more rows than there are events."""
    try:
        last: Any = source.execute(f"SELECT coalesce(max(number), 0) FROM {table}").fetchall()[0][0]  # noqa: S608
        return int(last)
    except _UNREADABLE:
        return otherwise


def _last_event(database: Database) -> int:
    return int(database.one("SELECT coalesce(max(number), 0) FROM event")[0])


def _gaps(database: Database, last: int) -> Iterator[tuple[int, int]]:
    expected = 1
    for (number,) in (*database.run("SELECT number FROM event ORDER BY number"), (last + 1,)):
        if number > expected:
            yield expected, number - 1
        expected = max(expected, number + 1)


def _take_its_place(new: Path, path: Path) -> None:
    for beside in ("-wal", "-shm"):
        Path(f"{path}{beside}").unlink(missing_ok=True)
    new.replace(path)
    for left in (".mark", ".reserve", ".opening"):
        Path(f"{new}{left}").unlink(missing_ok=True)
    sync_folder(path.parent)
