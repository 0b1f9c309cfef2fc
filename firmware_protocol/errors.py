"""What can be wrong with bytes on a wire."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """Why bytes were refused."""

    TRUNCATED = "truncated"
    UNEXPECTED = "unexpected byte"
    TRAILING = "bytes after the end"


class FrameError(ValueError):
    """Bytes that are not what the protocol allows.

    The message never shows the bytes, which may be somebody's card; `data` carries them.
    """

    def __init__(self, fault: Fault, expected: str, data: bytes) -> None:
        super().__init__(f"{fault.value}: expected {expected}, got {len(data)} byte(s)")
        self.fault = fault
        self.expected = expected
        self.data = data
