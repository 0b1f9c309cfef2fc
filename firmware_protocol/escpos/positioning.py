"""Where things stand on paper: fonts and styles, spacing, margins, page mode. One command a function, units of motion.

A unit of motion is 1/203 or 1/180 inch by the model, a dot on most, unless GS P says otherwise.
"""

from __future__ import annotations

from enum import IntEnum

from firmware_protocol.errors import Fault, FrameError

ENTER_PAGE_MODE, LEAVE_PAGE_MODE = b"\x1bL", b"\x1bS"
"""ESC L; ESC S forgets what page mode has drawn."""
PRINT_PAGE, PRINT_PAGE_AND_LEAVE, CLEAR_PAGE = b"\x1b\x0c", b"\x0c", b"\x18"
"""ESC FF prints the page and stays, FF prints and leaves page mode, CAN clears the area."""


class Direction(IntEnum):
    """ESC T: where text runs in page mode."""

    LEFT_TO_RIGHT = 0
    BOTTOM_TO_TOP = 1
    RIGHT_TO_LEFT = 2
    TOP_TO_BOTTOM = 3


def font(number: int) -> bytes:
    """ESC M: 0 is A, 1 is B, 2 is C. Some clones go back to their own code page here."""
    return b"\x1bM" + _byte(number, 0, 2)


def underline(dots: int) -> bytes:
    """ESC -: 0 off, 1 or 2 dots."""
    return b"\x1b-" + _byte(dots, 0, 2)


def inverse(on: bool) -> bytes:
    """GS B: white on black."""
    return b"\x1dB" + bytes([on])


def second_colour(on: bool) -> bytes:
    """ESC r: red on two-coloured ribbons and papers; at the start of a line only."""
    return b"\x1br" + bytes([on])


def reverse_feed(lines: int) -> bytes:
    """ESC e: print what is buffered and feed back; few models."""
    return b"\x1be" + _byte(lines, 0, 255)


def upside_down(on: bool) -> bytes:
    """ESC {: at the start of a line only."""
    return b"\x1b{" + bytes([on])


def rotated(on: bool) -> bytes:
    """ESC V: characters turned by 90 degrees."""
    return b"\x1bV" + bytes([on])


def line_spacing(units: int) -> bytes:
    """ESC 3: 0 to 255."""
    return b"\x1b3" + _byte(units, 0, 255)


def feed(units: int) -> bytes:
    """ESC J: print what is buffered and feed 0 to 255 units."""
    return b"\x1bJ" + _byte(units, 0, 255)


def to_column(units: int) -> bytes:
    """ESC $: from the left margin."""
    return b"\x1b$" + _word(units)


def by_columns(units: int) -> bytes:
    """ESC \\: from here, to the left where negative."""
    return b"\x1b\\" + _word(units & 0xFFFF if -0x8000 <= units <= 0x7FFF else -1)


def left_margin(units: int) -> bytes:
    """GS L: at the start of a line only."""
    return b"\x1dL" + _word(units)


def area_width(units: int) -> bytes:
    """GS W: at the start of a line only."""
    return b"\x1dW" + _word(units)


def page_area(x: int, y: int, width: int, height: int) -> bytes:
    """ESC W: the area of page mode."""
    return b"\x1bW" + b"".join(_word(units) for units in (x, y, width, height))


def page_direction(where: Direction) -> bytes:
    """ESC T."""
    return b"\x1bT" + bytes([where])


def to_row(units: int) -> bytes:
    """GS $: from the upper edge of the area, in page mode."""
    return b"\x1d$" + _word(units)


def _byte(value: int, low: int, high: int) -> bytes:
    if not low <= value <= high:
        raise FrameError(Fault.UNEXPECTED, f"{low} to {high}", b"")
    return bytes([value])


def _word(value: int) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise FrameError(Fault.UNEXPECTED, "0 to 65535 units", b"")
    return value.to_bytes(2, "little")
