"""Private files: readable by their user alone from the first byte, whatever lies in their place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from koshelek_driver.files import (
    UnsafeFileError,
    copy_private,
    create_private,
    open_or_create,
    open_private,
    write_private,
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0, 0o077, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_file_has_its_mode_whatever_the_umask_is(tmp_path: Path) -> None:
    os.close(open_or_create(tmp_path / "shared", os.O_RDONLY, 0o666))
    write_private(tmp_path / "private", b"secret")
    create_private(tmp_path / "empty")
    copy_private(tmp_path / "private", tmp_path / "copy")
    assert [mode_of(tmp_path / name) for name in ("shared", "private", "empty", "copy")] == [0o666, 0o600, 0o600, 0o600]
    assert (tmp_path / "copy").read_bytes() == b"secret"


def test_a_file_that_others_could_read_is_theirs_no_more_before_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.write_bytes(b"long content")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (mode_of(path), path.read_bytes()) == (0o600, b"new")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "copy"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    with pytest.raises(UnsafeFileError, match="no regular file"):
        write_private(path, b"x")
    copy_private(victim, path)
    assert (path.is_symlink(), victim.read_bytes(), mode_of(path)) == (False, b"precious", 0o600)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs files of other users")
def test_a_private_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.write_bytes(b"")
    os.chown(path, 65534, 65534)
    with pytest.raises(UnsafeFileError, match="another user"):
        os.close(open_private(path, os.O_WRONLY))
