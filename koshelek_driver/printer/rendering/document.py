"""Render lines to the bytes of one print job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.commands import Align
from koshelek_driver.printer.rendering.layout import Code, Item, Line
from koshelek_driver.printer.rendering.style_encoder import CodePage, Font, StyleEncoder, TextRun, TextStyle
from koshelek_driver.printer.rendering.text import printable

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile

_FEED_BEFORE_TEAR = 4
_CODE_INCHES = 1
_ALL_CHANGES = 0x0E
"""GS a: online and offline, errors, paper."""


def codec_of(profile: PrinterProfile) -> str:
    """What text is encoded in: the first code page that the profile names, or anything where letters are drawn."""
    return "utf-8" if profile.text == "raster" else next(iter(profile.code_pages))


def plain_look(profile: PrinterProfile) -> TextStyle:
    """How the printer writes after `start`."""
    codec = codec_of(profile)
    font = Font(0, profile.columns, profile.dots // profile.columns, profile.font_heights[0])
    return TextStyle(font, CodePage(codec, profile.code_pages.get(codec)))


def render(lines: Iterable[Item], profile: PrinterProfile) -> list[bytes]:
    """The whole job as units of whole commands: a known state first, one code page, the lines, the cut.

    Raises ProfileError where letters are drawn and what draws them is not installed.
    """
    look = plain_look(profile)
    pen = StyleEncoder(look)
    rows = (_units(line, pen, look, profile) for line in lines)
    return [start(profile), *chain.from_iterable(rows), pen.rest() + end(profile)]


def _units(item: Item, pen: StyleEncoder, look: TextStyle, profile: PrinterProfile) -> list[bytes]:
    if isinstance(item, Code):
        return code_units(item, pen, profile)
    return row_units(pen, [_piece(item, look)], profile.dots, profile)


def code_units(code: Code, pen: StyleEncoder, profile: PrinterProfile) -> list[bytes]:
    """A QR code by the printer's own means, or drawn; nothing where it can neither: its data are there as text too."""
    from koshelek_driver.printer.rendering import bar_codes, imaging
    from koshelek_driver.printer.rendering.capabilities import capabilities_of
    from koshelek_driver.printer.rendering.picture import picture_units
    from koshelek_driver.upos.printer_codes import BarCodeSymbology, Rotation, Station

    can = capabilities_of(profile, Station.RECEIPT)
    side = min(profile.dots, _CODE_INCHES * profile.dots_per_inch)
    wanted = bar_codes.order(code.data, BarCodeSymbology.QRCODE, (side, side), bar_codes.CENTER, -11)
    own = bar_codes.native(wanted, can, profile.dots) if can else None
    if own is not None:
        return [pen.aligned(Align.CENTER) + own.command + pen.aligned(Align.LEFT)]
    if can is None or not can.draws:
        return []
    picture = imaging.from_dots(bar_codes.drawn(wanted, profile.dots), profile.dots, Rotation.NORMAL)
    shown = imaging.placed(picture, (profile.dots - picture.width) // 2)
    return picture_units(imaging.bytes_a_row(shown), shown.rows, profile)


def row_units(pen: StyleEncoder, row: list[TextRun], room: int, profile: PrinterProfile) -> list[bytes]:
    """One line that fits: as characters, or as a picture of them."""
    if profile.text == "code_page":
        return [pen.row(row, room)]
    from koshelek_driver.printer.rendering.drawn_text import drawn
    from koshelek_driver.printer.rendering.picture import picture_units

    return picture_units(*drawn(row, room), profile)


def repair(longest_unit: int, profile: PrinterProfile) -> bytes:
    """What goes before the next job when an earlier one was torn.

    A printer may still wait for the rest of a picture, or even for its size: zeros end it, and are ignored by one that
    does not. What it printed of that job is cut off.
    """
    return bytes(longest_unit) + commands.INITIALIZE + commands.LINE_FEED + end(profile)


def start(profile: PrinterProfile, *, measured: bool = False, station: int | None = None) -> bytes:
    """ESC @ puts everything back: what must be set is set behind it.

    `measured`: what follows has distances in dots. `station`: the number of ESC c 0, if there are several.
    """
    return b"".join(
        (
            commands.INITIALIZE,
            commands.CANCEL_TWO_BYTE_MODE if profile.two_byte_mode else b"",
            commands.NO_REAL_TIME_PULSES if profile.real_time_switch else b"",
            commands.automatic_status(_ALL_CHANGES) if profile.automatic_status else b"",
            commands.code_page(profile.code_pages[codec_of(profile)]) if profile.text == "code_page" else b"",
            commands.motion_units(profile.dots_per_inch, profile.dots_per_inch)
            if profile.motion_units and measured
            else b"",
            b"" if station is None else commands.station(station),
        )
    )


def end(profile: PrinterProfile) -> bytes:
    """The cut, or paper enough to tear it off."""
    if profile.cutter == "none":
        return commands.feed(_FEED_BEFORE_TEAR)
    return commands.cut(partial=profile.cutter == "partial")


def _piece(line: Line, look: TextStyle) -> TextRun:
    scale = 2 if line.large else 1
    styled = replace(look, bold=line.bold, width=scale, height=scale) if line.bold or line.large else look
    return TextRun(printable(line.text, look.page.codec), styled, line.align)
