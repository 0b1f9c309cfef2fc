"""Replies of an ESC/POS printer, recognised by their content and never by their order.

Sources: the public references of DLE EOT, GS a, GS r and GS ( H. `from_bytes` parses, `to_bytes` builds.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_protocol.errors import Fault, FrameError

_FIXED_MASK, _REAL_TIME, _ASB = 0x93, 0x12, 0x10
_BLOCK_HEADERS = frozenset((0x35, 0x37, 0x3B, 0x3D, 0x5F))
_XON_XOFF = frozenset((0x11, 0x13))
_MAX_BLOCK = 256


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """The reply to DLE EOT. Ask one question at a time: the reply does not name its question."""

    byte: int

    @property
    def offline(self) -> bool:
        """Question 1: the printer is not ready to print."""
        return bool(self.byte & 0x08)

    @property
    def drawer_high(self) -> bool:
        """Question 1: the level of pin 3 of the cash drawer's connector."""
        return bool(self.byte & 0x04)

    @property
    def cover_open(self) -> bool:
        """Question 2: the cover is open."""
        return bool(self.byte & 0x04)

    @property
    def error(self) -> bool:
        """Question 2: an error stopped the printer; question 3 gives the cause."""
        return bool(self.byte & 0x40)

    @property
    def paper_near_end(self) -> bool:
        """Question 4: the roll is nearly used up."""
        return bool(self.byte & 0x0C)

    @property
    def paper_end(self) -> bool:
        """Question 4: there is no paper."""
        return bool(self.byte & 0x60)

    @property
    def slip_missing(self) -> bool:
        """Question 5: no form is inserted."""
        return bool(self.byte & 0x20)


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """The automatic status (ASB): the four bytes of GS a."""

    offline: bool = False
    cover_open: bool = False
    error: bool = False
    paper_near_end: bool = False
    paper_end: bool = False

    @classmethod
    def from_bytes(cls, data: bytes) -> AutomaticStatus:
        """Parse exactly four bytes. Raises FrameError."""
        if len(data) != 4 or data[0] & _FIXED_MASK != _ASB or any(byte & 0x90 for byte in data[1:]):
            raise FrameError(Fault.UNEXPECTED, "four bytes of automatic status", data)
        return cls(
            offline=bool(data[0] & 0x08),
            cover_open=bool(data[0] & 0x20),
            error=bool(data[1] & 0x6C),
            paper_near_end=bool(data[2] & 0x03),
            paper_end=bool(data[2] & 0x0C),
        )

    def to_bytes(self) -> bytes:
        """Build the four bytes that a printer sends; an error is encoded as one of the cutter."""
        first = _ASB | self.offline << 3 | self.cover_open << 5
        paper = (0x03 if self.paper_near_end else 0) | (0x0C if self.paper_end else 0)
        return bytes((first, self.error << 3, paper, 0))


@dataclass(frozen=True, slots=True)
class QueuedStatus:
    """The one-byte reply to GS r or GS I, in print order."""

    byte: int

    @property
    def paper_end(self) -> bool:
        """For GS r 1: there is no paper."""
        return bool(self.byte & 0x0C)


@dataclass(frozen=True, slots=True)
class Block:
    """A reply of many bytes: its header and text, without the closing NUL."""

    header: int
    text: bytes

    def to_bytes(self) -> bytes:
        """Build the reply as the printer sends it."""
        return bytes([self.header]) + self.text + b"\x00"


@dataclass(frozen=True, slots=True)
class Strange:
    """Bytes with which no known reply begins."""

    data: bytes


Reply = RealTimeStatus | AutomaticStatus | QueuedStatus | Block | Strange


def process_done(reply: Reply) -> bytes | None:
    """Return the four digits of a GS ( H acknowledgement; None for any other reply."""
    if isinstance(reply, Block) and reply.header == 0x37 and reply.text[:1] == b"\x22":
        return reply.text[1:]
    return None


def buffer_cleared(reply: Reply) -> bool:
    """Return True if this is the reply to DLE DC4 8."""
    return isinstance(reply, Block) and reply.header == 0x37 and reply.text[:1] == b"\x25"


class ReplyReader:
    """Parses a stream in pieces of any size into replies. XON and XOFF are removed everywhere."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Reply]:
        """Add bytes and return every reply that is complete."""
        self._buffer += bytes(byte for byte in data if byte not in _XON_XOFF)
        replies: list[Reply] = []
        while (found := _first_reply(self._buffer)) is not None:
            reply, size = found
            self._buffer = self._buffer[size:]
            replies.append(reply)
        return replies


def _first_reply(buffer: bytes) -> tuple[Reply, int] | None:
    if not buffer:
        return None
    first = buffer[0]
    if first in _BLOCK_HEADERS:
        return _block(buffer)
    if first & _FIXED_MASK == _REAL_TIME:
        return RealTimeStatus(first), 1
    if first & _FIXED_MASK == _ASB:
        return _automatic(buffer)
    if first & 0x90 == 0:
        return QueuedStatus(first), 1
    return Strange(buffer[:1]), 1


def _block(buffer: bytes) -> tuple[Reply, int] | None:
    end = buffer.find(b"\x00", 1, _MAX_BLOCK)
    if end >= 0:
        return Block(buffer[0], buffer[1:end]), end + 1
    return (Strange(buffer[:_MAX_BLOCK]), _MAX_BLOCK) if len(buffer) >= _MAX_BLOCK else None


def _automatic(buffer: bytes) -> tuple[Reply, int] | None:
    if len(buffer) < 4:
        return None
    try:
        return AutomaticStatus.from_bytes(buffer[:4]), 4
    except FrameError:
        return Strange(buffer[:1]), 1
