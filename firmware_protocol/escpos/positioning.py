"""ESC/POS commands for fonts, styles, spacing, margins and page mode; every function builds one command.

Distances are in motion units: 1/203 or 1/180 inch by the model, a dot on most, unless GS P sets another unit.
"""

from __future__ import annotations

from enum import IntEnum

from firmware_protocol.errors import Fault, FrameError

ENTER_PAGE_MODE, LEAVE_PAGE_MODE = b"\x1bL", b"\x1bS"
"""ESC L; ESC S drops the content of the page."""
PRINT_PAGE, PRINT_PAGE_AND_LEAVE, CLEAR_PAGE = b"\x1b\x0c", b"\x0c", b"\x18"
"""ESC FF prints the page and stays in page mode, FF prints it and leaves, CAN clears the area."""


class Direction(IntEnum):
    """The direction of text in page mode: the number of ESC T."""

    LEFT_TO_RIGHT = 0
    BOTTOM_TO_TOP = 1
    RIGHT_TO_LEFT = 2
    TOP_TO_BOTTOM = 3


def font(number: int) -> bytes:
    """Build ESC M: select font A (0), B (1) or C (2). Some clones reset the code page here."""
    return b"\x1bM" + _byte(number, 0, 2)


def underline(dots: int) -> bytes:
    """Build ESC -: underline with 1 or 2 dots, 0 switches it off."""
    return b"\x1b-" + _byte(dots, 0, 2)


def inverse(on: bool) -> bytes:
    """Build GS B: print white on black."""
    return b"\x1dB" + bytes([on])


def second_colour(on: bool) -> bytes:
    """Build ESC r: print in the second colour; allowed only at the start of a line."""
    return b"\x1br" + bytes([on])


def reverse_feed(lines: int) -> bytes:
    """Build ESC e: print the buffer and feed back; few models know it."""
    return b"\x1be" + _byte(lines, 0, 255)


def upside_down(on: bool) -> bytes:
    """Build ESC {: print upside down; allowed only at the start of a line."""
    return b"\x1b{" + bytes([on])


def rotated(on: bool) -> bytes:
    """Build ESC V: turn characters by 90 degrees."""
    return b"\x1bV" + bytes([on])


def line_spacing(units: int) -> bytes:
    """Build ESC 3: set the line spacing, 0 to 255 units."""
    return b"\x1b3" + _byte(units, 0, 255)


def feed(units: int) -> bytes:
    """Build ESC J: print the buffer and feed 0 to 255 units."""
    return b"\x1bJ" + _byte(units, 0, 255)


def to_column(units: int) -> bytes:
    """Build ESC $: move to a distance from the left margin."""
    return b"\x1b$" + _word(units)


def by_columns(units: int) -> bytes:
    r"""Build ESC \\: move relative to the current position; negative is to the left."""
    return b"\x1b\\" + _word(units & 0xFFFF if -0x8000 <= units <= 0x7FFF else -1)


def left_margin(units: int) -> bytes:
    """Build GS L: set the left margin; allowed only at the start of a line."""
    return b"\x1dL" + _word(units)


def area_width(units: int) -> bytes:
    """Build GS W: set the width of the print area; allowed only at the start of a line."""
    return b"\x1dW" + _word(units)


def page_area(x: int, y: int, width: int, height: int) -> bytes:
    """Build ESC W: set the area of page mode."""
    return b"\x1bW" + b"".join(_word(units) for units in (x, y, width, height))


def page_direction(where: Direction) -> bytes:
    """Build ESC T: set the direction of text in page mode."""
    return b"\x1bT" + bytes([where])


def to_row(units: int) -> bytes:
    """Build GS $: move to a distance from the upper edge of the page's area."""
    return b"\x1d$" + _word(units)


def _byte(value: int, low: int, high: int) -> bytes:
    if not low <= value <= high:
        raise FrameError(Fault.UNEXPECTED, f"{low} to {high}", b"")
    return bytes([value])


def _word(value: int) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise FrameError(Fault.UNEXPECTED, "0 to 65535 units", b"")
    return value.to_bytes(2, "little")
