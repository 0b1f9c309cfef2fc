"""The high-water mark: a file that tells the journal from an old copy."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from koshelek_driver.files import PRIVATE


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
            return max(0, int(self.path.read_text(encoding="ascii")))
        except (OSError, ValueError):
            return 0

    def move_to(self, number: int) -> None:
        """Write the number of an event that is committed. An OSError is ignored, and leaves the older mark.

        The file is overwritten and not emptied first: a full disk would leave an empty one.
        """
        text = f"{number:020d}\n".encode("ascii")
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, PRIVATE)
            try:
                os.write(descriptor, text)
                os.ftruncate(descriptor, len(text))
            finally:
                os.close(descriptor)
