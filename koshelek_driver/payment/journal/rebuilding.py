"""Rebuilding a damaged journal from its backup and its readable rows.

The damaged files are copied aside first and never deleted. Rows are read one by one by their number, so that a damaged
page loses its own rows and no others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.files import PRIVATE_FOLDER, copy_private
from koshelek_driver.payment.journal.database import Database, sync_folder
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark

_TABLES = ("event", "attempt", "refund", "outbox", "used_password", "wrong_password")
_UNFINISHED = "outcome IS NULL OR slip_state IN ('queued', 'sent')"
_STILL_OPEN = {"attempt": _UNFINISHED, "refund": _UNFINISHED, "outbox": "state <> 'done'"}
"""Rows of a backup that may have changed since: only open rows change."""
_SUFFIXES = ("", "-wal", "-shm", ".mark")
"""The files of a journal; the write-ahead log holds commits that the main file does not have yet."""
_UNREADABLE = (apsw.CorruptError, apsw.SQLError, apsw.IOError, UnicodeDecodeError)
Row = dict[str, Any]
_JSON: dict[str, tuple[type[Any], str | None]] = {
    "slip": (dict, None),
    "answer": (dict, None),
    "invoice": (dict, None),
    "items": (list, "[]"),
}
"""Columns that hold JSON: the type of its value, and the column's value if it cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild.

    `put_aside` is the folder of the damaged files. `from_backup` is the number of the backup's last event, `saved` the
    number of later events that could be read. `lost` has the first and the last number of each gap between events.
    """

    put_aside: Path
    from_backup: int
    saved: int
    lost: tuple[tuple[int, int], ...]


def rebuild(path: Path, backup: Path | None, aside: Path) -> Rebuilt:
    """Copy a damaged journal to the folder `aside` and put a rebuilt one in its place.

    No program may have the journal open; `aside` must not exist. Without a backup only the readable rows are used.
    Blocks for as long as reading every row takes.

    Raises:
        JournalError: the journal could not be rebuilt; the damaged one is still in its place.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        _copy_aside(path, aside)
        new.unlink(missing_ok=True)
        if backup is not None:
            copy_private(backup, new)
        with closing(Database(new)) as database:
            before = _last_event(database)
            seen = _copy_readable(database, aside / path.name, HighWaterMark(path).number())
            database.renew_id()  # the shop's ledger may have read events that are lost here
            after, lost = _last_event(database), tuple(_gaps(database, seen))
            saved = database.first_row("SELECT count(*) FROM event WHERE number > ?", before)[0]
        _replace_journal(new, path)
    except (OSError, apsw.Error) as problem:
        raise JournalError(
            f"{path} cannot be made anew: {problem}", "free some space, or name another backup"
        ) from problem
    HighWaterMark(path).move_to(after)
    return Rebuilt(aside, before, saved, lost)


def _copy_aside(path: Path, aside: Path) -> None:
    aside.mkdir(mode=PRIVATE_FOLDER)
    for beside in _SUFFIXES:
        with suppress(FileNotFoundError):
            copy_private(Path(f"{path}{beside}"), aside / f"{path.name}{beside}")
    sync_folder(aside)


def _copy_readable(database: Database, damaged: Path, last_marked: int) -> int:
    """Copy every readable row; return the highest known number of an event."""
    try:
        source = apsw.Connection(os.fspath(damaged))
        with closing(source):
            last = max(last_marked, _last_number(source, "event", last_marked))
            with database.transaction():
                _copy_salt(database, source)
                for table in _TABLES:
                    _copy_table(database, source, table, last)
            return last
    except (apsw.NotADBError, apsw.CantOpenError):  # the header is damaged: no row can be read
        return last_marked


def _copy_table(database: Database, source: apsw.Connection, table: str, last: int) -> None:
    last_present = database.first_row(f"SELECT coalesce(max(number), 0) FROM {table}")[0]  # noqa: S608
    # A damaged schema may name any columns: only those that the new journal has are copied.
    columns = {row[1] for row in database.run(f"PRAGMA table_info({table})")}
    still_open = _STILL_OPEN.get(table)
    if still_open is not None:
        for (number,) in database.run(f"SELECT number FROM {table} WHERE {still_open}"):  # noqa: S608
            _insert(database, table, columns, _read_row(source, table, number))
    for number in range(last_present + 1, _last_number(source, table, last) + 1):
        _insert(database, table, columns, _read_row(source, table, number))


def _read_row(source: apsw.Connection, table: str, number: int) -> Row | None:
    try:
        cursor = source.execute(f"SELECT * FROM {table} WHERE number = ?", (number,))  # noqa: S608
        return next((dict(zip(_column_names(cursor), values, strict=True)) for values in cursor), None)
    except _UNREADABLE:
        return None


def _column_names(cursor: apsw.Cursor) -> list[str]:
    return [str(column[0]) for column in cursor.get_description()]


def _undamaged(column: str, value: Any) -> Any:
    """Return a value, or nothing for JSON that cannot be parsed: the payment counts also without its slip."""
    if value is None or column not in _JSON:
        return value
    kind, nothing = _JSON[column]
    try:
        msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, TypeError):
        return nothing
    return value


def _insert(database: Database, table: str, columns: set[str], row: Row | None) -> None:
    if row is not None:
        known = {name: _undamaged(name, value) for name, value in row.items() if name in columns}
        names, parameters = ", ".join(known), ", ".join("?" * len(known))
        changes = ", ".join(f"{name} = excluded.{name}" for name in known)
        sql = f"INSERT INTO {table} ({names}) VALUES ({parameters}) ON CONFLICT (number) DO UPDATE SET {changes}"  # noqa: S608
        with suppress(JournalError):  # damaged values may break a constraint or a trigger: this row is lost alone
            database.run(sql, *known.values())


def _copy_salt(database: Database, source: apsw.Connection) -> None:
    """Keep the salt of the damaged journal, so that its digests of cards stay comparable."""
    with suppress(apsw.Error):
        (salt,) = source.execute("SELECT salt FROM installation").fetchall()[0]
        database.run("UPDATE installation SET salt = ?", salt)


def _last_number(source: apsw.Connection, table: str, if_unreadable: int) -> int:
    """Return the last number of a table. `if_unreadable` is an upper bound: there are more events than rows."""
    try:
        last: Any = source.execute(f"SELECT coalesce(max(number), 0) FROM {table}").fetchall()[0][0]  # noqa: S608
        return int(last)
    except _UNREADABLE:
        return if_unreadable


def _last_event(database: Database) -> int:
    return int(database.first_row("SELECT coalesce(max(number), 0) FROM event")[0])


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
    for left in (".mark", ".reserve", ".opening"):
        Path(f"{new}{left}").unlink(missing_ok=True)
    sync_folder(path.parent)
