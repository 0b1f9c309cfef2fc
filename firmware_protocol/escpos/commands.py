"""ESC/POS commands as bytes. Source: the public command references of the TM series.

Every function builds the bytes of one command; `tokenizer` parses them back.
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
"""FS . : printers sold in China start in two-byte mode, in which Russian bytes print as Chinese characters."""
PAPER_STATUS = b"\x1dr\x01"
"""GS r 1: processed in order with the print data, so its reply proves that all before it was processed."""
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: drop at once all that is received and not printed; the reply is 37 25 00."""
NO_REAL_TIME_PULSES = b"\x1d(D\x05\x00\x14\x01\x00\x02\x00"
"""GS ( D: disable real-time drawer pulses and power-off, so that no picture can contain one. ESC @ undoes it."""


class Drawer(IntEnum):
    """The connector pin of a cash drawer: the number of ESC p."""

    PIN_2 = 0
    PIN_5 = 1


class Align(IntEnum):
    """The alignment of lines: the number of ESC a."""

    LEFT = 0
    CENTER = 1
    RIGHT = 2


def code_page(number: int) -> bytes:
    """Build ESC t: select the character table with this number of the model."""
    return b"\x1bt" + _byte(number, "a code page number 0 to 255")


def align(where: Align) -> bytes:
    """Build ESC a: align lines; allowed only at the start of a line."""
    return b"\x1ba" + bytes([where])


def bold(on: bool) -> bytes:
    """Build ESC E: switch bold on or off."""
    return b"\x1bE" + bytes([on])


def size(width: int, height: int) -> bytes:
    """Build GS ! : make characters `width` times as wide and `height` times as high, 1 to 8 each."""
    if not (1 <= width <= 8 and 1 <= height <= 8):
        raise FrameError(Fault.UNEXPECTED, "a size of 1 to 8 in each direction", b"")
    return b"\x1d!" + bytes([(width - 1) << 4 | (height - 1)])


def feed(lines: int) -> bytes:
    """Build ESC d: print the buffer and feed `lines` lines (0 to 255)."""
    return b"\x1bd" + _byte(lines, "0 to 255 lines")


def cut(*, partial: bool) -> bytes:
    """Build GS V 65 or 66: feed to the cutter, then cut."""
    return b"\x1dV" + (b"B\x00" if partial else b"A\x00")


def cut_here(*, partial: bool) -> bytes:
    """Build GS V 48 or 49: cut without feeding."""
    return b"\x1dV" + (b"1" if partial else b"0")


def drawer_pulse(pin: Drawer) -> bytes:
    """Build ESC p: open the drawer by a pulse of 50 ms on and 500 ms off."""
    return b"\x1bp" + bytes([pin]) + b"\x19\xfa"


def motion_units(across: int, down: int) -> bytes:
    """Build GS P: set units an inch (0 to 255, 0: the model's own); ESC @ undoes it."""
    return b"\x1dP" + _byte(across, "0 to 255 units an inch") + _byte(down, "0 to 255 units an inch")


def station(number: int) -> bytes:
    """Build ESC c 0: print on this paper from now on; the numbers are the model's."""
    return b"\x1bc0" + _byte(number, "a station number 0 to 255")


def to_mark(function: int) -> bytes:
    """Build FS ( L: feed marked paper to a position.

    `function` is 65 to peel it off, 66 to the cutter, 67 to the beginning of the current or next label.
    """
    return b"\x1c(L\x02\x00" + bytes([function]) + b"0"


def raster(width_bytes: int, rows: bytes) -> bytes:
    """Build GS v 0: print a picture, eight dots a byte from the left, 1 is black.

    Every row has `width_bytes` bytes.
    """
    height, rest = divmod(len(rows), width_bytes) if width_bytes else (0, 1)
    if rest or not (1 <= width_bytes <= 0xFFFF and 1 <= height <= _MAX_RASTER_ROWS):
        raise FrameError(Fault.UNEXPECTED, f"whole rows, 1 to {_MAX_RASTER_ROWS}", b"")
    return b"\x1dv0\x00" + width_bytes.to_bytes(2, "little") + height.to_bytes(2, "little") + rows


def stored_picture(width_bytes: int, rows: bytes) -> bytes:
    """Build GS ( L, or GS 8 L from 64 KiB on: store a picture as for `raster`, then print it.

    These are the functions 112 and 50.
    """
    height = len(rows) // width_bytes
    size = (width_bytes * 8).to_bytes(2, "little") + height.to_bytes(2, "little")
    body = b"\x30\x70\x30\x01\x01\x31" + size + rows
    counted = b"\x1d(L" + len(body).to_bytes(2, "little") if len(body) <= 0xFFFF else b"\x1d8L%b" % _four(len(body))
    return counted + body + b"\x1d(L\x02\x00\x30\x32"


def column_strip(columns: bytes) -> bytes:
    """Build ESC * 33: print a strip of 24 dots' height, three bytes a column, and feed a line."""
    count, rest = divmod(len(columns), 3)
    if rest or not 1 <= count <= _MAX_COLUMNS:
        raise FrameError(Fault.UNEXPECTED, f"three bytes a column, 1 to {_MAX_COLUMNS} columns", b"")
    return b"\x1b*\x21" + count.to_bytes(2, "little") + columns + LINE_FEED


def process_id(number: int) -> bytes:
    """Build GS ( H, function 48: the printer replies with this number when all before it is printed.

    `number` is 0 to 9999.
    """
    return b"\x1d(H\x06\x0000" + process_id_text(number)


def process_id_text(number: int) -> bytes:
    """Build the four digits of a process number, 0 to 9999."""
    if not 0 <= number <= 9999:
        raise FrameError(Fault.UNEXPECTED, "a process number 0 to 9999", b"")
    return b"%04d" % number


def real_time_status(n: int) -> bytes:
    """Build DLE EOT n: ask for a status; the printer replies even when it is offline.

    `n` is 1 for the printer, 2 for the offline cause, 3 for the error cause, 4 for roll paper.
    """
    return b"\x10\x04" + _byte(n, "a status number")


def automatic_status(mask: int) -> bytes:
    """Build GS a: send four bytes of status now and at every change; 0 switches it off.

    ESC @ undoes it.
    """
    return b"\x1da" + _byte(mask, "a mask 0 to 255")


def _four(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _byte(value: int, expected: str) -> bytes:
    if not 0 <= value <= 255:
        raise FrameError(Fault.UNEXPECTED, expected, b"")
    return bytes([value])
