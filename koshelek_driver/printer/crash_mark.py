"""A file that exists while a job is printed.

A program that finds it at start knows that an earlier program was killed in the middle of a job, and repairs the
printer. It is no shared file: it lies beside the till's journal, or in a folder of the user where there is no till.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from koshelek_driver.files import PRIVATE_FOLDER, open_plain, write_private

_MOST = 1 << 20
"""Bytes of a unit; a larger number in the file is not believed."""
_LONGEST = 20
"""Bytes of the mark's text; a longer one is not believed."""


def own_folder() -> Path:
    """Return the folder of this user's marks, for a program without a till.

    It is that of the XDG base directories, or the local application data of Windows.
    """
    named = Path(os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME", ""))
    base = named if named.is_absolute() else Path("~/.local/state").expanduser()
    return base / "koshelek-driver"


class CrashMark:
    """The crash mark of one device.

    Errors of the disk are ignored: printing must not depend on it.
    """

    def __init__(self, key: str, folder: Path) -> None:
        self._file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.printing"

    def put(self, longest_unit: int) -> None:
        """Write the mark: a job begins whose units have that many bytes at most."""
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            write_private(self._file, str(longest_unit).encode("ascii"))

    def take_away(self) -> None:
        """Delete the mark: the job is on paper."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def found(self) -> int | None:
        """Return the longest unit of an interrupted job in bytes; None without a mark."""
        try:
            with os.fdopen(open_plain(self._file, os.O_RDONLY), "rb") as file:
                return min(_MOST, max(0, int(file.read(_LONGEST).decode("ascii"))))
        except (OSError, ValueError):
            return None
