"""What every scanner dialect gives: one value for each thing that a scanner can say, and for what it must be told.

A dialect is fed whatever arrived and says what that completes. It touches no port and no clock: `now` is handed in, in
seconds of any steady clock, and `deadline` says when to feed nothing at the latest. Nothing that arrives raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True, repr=False)
class Scan:
    """One label. `data` is without framing; `aim` is `]` and two characters when the dialect carries them beside it.

    `code` is the dialect's own number or letters of the symbology, as the dialect's tables have it, else empty.
    """

    data: bytes
    aim: bytes = b""
    code: str = ""

    def __repr__(self) -> str:
        return f"Scan({len(self.data)} bytes, aim={self.aim!r}, code={self.code!r})"


@dataclass(frozen=True, slots=True)
class Reply:
    """A scanner's answer to a command: the bytes as the dialect's parser wants them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """A scanner tells something of itself without being asked."""

    name: str


@dataclass(frozen=True, slots=True)
class Overlong:
    """A run of `size` bytes without an end, longer than allowed; it was dropped whole."""

    size: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """`size` bytes that make no sense were dropped; the next good frame works."""

    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Send:
    """These bytes go to the scanner at once: an acknowledgement."""

    data: bytes


Event = Scan | Reply | Status | Overlong | Damaged | Send


class Command(Enum):
    """One request. A dialect that has no bytes for it does not offer it."""

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
    """What a scanner answered: whether it did it, and what it said, by name where the dialect has names."""

    ok: bool
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """One scanner's stream of bytes, or of reports, one report a feed."""

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Take what was read at `now`, or nothing because the deadline passed; give what that completes."""
        ...

    def deadline(self) -> float | None:
        """When to feed `b""` at the latest; None while nothing is pending."""
        ...
