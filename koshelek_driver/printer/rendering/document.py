"""Render lines to the bytes of one print job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
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
_Fit = Callable[[str], str]
_ALL_CHANGES = 0x0E
"""GS a: online and offline, errors, paper."""


def codec_of(profile: PrinterProfile) -> str:
    """Return the codec of text: the profile's first code page.

    It is UTF-8 for a profile that draws letters as dots.
    """
    return "utf-8" if profile.text == "raster" else next(iter(profile.code_pages))


def plain_style(profile: PrinterProfile) -> TextStyle:
    """Return the style of the printer after `start`."""
    codec = codec_of(profile)
    font = Font(0, profile.columns, profile.dots // profile.columns, profile.font_heights[0])
    return TextStyle(font, CodePage(codec, profile.code_pages.get(codec)))


def render(lines: Iterable[Item], profile: PrinterProfile, *, is_fitted: bool = False) -> list[bytes]:
    """Render a whole job as units of whole commands: initialisation, lines, cut.

    Text is made printable for the profile's code page, so that no byte of it can become a command; `is_fitted` says
    that the caller has done so.

    Raises:
        ProfileError: the profile draws letters as dots, and the extra `drawn` is not installed.
    """
    style = plain_style(profile)
    encoder = StyleEncoder(style)
    fit = _as_it_is if is_fitted else partial(printable, codec=style.page.codec)
    rows = (_units(line, encoder, style, profile, fit) for line in lines)
    return [start(profile), *chain.from_iterable(rows), encoder.rest() + end(profile)]


def _units(item: Item, encoder: StyleEncoder, style: TextStyle, profile: PrinterProfile, fit: _Fit) -> list[bytes]:
    if isinstance(item, Code):
        return code_units(item, encoder, profile)
    return row_units(encoder, [_run(item, style, fit)], profile.dots, profile)


def code_units(code: Code, encoder: StyleEncoder, profile: PrinterProfile) -> list[bytes]:
    """Render a QR code by the printer's own command, or drawn as dots.

    Empty if neither is possible: a slip has the data of its code as text too.
    """
    from koshelek_driver.printer.rendering import bar_codes, imaging
    from koshelek_driver.printer.rendering.capabilities import capabilities_of
    from koshelek_driver.printer.rendering.picture import picture_units
    from koshelek_driver.upos.printer_codes import BarCodeSymbology, Rotation, Station

    can = capabilities_of(profile, Station.RECEIPT)
    side = min(profile.dots, _CODE_INCHES * profile.dots_per_inch)
    wanted = bar_codes.order(code.data, BarCodeSymbology.QRCODE, (side, side), bar_codes.CENTER, -11)
    own = bar_codes.native(wanted, can, profile.dots) if can else None
    if own is not None:
        return [encoder.aligned(Align.CENTER) + own.command + encoder.aligned(Align.LEFT)]
    if can is None or not can.draws:
        return []
    picture = imaging.from_dots(bar_codes.drawn(wanted, profile.dots), profile.dots, Rotation.NORMAL)
    shown = imaging.placed(picture, (profile.dots - picture.width) // 2)
    return picture_units(imaging.bytes_a_row(shown), shown.rows, profile)


def row_units(encoder: StyleEncoder, row: list[TextRun], room: int, profile: PrinterProfile) -> list[bytes]:
    """Render one line that fits, as characters or as a picture of them."""
    if profile.text == "code_page":
        return [encoder.row(row, room)]
    from koshelek_driver.printer.rendering.drawn_text import drawn
    from koshelek_driver.printer.rendering.picture import picture_units

    return picture_units(*drawn(row, room), profile)


def repair(longest_unit: int, profile: PrinterProfile) -> bytes:
    """Return the bytes that end an interrupted job, for the next job to send.

    The printer may wait for the rest of a picture, or even for its size: `longest_unit` zeros complete it, and are
    ignored by a printer that waits for nothing. The paper with the part that was printed is cut off.
    """
    return bytes(longest_unit) + commands.INITIALIZE + commands.LINE_FEED + end(profile)


def start(profile: PrinterProfile, *, measured: bool = False, station: int | None = None) -> bytes:
    """Return the commands before a job: ESC @ and the modes that it needs.

    `measured`: the job has distances in dots. `station`: the number of ESC c 0, if the printer has several papers.
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
    """Return the cut, or a feed that is enough to tear the paper off."""
    if profile.cutter == "none":
        return commands.feed(_FEED_BEFORE_TEAR)
    return commands.cut(partial=profile.cutter == "partial")


def _run(line: Line, style: TextStyle, fit: _Fit) -> TextRun:
    scale = 2 if line.large else 1
    styled = replace(style, bold=line.bold, width=scale, height=scale) if line.bold or line.large else style
    return TextRun(fit(line.text), styled, line.align)


def _as_it_is(text: str) -> str:
    return text
