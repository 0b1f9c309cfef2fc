"""The crash mark: a private file beside the till's journal, whatever lies in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from koshelek_driver.printer.crash_mark import CrashMark, own_folder


def _mark(folder: Path) -> tuple[CrashMark, Path]:
    mark = CrashMark("printer", folder)
    mark.put(1)
    (file,) = folder.glob("*.printing")
    mark.take_away()
    assert not file.exists()
    return mark, file


def test_a_mark_is_found_by_the_next_program_and_read_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "marks"
    before = os.umask(0)
    try:
        mark, file = _mark(folder)
        mark.put(5000)
    finally:
        os.umask(before)
    assert CrashMark("printer", folder).found() == 5000
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)


@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to])
def test_a_link_in_place_of_the_mark_is_neither_written_nor_read(
    tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    mark, file = _mark(tmp_path)
    victim = tmp_path / "journal.db"
    victim.write_text("77")
    plant(file, victim)
    mark.put(24)
    assert victim.read_text() == "77"
    assert mark.found() is None


def test_a_pipe_or_a_folder_in_place_of_the_mark_does_not_hang(tmp_path: Path) -> None:
    mark, file = _mark(tmp_path)
    os.mkfifo(file)
    mark.put(24)
    assert mark.found() is None
    file.unlink()
    file.mkdir()
    mark.put(24)
    mark.take_away()
    assert mark.found() is None


@pytest.mark.parametrize(
    ("text", "found"), [("", None), ("x", None), ("-5", 0), ("9" * 20, 1 << 20), ("9" * 9999, 1 << 20)]
)
def test_a_mark_of_any_text_is_read(tmp_path: Path, text: str, found: int | None) -> None:
    mark, file = _mark(tmp_path)
    file.write_text(text)
    assert mark.found() == found


def test_marks_without_a_till_lie_in_a_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert own_folder() == tmp_path / "state" / "koshelek-driver"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_folder() == tmp_path / ".local" / "state" / "koshelek-driver"
