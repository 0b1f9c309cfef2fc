"""Bar codes, drawn by a library that is independent of the driver's own encoders."""

from __future__ import annotations

from typing import Any

import zxingcpp
from PIL import Image

_LINEAR = {
    65: "UPCA", 66: "UPCE", 67: "EAN13", 68: "EAN8", 69: "Code39", 70: "ITF", 71: "Codabar", 72: "Code93",
    73: "Code128", 79: "Code128",
}  # fmt: skip
_TWO_DIMENSIONAL = {48: "PDF417", 49: "QRCode", 54: "DataMatrix"}
_OLD_TO_NEW = 65
_CODE128 = 73


def linear(params: bytes, dots: int, height: int) -> tuple[Image.Image, str, str] | None:
    """Draw a bar code of GS k, in both its forms.

    Returns the picture, the name of the symbology and the text; None for data that are not printed.
    """
    counted = params[0] >= _OLD_TO_NEW
    number = params[0] if counted else params[0] + _OLD_TO_NEW
    data = params[2:] if counted else params[1:].rstrip(b"\x00")
    name = _LINEAR.get(number, "")
    bars = _symbol(name, _code128_text(data) if number == _CODE128 else data, dots)
    if bars is None:
        return None
    picture, text = bars
    return picture.resize((picture.width, height), Image.Resampling.NEAREST), name, text


def two_dimensional(family: int, data: bytes, dots: int) -> tuple[Image.Image, str, str] | None:
    """Draw a symbol of GS ( k; returns the same as `linear`."""
    name = _TWO_DIMENSIONAL.get(family, "")
    symbol = _symbol(name, data, dots)
    return None if symbol is None else (symbol[0], name, symbol[1])


def as_picture(image: Any) -> Image.Image:
    """Convert a picture of zxing-cpp, which is a buffer of dots, to Pillow's."""
    dots = memoryview(image)
    height, width = dots.shape or (0, 0)
    return Image.frombytes("L", (width, height), dots.tobytes())


def _symbol(name: str, data: bytes, dots: int) -> tuple[Image.Image, str] | None:
    text = data.decode("utf-8", errors="replace")
    try:
        symbol = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name)) if name else None
    except ValueError:
        return None
    return None if symbol is None else (as_picture(symbol.to_image(scale=dots, add_quiet_zones=False)), text)


def _code128_text(data: bytes) -> bytes:
    """Remove the code set choices: `{B` text, `{C` pairs of digits, `{{` a brace, `{1` FNC1."""
    text, digits, at = b"", False, 0
    while at < len(data):
        if data[at : at + 1] == b"{" and data[at + 1 : at + 2] in (b"A", b"B", b"C"):
            digits = data[at + 1 : at + 2] == b"C"
            at += 2
            continue
        if data[at : at + 2] == b"{{":
            at += 1
        text += b"%02d" % data[at] if digits else data[at : at + 1]
        at += 1
    return text
