"""Text on virtual paper: code pages, looks, places, lines and feeds."""

from __future__ import annotations

import pytest
from PIL import Image

from firmware_protocol.escpos.tokenizer import Command, Unknown
from tests.support.emulated_printer import MARGIN, EmulatedPrinter, same


def lines(data: bytes, dots: int = 120) -> tuple[str, ...]:
    return EmulatedPrinter(dots).lines(data)


def paper(data: bytes) -> Image.Image:
    return EmulatedPrinter().paper(data)


def test_a_line_that_is_too_long_is_broken_and_counted() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"0123456789\n")
    assert (printer.machine.overruns, printer.machine.lines_printed) == (0, 1)
    assert printer.lines(b"0123456789abcdefghijKLM\n") == ("0123456789", "0123456789", "abcdefghij", "KLM")
    assert printer.machine.overruns == 2


def test_a_character_that_is_wider_than_the_paper_is_printed_all_the_same() -> None:
    printer = EmulatedPrinter(dots=12)
    assert printer.lines(b"\x1d!\x10ab\n") == ("a", "b")
    assert printer.machine.overruns == 1


def test_nul_is_passed_over() -> None:
    assert lines(b"a\0b\n") == ("ab",)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\x1bt\x11\x84\x80\n", "ДА"),
        (b"\x1bt\x2e\xc4\xc0\n", "ДА"),
        (b"\x84\x8e\n", "äÄ"),
        (b"\x1bt\xff\x84\n", "ä"),
        (b"\x1bt\x11\x1b@\x84\n", "ä"),
    ],
)
def test_bytes_are_characters_of_the_chosen_page_and_of_cp437_where_there_is_none(data: bytes, line: str) -> None:
    assert lines(data) == (line,)


def test_a_two_byte_mode_makes_one_sign_of_two_bytes_until_it_is_cancelled() -> None:
    assert EmulatedPrinter(two_byte=True).lines(b"A\x84\x80B\n\x1c.\x84\n") == ("A□B", "ä")
    assert lines(b"\x1c&\x84\x80\x85\n") == ("□□",)
    assert lines(b"\x1c&\x7f\x80\x80\n") == ("\x7f□",)


@pytest.mark.parametrize(
    ("bits", "commands"),
    [
        (0x00, b""),
        (0x01, b"\x1bM\x01"),
        (0x08, b"\x1bE\x01"),
        (0x08, b"\x1bG\x01"),
        (0x10, b"\x1d!\x01"),
        (0x20, b"\x1d!\x10"),
        (0x80, b"\x1b-\x01"),
        (0xB9, b"\x1bM1\x1bE\x01\x1d!\x11\x1b-1"),
    ],
)
def test_the_bits_of_the_print_mode_are_the_looks_of_the_other_commands(bits: int, commands: bytes) -> None:
    plain = paper(b"Ag\n")
    shown = paper(b"\x1b!" + bytes([bits]) + b"Ag\n")
    assert same(shown, paper(commands + b"Ag\n"))
    assert same(shown, plain) is (bits == 0)


@pytest.mark.parametrize("on", [b"\x1bE\x01", b"\x1bG\x01", b"\x1b-\x02", b"\x1br\x01", b"\x1dB\x01", b"\x1d!\x11"])
def test_a_look_lasts_until_its_own_command_ends_it(on: bytes) -> None:
    off = on[:2] + b"\0"
    assert same(paper(on + off + b"Ag\n"), paper(b"Ag\n"))
    assert not same(paper(on + b"Ag\n"), paper(b"Ag\n"))


@pytest.mark.parametrize("letter", ["-", "r"])
def test_a_look_may_be_chosen_by_a_digit_in_ascii(letter: str) -> None:
    lead = b"\x1b" + letter.encode()
    assert same(paper(lead + b"1Ag\n"), paper(lead + b"\x01Ag\n"))
    assert same(paper(lead + b"1" + lead + b"0Ag\n"), paper(b"Ag\n"))


def test_a_model_starts_in_its_own_page_0() -> None:
    assert EmulatedPrinter(code_pages={0: "cp866"}).lines(b"\x84\x80\n") == ("ДА",)


def test_the_second_colour_is_grey_and_inverse_is_white_on_black() -> None:
    assert set(paper(b"\x1br\x01H\n").tobytes()) == {110, 255}
    inverse = paper(b"\x1dB\x01H\n").crop((0, 6, 12, 30))
    plain = paper(b"H\n").crop((0, 6, 12, 30))
    assert same(inverse, plain.point([255 - level for level in range(256)]))


def test_a_size_multiplies_a_character_both_ways() -> None:
    small = paper(b"H\n").crop((0, 6, 12, 30))
    large = paper(b"\x1d!\x23H\n").crop((0, 0, 36, 96))
    assert same(large, small.resize((36, 96), Image.Resampling.NEAREST))


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (b"\x1ba\x00", "ab"),
        (b"\x1ba\x01", "    ab"),
        (b"\x1ba\x02", "        ab"),
        (b"\x1ba0", "ab"),
        (b"\x1ba1", "    ab"),
        (b"\x1ba2", "        ab"),
        (b"\x1ba\x02\x1ba\x03", "        ab"),
        (b"\x1dL\x18\x00", "  ab"),
        (b"\x1dL\x18\x00\x1ba\x02", "        ab"),
        (b"\x1dW\x30\x00\x1ba\x02", "  ab"),
        (b"\x1b$\x30\x00", "    ab"),
        (b"\x1b$\x30\x00\x1b\\\xe8\xff", "  ab"),
        (b"\x1b\\\xe8\xff", "ab"),
    ],
)
def test_a_line_begins_where_it_is_put(command: bytes, line: str) -> None:
    assert lines(command + b"ab\n") == (line,)


@pytest.mark.parametrize("command", [b"\x1ba\x02", b"\x1dL\x18\x00", b"\x1dW\x18\x00", b"\x1b{\x01"])
def test_in_the_middle_of_a_line_it_is_too_late_for_that(command: bytes) -> None:
    assert same(paper(b"a" + command + b"bcd\n"), paper(b"abcd\n"))


def test_the_printing_area_is_between_the_margins() -> None:
    assert lines(b"\x1dL\x18\x00\x1dW\x30\x00abcdef\n") == ("  abcd", "  ef")
    assert lines(b"\x1dL\x60\x00\x1dW\xff\x00abcd\n") == ("        ab", "        cd")


def test_text_stands_apart_as_far_as_its_dots() -> None:
    assert lines(b"a\x1b$\x48\x00b\x1b\\\x18\x00c\n") == ("a     b  c",)


def test_an_upside_down_line_is_turned_by_half() -> None:
    upright, turned = paper(b"Ag\n"), paper(b"\x1b{\x01Ag\n")
    assert same(turned, upright.transpose(Image.Transpose.ROTATE_180))
    assert not same(turned, upright)


@pytest.mark.parametrize(
    ("data", "height"),
    [
        (b"a\n", 30),
        (b"\x1b3\x3ca\n", 60),
        (b"\x1b3\x3c\x1b2a\n", 30),
        (b"\x1b3\x00a\n", 24),
        (b"\x1d!\x01a\n", 48),
        (b"a\n\x1bd\x03", 120),
        (b"\x1b3\x28a\n\x1bd\x03", 160),
        (b"a\n\x1bJ\x07", 37),
        (b"a\x1bJ\x00", 30),
        (b"a\x1bd\x00", 30),
        (b"a", 30),
    ],
)
def test_lines_and_feeds_have_their_heights(data: bytes, height: int) -> None:
    receipt = EmulatedPrinter().receipt(data)
    assert receipt.lines == ("a",)
    assert receipt.picture.size == (120 + 2 * MARGIN, height + 2 * MARGIN)


def test_a_small_and_a_large_character_stand_on_one_line_below() -> None:
    shown = paper(b"H\x1d!\x01H\n")
    assert same(shown.crop((0, 24, 12, 48)), paper(b"H\n").crop((0, 6, 12, 30)))


def test_parameters_that_are_too_short_and_what_no_table_knows_change_nothing() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"a")
    for token in (Command("ESC a"), Command("GS !"), Command("ESC ?", b"\x01"), Unknown(b"\x1b\xff")):
        printer.machine.execute(token)
    assert printer.lines(b"b\n") == ("ab",)


def test_another_size_of_characters_makes_other_lines() -> None:
    printer = EmulatedPrinter(faces=((24, 24), (10, 17)))
    assert printer.lines(b"abcdef\n\x1bM\x01abcdef\n") == ("abcde", "f", "abcdef")


def test_fed_paper_is_white() -> None:
    shown = paper(b"a\n\x1bJ\x40")
    assert shown.crop((0, 30, 120, 94)).getextrema() == (255, 255)


def test_an_underline_is_as_wide_as_its_letters() -> None:
    line = paper(b"\x1b-\x01aa\n").crop((0, 28, 120, 29))
    assert line.point([255 - level for level in range(256)]).getbbox() == (0, 0, 24, 1)
