"""The paper: dots and text, growing downwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_FONT_PACKAGE = "fontpkg_ibm_plex_mono"
_CELLS = {0: (12, 24), 1: (9, 17)}
"""Fonts A and B: dots a character, as Epson's 203 dpi models have them."""
_MARGIN = 24
_TEAR = 12


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look."""

    font: int = 0
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    width: int = 1
    height: int = 1

    @property
    def cell(self) -> tuple[int, int]:
        """Dots that one character takes."""
        width, height = _CELLS[self.font]
        return width * self.width, height * self.height


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one style."""

    text: str
    style: Style


class Paper:
    """One receipt: `lines` is its text, `picture` its dots."""

    def __init__(self, dots: int) -> None:
        self._dots = dots
        self._bands: list[Image.Image] = []
        self.lines: list[str] = []

    @property
    def is_blank(self) -> bool:
        """Nothing but white so far."""
        return not any(line.strip() for line in self.lines)

    def print_runs(self, runs: list[Run], align: int, spacing: int) -> None:
        """One line of text, at least `spacing` dots high; an empty one feeds paper."""
        width = sum(run.style.cell[0] * len(run.text) for run in runs)
        height = max([spacing, *(run.style.cell[1] for run in runs)])
        band = Image.new("L", (self._dots, height), 255)
        x = max(0, (self._dots - width) * align // 2)
        text = "".join(run.text for run in runs)
        columns = x // _CELLS[0][0]
        self.lines.append((" " * columns + text).rstrip())
        for run in runs:
            x = _draw_run(band, run, x, height)
        self._bands.append(band)

    def print_picture(self, picture: Image.Image, align: int, caption: str) -> None:
        """Dots; wider ones than the paper are cut off, as a printer does."""
        band = Image.new("L", (self._dots, picture.height), 255)
        band.paste(picture, (max(0, (self._dots - picture.width) * align // 2), 0))
        self._bands.append(band)
        self.lines.append(caption)

    def feed(self, dots: int) -> None:
        """White paper."""
        if dots:
            self._bands.append(Image.new("L", (self._dots, dots), 255))

    def picture(self) -> Image.Image:
        """The receipt as it lies on the counter."""
        height = sum(band.height for band in self._bands) + 2 * _MARGIN
        sheet = Image.new("L", (self._dots + 2 * _MARGIN, height), 255)
        y = _MARGIN
        for band in self._bands:
            sheet.paste(band, (_MARGIN, y))
            y += band.height
        _tear(sheet)
        return sheet


def _draw_run(band: Image.Image, run: Run, x: int, line_height: int) -> int:
    width, height = run.style.cell
    for char in run.text:
        glyph = _glyph(char, run.style)
        band.paste(glyph, (x, line_height - height))
        x += width
    return x


@cache
def _glyph(char: str, style: Style) -> Image.Image:
    """One character, drawn at its size of one and stretched as a printer stretches it."""
    width, height = _CELLS[style.font]
    cell = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(cell)
    draw.text((width / 2, height * 0.78), char, font=_font(style.bold, height), fill=0, anchor="ms")
    if style.underline:
        draw.line((0, height - 2, width, height - 2), fill=0)
    black_and_white = cell.point([0 if level < 140 else 255 for level in range(256)])
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
