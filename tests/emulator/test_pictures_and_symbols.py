"""Dots and bar codes on virtual paper, and what leaves none."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image

from tests.support.emulated_printer import EmulatedPrinter, same

WIDE = 576
EAN = b"\x1dk\x43\x0d4601234567893"
WRONG_EAN = b"\x1dk\x43\x0d4601234567890"


def paper(data: bytes) -> Image.Image:
    return EmulatedPrinter().paper(data)


def word(value: int) -> bytes:
    return value.to_bytes(2, "little")


def raster(mode: int, width_bytes: int, rows: bytes) -> bytes:
    return b"\x1dv0" + bytes([mode]) + word(width_bytes) + word(len(rows) // max(1, width_bytes)) + rows


def dots(*rows: str) -> Image.Image:
    """A band as wide as the paper; `#` is black."""
    band = Image.new("L", (120, len(rows)), 255)
    for y, row in enumerate(rows):
        for x, dot in enumerate(row):
            band.putpixel((x, y), 0 if dot == "#" else 255)
    return band


def test_a_raster_picture_is_its_bits() -> None:
    shown = paper(raster(0, 1, b"\x81\x7e"))
    assert same(shown, dots("#......#", ".######."))


@pytest.mark.parametrize(
    ("mode", "size"), [(0, (8, 2)), (1, (16, 2)), (2, (8, 4)), (3, (16, 4)), (48, (8, 2)), (51, (16, 4))]
)
def test_a_raster_picture_is_doubled_across_and_down(mode: int, size: tuple[int, int]) -> None:
    printer = EmulatedPrinter()
    receipt = printer.receipt(raster(mode, 1, b"\x80\x80"))
    assert receipt.lines == (f"[picture {size[0]}x{size[1]}]",)
    shown = paper(raster(mode, 1, b"\x80\x80"))
    assert same(shown, dots(*["#" * (size[0] // 8)] * size[1]))


@pytest.mark.parametrize("nothing", [b"\x1dv0\x00\x00\x00\x05\x00", b"\x1dv0\x00\x05\x00\x00\x00"])
def test_a_picture_without_dots_is_none(nothing: bytes) -> None:
    assert EmulatedPrinter().lines(nothing + b"a\n") == ("a",)


def test_a_picture_stands_where_a_line_would() -> None:
    picture = raster(0, 1, b"\xff")
    assert same(paper(b"\x1ba\x01" + picture), dots("." * 56 + "#" * 8))
    assert same(paper(b"\x1ba\x02" + picture), dots("." * 112 + "#" * 8))
    assert same(paper(b"\x1dL\x10\x00" + picture), dots("." * 16 + "#" * 8))
    assert same(paper(b"\x1b$\x07\x00" + picture + picture), dots("." * 7 + "#" * 8, "#" * 8))


def test_a_picture_wider_than_the_paper_is_cut_off() -> None:
    assert same(paper(raster(0, 20, b"\xff" * 20)), dots("#" * 120))


def test_a_strip_is_columns_of_24_dots_and_is_printed_by_the_line_feed() -> None:
    strip = b"\x1b*\x21\x02\x00\x80\x00\x01\x00\x00\x00"
    shown = paper(strip + b"\n")
    assert same(shown, dots("#", *[""] * 22, "#"))
    assert EmulatedPrinter().lines(strip + b"\n" + b"a\n") == ("[picture 2x24]", "a")
    assert same(paper(b"\x1b*\x20" + strip[3:] + b"\n"), shown)


def test_every_column_of_a_strip_is_printed() -> None:
    strip = b"\x1b*\x21\x04\x00" + b"\x80\x00\x00" * 4
    assert same(paper(strip + b"\n"), dots("####", *[""] * 23))


def test_a_strip_of_another_density_is_passed_over() -> None:
    assert EmulatedPrinter().lines(b"\x1b*\x00\x02\x00\xff\xffa\n") == ("a",)


def stored(width: int, rows: int, data: bytes, lead: bytes = b"\x1d(L") -> bytes:
    body = b"\x30\x70\x30\x01\x01\x31" + word(width) + word(rows) + data
    return lead + len(body).to_bytes(4 if lead == b"\x1d8L" else 2, "little") + body


SHOW = b"\x1d(L\x02\x00\x30\x32"


@pytest.mark.parametrize("lead", [b"\x1d(L", b"\x1d8L"])
@pytest.mark.parametrize("show", [SHOW, b"\x1d(L\x02\x00\x30\x02"])
def test_a_stored_picture_is_printed_once(lead: bytes, show: bytes) -> None:
    picture = stored(5, 2, b"\xf8\x88", lead)
    assert same(paper(picture + show), dots("#####", "#...#"))
    assert EmulatedPrinter().lines(picture + show + show) == ("[picture 8x2]",)


def test_a_stored_picture_has_whole_bytes_a_row() -> None:
    assert same(paper(stored(8, 2, b"\x81\x7e") + SHOW), dots("#......#", ".######."))
    assert same(paper(stored(9, 1, b"\x81\x80") + SHOW), dots("#......##"))


@pytest.mark.parametrize(
    "broken", [stored(8, 3, b"\xff\xff"), stored(0, 2, b"\xff"), stored(8, 0, b"\xff"), b"\x1d(L\x01\x00\x30"]
)
def test_a_picture_that_is_not_whole_is_not_stored(broken: bytes) -> None:
    assert EmulatedPrinter().lines(broken + SHOW + b"a\n") == ("a",)


def test_a_broken_picture_takes_the_place_of_the_one_before() -> None:
    assert EmulatedPrinter().lines(stored(8, 1, b"\xff") + stored(8, 2, b"\xff") + SHOW + b"a\n") == ("a",)


@pytest.mark.parametrize(
    ("digits", "lines"),
    [
        (b"\x00", ("[EAN13: 4601234567893]",)),
        (b"\x01", ("4601234567893", "[EAN13: 4601234567893]")),
        (b"\x02", ("[EAN13: 4601234567893]", "4601234567893")),
        (b"3", ("4601234567893", "[EAN13: 4601234567893]", "4601234567893")),
    ],
)
def test_a_bar_code_has_its_digits_above_and_below(digits: bytes, lines: tuple[str, ...]) -> None:
    printer = EmulatedPrinter(WIDE)
    receipt = printer.receipt(b"\x1dH" + digits + EAN)
    assert receipt.lines == lines
    (found,) = zxingcpp.read_barcodes(receipt.picture)
    assert found.text == "4601234567893"


def test_the_digits_stand_where_the_bars_do() -> None:
    printer = EmulatedPrinter(WIDE)
    right = printer.paper(b"\x1dh\x01\x1dw\x01\x1dH\x02\x1b$\xf4\x01" + b"\x1dk\x44\x0846012340")
    bars, below = right.crop((0, 0, WIDE, 1)), right.crop((0, 1, WIDE, 25))
    ink = bars.point([255 - level for level in range(256)]).getbbox()
    digits = below.point([255 - level for level in range(256)]).getbbox()
    assert ink is not None
    assert digits is not None
    assert ink[0] == 500
    assert 500 <= digits[0] < 512


@pytest.mark.parametrize(
    ("command", "bars"),
    [
        (b"\x1dh\x32", (67 * 3, 50)),
        (b"\x1dh\x00", (67 * 3, 1)),
        (b"", (67 * 3, 162)),
        (b"\x1dw\x02", (67 * 2, 162)),
        (b"\x1dw\x00", (67, 162)),
        (b"\x1dw\x09", (67 * 6, 162)),
    ],
)
def test_a_bar_code_has_the_chosen_height_and_modules(command: bytes, bars: tuple[int, int]) -> None:
    shown = EmulatedPrinter(WIDE).paper(command + b"\x1dk\x44\x0846012340")
    box = shown.point([255 - level for level in range(256)]).getbbox()
    assert box == (0, 0, *bars)


@pytest.mark.parametrize(
    ("number", "data", "line"),
    [
        (65, b"036000291452", "[UPCA: 036000291452]"),
        (66, b"01234565", "[UPCE: 01234565]"),
        (67, b"4601234567893", "[EAN13: 4601234567893]"),
        (68, b"46012340", "[EAN8: 46012340]"),
        (69, b"AB", "[Code39: AB]"),
        (70, b"1234", "[ITF: 1234]"),
        (71, b"A12B", "[Codabar: A12B]"),
        (72, b"AB", "[Code93: AB]"),
        (73, b"{BAB", "[Code128: AB]"),
        (79, b"AB", "[Code128: AB]"),
    ],
)
def test_a_bar_code_has_the_symbology_of_its_number(number: int, data: bytes, line: str) -> None:
    assert EmulatedPrinter(WIDE).lines(b"\x1dk" + bytes([number, len(data)]) + data) == (line,)
    if number <= 71:
        assert EmulatedPrinter(WIDE).lines(b"\x1dk" + bytes([number - 65]) + data + b"\0") == (line,)


def test_the_digits_are_letters_of_font_a() -> None:
    shown = EmulatedPrinter(WIDE).paper(b"\x1dh\x01\x1dH\x02\x1bM\x01\x1dk\x44\x0846012340")
    line = EmulatedPrinter(WIDE).paper(b"\x1b3\x1846012340\n")
    assert same(shown.crop((0, 1, WIDE, 25)), line)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (b"\x1dk\x024601234567893\x00", "[EAN13: 4601234567893]"),
        (b"\x1dk\x04ORDER-42\x00", "[Code39: ORDER-42]"),
        (b"\x1dk\x45\x08ORDER-42", "[Code39: ORDER-42]"),
        (b"\x1dk\x49\x0a{BNo{C\x0c\x22{B", "[Code128: No1234]"),
        (b"\x1dk\x49\x06{B{{ab", "[Code128: {ab]"),
        (b"\x1dk\x49\x04{AAB", "[Code128: AB]"),
    ],
)
def test_a_bar_code_is_told_by_its_number_in_both_forms(command: bytes, line: str) -> None:
    assert EmulatedPrinter(WIDE).lines(command) == (line,)


@pytest.mark.parametrize("command", [WRONG_EAN, b"\x1dk\x50\x02AB", b"\x1d(k\x04\x00\x33P0A\x1d(k\x03\x00\x33Q0"])
def test_a_symbol_that_cannot_be_is_not_printed(command: bytes) -> None:
    assert EmulatedPrinter(WIDE).lines(command + b"a\n") == ("a",)


def test_a_symbol_that_is_wider_than_the_room_is_not_printed() -> None:
    assert EmulatedPrinter(67 * 3).lines(b"\x1dk\x44\x0846012340a\n") == ("[EAN8: 46012340]", "a")
    assert EmulatedPrinter(67 * 3 - 1).lines(b"\x1dk\x44\x0846012340a\n") == ("a",)


@pytest.mark.parametrize(("family", "name"), [(48, "PDF417"), (49, "QRCode"), (54, "DataMatrix")])
def test_a_two_dimensional_symbol_is_stored_and_printed(family: int, name: str) -> None:
    lead = bytes([family])
    store, show = b"\x1d(k\x06\x00" + lead + b"P0ABC", b"\x1d(k\x03\x00" + lead + b"Q0"
    assert EmulatedPrinter(WIDE).lines(store + b"\x1dH\x02" + show + show) == (f"[{name}: ABC]",) * 2
    (found,) = zxingcpp.read_barcodes(EmulatedPrinter(WIDE).receipt(store + show).picture)
    assert found.text == "ABC"


def test_nothing_that_was_not_stored_is_printed() -> None:
    other = b"\x1d(k\x04\x00\x31P0A"
    assert EmulatedPrinter(WIDE).lines(other + b"\x1d(k\x03\x00\x30Q0" + b"a\n") == ("a",)


@pytest.mark.parametrize(("chosen", "module"), [(4, 4), (0, 1)])
def test_the_modules_of_a_symbol_have_the_chosen_size(chosen: int, module: int) -> None:
    size = b"\x1d(k\x03\x00\x31C" + bytes([chosen])
    shown = EmulatedPrinter(WIDE).paper(size + b"\x1d(k\x04\x00\x31P0A\x1d(k\x03\x00\x31Q0")
    box = shown.point([255 - level for level in range(256)]).getbbox()
    assert box == (0, 0, 21 * module, 21 * module)
