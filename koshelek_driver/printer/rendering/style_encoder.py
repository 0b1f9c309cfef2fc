"""Characters and their style as commands; no mode is set twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from firmware_protocol.escpos import commands, positioning
from firmware_protocol.escpos.commands import Align


@dataclass(frozen=True, slots=True)
class Font:
    """A font of the printer: number in ESC M, characters a line, dots of a character."""

    number: int
    columns: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CodePage:
    """A Python codec and the printer's number for it in ESC t.

    None: the code page is not switched.
    """

    codec: str
    number: int | None


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The style of characters. `width` and `height` are multiples of the font's size."""

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
    """Characters of one style, or `raw` bytes that take `takes` dots."""

    text: str
    style: TextStyle
    align: Align = Align.LEFT
    raw: bytes = b""
    takes: int = 0

    @property
    def width(self) -> int:
        """Dots that it takes on the line."""
        return self.takes if self.raw else len(self.text) * self.style.cell


class StyleEncoder:
    """Encodes rows and remembers the modes of the printer since it was initialised.

    `by_place`: align by positions instead of ESC a, which has no effect in page mode.
    """

    def __init__(self, style: TextStyle, *, by_place: bool = False) -> None:
        """`style`: the printer's style now, with nothing bold and of size one."""
        self._base = self._style = style
        self._align = Align.LEFT
        self._by_place = by_place

    def row(self, runs: list[TextRun], room: int) -> bytes:
        """Return one line that fits into `room` dots, with its line feed.

        Left, centre and right may share it.
        """
        if self._by_place or len({run.align for run in runs}) > 1:
            return self._aligned(Align.LEFT) + self._colour(runs) + self._placed(runs, room) + commands.LINE_FEED
        out = self._aligned(runs[0].align if runs else Align.LEFT) + self._colour(runs)
        return out + b"".join(map(self._written, runs)) + commands.LINE_FEED

    def aligned(self, where: Align) -> bytes:
        """Return the command that aligns the following line.

        The result is empty if it is aligned so already.
        """
        return self._aligned(where)

    def rest(self) -> bytes:
        """Return the commands that restore the modes of the beginning."""
        return self._aligned(Align.LEFT) + self._coloured(False) + self._turned_to(self._base)

    def _placed(self, runs: list[TextRun], room: int) -> bytes:
        out, end = b"", 0
        for x, part in places(runs, room):
            out += positioning.to_column(x) if x != end else b""
            out += b"".join(map(self._written, part))
            end = x + sum(run.width for run in part)
        return out

    def _aligned(self, where: Align) -> bytes:
        if where is self._align or self._by_place:
            return b""
        self._align = where
        return commands.align(where)

    def _colour(self, runs: list[TextRun]) -> bytes:
        """ESC r is legal at the start of a line only, so the first run decides the line's colour."""
        return self._coloured(bool(runs) and runs[0].style.second_colour)

    def _coloured(self, wanted: bool) -> bytes:
        if wanted is self._style.second_colour:
            return b""
        self._style = replace(self._style, second_colour=wanted)
        return positioning.second_colour(wanted)

    def _written(self, run: TextRun) -> bytes:
        return run.raw or self._turned_to(run.style) + run.text.encode(run.style.page.codec, errors="replace")

    def _turned_to(self, wanted: TextStyle) -> bytes:
        now = self._style
        if wanted is now:
            return b""
        self._style = replace(wanted, second_colour=now.second_colour)
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


def rows_of(runs: list[TextRun], room: int) -> list[list[TextRun]]:
    """Break a line into rows that fit.

    Left, centre and right share a row as long as they do not meet.
    """
    rows: list[list[TextRun]] = [[]]
    for _, group in groupby(runs, key=lambda run: run.align):
        part = list(group)
        if rows[-1] and _end([*rows[-1], *part], room) > room:
            rows.append([])
        for run in part:
            _fill(rows, run, room)
    return rows


def places(runs: list[TextRun], room: int) -> list[tuple[int, list[TextRun]]]:
    """Return the parts of one row with their columns in dots.

    No part begins before the end of the one before it.
    """
    found, end = [], 0
    for align, group in groupby(runs, key=lambda run: run.align):
        part = list(group)
        width = sum(run.width for run in part)
        x = max(end, (room - width) * align // 2)
        found.append((x, part))
        end = x + width
    return found


def _end(runs: list[TextRun], room: int) -> int:
    x, part = places(runs, room)[-1]
    return x + sum(run.width for run in part)


def _fill(rows: list[list[TextRun]], run: TextRun, room: int) -> None:
    """Add a run to the last row and, if it does not fit, to new rows; characters wider than a row are dropped."""
    if run.raw:
        rows[-1].append(run)
    cell, rest = run.style.cell, run.text if run.style.cell <= room else ""
    while rest:
        fits = max(0, (room - sum(each.width for each in rows[-1])) // cell)
        if fits:
            rows[-1].append(replace(run, text=rest[:fits]))
            rest = rest[fits:]
        if rest:
            rows.append([])
