"""Real symbols, drawn by one library (zint) and read by another (ZXing)."""

from __future__ import annotations

from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageFilter

from koshelek_driver.emulator.symbols import as_picture

SYMBOLOGIES = {
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
}
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_SCALE = 4
_QUIET_DOTS = 24
_HAND_TILT_DEGREES = 2.0
_BLUR_DOTS = 0.8


@dataclass(frozen=True, slots=True, repr=False)
class Decoded:
    """The result of an imager: the AIM identifier with its `]`, and the bytes of the symbol."""

    aim: bytes
    data: bytes


def draw(text: str, symbology: str) -> Image.Image:
    """Draw a symbol as the app shows it, black on white with its quiet zone."""
    symbol = zxingcpp.create_barcode(text, SYMBOLOGIES[symbology])
    bare = as_picture(symbol.to_image(scale=_SCALE))
    framed = Image.new("L", (bare.width + 2 * _QUIET_DOTS, bare.height + 2 * _QUIET_DOTS), 255)
    framed.paste(bare, (_QUIET_DOTS, _QUIET_DOTS))
    return framed


def as_blocks(text: str, symbology: str) -> list[str]:
    """Draw a symbol for a terminal: two rows of modules a line, to be shown black on white."""
    dots = as_picture(zxingcpp.create_barcode(text, SYMBOLOGIES[symbology]).to_image(scale=1))
    even = Image.new("L", (dots.width, dots.height + dots.height % 2), 255)
    even.paste(dots)
    return ["".join(_block(even, x, y) for x in range(even.width)) for y in range(0, even.height, 2)]


def _block(dots: Image.Image, x: int, y: int) -> str:
    return _BLOCKS[dots.getpixel((x, y)) == 0, dots.getpixel((x, y + 1)) == 0]


def photograph(screen: Image.Image) -> Image.Image:
    """Return the picture as an imager sees it: a little tilted and out of focus."""
    tilted = screen.rotate(_HAND_TILT_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return tilted.filter(ImageFilter.GaussianBlur(_BLUR_DOTS))


def decode(picture: Image.Image) -> Decoded:
    """Read the symbol in a picture. Raises ValueError if there is none.

    The first result counts, as an imager sends one label per trigger: some scan lines at the ends of a tilted linear
    symbol may give a second, wrong result.
    """
    found = zxingcpp.read_barcodes(picture)
    if not found:
        raise ValueError("no symbol in the picture")
    return Decoded(found[0].symbology_identifier.encode("ascii"), bytes(found[0].bytes))
