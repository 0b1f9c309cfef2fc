"""Standard output and standard error that survive a reader, console or disk that fails.

A display never ends a sale: a write that fails is dropped, and so is everything after it. Nobody above sees an
exception, neither rich nor typer nor an observer.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_FAILURES = (OSError, ValueError, UnicodeError)
"""All that a stream raises when it cannot be written: gone, closed, full, or without the letter."""


class SafeStream(io.TextIOBase):
    """A text stream whose writes never raise. After a failed write it takes everything and shows nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` is None where the process was started without it."""
        super().__init__()
        self._stream = stream
        self.failure = "" if stream is not None else "closed"
        """The first failure in words; empty while the stream works."""

    def write(self, text: str) -> int:
        """Write text. Letters that the console's code page lacks become question marks."""
        with self._working() as stream:
            try:
                stream.write(text)
            except UnicodeError:
                stream.write(text.encode(self.encoding, "replace").decode(self.encoding))
        return len(text)

    def write_utf8(self, text: str) -> None:
        """Write text as UTF-8, whatever the code page of the console is, and flush it."""
        with self._working() as stream:
            stream.flush()
            binary = getattr(stream, "buffer", None)
            if binary is None:
                stream.write(text)
            else:
                binary.write(text.encode())
                binary.flush()
        self.flush()

    def flush(self) -> None:
        """Flush what was written."""
        with self._working() as stream:
            stream.flush()

    def isatty(self) -> bool:
        """Return True if a person's console is behind it."""
        with suppress(*_FAILURES):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the descriptor. Raises OSError where there is none, as every stream does."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return True: it takes whatever is written."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The code page of the console."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """The treatment of letters that the code page lacks."""
        return "replace"

    @contextmanager
    def _working(self) -> Iterator[TextIO]:
        """Yield the stream, or one that takes everything once a write has failed."""
        try:
            yield io.StringIO() if self.failure or self._stream is None else self._stream
        except _FAILURES as problem:
            self.failure = type(problem).__name__


def guard() -> None:
    """Put a safe stream in place of standard output and of standard error."""
    sys.stdout, sys.stderr = SafeStream(sys.stdout), SafeStream(sys.stderr)


@contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams while the block runs."""
    before = sys.stdout, sys.stderr
    guard()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def fill_missing_descriptors() -> None:
    """Open the null device in place of each standard descriptor that the process was started without.

    Else the next file that is opened, the journal perhaps, would get its number, and a library that writes an error to
    descriptor 2 would write into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
