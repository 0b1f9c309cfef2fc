"""What a till may ask of a scanner, whatever its dialect; each dialect has the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


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
