"""Cut a stream of bytes into frames. Time is handed in; nothing here waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FrameEnd(Enum):
    """How the end of a frame was known."""

    TERMINATOR = "terminator"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame without its framing bytes."""

    data: bytes
    ended_by: FrameEnd


@dataclass(frozen=True, slots=True)
class Overlong:
    """A run of `size` bytes without an end, longer than allowed; it was dropped whole."""

    size: int


class TerminatorFramer:
    """Frames that end with one of some single bytes, or with silence.

    Every byte of `terminators` ends a frame, so CR, LF and CR LF all work without knowing
    which of them the scanner was left with; empty frames are dropped. A frame without a
    terminator ends after `idle_s` seconds of silence, and silence is said by feeding nothing: a reader that was
    held up finds bytes waiting, and these go on with the frame, however late it comes to read them.
    """

    def __init__(self, terminators: bytes, idle_s: float, max_length: int) -> None:
        self._terminators = frozenset(terminators)
        self._idle_s = idle_s
        self._max_length = max_length
        self._pending = bytearray()
        self._size = 0
        self._last_byte_s = 0.0

    def deadline(self) -> float | None:
        """When to feed `b""` at the latest, on the caller's clock; None while nothing is pending."""
        return self._last_byte_s + self._idle_s if self._size else None

    def feed(self, data: bytes, now: float) -> list[Frame | Overlong]:
        """Take bytes read at `now` (seconds, any steady clock), or none; give what they complete."""
        done: list[Frame | Overlong] = []
        deadline = self.deadline()
        if not data and deadline is not None and now >= deadline:
            self._end(FrameEnd.IDLE, done)
        for byte in data:
            if byte in self._terminators:
                self._end(FrameEnd.TERMINATOR, done)
            else:
                self._keep(byte)
        if data:
            self._last_byte_s = now
        return done

    def _keep(self, byte: int) -> None:
        self._size += 1
        if self._size <= self._max_length:
            self._pending.append(byte)

    def _end(self, ended_by: FrameEnd, done: list[Frame | Overlong]) -> None:
        if self._size > self._max_length:
            done.append(Overlong(self._size))
        elif self._size:
            done.append(Frame(bytes(self._pending), ended_by))
        self._pending.clear()
        self._size = 0
