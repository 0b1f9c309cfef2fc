"""Bar codes by the printer's own command if it has one, else drawn as dots."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_protocol.errors import FrameError
from firmware_protocol.escpos import barcodes
from firmware_protocol.escpos.barcodes import Barcode, BarcodeLook, QrLevel, Text
from koshelek_driver.printer.rendering.capabilities import Capabilities, can_draw
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import BarCodeSymbology as Kind

if TYPE_CHECKING:
    from PIL import Image

LEFT, CENTER, RIGHT = -1, -2, -3
"""PTR_BC_ and PTR_BM_: alignment; a number from 0 is a distance."""
_TEXTS = {-11: Text.NONE, -12: Text.ABOVE, -13: Text.BELOW}
_LINEAR = {
    Kind.UPCA: Barcode.UPC_A,
    Kind.UPCE: Barcode.UPC_E,
    Kind.EAN8: Barcode.EAN8,
    Kind.EAN13: Barcode.EAN13,
    Kind.ITF: Barcode.ITF,
    Kind.CODABAR: Barcode.CODABAR,
    Kind.CODE39: Barcode.CODE39,
    Kind.CODE93: Barcode.CODE93,
    Kind.CODE128: Barcode.CODE128,
    Kind.CODE128_PARSED: Barcode.CODE128,
    Kind.GS1128: Barcode.CODE128,
}
_DRAWN = {
    Kind.UPCA: "UPCA",
    Kind.UPCE: "UPCE",
    Kind.EAN8: "EAN8",
    Kind.EAN13: "EAN13",
    Kind.ITF: "ITF",
    Kind.CODABAR: "Codabar",
    Kind.CODE39: "Code39",
    Kind.CODE93: "Code93",
    Kind.CODE128: "Code128",
    Kind.GS1DATABAR: "DataBarOmni",
    Kind.GS1DATABAR_E: "DataBarExp",
    Kind.PDF417: "PDF417",
    Kind.MAXICODE: "MaxiCode",
    Kind.DATAMATRIX: "DataMatrix",
    Kind.QRCODE: "QRCode",
    Kind.UQRCODE: "MicroQRCode",
    Kind.AZTEC: "Aztec",
    Kind.UPDF417: "MicroPDF417",
}
_TWO_DIMENSIONAL = {Kind.QRCODE: "qr", Kind.PDF417: "pdf417", Kind.DATAMATRIX: "data_matrix"}
_MODULES = range(6, 1, -1)
"""GS w: dots of the narrowest bar."""
_QR_M_BYTES = (
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666, 711, 779, 857, 911,
    997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989, 2099, 2213, 2331,
)  # fmt: skip
"""Bytes that versions 1 to 40 hold at level M: ISO/IEC 18004, table of capacities."""
_CODES = re.compile(rb"\{.|.", re.DOTALL)
_ATTRIBUTES = re.compile(r"((?:[shwat]-?\d{1,9})*)d(.*)e", re.DOTALL)
_ATTRIBUTE = re.compile(r"([shwat])(-?\d+)")
_DEFAULTS = {"s": 0, "h": 100, "w": 200, "a": LEFT, "t": -13}
_DATA_MATRIX_SIZES = (
    (3, 10), (5, 12), (8, 14), (12, 16), (18, 18), (22, 20), (30, 22), (36, 24), (44, 26), (62, 32), (86, 36),
    (114, 40), (144, 44), (174, 48), (204, 52), (280, 64), (368, 72), (456, 80), (576, 88), (696, 96),
)  # fmt: skip
"""Codewords and modules a side of the square symbols: ISO/IEC 16022, table of sizes."""
_FIXED = {Barcode.UPC_A: 95, Barcode.EAN13: 95, Barcode.EAN8: 67, Barcode.UPC_E: 51}
"""Modules of the symbologies of one length."""


@dataclass(frozen=True, slots=True)
class Order:
    """The arguments of printBarCode, checked.

    Distances are in dots, `align` and `text` are the standard's numbers.
    """

    data: str
    kind: Kind
    height: int
    width: int
    align: int
    text: int


@dataclass(frozen=True, slots=True)
class Native:
    """The printer's own command for a bar code, and its width in dots."""

    command: bytes
    width: int


def place(align: int, width: int, room: int) -> int:
    """Return the column in dots at which something of that width begins."""
    spare = room - width
    return {LEFT: 0, CENTER: spare // 2, RIGHT: spare}.get(align, align)


def from_attributes(text: str, dots: Callable[[int], int]) -> Order:
    """Parse the characters behind the escape sequence `#R`.

    The last `e` ends the data; any other belongs to them. `dots` converts units of MapMode. Raises UposError E_ILLEGAL.
    """
    found = _ATTRIBUTES.fullmatch(text)
    if found is None:
        raise _illegal("the attributes of a bar code", "write s101h200w400a-2t-13d and the data, then e")
    said = dict(_ATTRIBUTE.findall(found[1]))
    numbers = {key: int(said.get(key, default)) for key, default in _DEFAULTS.items()}
    return order(found[2], numbers["s"], (dots(numbers["h"]), dots(numbers["w"])), numbers["a"], numbers["t"])


def order(data: str, symbology: int, size: tuple[int, int], align: int, text: int) -> Order:
    """Check the arguments of printBarCode; `size` is height and width in dots.

    Raises UposError E_ILLEGAL.
    """
    if symbology not in list(Kind):
        raise _illegal(f"bar code symbology {symbology} is unknown", "use a PTR_BCS_ number")
    if min(size) <= 0 or align < RIGHT or text not in _TEXTS:
        what = f"bar code of {size[0]} x {size[1]} dots, alignment {align}, text position {text}"
        raise _illegal(what, "sizes above 0, alignment from -3 on, text position -11, -12 or -13")
    return Order(data, Kind(symbology), *size, align, text)


def native(wanted: Order, can: Capabilities, room: int) -> Native | None:
    """Return the printer's own command; None if it has none.

    Raises UposError E_ILLEGAL for data that the symbology cannot hold, or a symbol wider than `room` dots.
    """
    try:
        return _linear(wanted, can, room) or _two_dimensional(wanted, can, room)
    except (FrameError, UnicodeEncodeError) as problem:
        raise _illegal(f"{wanted.kind.name} cannot hold these data", "see the symbology's rules") from problem


def drawn(wanted: Order, room: int) -> Image.Image:
    """Draw the symbol in black dots. Raises UposError E_ILLEGAL if it cannot be drawn."""
    name = _DRAWN.get(wanted.kind)
    if name is None or not can_draw():
        remedy = (
            "use another symbology" if name is None else "pip install 'koshelek-driver[drawn]' brings what draws it"
        )
        raise _illegal(f"this printer has no {wanted.kind.name}", remedy)
    import zxingcpp
    from PIL import Image

    from koshelek_driver.emulator.symbols import as_picture

    try:
        symbol = zxingcpp.create_barcode(wanted.data, getattr(zxingcpp.BarcodeFormat, name))
    except ValueError as problem:
        raise _illegal(f"{wanted.kind.name} cannot hold these data", "see the symbology's rules") from problem
    modules = as_picture(symbol.to_image(scale=1, add_quiet_zones=False))
    scale = max(1, min(wanted.width, room) // modules.width)
    tall = wanted.height if wanted.kind in _LINEAR else modules.height * scale
    return modules.resize((modules.width * scale, tall), Image.Resampling.NEAREST)


def _linear(wanted: Order, can: Capabilities, room: int) -> Native | None:
    kind = _LINEAR.get(wanted.kind)
    if kind is None or kind.name.lower() not in can.bar_codes:
        return None
    build = _BUILDERS.get(wanted.kind, barcodes.barcode)
    data = wanted.data.encode("ascii")
    smallest = build(kind, data, BarcodeLook(module_dots=2))
    modules = _modules(kind, data, len(_CODES.findall(_content(smallest))))
    module = _fitting(modules, min(wanted.width, room), room, _MODULES, wanted)
    shape = BarcodeLook(min(wanted.height, 255), module, _TEXTS[wanted.text])
    return Native(build(kind, data, shape), modules * module)


def _modules(kind: Barcode, data: bytes, codes: int) -> int:
    """Modules of a linear symbol, by the symbologies' definitions; a wide bar is three narrow ones.

    `codes`: codes of a Code 128, its start included.
    """
    size = len(data)
    by_kind: dict[Barcode, int] = {
        **_FIXED,
        Barcode.CODE39: (size + 2) * 16,
        Barcode.ITF: size * 9 + 9,
        Barcode.CODABAR: size * 14,
        Barcode.CODE93: (size + 4) * 9 + 1,
        Barcode.CODE128: (codes + 1) * 11 + 13,
    }
    return by_kind[kind]


def _content(command: bytes) -> bytes:
    """The data of GS k."""
    return command[command.index(b"\x1dk") + 4 :]


def _two_dimensional(wanted: Order, can: Capabilities, room: int) -> Native | None:
    name = _TWO_DIMENSIONAL.get(wanted.kind)
    if name is None or name not in can.bar_codes:
        return None
    return _DRAWERS[name](wanted, wanted.data.encode("utf-8"), min(wanted.width, room), room)


def _qr(wanted: Order, data: bytes, width: int, room: int) -> Native:
    version = next((number for number, most in enumerate(_QR_M_BYTES, 1) if len(data) <= most), None)
    if version is None:
        raise _illegal(f"{len(data)} bytes do not fit into a QR code", f"{_QR_M_BYTES[-1]} do")
    modules = 17 + 4 * version
    dots = _fitting(modules, width, room, range(16, 0, -1), wanted)
    return Native(barcodes.qr_code(data, module_dots=dots, level=QrLevel.M), modules * dots)


def _pdf417(wanted: Order, data: bytes, width: int, room: int) -> Native:
    """The columns that make it about three times as wide as high; the width decides the size of a module."""
    columns = min(30, max(1, round((len(data) / 2) ** 0.5)))
    modules = 69 + 17 * columns
    dots = _fitting(modules, width, room, range(8, 1, -1), wanted)
    return Native(barcodes.pdf417(data, module_dots=dots, columns=columns), modules * dots)


def _data_matrix(wanted: Order, data: bytes, width: int, room: int) -> Native:
    codewords = len(data) + sum(byte > 0x7F for byte in data)
    modules = next((side for most, side in _DATA_MATRIX_SIZES if codewords <= most), None)
    if modules is None:
        raise _illegal(f"{len(data)} bytes do not fit into a DataMatrix", "some 690 do")
    dots = _fitting(modules, width, room, range(16, 1, -1), wanted)
    return Native(barcodes.data_matrix(data, module_dots=dots), modules * dots)


def _fitting(modules: int, width: int, room: int, dots: range, wanted: Order) -> int:
    """Dots of a module: the most that do not exceed the width, else the fewest, if the paper has the room."""
    found = next((each for each in dots if modules * each <= width), dots[-1])
    if modules * found > room:
        what = f"the {wanted.kind.name} takes {modules * found} dots, the paper has {room}"
        raise _illegal(what, "give it fewer data")
    return found


def _parsed(_kind: Barcode, data: bytes, shape: BarcodeLook) -> bytes:
    return barcodes.code128_parsed(data, shape)


def _gs1(_kind: Barcode, data: bytes, shape: BarcodeLook) -> bytes:
    return barcodes.gs1_128(data.translate(None, b"()"), shape)


_BUILDERS: dict[Kind, Callable[[Barcode, bytes, BarcodeLook], bytes]] = {
    Kind.CODE128_PARSED: _parsed,
    Kind.GS1128: _gs1,
}
_DRAWERS: dict[str, Callable[[Order, bytes, int, int], Native]] = {
    "qr": _qr,
    "pdf417": _pdf417,
    "data_matrix": _data_matrix,
}


def _illegal(what: str, remedy: str) -> UposError:
    return UposError(ErrorCode.E_ILLEGAL, what, remedy)
