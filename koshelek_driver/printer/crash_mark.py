"""A file that exists while a job is printed: after a crash it tells the next program of the interrupted job."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

_MOST = 1 << 20
"""Bytes of a unit; a larger number in the file is not believed."""


class CrashMark:
    """The crash mark of one device. Errors of the disk are ignored: printing must not depend on it."""

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
        """Return the bytes of the longest unit of a job that an earlier program did not end; None without a mark."""
        try:
            return min(_MOST, int(self._file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return None
