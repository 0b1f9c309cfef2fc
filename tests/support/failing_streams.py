"""Standard streams that fail at their n-th operation and at every later one."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FAILURES: dict[str, Callable[[], Exception]] = {
    "reader gone": lambda: BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "disk full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "terminal gone": lambda: OSError(errno.EIO, "Input/output error"),
    "closed": lambda: ValueError("I/O operation on closed file."),
}


class Countdown:
    """Counts the operations of both streams, and fails from the given one on."""

    def __init__(self, fails_at: int, failure: str) -> None:
        self.fails_at = fails_at
        self.failure = failure
        self.done = 0

    @property
    def has_failed(self) -> bool:
        return self.done >= self.fails_at

    def count(self) -> None:
        self.done += 1
        if self.has_failed:
            raise FAILURES[self.failure]()


class _Binary(io.BytesIO):
    def __init__(self, countdown: Countdown) -> None:
        super().__init__()
        self._countdown = countdown

    def write(self, data: object) -> int:
        self._countdown.count()
        return super().write(data)  # type: ignore[arg-type]

    def flush(self) -> None:
        if not self.closed:
            self._countdown.count()


class FailingStream(io.TextIOWrapper):
    """A text stream as the interpreter's own, which counts what is written and flushed."""

    def __init__(self, countdown: Countdown, encoding: str = "utf-8") -> None:
        self.bytes = _Binary(countdown)
        super().__init__(self.bytes, encoding=encoding, write_through=True)


@contextmanager
def failing_streams(countdown: Countdown, which: str = "both") -> Iterator[None]:
    """Put failing streams in place of `stdout`, of `stderr` or of both while the block runs."""
    before = sys.stdout, sys.stderr
    never = Countdown(sys.maxsize, countdown.failure)
    sys.stdout = FailingStream(never if which == "stderr" else countdown)
    sys.stderr = FailingStream(never if which == "stdout" else countdown)
    streams = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        countdown.fails_at = sys.maxsize  # their own end is not under test
        for stream in streams:
            stream.close()
