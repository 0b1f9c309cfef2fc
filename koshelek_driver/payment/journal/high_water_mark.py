"""The high-water mark: a file that tells the journal from an old copy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


class HighWaterMark:
    """The number of the last event, in a file of its own.

    It never runs ahead of the journal. It is written after each commit and is not synced to disk: a power cut leaves an
    older mark, which is harmless.
    """

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.mark")

    def number(self) -> int:
        """Return the last event that this till wrote; 0 if it is not known."""
        try:
            return int(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def move_to(self, number: int) -> None:
        """Write the number of an event that is committed. An OSError is ignored, and leaves the older mark."""
        with suppress(OSError):
            self.path.write_text(f"{number:020d}\n", encoding="ascii")
