"""Render lines to the bytes of one print job."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.commands import Align
from koshelek_driver.printer.drawn_text import drawn
from koshelek_driver.printer.layout import Line
from koshelek_driver.printer.picture import picture_units
from koshelek_driver.printer.text import printable

if TYPE_CHECKING:
    from koshelek_driver.profile import PrinterProfile

_FEED_BEFORE_TEAR = 4


def codec_of(profile: PrinterProfile) -> str:
    """What text is encoded in: the first code page that the profile names, or anything where letters are drawn."""
    return "utf-8" if profile.text == "raster" else next(iter(profile.code_pages))


_ALL_CHANGES = 0x0E
"""GS a: online and offline, errors, paper."""


def render(lines: Iterable[Line], profile: PrinterProfile) -> list[bytes]:
    """The whole job as units of whole commands: a known state first, one code page, the lines, the cut.

    Raises ProfileError where letters are drawn and what draws them is not installed.
    """
    codec = codec_of(profile)
    if profile.text == "raster":
        pictures = [picture_units(*drawn(line, profile.dots), profile) for line in lines]
        return [_start(profile), *chain.from_iterable(pictures), _end(profile)]
    return [_start(profile), *(_line(line, codec) for line in lines), _end(profile)]


def repair(longest_unit: int, profile: PrinterProfile) -> bytes:
    """What goes before the next job when an earlier one was torn.

    A printer may still wait for the rest of a picture: zeros end it, and are ignored by one that does not. What it
    printed of that job is cut off.
    """
    return bytes(longest_unit) + commands.INITIALIZE + commands.LINE_FEED + _end(profile)


def _start(profile: PrinterProfile) -> bytes:
    """ESC @ puts everything back: what must be set is set behind it."""
    return b"".join(
        (
            commands.INITIALIZE,
            commands.CANCEL_TWO_BYTE_MODE if profile.two_byte_mode else b"",
            commands.NO_REAL_TIME_PULSES if profile.real_time_switch else b"",
            commands.automatic_status(_ALL_CHANGES) if profile.automatic_status else b"",
            commands.code_page(profile.code_pages[codec_of(profile)]) if profile.text == "code_page" else b"",
        )
    )


def _line(line: Line, codec: str) -> bytes:
    text = printable(line.text, codec).encode(codec)
    scale = 2 if line.large else 1
    before = commands.align(line.align) + commands.bold(line.bold) + commands.size(scale, scale)
    plain = line.align is Align.LEFT and not line.bold and not line.large
    after = commands.align(Align.LEFT) + commands.bold(False) + commands.size(1, 1)
    return text + commands.LINE_FEED if plain else before + text + commands.LINE_FEED + after


def _end(profile: PrinterProfile) -> bytes:
    if profile.cutter == "none":
        return commands.feed(_FEED_BEFORE_TEAR)
    return commands.cut(partial=profile.cutter == "partial")
