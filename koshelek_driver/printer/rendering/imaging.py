"""Pictures for a printer: files and drawn symbols to black dots on white.

Needs Pillow, of the extra `drawn`.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrinterExtended, Rotation

if TYPE_CHECKING:
    from PIL import Image

AS_IS = -11
"""PTR_BM_ASIS: one dot of the file is one of the paper."""
_MOST_ROWS = 10_000
"""More than a metre of paper."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Black dots.

    `rows` from the top, one bit for each dot, the left one first, each row padded to whole bytes.
    """

    width: int
    height: int
    rows: bytes


def read_file(name: str) -> bytes:
    """Return the bytes of a picture file. Raises UposError E_NOEXIST."""
    try:
        return Path(name).read_bytes()
    except OSError as problem:
        what = f"the picture '{name}' cannot be read: {problem.strerror}"
        raise UposError(ErrorCode.E_NOEXIST, what, "give the path of a BMP, GIF, JPEG or PNG file") from problem


def decoded(data: bytes, width: int | None, room: int, turn: Rotation) -> Picture:
    """Decode a BMP, GIF, JPEG or PNG into dithered dots.

    `width` in dots scales the picture.

    Raises:
        UposError: E_EXTENDED with BADFORMAT, it is no picture; with TOOBIG, it is wider than `room` once it is turned.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as opened:
            grey = _on_white(opened)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as problem:
        what = "this is no picture that can be read"
        code = PrinterExtended.BADFORMAT
        raise UposError(ErrorCode.E_EXTENDED, what, "BMP, GIF, JPEG and PNG can be", extended=code) from problem
    if width is not None:
        grey = grey.resize((width, max(1, round(grey.height * width / grey.width))))
    return _fitting(_turned(grey, turn), room)


def from_dots(image: Image.Image, room: int, turn: Rotation) -> Picture:
    """Turn a drawn symbol into dots.

    Raises UposError E_ILLEGAL if it is wider than `room`.
    """
    turned = _turned(image, turn)
    if turned.width > room:
        what = f"the bar code takes {turned.width} dots, the paper has {room}"
        raise UposError(ErrorCode.E_ILLEGAL, what, "give a smaller width, or fewer data")
    return _dots(turned)


def placed(picture: Picture, x: int) -> Picture:
    """Return the picture with `x` white dots on its left."""
    from PIL import Image

    wide = Image.new("1", (picture.width + x, picture.height), 0)
    wide.paste(Image.frombytes("1", (picture.width, picture.height), picture.rows), (x, 0))
    return Picture(wide.width, wide.height, wide.tobytes())


def bytes_a_row(picture: Picture) -> int:
    """Return the bytes of a row."""
    return (picture.width + 7) // 8


def _on_white(opened: Image.Image) -> Image.Image:
    from PIL import Image

    coloured = opened.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white.convert("L")


def _turned(image: Image.Image, turn: Rotation) -> Image.Image:
    from PIL import Image

    turns = {
        Rotation.LEFT90: Image.Transpose.ROTATE_90,
        Rotation.ROTATE180: Image.Transpose.ROTATE_180,
        Rotation.RIGHT90: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turns[turn]) if turn in turns else image


def _fitting(grey: Image.Image, room: int) -> Picture:
    if grey.width > room or grey.height > _MOST_ROWS:
        what = f"the picture has {grey.width} x {grey.height} dots, the paper {room} x {_MOST_ROWS}"
        raise UposError(ErrorCode.E_EXTENDED, what, "give it a width", extended=PrinterExtended.TOOBIG)
    return _dots(grey.convert("1"))


def _dots(image: Image.Image) -> Picture:
    from PIL import ImageChops

    return Picture(image.width, image.height, ImageChops.invert(image.convert("L")).convert("1").tobytes())
