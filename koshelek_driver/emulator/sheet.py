"""The paper: bands of dots and their text, growing downwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont

_FONT_PACKAGE = "fontpkg_ibm_plex_mono"
FONT_A, FONT_B = (12, 24), (9, 17)
"""Dots of a character of Epson's 203 dpi models."""
_MARGIN = 24
_TEAR = 12
_RED = 110
"""The grey that stands for the second colour."""


@dataclass(frozen=True, slots=True)
class Style:
    """The style of characters."""

    face: tuple[int, int] = FONT_A
    """Dots of a character of the font, across and down."""
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    red: bool = False
    width: int = 1
    height: int = 1

    @property
    def cell(self) -> tuple[int, int]:
        """Dots that one character takes."""
        return self.face[0] * self.width, self.face[1] * self.height


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, `x` dots from the left."""

    x: int
    char: str
    style: Style

    @property
    def end(self) -> int:
        """The column of the next character."""
        return self.x + self.style.cell[0]


class Sheet(Protocol):
    """Paper, or the memory of page mode."""

    width: int

    def put(self, band: Image.Image, text: str) -> None:
        """Add a band as wide as the sheet, and its text."""
        ...

    def feed(self, dots: int) -> None:
        """Add white dots."""
        ...


class Paper:
    """One receipt: `lines` is its text, `picture` returns its dots."""

    def __init__(self, dots: int) -> None:
        self.width = dots
        self._bands: list[Image.Image] = []
        self.lines: list[str] = []

    @property
    def is_blank(self) -> bool:
        """True if nothing was printed on it."""
        return not any(line.strip() for line in self.lines)

    def put(self, band: Image.Image, text: str) -> None:
        """Add a band below the others."""
        self._bands.append(band)
        self.lines.append(text)

    def feed(self, dots: int) -> None:
        """Add white dots."""
        if dots:
            self._bands.append(Image.new("L", (self.width, dots), 255))

    def picture(self) -> Image.Image:
        """Return the receipt with a margin and torn edges."""
        height = sum(band.height for band in self._bands) + 2 * _MARGIN
        sheet = Image.new("L", (self.width + 2 * _MARGIN, height), 255)
        y = _MARGIN
        for band in self._bands:
            sheet.paste(band, (_MARGIN, y))
            y += band.height
        _tear(sheet)
        return sheet


def row_of(line: list[Glyph], width: int, shift: int, spacing: int) -> tuple[Image.Image, str]:
    """Draw one line of text as a band, at least `spacing` dots high.

    Return the band and its text.
    """
    height = max([spacing, *(glyph.style.cell[1] for glyph in line)])
    band = Image.new("L", (width, height), 255)
    text, end = "", 0
    for glyph in line:
        band.paste(_drawn(glyph.char, glyph.style), (glyph.x + shift, height - glyph.style.cell[1]))
        text += " " * ((glyph.x + (0 if end else shift) - end) // glyph.style.face[0]) + glyph.char
        end = glyph.end
    return band, text.rstrip()


def picture_band(picture: Image.Image, width: int, x: int) -> Image.Image:
    """Draw a picture at column `x` of a band.

    Dots beyond the sheet are cut off, as by a printer.
    """
    band = Image.new("L", (width, picture.height), 255)
    band.paste(picture, (max(0, x), 0))
    return band


@cache
def _drawn(char: str, style: Style) -> Image.Image:
    """Draw one character at size one and stretch it, as a printer does."""
    width, height = style.face
    cell = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(cell)
    draw.text((width / 2, height * 0.78), char, font=_font(style.bold, height), fill=0, anchor="ms")
    if style.underline:
        draw.line((0, height - 2, width, height - 2), fill=0)
    ink = _RED if style.red else 0
    black_and_white = cell.point([ink if level < 140 else 255 for level in range(256)])
    shown = black_and_white.point([255 - level for level in range(256)]) if style.inverse else black_and_white
    return shown.resize(style.cell, Image.Resampling.NEAREST)


@cache
def _font(bold: bool, height: int) -> ImageFont.FreeTypeFont:
    weight = "Bold" if bold else "Regular"
    resource = files(_FONT_PACKAGE) / "files" / f"IBMPlexMono-{weight}.ttf"
    size = round(height * 0.8)
    return ImageFont.truetype(BytesIO(resource.read_bytes()), size, layout_engine=ImageFont.Layout.BASIC)


def _tear(sheet: Image.Image) -> None:
    """A torn edge above and below."""
    draw = ImageDraw.Draw(sheet)
    for x in range(0, sheet.width, _TEAR):
        draw.polygon([(x, 0), (x + _TEAR, 0), (x + _TEAR / 2, _TEAR / 2)], fill=200)
        bottom = sheet.height - 1
        draw.polygon([(x, bottom), (x + _TEAR, bottom), (x + _TEAR / 2, bottom - _TEAR / 2)], fill=200)
