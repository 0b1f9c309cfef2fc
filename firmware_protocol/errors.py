"""Errors of bytes on a wire."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """The reason why bytes were refused."""

    TRUNCATED = "truncated"
    UNEXPECTED = "unexpected byte"
    TRAILING = "bytes after the end"


class FrameError(ValueError):
    """Bytes that the protocol does not allow.

    The message never shows the bytes, which may be a customer's card; `data` holds them.
    """

    def __init__(self, fault: Fault, expected: str, data: bytes) -> None:
        super().__init__(f"{fault.value}: expected {expected}, got {len(data)} byte(s)")
        self.fault = fault
        self.expected = expected
        self.data = data
