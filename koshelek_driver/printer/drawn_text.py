"""Text as a picture: the last resort for printers without a Russian code page. Slow on paper, and right."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from koshelek_driver.errors import ProfileError
from koshelek_driver.printer.layout import Line

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_CELL = (12, 24)
"""Dots of a character of font A."""
_BASELINE, _SIZE = 18, 20
_FONTS = "fontpkg_ibm_plex_mono"


def drawn(line: Line, dots: int) -> tuple[int, bytes]:
    """A line as dots: bytes a row, and rows from the top. Raises ProfileError without Pillow and the font."""
    try:
        from PIL import Image
    except ModuleNotFoundError as problem:
        raise _missing() from problem

    scale = 2 if line.large else 1
    width = len(line.text) * _CELL[0] * scale
    picture = Image.new("1", (dots // 8 * 8, _CELL[1] * scale), 0)
    x = max(0, picture.width - width) * int(line.align) // 2
    for char in line.text:
        glyph = _glyph(char, bold=line.bold)
        picture.paste(glyph.resize((_CELL[0] * scale, _CELL[1] * scale)), (x, 0))
        x += _CELL[0] * scale
    return picture.width // 8, picture.tobytes()


@cache
def _glyph(char: str, *, bold: bool) -> Image.Image:
    from PIL import Image, ImageDraw

    cell = Image.new("1", _CELL, 0)
    ImageDraw.Draw(cell).text((_CELL[0] / 2, _BASELINE), char, font=_font(bold=bold), fill=1, anchor="ms")
    return cell


@cache
def _font(*, bold: bool) -> ImageFont.FreeTypeFont:
    from importlib.resources import files

    from PIL import ImageFont

    try:
        file = files(_FONTS) / "files" / f"IBMPlexMono-{'Bold' if bold else 'Regular'}.ttf"
    except ModuleNotFoundError as problem:
        raise _missing() from problem
    return ImageFont.truetype(BytesIO(file.read_bytes()), _SIZE, layout_engine=ImageFont.Layout.BASIC)


def _missing() -> ProfileError:
    return ProfileError('text = "raster" draws letters', "pip install 'koshelek-driver[drawn]' brings what draws them")
