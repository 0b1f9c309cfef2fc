"""Dots to commands, in the form that a model has.

The bands are so small that few zeros end one that was interrupted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile

_BAND_ROWS = 24
"""Dots of a band: the height of a line of text, and of a strip of ESC *."""


def picture_units(width_bytes: int, rows: bytes, profile: PrinterProfile, form: str = "") -> list[bytes]:
    """Render a picture as units, one for each band.

    `rows`: `width_bytes` a row from the top, one bit for each dot, the left one first, 1 is black. `form`: `raster`
    (GS v 0), `stored` (GS ( L) or `column` (ESC *); empty: the profile's.
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
    """Turn rows into columns of 24 dots, three bytes each; the upper dot is the highest bit."""
    rows = [band[at : at + width_bytes] for at in range(0, len(band), width_bytes)]
    rows += [bytes(width_bytes)] * (_BAND_ROWS - len(rows))
    numbers = [int.from_bytes(row) for row in rows]
    dots = width_bytes * 8
    return b"".join(
        sum((number >> (dots - 1 - x) & 1) << (_BAND_ROWS - 1 - y) for y, number in enumerate(numbers)).to_bytes(3)
        for x in range(dots)
    )
