"""Text as dots: the last resort for printers without a Russian code page.

Slow to print, and always right.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from koshelek_driver.errors import ProfileError
from koshelek_driver.printer.rendering.style_encoder import TextRun, TextStyle, places

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_CELL = (12, 24)
"""Dots of a character as it is drawn, before it is scaled."""
_BASELINE, _SIZE = 18, 20
_FONTS = "fontpkg_ibm_plex_mono"
_INK = 255
"""Pillow keeps this very byte in a picture of one bit a dot: a smaller one stays ink when it is inverted."""


def drawn(row: list[TextRun], dots: int) -> tuple[int, bytes]:
    """Draw a line.

    Return the bytes of a row and all rows, from the top. Raises ProfileError without `drawn`.
    """
    try:
        from PIL import Image
    except ModuleNotFoundError as problem:
        raise _missing() from problem

    height = max([_CELL[1], *(_CELL[1] * run.style.height for run in row)])
    picture = Image.new("1", (dots // 8 * 8, height), 0)
    for x, part in places(row, dots):
        _draw(picture, x, part)
    return picture.width // 8, picture.tobytes()


def _draw(picture: Image.Image, x: int, runs: list[TextRun]) -> None:
    for run in runs:
        size = (run.style.cell, _CELL[1] * run.style.height)
        for char in run.text:
            picture.paste(_glyph(char, run.style, size), (x, picture.height - size[1]))
            x += run.style.cell


@cache
def _glyph(char: str, style: TextStyle, size: tuple[int, int]) -> Image.Image:
    from PIL import Image, ImageChops, ImageDraw

    cell = Image.new("1", _CELL, 0)
    draw = ImageDraw.Draw(cell)
    draw.text((_CELL[0] / 2, _BASELINE), char, font=_font(bold=style.bold), fill=_INK, anchor="ms")
    if style.underline:
        draw.rectangle((0, _CELL[1] - style.underline, _CELL[0], _CELL[1]), fill=_INK)
    return (ImageChops.invert(cell) if style.inverse else cell).resize(size)


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
