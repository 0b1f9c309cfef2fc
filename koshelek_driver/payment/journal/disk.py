"""The journal's disk: a reserve that is given up when it is full, and the kinds of its problems."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

import apsw

from koshelek_driver.files import write_private

RESERVE_BYTES = 1 << 20
"""The size of the reserve file, which is deleted on a full disk so that open payments can be ended."""
_LEAST_FREE_BYTES = 1 << 18
"""Less than opening may need: the index of the write-ahead log alone takes 32 KiB."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file beside the journal that only takes up room."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.reserve")

    def is_there(self) -> bool:
        """Return True if the reserve file is there, or could be written again."""
        try:
            if not self.path.exists() or self.path.stat().st_size != RESERVE_BYTES:
                # Written, since a sparse file would reserve no space.
                write_private(self.path, bytes(RESERVE_BYTES), synced=True)
        except OSError:
            self.free()
            return False
        return True

    def free(self) -> bool:
        """Delete the reserve file; return True if it was there."""
        with suppress(OSError):
            self.path.unlink()
            return True
        return False


def is_full(problem: Exception, folder: Path) -> bool:
    """Return True if a problem of a file comes of a full disk.

    SQLite has an error of its own for it, but not when it makes or maps the files beside the journal.
    """
    if isinstance(problem, OSError):
        return problem.errno in _FULL
    beside = isinstance(problem, apsw.IOError | apsw.CantOpenError)
    return isinstance(problem, apsw.FullError) or (beside and _has_no_room(folder))


def is_damage(problem: Exception) -> bool:
    """Return True if a problem of SQLite comes of a damaged file and not of its disk, its rights or another program.

    A statement of this driver fails with SQLError only where the tables are not those that it made.
    """
    kinds = apsw.CorruptError | apsw.NotADBError | apsw.SQLError | apsw.SchemaChangeError | UnicodeError
    return isinstance(problem, kinds)


def _has_no_room(folder: Path) -> bool:
    try:
        if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
            return True
        found = os.statvfs(folder) if hasattr(os, "statvfs") else None
    except OSError:
        return False
    return found is not None and found.f_files > 0 and found.f_favail == 0
