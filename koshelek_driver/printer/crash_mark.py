"""A file that stands while a job is on its way: who finds it knows that a program ended in the middle of one."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

_MOST = 1 << 20
"""Bytes of a unit; more is not believed."""


class CrashMark:
    """Of one device. What the disk refuses is left undone: printing goes on without it."""

    def __init__(self, key: str, folder: Path) -> None:
        self._file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.printing"

    def put(self, longest_unit: int) -> None:
        """A job of units no longer than that begins."""
        with contextlib.suppress(OSError):
            self._file.write_text(str(longest_unit), encoding="ascii")

    def take_away(self) -> None:
        """The job has ended, one way or another, and its end is known."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def found(self) -> int | None:
        """The longest unit of a job that an earlier program did not end; None when there is none."""
        try:
            return min(_MOST, int(self._file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return None
