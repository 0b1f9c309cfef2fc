"""A mark beside the journal: how far this till has written. It tells a journal from an old copy of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


class HighWaterMark:
    """The number of the last event, in a file of its own; it never runs ahead of the journal.

    It is written after a commit and is not forced to disk: a power cut leaves an older mark, which is no fault.
    """

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.mark")

    def number(self) -> int:
        """How far this till has written; 0 when nothing is known."""
        try:
            return int(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def move_to(self, number: int) -> None:
        """The journal holds this event for certain. A mark that cannot be written stays where it is."""
        with suppress(OSError):
            self.path.write_text(f"{number:020d}\n", encoding="ascii")
