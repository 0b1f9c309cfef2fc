"""Characters and how they look, as commands: what is set already is not set again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from firmware_protocol.escpos import commands, positioning
from firmware_protocol.escpos.commands import Align


@dataclass(frozen=True, slots=True)
class Font:
    """One of the printer's own: its number in ESC M, and the dots of a character."""

    number: int
    columns: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CodePage:
    """How text becomes bytes, and the printer's number for it; None: it is left as it is."""

    codec: str
    number: int | None


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How characters look."""

    font: Font
    page: CodePage
    bold: bool = False
    underline: int = 0
    inverse: bool = False
    second_colour: bool = False
    width: int = 1
    height: int = 1

    @property
    def cell(self) -> int:
        """Dots from one character to the next."""
        return self.font.width * self.width

    @property
    def rise(self) -> int:
        """Dots of its height."""
        return self.font.height * self.height


@dataclass(frozen=True, slots=True)
class TextRun:
    """Characters of one look, or `raw` bytes that go as they are and take so many dots."""

    text: str
    look: TextStyle
    align: Align = Align.LEFT
    raw: bytes = b""
    takes: int = 0

    @property
    def width(self) -> int:
        """Dots that it takes."""
        return self.takes if self.raw else len(self.text) * self.look.cell


class StyleEncoder:
    """What the printer has been told since it was initialised. `by_place`: align by places, as page mode needs."""

    def __init__(self, look: TextStyle, *, by_place: bool = False) -> None:
        """`look`: how it writes now, with nothing bold and of size one."""
        self._base = self._look = look
        self._align = Align.LEFT
        self._by_place = by_place

    def row(self, pieces: list[TextRun], room: int) -> bytes:
        """One line that fits into `room` dots, and its line feed. Left, centre and right may share it."""
        if self._by_place or len({piece.align for piece in pieces}) > 1:
            return self._aligned(Align.LEFT) + self._colour(pieces) + self._placed(pieces, room) + commands.LINE_FEED
        out = self._aligned(pieces[0].align if pieces else Align.LEFT) + self._colour(pieces)
        return out + b"".join(map(self._written, pieces)) + commands.LINE_FEED

    def aligned(self, where: Align) -> bytes:
        """What follows stands there."""
        return self._aligned(where)

    def rest(self) -> bytes:
        """Everything as it was at the beginning."""
        return self._aligned(Align.LEFT) + self._coloured(False) + self._turned_to(self._base)

    def _placed(self, pieces: list[TextRun], room: int) -> bytes:
        out, end = b"", 0
        for x, part in places(pieces, room):
            out += positioning.to_column(x) if x != end else b""
            out += b"".join(map(self._written, part))
            end = x + sum(piece.width for piece in part)
        return out

    def _aligned(self, where: Align) -> bytes:
        if where is self._align or self._by_place:
            return b""
        self._align = where
        return commands.align(where)

    def _colour(self, pieces: list[TextRun]) -> bytes:
        """Legal at the start of a line only: the first piece's counts."""
        return self._coloured(bool(pieces) and pieces[0].look.second_colour)

    def _coloured(self, wanted: bool) -> bytes:
        if wanted is self._look.second_colour:
            return b""
        self._look = replace(self._look, second_colour=wanted)
        return positioning.second_colour(wanted)

    def _written(self, piece: TextRun) -> bytes:
        return piece.raw or self._turned_to(piece.look) + piece.text.encode(piece.look.page.codec, errors="replace")

    def _turned_to(self, wanted: TextStyle) -> bytes:
        now = self._look
        if wanted is now:
            return b""
        self._look = replace(wanted, second_colour=now.second_colour)
        out = b""
        if wanted.font != now.font:
            out += positioning.font(wanted.font.number)
        if wanted.page.number is not None and (wanted.page.number != now.page.number or wanted.font != now.font):
            out += commands.code_page(wanted.page.number)  # some printers forget it with the font
        if wanted.bold is not now.bold:
            out += commands.bold(wanted.bold)
        if wanted.underline != now.underline:
            out += positioning.underline(wanted.underline)
        if wanted.inverse is not now.inverse:
            out += positioning.inverse(wanted.inverse)
        if (wanted.width, wanted.height) != (now.width, now.height):
            out += commands.size(wanted.width, wanted.height)
        return out


def rows_of(pieces: list[TextRun], room: int) -> list[list[TextRun]]:
    """Break a line into such as fit; left, centre and right stay on one as long as they do not meet."""
    rows: list[list[TextRun]] = [[]]
    for _, group in groupby(pieces, key=lambda piece: piece.align):
        part = list(group)
        if rows[-1] and _end([*rows[-1], *part], room) > room:
            rows.append([])
        for piece in part:
            _fill(rows, piece, room)
    return rows


def places(pieces: list[TextRun], room: int) -> list[tuple[int, list[TextRun]]]:
    """Where the parts of one row begin, by their alignment, and none before the end of the one before it."""
    found, end = [], 0
    for align, group in groupby(pieces, key=lambda piece: piece.align):
        part = list(group)
        width = sum(piece.width for piece in part)
        x = max(end, (room - width) * align // 2)
        found.append((x, part))
        end = x + width
    return found


def _end(pieces: list[TextRun], room: int) -> int:
    x, part = places(pieces, room)[-1]
    return x + sum(piece.width for piece in part)


def _fill(rows: list[list[TextRun]], piece: TextRun, room: int) -> None:
    """Put a piece into the last row and, as far as it does not fit, into new ones; too wide a letter into none."""
    if piece.raw:
        rows[-1].append(piece)
    cell, rest = piece.look.cell, piece.text if piece.look.cell <= room else ""
    while rest:
        fits = max(0, (room - sum(each.width for each in rows[-1])) // cell)
        if fits:
            rows[-1].append(replace(piece, text=rest[:fits]))
            rest = rest[fits:]
        if rest:
            rows.append([])
