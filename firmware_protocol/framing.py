"""Cut a plain stream of bytes into labels: by terminators, by silence, or by start and end bytes."""

from __future__ import annotations

from firmware_protocol.dialect import Damaged, Event, Overlong, Scan


class TerminatorFramer:
    """Decodes labels that end with a terminator byte or with silence.

    Every byte of `terminators` ends a label, so CR, LF and CR LF all work; empty labels are dropped. `prefix` is
    removed from labels that begin with it. A label without a terminator ends after `idle_s` seconds of silence. Only
    feeding nothing counts as silence: after a delay the reader finds bytes waiting, and these continue the label.

    With `confirm_s` a terminator ends a label only if silence of that length follows: for labels that contain one.
    """

    def __init__(
        self, terminators: bytes, idle_s: float, max_length: int, *, prefix: bytes = b"", confirm_s: float = 0.0
    ) -> None:
        self._terminators = terminators
        self._idle_s = idle_s
        self._max_length = max_length
        self._prefix = prefix
        self._confirm_s = confirm_s
        self._pending = bytearray()
        self._size = 0
        self._last_byte_s = 0.0

    def deadline(self) -> float | None:
        """See Dialect."""
        if not self._size:
            return None
        ended = self._pending[-1:] in self._terminators if self._confirm_s else False
        return self._last_byte_s + (self._confirm_s if ended else self._idle_s)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        done: list[Event] = []
        deadline = self.deadline()
        if not data and deadline is not None and now >= deadline:
            self._end(done)
        for byte in data:
            if byte in self._terminators and not self._confirm_s:
                self._end(done)
            else:
                self._keep(byte)
        if data:
            self._last_byte_s = now
        return done

    def _keep(self, byte: int) -> None:
        self._size += 1
        if self._size <= self._max_length:
            self._pending.append(byte)

    def _end(self, done: list[Event]) -> None:
        label = bytes(self._pending).rstrip(self._terminators) if self._confirm_s else bytes(self._pending)
        label = label.removeprefix(self._prefix)
        if self._size > self._max_length:
            done.append(Overlong(self._size))
        elif label:
            done.append(Scan(label))
        self._pending.clear()
        self._size = 0


class StartEndFramer:
    """Decodes labels between a start and an end byte, such as STX and ETX.

    Bytes outside of labels are dropped, and reported as Damaged unless they are end bytes, CR or LF. A start byte
    inside a label begins a new one: the end of the label before was lost. A label without an end is dropped after
    `idle_s` seconds of silence.
    """

    def __init__(self, start: int, ends: bytes, idle_s: float, max_length: int) -> None:
        self._start = start
        self._ends = ends
        self._idle_s = idle_s
        self._max_length = max_length
        self._pending = bytearray()
        self._size = 0
        self._inside = False
        self._stray = 0
        self._last_byte_s = 0.0

    def deadline(self) -> float | None:
        """See Dialect."""
        return self._last_byte_s + self._idle_s if self._inside or self._stray else None

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        done: list[Event] = []
        deadline = self.deadline()
        if not data and deadline is not None and now >= deadline:
            self._drop("a label without its end", done)
        for byte in data:
            self._take(byte, done)
        if data:
            self._last_byte_s = now
        return done

    def _take(self, byte: int, done: list[Event]) -> None:
        if byte == self._start:
            self._drop("a label without its end", done)
            self._inside = True
        elif not self._inside:
            self._stray += byte not in (*b"\r\n", *self._ends)
        elif byte in self._ends:
            self._end(done)
        else:
            self._size += 1
            if self._size <= self._max_length:
                self._pending.append(byte)

    def _end(self, done: list[Event]) -> None:
        if self._size > self._max_length:
            done.append(Overlong(self._size))
        elif self._size:
            done.append(Scan(bytes(self._pending)))
        self._forget()

    def _drop(self, why: str, done: list[Event]) -> None:
        if self._inside:
            done.append(Damaged(why, self._size + 1))
        elif self._stray:
            done.append(Damaged("bytes outside of a label", self._stray))
        self._forget()

    def _forget(self) -> None:
        self._pending.clear()
        self._size = self._stray = 0
        self._inside = False
