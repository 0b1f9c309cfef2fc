"""What each paper of a model can do; jobs behind a torn one; slips for a technician; bar codes in their place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from firmware_protocol.escpos.tokenizer import Command, Text, Token, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PaperProfile, PrinterProfile
from koshelek_driver.printer.rendering import bar_codes, document
from koshelek_driver.printer.rendering.capabilities import Capabilities, capabilities_of
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.layout import Code
from koshelek_driver.printer.rendering.render_context import RenderContext
from koshelek_driver.printer.rendering.samples import CANDIDATES, code_page_units
from koshelek_driver.printer.rendering.style_encoder import Font
from koshelek_driver.upos.printer_codes import BarCodeSymbology, MapMode, Rotation, Station
from tests.support.emulated_printer import EmulatedPrinter

MODEL = msgspec.structs.replace(
    profile.printer("epson-tm-t88v"),
    slip=PaperProfile(columns=35, dots=420, lines=30, select=4),
    journal=PaperProfile(columns=40, dots=480, select=2),
)


def able(model: PrinterProfile, station: Station = Station.RECEIPT) -> Capabilities:
    found = capabilities_of(model, station)
    assert found is not None
    return found


def test_the_roll_has_everything_of_its_profile() -> None:
    can = able(MODEL)
    assert can.fonts == (Font(0, 42, 12, 24), Font(1, 56, 9, 17))
    assert (can.dots, can.per_inch, can.page_rows, can.cuts, can.draws) == (512, 180, 700, True, True)
    assert can.bar_codes == frozenset(MODEL.bar_codes)
    assert (can.form_lines, can.select) == (0, None)


@pytest.mark.parametrize(
    ("station", "font", "lines", "select"),
    [(Station.SLIP, Font(0, 35, 12, 24), 30, 4), (Station.JOURNAL, Font(0, 40, 12, 24), 0, 2)],
)
def test_another_paper_has_text_in_one_font_and_nothing_that_is_drawn(
    station: Station, font: Font, lines: int, select: int
) -> None:
    can = able(MODEL, station)
    assert (can.fonts, can.form_lines, can.select) == ((font,), lines, select)
    assert (can.bar_codes, can.draws, can.page_rows, can.cuts) == (frozenset(), False, 0, False)
    assert can.dots == font.columns * font.width


@pytest.mark.parametrize("station", [Station.SLIP, Station.JOURNAL])
def test_a_model_without_such_paper_can_do_nothing_on_it(station: Station) -> None:
    assert capabilities_of(profile.printer("mpt-ii"), station) is None


def test_a_model_that_draws_its_letters_has_no_symbols_and_no_pages_of_its_own() -> None:
    can = able(msgspec.structs.replace(MODEL, text="raster"))
    assert (can.bar_codes, can.page_rows, can.draws) == (frozenset(), 0, True)


def test_a_model_without_a_cutter_or_a_second_font_says_so() -> None:
    can = able(profile.printer("mpt-ii"))
    assert (can.cuts, can.fonts, can.page_rows) == (False, (Font(0, 32, 12, 24),), 0)


@pytest.mark.parametrize("missing", ["PIL", "zxingcpp"])
def test_nothing_is_drawn_without_what_draws(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    assert able(MODEL).draws is False


# -- Jobs ----------------------------------------------------------------------------------------------------------


def test_a_job_behind_a_torn_one_ends_it_and_cuts_it_off() -> None:
    assert document.repair(3, MODEL) == b"\0\0\0\x1b@\n\x1dVB\0"
    printer = EmulatedPrinter(MODEL.dots)
    printer.feed(b"before\n" + b"\x1dv0\x00\x02\x00\x02\x00\xff" + document.repair(100, MODEL) + b"next\n")
    printer.machine.finish()
    assert [receipt.lines[0] for receipt in printer.receipts] == ["before", "next"]


def test_a_job_for_one_of_several_papers_chooses_it() -> None:
    assert document.start(MODEL, station=4).endswith(b"\x1bt\x11\x1bc0\x04")
    assert b"\x1bc0" not in document.start(MODEL)
    assert document.start(MODEL, measured=True).endswith(b"\x1bt\x11\x1dP\xb4\xb4")
    assert b"\x1dP" not in document.start(msgspec.structs.replace(MODEL, motion_units=False), measured=True)


def test_a_code_is_no_text() -> None:
    assert Code("https://example.ru").as_text(42) == ""


def tokens(units: list[bytes]) -> list[Token]:
    return Tokenizer().feed(b"".join(units))


def test_a_code_is_the_printers_own_or_dots_or_nothing() -> None:
    own = document.render([Code("A")], MODEL)
    assert any(unit.startswith(b"\x1ba\x01\x1d(k") and unit.endswith(b"\x1ba\x00") for unit in own)
    drawn = document.render([Code("A")], msgspec.structs.replace(MODEL, bar_codes=()))
    assert any(unit.startswith(b"\x1dv0") for unit in drawn)
    assert EmulatedPrinter(MODEL.dots).receipt(b"".join(drawn)).picture.getbbox() is not None


def test_a_code_is_nothing_where_it_can_neither_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    bare = msgspec.structs.replace(MODEL, bar_codes=())
    assert document.render([Code("A")], bare) == document.render([], bare)


def test_a_technician_sees_russian_in_every_page_that_a_printer_may_have() -> None:
    units = code_page_units()
    assert len(units) == sum(map(len, CANDIDATES.values())) == 15
    for unit, (codec, number) in zip(
        units, [(codec, number) for codec, numbers in CANDIDATES.items() for number in numbers], strict=True
    ):
        page, text, feed = tokens([unit])
        assert page == Command("ESC t", bytes([number]))
        assert isinstance(text, Text)
        assert text.data.decode(codec) == f"{number:>3} {codec} Привет Ёё №"
        assert feed == Command("LF")


# -- Bar codes in their place --------------------------------------------------------------------------------------


def context(**changes: Any) -> RenderContext:
    can = able(MODEL)
    usual = RenderContext(
        profile=MODEL, capabilities=can, font=can.fonts[0], page=document.plain_style(MODEL).page, mapped=True,
        map_mode=MapMode.DOTS, spacing=can.spacing, room=can.dots,
    )  # fmt: skip
    return replace(usual, **changes)


def composed(given: RenderContext, align: int = bar_codes.CENTER, width: int = 190) -> Composer:
    composer = Composer(given, [])
    composer.write("x")
    composer.bar_code(bar_codes.order("4601234567893", int(BarCodeSymbology.EAN13), (50, width), align, -11))
    return composer


SYMBOL = [
    Command("GS h", b"\x32"),
    Command("GS w", b"\x02"),
    Command("GS H", b"\0"),
    Command("GS k", b"C\x0d4601234567893"),
]
TEXT = [Text(b"x"), Command("LF")]


@pytest.mark.parametrize(
    ("align", "before", "after"),
    [
        (bar_codes.LEFT, [], []),
        (bar_codes.CENTER, [Command("ESC a", b"\x01")], [Command("ESC a", b"\0")]),
        (bar_codes.RIGHT, [Command("ESC a", b"\x02")], [Command("ESC a", b"\0")]),
        (0, [Command("GS L", b"\0\0")], [Command("GS L", b"\0\0")]),
        (300, [Command("GS L", b"\x2c\x01")], [Command("GS L", b"\0\0")]),
        (400, [Command("GS L", b"\x42\x01")], [Command("GS L", b"\0\0")]),
    ],
)
def test_a_bar_code_stands_at_its_place_of_a_roll(align: int, before: list[Token], after: list[Token]) -> None:
    made = composed(context(), align)
    assert tokens(made.units) == [*TEXT, *before, *SYMBOL, *after]
    assert (made.height, made.extent) == (30 + 50, 190)


@pytest.mark.parametrize(
    ("align", "x"), [(bar_codes.LEFT, 0), (bar_codes.CENTER, 161), (bar_codes.RIGHT, 322), (40, 40), (900, 322)]
)
def test_a_bar_code_stands_at_its_column_of_a_page(align: int, x: int) -> None:
    made = composed(context(in_page=True), align)
    column = Command("ESC $", x.to_bytes(2, "little"))
    assert tokens(made.units) == [Command("ESC $", b"\0\0"), *TEXT, column, *SYMBOL][1:]


def test_a_turned_bar_code_is_dots() -> None:
    made = composed(context(turn_bar_codes=Rotation.RIGHT90), bar_codes.LEFT)
    names = [token.name for token in tokens(made.units) if isinstance(token, Command)]
    assert names == ["LF", *["GS v 0"] * 8]
    assert (made.height, made.extent) == (30 + 190, 50)


def test_a_bar_code_that_the_printer_lacks_is_dots_in_the_middle() -> None:
    bare = replace(able(MODEL), bar_codes=frozenset())
    made = composed(context(capabilities=bare))
    names = [token.name for token in tokens(made.units) if isinstance(token, Command)]
    assert names == ["LF", *["GS v 0"] * 3]
    assert (made.height, made.extent) == (30 + 50, 161 + 190)
