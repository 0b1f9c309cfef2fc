"""The escape sequences of UnifiedPOS in print data: ESC, a bar, a number, letters.

`parse` knows the grammar and no printer. A sequence that the standard does not have, or that breaks off, is Stray: it
is skipped and never printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE = re.compile(r"\x1b\|([!*]?)(\d*)([a-z]*[A-Z])")
_PART = re.compile(r"\x1b|\n|\r|[^\x1b\n\r]+")
_LARGEST = 10**9

_BARE = frozenset({"sL", "tL", "bL", "bC", "iC", "rvC", "tbC", "tpC", "lA", "cA", "rA", "N"})
_NUMBERED = frozenset({"P", "fP", "sP", "lF", "uF", "rF", "uC", "rC", "fC", "sC", "stC"})
_NUMBER_NEEDED = frozenset({"B", "fT", "hC", "vC"})
_WITH_DATA = frozenset({"E", "R"})
_WITH_MARKED_DATA = frozenset({"E", "R", "dL"})
_NEGATABLE = frozenset({"bC", "uC", "iC", "rvC", "tbC", "tpC", "stC"})
_SIZES = ("1", "2", "3", "4")


@dataclass(frozen=True, slots=True)
class Plain:
    """Characters to print."""

    text: str


@dataclass(frozen=True, slots=True)
class LineFeed:
    """LF: print the line."""


@dataclass(frozen=True, slots=True)
class CarriageReturn:
    """CR: print the line unless LF follows."""


@dataclass(frozen=True, slots=True)
class Escape:
    """One escape sequence: its letters (`bC`), number and data.

    `number` is None if there is none. `off`: it was written with `!`. The sizes `1C` to `4C` have their digit in the
    name.
    """

    name: str
    number: int | None = None
    data: str = ""
    off: bool = False

    @property
    def count(self) -> int:
        """The number, 1 if there is none."""
        return 1 if self.number is None else self.number


@dataclass(frozen=True, slots=True)
class Stray:
    """Text that begins like a sequence and is none."""

    text: str


Part = Plain | LineFeed | CarriageReturn | Escape | Stray


def parse(data: str) -> Iterator[Part]:
    """Parse the data of a print call into its parts, in order. Never raises."""
    at = 0
    while at < len(data):
        found = _SEQUENCE.match(data, at)
        if found is None:
            part = _PART.match(data, at)
            at = part.end() if part else len(data)
            yield _unescaped(part.group() if part else "")
            continue
        escape, at = _escape(found, data)
        yield escape


def _unescaped(text: str) -> Part:
    if text == "\n":
        return LineFeed()
    if text == "\r":
        return CarriageReturn()
    return Stray(text) if text.startswith("\x1b") else Plain(text)


def _escape(found: re.Match[str], data: str) -> tuple[Part, int]:
    mark, digits, name = found.groups()
    number = min(int(digits[:10]), _LARGEST) if digits else None
    if name in (_WITH_MARKED_DATA if mark == "*" else _WITH_DATA) and mark != "!" and number is not None:
        end = found.end() + number
        if end > len(data):
            return Stray(data[found.start() :]), len(data)
        return Escape(name, number, data[found.end() : end]), end
    if mark != "*" and _is_known(name, digits) and not (mark and name not in _NEGATABLE):
        sized = name == "C"
        return Escape(digits + name if sized else name, None if sized else number, off=bool(mark)), found.end()
    return Stray(found.group()), found.end()


def _is_known(name: str, digits: str) -> bool:
    if name == "C":
        return digits in _SIZES
    if digits:
        return name in _NUMBERED or name in _NUMBER_NEEDED
    return name in _BARE or name in _NUMBERED
