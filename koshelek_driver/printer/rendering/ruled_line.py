"""Ruled lines, drawn as dots."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

HORIZONTAL = 1
"""PTR_RL_HORIZONTAL; a vertical line cannot run beside lines of text here."""
_SINGLE, _DOUBLE, _BROKEN, _CHAIN = 1, 2, 3, 4
"""PTR_LS_."""
_THICKEST = 64
_PATTERNS = {_SINGLE: (1, 0), _DOUBLE: (1, 0), _BROKEN: (12, 6), _CHAIN: (18, 3)}
"""Dots of ink and of white, by PTR_LS_."""
_ATTRIBUTE = re.compile(r"([pdwsc])([\d,;]*)")


@dataclass(frozen=True, slots=True)
class RuledLine:
    """The arguments of drawRuledLine. Positions are in units of MapMode, `width` in dots."""

    positions: str
    direction: int
    width: int
    style: int
    colour: int

    @classmethod
    def from_attributes(cls, text: str) -> Self:
        """Parse the characters behind the escape sequence `*#dL`. Raises UposError E_ILLEGAL."""
        found = dict(_ATTRIBUTE.findall(text))
        try:
            numbers = (int(found.get(key) or default) for key, default in (("d", 1), ("w", 1), ("s", 1), ("c", 1)))
            return cls(found.get("p", ""), *numbers)
        except ValueError as problem:
            raise _illegal("the attributes of a ruled line") from problem


def ruled_line(wanted: RuledLine, dots: Callable[[int], int], room: int) -> Picture:
    """Draw the line as a picture `room` dots wide. Raises UposError E_ILLEGAL."""
    if wanted.direction != HORIZONTAL or wanted.style not in _PATTERNS or not 1 <= wanted.width <= _THICKEST:
        raise _illegal(f"direction {wanted.direction}, style {wanted.style}, width {wanted.width}")
    row = ["0"] * ((room + 7) // 8 * 8)
    for start, length in _spans(wanted.positions):
        _draw(row, dots(start), min(room, dots(start) + dots(length)), wanted.style)
    inked = int("".join(row), 2).to_bytes(len(row) // 8)
    white = bytes(len(inked))
    rows = inked * wanted.width
    return _picture(room, rows + white * wanted.width + rows if wanted.style == _DOUBLE else rows, len(inked))


def _picture(width: int, rows: bytes, row_bytes: int) -> Picture:
    return Picture(width, len(rows) // row_bytes, rows)


def _draw(row: list[str], start: int, end: int, style: int) -> None:
    ink, white = _PATTERNS[style]
    for x in range(start, end):
        if (x - start) % (ink + white) < ink:
            row[x] = "1"


def _spans(positions: str) -> list[tuple[int, int]]:
    parts = [part.split(",") for part in positions.split(";")]
    if not all(len(part) == 2 and all(each.isdecimal() and len(each) < 7 for each in part) for part in parts):
        raise _illegal(f"positions '{positions}'")
    return [(int(start), int(length)) for start, length in parts]


def _illegal(what: str) -> UposError:
    remedy = "start,length;start,length; direction 1; 1 to 64 dots; style 1 to 4"
    return UposError(ErrorCode.E_ILLEGAL, f"ruled line: {what}", remedy)
