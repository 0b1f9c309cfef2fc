"""A file that exists while a job is printed.

A program that finds it at start knows that an earlier program was killed in the middle of a job, and repairs the
printer.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

_MOST = 1 << 20
"""Bytes of a unit; a larger number in the file is not believed."""


class CrashMark:
    """The crash mark of one device.

    Errors of the disk are ignored: printing must not depend on it.
    """

    def __init__(self, key: str, folder: Path) -> None:
        self._file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.printing"

    def put(self, longest_unit: int) -> None:
        """Write the mark: a job begins whose units have that many bytes at most."""
        with contextlib.suppress(OSError):
            self._file.write_text(str(longest_unit), encoding="ascii")

    def take_away(self) -> None:
        """Delete the mark: the job is on paper."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def found(self) -> int | None:
        """Return the longest unit of an interrupted job in bytes; None without a mark."""
        try:
            return min(_MOST, int(self._file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return None
