"""Barcodes and two-dimensional symbols that the printer draws itself: GS k and GS ( k.

Every function builds whole commands; all of them are allowed only at the start of a line. A symbol that is wider than
the paper is not printed at all, and the printer does not report that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from firmware_protocol.errors import Fault, FrameError


class Barcode(IntEnum):
    """The number m of GS k in its counted form."""

    UPC_A = 65
    UPC_E = 66
    EAN13 = 67
    EAN8 = 68
    CODE39 = 69
    ITF = 70
    CODABAR = 71
    CODE93 = 72
    CODE128 = 73


class Text(IntEnum):
    """The position of the digits: the number of GS H."""

    NONE = 0
    ABOVE = 1
    BELOW = 2
    BOTH = 3


class QrLevel(IntEnum):
    """Error correction of GS ( k, function 69."""

    L = 48
    M = 49
    Q = 50
    H = 51


@dataclass(frozen=True, slots=True)
class BarcodeLook:
    """The size of a barcode in dots: `height_dots` 1 to 255, `module_dots` 2 to 6."""

    height_dots: int = 100
    module_dots: int = 2
    text: Text = Text.BELOW


_ALLOWED = {
    Barcode.UPC_A: rb"\d{11,12}",
    Barcode.UPC_E: rb"\d{6,8}|\d{11,12}",
    Barcode.EAN13: rb"\d{12,13}",
    Barcode.EAN8: rb"\d{7,8}",
    Barcode.CODE39: rb"[0-9A-Z $%+\-./]{1,253}",
    Barcode.ITF: rb"(?:\d\d){1,127}",
    Barcode.CODABAR: rb"[A-Da-d][0-9$+\-./:]{1,251}[A-Da-d]",
    Barcode.CODE93: rb"[\x00-\x7f]{1,255}",
    Barcode.CODE128: rb"[\x00-\x7f]{1,120}",
}
"""The data that each symbology allows, by the manuals of the TM series."""
_PARSED = rb"\{[ABC](?:\{[ABC1-4S{]|[^{])+"
_MOST_DATA = 255
_DIGIT_PAIRS = re.compile(rb"(?:\d\d){2,}")
_PDF417, _QR, _DATA_MATRIX = 48, 49, 54


def barcode(kind: Barcode, data: bytes, look: BarcodeLook = BarcodeLook()) -> bytes:
    """Build GS h, GS w, GS H and GS k. Raises FrameError for data that the symbology does not allow."""
    if not re.fullmatch(_ALLOWED[kind], data):
        raise FrameError(Fault.UNEXPECTED, f"data that {kind.name} can hold", data)
    return _bars(kind, _code128(data) if kind is Barcode.CODE128 else data, look)


def code128_parsed(data: bytes, look: BarcodeLook = BarcodeLook()) -> bytes:
    """Build a Code 128 from data that choose the code sets: {A, {B, {C, {1 to {4, {{ for a brace."""
    if not re.fullmatch(_PARSED, data):
        raise FrameError(Fault.UNEXPECTED, "data that begin with {A, {B or {C", data)
    return _bars(Barcode.CODE128, data, look)


def gs1_128(data: bytes, look: BarcodeLook = BarcodeLook()) -> bytes:
    """Build a GS1-128: Code 128 that begins with FNC1. `data` has no brackets around identifiers."""
    if not re.fullmatch(rb"[0-9A-Za-z!-/:-?_]{2,48}", data):
        raise FrameError(Fault.UNEXPECTED, "data that GS1-128 can hold", data)
    coded = _code128(data)
    return _bars(Barcode.CODE128, coded[:2] + b"{1" + coded[2:], look)


def _bars(kind: Barcode, content: bytes, look: BarcodeLook) -> bytes:
    if len(content) > _MOST_DATA:
        raise FrameError(Fault.UNEXPECTED, f"at most {_MOST_DATA} bytes as {kind.name} has them", content)
    height, module = _in(look.height_dots, 1, 255), _in(look.module_dots, 2, 6)
    return b"\x1dh%c\x1dw%c\x1dH%c\x1dk%c%c" % (height, module, look.text, kind, len(content)) + content


def _code128(data: bytes) -> bytes:
    """Choose sets B and C: four digits and more are coded in pairs. A brace is doubled.

    Control characters need set A; this function does not mix it with the others.
    """
    if any(byte < 0x20 for byte in data):
        if re.search(rb"[a-z`|}~\x7f{]", data):
            raise FrameError(Fault.UNEXPECTED, "control characters without small letters", data)
        return b"{A" + data
    coded, at = b"", 0
    while at < len(data):
        pairs = _DIGIT_PAIRS.match(data, at)
        if pairs:
            digits = pairs.group()
            coded += b"{C" + bytes(int(digits[place : place + 2]) for place in range(0, len(digits), 2))
            at = pairs.end()
        else:
            following = _DIGIT_PAIRS.search(data, at)
            end = following.start() if following else len(data)
            coded += b"{B" + data[at:end].replace(b"{", b"{{")
            at = end
    return coded


def qr_code(data: bytes, *, module_dots: int, level: QrLevel) -> bytes:
    """Build a QR code, model 2, by GS ( k. A module has 1 to 16 dots."""
    return b"".join(
        (
            _symbol(_QR, 65, b"\x32\x00"),
            _symbol(_QR, 67, bytes([_in(module_dots, 1, 16)])),
            _symbol(_QR, 69, bytes([level])),
            _store_and_print(_QR, data),
        )
    )


def pdf417(data: bytes, *, module_dots: int = 3, columns: int = 0, level: int = 1) -> bytes:
    """Build a PDF417 by GS ( k. A module is 2 to 8 dots wide and three times as high.

    `columns` is 1 to 30, or 0: the printer chooses. `level` of error correction is 0 to 8.
    """
    return b"".join(
        (
            _symbol(_PDF417, 65, bytes([_in(columns, 0, 30)])),
            _symbol(_PDF417, 67, bytes([_in(module_dots, 2, 8)])),
            _symbol(_PDF417, 68, b"\x03"),
            _symbol(_PDF417, 69, bytes([48, 48 + _in(level, 0, 8)])),
            _store_and_print(_PDF417, data),
        )
    )


def data_matrix(data: bytes, *, module_dots: int = 4) -> bytes:
    """Build a square Data Matrix ECC 200 by GS ( k; newer models only. A module has 2 to 16 dots."""
    return b"".join(
        (
            _symbol(_DATA_MATRIX, 66, b"\x00\x00\x00"),
            _symbol(_DATA_MATRIX, 67, bytes([_in(module_dots, 2, 16)])),
            _store_and_print(_DATA_MATRIX, data),
        )
    )


def _store_and_print(family: int, data: bytes) -> bytes:
    return _symbol(family, 80, b"0" + data) + _symbol(family, 81, b"0")


def _symbol(family: int, function: int, data: bytes) -> bytes:
    length = len(data) + 2
    if length > 0xFFFF:
        raise FrameError(Fault.UNEXPECTED, "at most 65533 bytes of symbol data", data)
    return b"\x1d(k" + length.to_bytes(2, "little") + bytes([family, function]) + data


def _in(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise FrameError(Fault.UNEXPECTED, f"{low} to {high}", b"")
    return value
