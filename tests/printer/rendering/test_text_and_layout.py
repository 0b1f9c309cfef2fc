"""Text that fits the code page, lines that fit the paper, bytes that print what the lines say."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.escpos.commands import Align
from firmware_protocol.escpos.tokenizer import Command, Text, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt
from koshelek_driver.printer.rendering.document import render
from koshelek_driver.printer.rendering.layout import Line, pair, rule, title
from koshelek_driver.printer.rendering.text import printable

EPSON = profile.printer("epson-tm-t20iii")
SMALL = profile.printer("generic-escpos-58mm")


def rendered(lines: list[Line], model: profile.PrinterProfile) -> bytes:
    """A whole job."""
    return b"".join(render(lines, model))


def printed(lines: list[Line], model: profile.PrinterProfile) -> list[str]:
    """What an independent printer makes of the job."""
    receipts: list[Receipt] = []
    machine = EscPosEmulator(model.dots, reply=lambda _data: None, finished=receipts.append)
    for token in Tokenizer().feed(rendered(lines, model)):
        machine.execute(token)
    machine.finish()
    return [line for receipt in receipts for line in receipt.lines]


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("Кошелёк — «оплата»…", 'Кошелёк - "оплата"...'),
        ("100\N{NO-BREAK SPACE}₽ №5", "100 руб. №5"),
        ("e\N{COMBINING ACUTE ACCENT}", "?"),
        ("и\N{COMBINING BREVE}", "й"),
        ("😀", "?"),
        ("a\x1bp0\x00b\nc", "a p0 b c"),
    ],
)
def test_characters_that_no_page_has_get_a_substitute(text: str, paper: str) -> None:
    assert printable(text, "cp866") == paper


@given(st.text(max_size=60), st.sampled_from(["cp866", "cp1251", "utf-8"]))
def test_printable_text_holds_no_control_character_and_encodes(text: str, codec: str) -> None:
    plain = printable(text, codec)
    assert not any(unicodedata.category(char) == "Cc" for char in plain)
    assert plain.encode(codec).decode(codec) == plain
    assert printable(plain, codec) == plain


@given(
    st.text("абвгд АБВ012", max_size=50),
    st.text("0123456789abcdef-", min_size=1, max_size=120),
    st.sampled_from([32, 42, 48]),
)
def test_a_pair_fits_the_columns_and_loses_nothing_of_its_value(label: str, value: str, columns: int) -> None:
    lines = pair(label[:columns], value, columns)
    assert all(len(line.text) <= columns for line in lines)
    joined = "".join(line.text.strip() for line in (lines[1:] or lines))
    assert joined.endswith(value)


def test_a_long_number_breaks_where_a_person_would_pause() -> None:
    lines = pair("Оплата №", "0d7c5ba5-0c66-47f5-b117-02b853f562da", 32)
    assert [line.text.strip() for line in lines] == ["Оплата №", "0d7c5ba5-0c66-47f5-b117-", "02b853f562da"]


@given(st.text("абв где", min_size=1, max_size=90), st.booleans())
def test_a_title_fits_the_paper(text: str, large: bool) -> None:
    assert all(len(line.text) <= (24 if large else 48) for line in title(text, 48, large=large))


def test_a_line_knows_how_it_stands_as_text() -> None:
    assert Line("ab", Align.CENTER).as_text(6) == "  ab"
    assert Line("ab", Align.RIGHT).as_text(6) == "    ab"
    assert rule(5)[0].as_text(5) == "-----"


RUSSIAN = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ №-", min_size=1, max_size=32)


@given(st.lists(RUSSIAN, min_size=1, max_size=5), st.sampled_from([EPSON, SMALL]))
def test_russian_comes_out_of_a_printer_as_it_went_in(texts: list[str], model: profile.PrinterProfile) -> None:
    lines = [*(Line(text) for text in texts), Line("!")]
    assert printed(lines, model) == [*(text.rstrip() for text in texts), "!"]


@pytest.mark.scenario(70)
@given(st.text(min_size=1, max_size=40))
def test_no_text_becomes_a_command(text: str) -> None:
    tokens = Tokenizer().feed(rendered([Line(text)], EPSON))
    names = {token.name for token in tokens if isinstance(token, Command)}
    assert names <= {"ESC @", "GS ( D", "GS a", "FS .", "ESC t", "LF", "GS V"}
    assert sum(token == Command("LF") for token in tokens) == 1
    assert all(isinstance(token, Text | Command) for token in tokens)


def test_a_job_starts_from_a_known_state_and_ends_with_the_models_cut() -> None:
    start = bytes.fromhex("1B 40 1C 2E 1B 74 11")
    switches = bytes.fromhex("1D 28 44 05 00 14 01 00 02 00 1D 61 0E")
    assert rendered([], EPSON) == start[:4] + switches + start[4:] + bytes.fromhex("1D 56 42 00")
    assert rendered([], SMALL) == start + bytes.fromhex("1B 64 04")


def test_styles_go_back_after_their_line() -> None:
    tokens = Tokenizer().feed(rendered([Line("A", Align.CENTER, bold=True, large=True), Line("b")], EPSON))
    end_of_first = tokens.index(Command("LF"))
    assert tokens[end_of_first + 1 : end_of_first + 5] == [
        Command("ESC a", b"\x00"),
        Command("ESC E", b"\x00"),
        Command("GS !", b"\x00"),
        Text(b"b"),
    ]


def test_text_that_fits_already_is_not_fitted_again() -> None:
    model = profile.printer("epson-tm-t20iii")
    assert render([Line("Слип 1")], model, is_fitted=True) == render([Line("Слип 1")], model)
    assert render([Line("₽ 1")], model, is_fitted=True) != render([Line("₽ 1")], model)
