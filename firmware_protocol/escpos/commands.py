"""ESC/POS commands as bytes. Sources: the public command references of the TM series.

Every function returns the bytes of one command; `tokenizer` reads them back.
"""

from __future__ import annotations

from enum import IntEnum

from firmware_protocol.errors import Fault, FrameError

_MAX_RASTER_ROWS, _MAX_COLUMNS = 2303, 2047
LINE_SPACING_OF_A_STRIP, DEFAULT_LINE_SPACING = b"\x1b3\x18", b"\x1b2"
"""ESC 3: 24 dots, so that strips of ESC * meet; ESC 2."""
LINE_FEED = b"\n"
INITIALIZE = b"\x1b@"
CANCEL_TWO_BYTE_MODE = b"\x1c."
"""FS . : printers sold in China start in two-byte mode, where Russian bytes print as hieroglyphs."""
PAPER_STATUS = b"\x1dr\x01"
"""GS r 1: taken from the buffer in order, so its answer proves that all before it was processed."""
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: forget at once what is received and not printed; answered by 37 25 00."""
NO_REAL_TIME_PULSES = b"\x1d(D\x05\x00\x14\x01\x00\x02\x00"
"""GS ( D: real-time drawer pulses and power-off are switched off, so that no picture can hold one. ESC @ undoes it."""


class Drawer(IntEnum):
    """The connector pin that a cash drawer hangs on, by the number of ESC p."""

    PIN_2 = 0
    PIN_5 = 1


class Align(IntEnum):
    """The number of ESC a."""

    LEFT = 0
    CENTER = 1
    RIGHT = 2


def code_page(number: int) -> bytes:
    """ESC t: the character table `number` of this model."""
    return b"\x1bt" + _byte(number, "a code page number 0 to 255")


def align(where: Align) -> bytes:
    """ESC a: legal at the start of a line only."""
    return b"\x1ba" + bytes([where])


def bold(on: bool) -> bytes:
    """ESC E."""
    return b"\x1bE" + bytes([on])


def size(width: int, height: int) -> bytes:
    """GS ! : characters `width` times as wide and `height` times as high, 1 to 8 each."""
    if not (1 <= width <= 8 and 1 <= height <= 8):
        raise FrameError(Fault.UNEXPECTED, "a size of 1 to 8 in each direction", b"")
    return b"\x1d!" + bytes([(width - 1) << 4 | (height - 1)])


def feed(lines: int) -> bytes:
    """ESC d: print what is buffered and feed `lines` lines (0 to 255)."""
    return b"\x1bd" + _byte(lines, "0 to 255 lines")


def cut(*, partial: bool) -> bytes:
    """GS V 65 / 66: feed to the cutter, then cut."""
    return b"\x1dV" + (b"B\x00" if partial else b"A\x00")


def cut_here(*, partial: bool) -> bytes:
    """GS V 48 / 49: cut where the paper is."""
    return b"\x1dV" + (b"1" if partial else b"0")


def drawer_pulse(pin: Drawer) -> bytes:
    """ESC p: 50 ms on, 500 ms off."""
    return b"\x1bp" + bytes([pin]) + b"\x19\xfa"


def motion_units(across: int, down: int) -> bytes:
    """GS P: a unit is this part of an inch (0 to 255, 0: the model's own); ESC @ undoes it."""
    return b"\x1dP" + _byte(across, "0 to 255 units an inch") + _byte(down, "0 to 255 units an inch")


def station(number: int) -> bytes:
    """ESC c 0: what follows is printed on this paper; the numbers are the model's."""
    return b"\x1bc0" + _byte(number, "a station number 0 to 255")


def to_mark(function: int) -> bytes:
    """FS ( L: marked paper goes to 65 where it is peeled or taken, 66 the cutter, 67 its beginning (here or next)."""
    return b"\x1c(L\x02\x00" + bytes([function]) + b"0"


def raster(width_bytes: int, rows: bytes) -> bytes:
    """GS v 0: a picture, eight dots a byte from the left, one bit black, `width_bytes` a row."""
    height, rest = divmod(len(rows), width_bytes) if width_bytes else (0, 1)
    if rest or not (1 <= width_bytes <= 0xFFFF and 1 <= height <= _MAX_RASTER_ROWS):
        raise FrameError(Fault.UNEXPECTED, f"whole rows, 1 to {_MAX_RASTER_ROWS}", b"")
    return b"\x1dv0\x00" + width_bytes.to_bytes(2, "little") + height.to_bytes(2, "little") + rows


def stored_picture(width_bytes: int, rows: bytes) -> bytes:
    """GS ( L, or GS 8 L from 64 KiB on, functions 112 and 50: a picture as for `raster`, stored and printed."""
    height = len(rows) // width_bytes
    size = (width_bytes * 8).to_bytes(2, "little") + height.to_bytes(2, "little")
    body = b"\x30\x70\x30\x01\x01\x31" + size + rows
    counted = b"\x1d(L" + len(body).to_bytes(2, "little") if len(body) <= 0xFFFF else b"\x1d8L%b" % _four(len(body))
    return counted + body + b"\x1d(L\x02\x00\x30\x32"


def column_strip(columns: bytes) -> bytes:
    """ESC * 33: a strip of 24 dots' height, three bytes a column, and the feed to the next one."""
    count, rest = divmod(len(columns), 3)
    if rest or not 1 <= count <= _MAX_COLUMNS:
        raise FrameError(Fault.UNEXPECTED, f"three bytes a column, 1 to {_MAX_COLUMNS} columns", b"")
    return b"\x1b*\x21" + count.to_bytes(2, "little") + columns + LINE_FEED


def process_id(number: int) -> bytes:
    """GS ( H, function 48: once all before it is printed, the printer answers with this number (0 to 9999)."""
    return b"\x1d(H\x06\x0000" + process_id_text(number)


def process_id_text(number: int) -> bytes:
    """The four characters by which GS ( H and its answer name a number from 0 to 9999."""
    if not 0 <= number <= 9999:
        raise FrameError(Fault.UNEXPECTED, "a process number 0 to 9999", b"")
    return b"%04d" % number


def real_time_status(n: int) -> bytes:
    """DLE EOT n: 1 printer, 2 offline cause, 3 error cause, 4 roll paper; answered even when offline."""
    return b"\x10\x04" + _byte(n, "a status number")


def automatic_status(mask: int) -> bytes:
    """GS a: four bytes now and on every change; 0 switches it off. ESC @ undoes it."""
    return b"\x1da" + _byte(mask, "a mask 0 to 255")


def _four(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _byte(value: int, expected: str) -> bytes:
    if not 0 <= value <= 255:
        raise FrameError(Fault.UNEXPECTED, expected, b"")
    return bytes([value])
