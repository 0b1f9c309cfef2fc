"""Dots as commands, in the form that a model takes them, in bands so small that a torn one is soon ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile

_BAND_ROWS = 24
"""As high as a line of text, and as ESC * has it."""


def picture_units(width_bytes: int, rows: bytes, profile: PrinterProfile, form: str = "") -> list[bytes]:
    """A picture, a bit a dot, the left one first, one is black, `width_bytes` a row: one unit a band.

    `form`: another one than the profile's.
    """
    size = width_bytes * _BAND_ROWS
    bands = [rows[at : at + size] for at in range(0, len(rows), size)]
    form = form or profile.graphics
    if form == "column":
        strips = [commands.column_strip(_columns(width_bytes, band)) for band in bands]
        return [commands.LINE_SPACING_OF_A_STRIP, *strips, commands.DEFAULT_LINE_SPACING]
    build = commands.stored_picture if form == "stored" else commands.raster
    return [build(width_bytes, band) for band in bands]


def _columns(width_bytes: int, band: bytes) -> bytes:
    """Rows turned into columns of 24 dots, the upper one the highest bit."""
    rows = [band[at : at + width_bytes] for at in range(0, len(band), width_bytes)]
    rows += [bytes(width_bytes)] * (_BAND_ROWS - len(rows))
    numbers = [int.from_bytes(row) for row in rows]
    dots = width_bytes * 8
    return b"".join(
        sum((number >> (dots - 1 - x) & 1) << (_BAND_ROWS - 1 - y) for y, number in enumerate(numbers)).to_bytes(3)
        for x in range(dots)
    )
