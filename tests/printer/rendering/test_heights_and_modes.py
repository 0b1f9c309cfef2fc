"""Lines and pictures are as high as they are said to be; modes are told to the printer once, and ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.tokenizer import Command, Text, Token, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.capabilities import capabilities_of
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.layout import Code
from koshelek_driver.printer.rendering.picture import picture_units
from koshelek_driver.printer.rendering.render_context import RenderContext
from koshelek_driver.printer.rendering.ruled_line import RuledLine, ruled_line
from koshelek_driver.upos.printer_codes import MapMode, Station
from tests.support.emulated_printer import EmulatedPrinter

MODEL = profile.printer("epson-tm-t88v")
X, LF = Text(b"x"), Command("LF")


def composed(data: str, **changes: Any) -> Composer:
    can = capabilities_of(MODEL, Station.RECEIPT)
    assert can is not None
    context = RenderContext(
        profile=MODEL, capabilities=can, font=can.fonts[0], page=document.plain_style(MODEL).page, mapped=True,
        map_mode=MapMode.DOTS, spacing=can.spacing, room=can.dots,
    )  # fmt: skip
    composer = Composer(replace(context, **changes), [])
    composer.write(data)
    return composer


def tokens(units: list[bytes]) -> list[Token]:
    return Tokenizer().feed(b"".join(units))


def test_upside_down_is_told_before_everything_and_ended_behind_it() -> None:
    upright, turned = tokens(composed("x\n").finished()), tokens(composed("x\n", upside_down=True).finished())
    assert upright == [X, LF]
    assert turned == [Command("ESC {", b"\x01"), X, LF, Command("ESC {", b"\0")]


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ("\x1b|1Cx\n", None),
        ("\x1b|2Cx\n", 0x10),
        ("\x1b|3Cx\n", 0x01),
        ("\x1b|4Cx\n", 0x11),
        ("\x1b|3hCx\n", 0x20),
        ("\x1b|3vCx\n", 0x02),
        ("\x1b|3hC\x1b|2vCx\n", 0x21),
        ("\x1b|8hC\x1b|8vCx\n", 0x77),
    ],
)
def test_a_size_that_the_printer_has_is_no_issue(data: str, size: int | None) -> None:
    made = composed(data)
    assert made.issues == []
    assert tokens(made.units) == ([X, LF] if size is None else [Command("GS !", bytes([size])), X, LF])


@pytest.mark.parametrize(("data", "size"), [("\x1b|9hCx\n", 0x70), ("\x1b|9vCx\n", 0x07)])
def test_a_size_that_is_too_large_is_the_largest(data: str, size: int) -> None:
    made = composed(data)
    assert [issue.fatal for issue in made.issues] == [False]
    assert tokens(made.units) == [Command("GS !", bytes([size])), X, LF]


@pytest.mark.parametrize(
    ("data", "height"),
    [
        ("x\n", 30),
        ("x\nx\n", 60),
        ("\x1b|3Cx\n", 48),
        ("\x1b|8vCx\n", 192),
        ("x\x1b|3vCx\n", 72),
        ("\x1b|2lF", 60),
        ("\x1b|7uF", 7),
        ("x\n\x1b|7uF", 37),
        ("x", 0),
    ],
)
def test_what_is_composed_has_its_height(data: str, height: int) -> None:
    assert composed(data).height == height


@pytest.mark.parametrize(
    ("data", "extent"), [("xx\n", 24), ("x\nxxx\nx\n", 36), ("\x1b|2Cxx\n", 48), ("\x1b|cAx\n", 512)]
)
def test_what_is_composed_has_its_width(data: str, extent: int) -> None:
    assert composed(data).extent == extent


def test_a_code_that_is_drawn_stands_in_the_middle() -> None:
    units = document.render([Code("A")], msgspec.structs.replace(MODEL, bar_codes=()))
    shown = EmulatedPrinter(MODEL.dots).paper(b"".join(units))
    box = shown.point([255 - level for level in range(256)]).getbbox()
    assert box is not None
    assert abs(box[0] - (MODEL.dots - box[2])) <= 1


def test_a_picture_has_the_commands_of_its_form() -> None:
    rows = b"\x01\x02\x03"
    assert picture_units(1, rows, MODEL, "raster") == [commands.raster(1, rows)]
    assert picture_units(1, rows, MODEL, "stored") == [commands.stored_picture(1, rows)]
    assert picture_units(1, rows, MODEL) == [commands.raster(1, rows)]
    stored = msgspec.structs.replace(MODEL, graphics="stored")
    assert picture_units(1, rows, stored) == [commands.stored_picture(1, rows)]


def test_a_picture_is_cut_into_bands_of_24_rows() -> None:
    rows = bytes(range(49))
    wanted = [commands.raster(1, rows[:24]), commands.raster(1, rows[24:48]), commands.raster(1, rows[48:])]
    assert picture_units(1, rows, MODEL) == wanted


@pytest.mark.parametrize("room", [1, 7, 8, 9, 24, 25])
def test_a_ruled_line_reaches_both_edges_of_any_paper(room: int) -> None:
    picture = ruled_line(RuledLine("0,1000", 1, 1, 1, 1), lambda units: units, room)
    bits = "".join(f"{byte:08b}" for byte in picture.rows)
    assert picture.width == room
    assert bits == ("1" * room).ljust(-(-room // 8) * 8, "0")
