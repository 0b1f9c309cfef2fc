"""Text as a picture: the last resort for printers without a Russian code page. Slow on paper, and right."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from koshelek_driver.errors import ProfileError
from koshelek_driver.printer.rendering.style_encoder import TextRun, TextStyle, places

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_CELL = (12, 24)
"""Dots that a character is drawn in, and then widened and heightened."""
_BASELINE, _SIZE = 18, 20
_FONTS = "fontpkg_ibm_plex_mono"
_INK = 255
"""Pillow keeps this very byte in a picture of one bit a dot: a smaller one stays ink when it is inverted."""


def drawn(row: list[TextRun], dots: int) -> tuple[int, bytes]:
    """A line as dots: bytes a row, and rows from the top. Raises ProfileError without Pillow and the font."""
    try:
        from PIL import Image
    except ModuleNotFoundError as problem:
        raise _missing() from problem

    height = max([_CELL[1], *(_CELL[1] * piece.look.height for piece in row)])
    picture = Image.new("1", (dots // 8 * 8, height), 0)
    for x, part in places(row, dots):
        _draw(picture, x, part)
    return picture.width // 8, picture.tobytes()


def _draw(picture: Image.Image, x: int, pieces: list[TextRun]) -> None:
    for piece in pieces:
        size = (piece.look.cell, _CELL[1] * piece.look.height)
        for char in piece.text:
            picture.paste(_glyph(char, piece.look, size), (x, picture.height - size[1]))
            x += piece.look.cell


@cache
def _glyph(char: str, look: TextStyle, size: tuple[int, int]) -> Image.Image:
    from PIL import Image, ImageChops, ImageDraw

    cell = Image.new("1", _CELL, 0)
    draw = ImageDraw.Draw(cell)
    draw.text((_CELL[0] / 2, _BASELINE), char, font=_font(bold=look.bold), fill=_INK, anchor="ms")
    if look.underline:
        draw.rectangle((0, _CELL[1] - look.underline, _CELL[0], _CELL[1]), fill=_INK)
    return (ImageChops.invert(cell) if look.inverse else cell).resize(size)


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
