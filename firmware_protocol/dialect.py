"""The interface of all scanner dialects: the events they return and the commands they know.

A dialect is fed the bytes that arrived and returns the events that they complete. It touches no port and no clock: the
caller passes `now`, in seconds of any monotonic clock, and feeds nothing at the latest at `deadline`. No bytes raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True, repr=False)
class Scan:
    """One label. `data` is the label without framing.

    `aim` is the AIM identifier (`]` and two characters) if the dialect sends it apart from the label. `code` is the
    dialect's own number or letter of the symbology, or empty.
    """

    data: bytes
    aim: bytes = b""
    code: str = ""

    def __repr__(self) -> str:
        return f"Scan({len(self.data)} bytes, aim={self.aim!r}, code={self.code!r})"


@dataclass(frozen=True, slots=True)
class Reply:
    """A scanner's reply to a command, as bytes for the dialect's `parse_answer`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """A status that the scanner sent without being asked."""

    name: str


@dataclass(frozen=True, slots=True)
class Overlong:
    """A label longer than allowed; all its `size` bytes were dropped."""

    size: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """Invalid bytes, `size` of them, that were dropped; the next good frame is decoded."""

    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes that must be sent to the scanner at once: an acknowledgement."""

    data: bytes


Event = Scan | Reply | Status | Overlong | Damaged | Send


class Command(Enum):
    """A command to a scanner. A dialect offers only those for which it has bytes."""

    GOOD_READ_BEEP = "good read beep"
    ERROR_BEEP = "error beep"
    TRIGGER = "trigger"
    STOP_TRIGGER = "stop trigger"
    ENABLE = "enable"
    DISABLE = "disable"
    INFO = "info"
    HEALTH = "health"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed reply: `ok` is True if the scanner obeyed; `fields` are named if the dialect has names."""

    ok: bool
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """A decoder for one scanner's bytes, or for its reports, one report a feed."""

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Take bytes read at `now`, or none because the deadline passed; return the completed events."""
        ...

    def deadline(self) -> float | None:
        """Return the latest time to feed `b""`; None while nothing is pending."""
        ...
