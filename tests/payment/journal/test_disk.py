"""The journal's files: read by nobody else from their first byte, and opened on a disk without room."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from filelock import FileLock

from koshelek_driver import Outcome
from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.disk import RESERVE_BYTES, Reserve, is_full
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark
from koshelek_driver.payment.journal.rebuilding import rebuild
from koshelek_driver.payment.till_lock import TillLock
from tests.support.journals import PAID, payment, request


def modes(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in files}


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="needs rights of POSIX")
@pytest.mark.usefixtures("open_umask")
def test_no_copy_of_a_journal_is_readable_by_others(tmp_path: Path) -> None:
    """The body of an open payment holds the customer's session, password and card number."""
    tmp_path.chmod(0o755)
    journal = Journal(tmp_path / "journal.db")
    journal.begin(payment(), request(), "{}")
    seen: dict[str, int] = {}
    (tmp_path / "backup.db").write_bytes(b"an older copy, readable by all")
    (tmp_path / "backup.db.part").write_bytes(b"a part of an older copy")
    copied = Copying(tmp_path, seen)
    with closing(Journal(tmp_path / "journal.db", copied.name)) as copying:
        copying.database.backup(tmp_path / "backup.db")
    copied.unregister()
    seen |= modes(tmp_path)
    journal.close()
    rebuild(tmp_path / "journal.db", tmp_path / "backup.db", tmp_path / "aside")
    seen |= modes(tmp_path)
    assert "backup.db.part" in seen
    assert "aside/journal.db" in seen
    assert {mode & 0o077 for mode in seen.values()} == {0}, seen
    assert stat.S_IMODE((tmp_path / "aside").stat().st_mode) == 0o700


class Copying(apsw.VFS):
    """Looks at the rights of all files while the journal is read for a copy of it."""

    def __init__(self, folder: Path, seen: dict[str, int]) -> None:
        self.name = "files-while-copying"
        super().__init__(self.name, "")
        self._folder, self._seen = folder, seen

    def xOpen(self, name: Any, flags: Any) -> Any:  # noqa: N802 - SQLite's name
        parts = [path for path in self._folder.glob("*.part") if path.stat().st_size == 0]
        self._seen.update({path.name: stat.S_IMODE(path.stat().st_mode) for path in parts})
        return super().xOpen(name, flags)


class FullDisk(apsw.VFS):
    """A disk that has no room while the reserve is there."""

    def __init__(self, reserve: Path, problem: type[apsw.Error]) -> None:
        self.name = "full-disk"
        super().__init__(self.name, "")
        self.reserve, self.problem = reserve, problem

    def xOpen(self, name: Any, flags: Any) -> Any:  # noqa: N802 - SQLite's name
        if self.reserve.exists():
            raise self.problem("no room")
        return super().xOpen(name, flags)


def with_open_payment(folder: Path) -> Path:
    with closing(Journal(folder / "journal.db")) as journal:
        journal.begin(payment(), request(), "{}")
    assert (folder / "journal.db.reserve").stat().st_size == RESERVE_BYTES
    return folder / "journal.db"


def test_the_reserve_is_given_up_for_opening_on_a_full_disk(tmp_path: Path) -> None:
    path = with_open_payment(tmp_path)
    full = FullDisk(Reserve(path).path, apsw.FullError)
    with closing(Journal(path, full.name)) as journal:
        assert not Reserve(path).path.exists()
        journal.end("r-1", PAID, 1001.0)
    full.unregister()


def test_another_problem_does_not_cost_the_reserve(tmp_path: Path) -> None:
    path = with_open_payment(tmp_path)
    broken = FullDisk(Reserve(path).path, apsw.IOError)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(path, broken.name)
    assert Reserve(path).path.exists()
    broken.unregister()


def test_a_full_disk_without_a_reserve_is_said(tmp_path: Path) -> None:
    path = with_open_payment(tmp_path)
    Reserve(path).path.unlink()
    full = FullDisk(tmp_path, apsw.FullError)
    with pytest.raises(JournalError, match=r"journal\.db cannot be opened: the disk is full") as refused:
        Journal(path, full.name)
    assert "free some space" in refused.value.remedy
    full.unregister()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB; only root may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=40", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "other").open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass


def fill_names(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for number in range(100):
            (folder / f"other{number}").touch()


@pytest.mark.parametrize("gone", [None, "journal.db.opening", "journal.db.mark"])
def test_an_open_payment_is_ended_on_a_full_disk_by_a_fresh_program(small_disk: Path, gone: str | None) -> None:
    path = with_open_payment(small_disk)
    if gone is not None:
        (small_disk / gone).unlink(missing_ok=True)
    fill(small_disk)
    with closing(Journal(path)) as journal:
        with pytest.raises(JournalError, match="the disk is full"):
            journal.begin(payment("r-2", "A-2"), request("r-2"), "{}")
        with TillLock(FileLock(f"{path}.lock", mode=0o600), 0.0).hold("recovery"):
            journal.end("r-1", PAID, 1001.0)
        found = journal.latest("A-1")
        assert found is not None
        assert found.outcome is Outcome.PAID


def test_a_disk_that_has_no_room_for_another_file_is_full(small_disk: Path) -> None:
    path = with_open_payment(small_disk)
    fill_names(small_disk)
    with pytest.raises(JournalError, match="the disk is full"):
        Journal(path)


def test_a_lock_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(JournalError, match="cannot be used.*the sale was not begun"):
        TillLock(FileLock(tmp_path / "lock"), 0.0).hold("the sale").__enter__()


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (OSError(errno.ENOSPC, ""), True),
        (OSError(errno.EDQUOT, ""), True),
        (OSError(errno.EACCES, ""), False),
        (apsw.FullError(""), True),
        (apsw.IOError(""), False),
        (apsw.CantOpenError(""), False),
        (apsw.BusyError(""), False),
    ],
)
def test_a_disk_with_room_is_full_only_where_the_system_says_so(
    tmp_path: Path, problem: Exception, *, expected: bool
) -> None:
    assert is_full(problem, tmp_path) is expected
    assert not is_full(apsw.IOError(""), tmp_path / "gone")


@pytest.mark.parametrize(("text", "number"), [("", 0), ("-5", 0), ("x", 0), ("9" * 5000, 0), ("0" * 18 + "41\n", 41)])
def test_a_mark_of_any_text_is_read_and_overwritten(tmp_path: Path, text: str, number: int) -> None:
    mark = HighWaterMark(tmp_path / "journal.db")
    mark.path.write_text(text)
    assert mark.number() == number
    mark.move_to(42)
    assert mark.number() == 42
