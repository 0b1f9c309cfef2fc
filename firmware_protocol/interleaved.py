"""Plain labels mixed in one stream with frames such as replies."""

from __future__ import annotations

from abc import ABC, abstractmethod

from firmware_protocol.dialect import Damaged, Event, Reply
from firmware_protocol.framing import TerminatorFramer

_LONGEST_ANSWER = 4096


class Interleaved(ABC):
    """Decodes labels ended by CR, LF or silence, and frames that begin with `start`.

    No label comes inside a frame, because a scanner sends one after the other.
    """

    def __init__(self, start: bytes, idle_s: float, max_length: int) -> None:
        self._labels = TerminatorFramer(b"\r\n", idle_s, max_length)
        self._start = start
        self._idle_s = idle_s
        self._held = bytearray()
        self._last_byte_s = 0.0

    def deadline(self) -> float | None:
        """See Dialect."""
        return self._last_byte_s + self._idle_s if self._held else self._labels.deadline()

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        if not data:
            return self._fall_silent(now)
        self._last_byte_s = now
        self._held += data
        events: list[Event] = []
        while self._held:
            size, found = self._next(now)
            if not size:
                break
            del self._held[:size]
            events += found
        return events

    @abstractmethod
    def _parse_frame(self, held: bytes) -> tuple[int, list[Event]]:
        """Parse bytes that begin like a frame; return how many were used, 0 to wait for more, and their events."""

    @abstractmethod
    def _expired(self, held: bytes, now: float) -> list[Event]:
        """Return the events for the beginning of a frame whose rest did not come."""

    def _plain(self, data: bytes, now: float) -> list[Event]:
        """Return the events that bytes outside of a frame complete."""
        return self._labels.feed(data, now)

    def _next(self, now: float) -> tuple[int, list[Event]]:
        held = bytes(self._held)
        begin = held.find(self._start[:1])
        if begin != 0:
            plain = len(held) if begin < 0 else begin
            return plain, self._plain(held[:plain], now)
        if not self._start.startswith(held[: len(self._start)]):
            return 1, self._plain(held[:1], now)
        return self._parse_frame(held)

    def _fall_silent(self, now: float) -> list[Event]:
        deadline = self.deadline()
        if not self._held or deadline is None or now < deadline:
            return self._plain(b"", now)
        held = bytes(self._held)
        self._held.clear()
        return self._expired(held, now)


class AnswersBetween(Interleaved):
    """Decodes labels ended by CR, LF or silence, and replies between `start` and `end`."""

    def __init__(self, start: bytes, end: int, idle_s: float, max_length: int) -> None:
        super().__init__(start, idle_s, max_length)
        self._end = bytes([end])

    def _parse_frame(self, held: bytes) -> tuple[int, list[Event]]:
        end = held.find(self._end, len(self._start))
        if end >= 0:
            return end + 1, [Reply(held[len(self._start) : end])]
        if len(held) > _LONGEST_ANSWER:
            return len(held), [Damaged("an answer without its end", len(held))]
        return 0, []

    def _expired(self, held: bytes, now: float) -> list[Event]:
        if held.startswith(self._start):
            return [Damaged("an answer without its end", len(held))]
        return [*self._plain(held, now - self._idle_s), *self._plain(b"", now)]
