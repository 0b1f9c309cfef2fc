"""Bar codes as an application asks for them: refused, by the printer's own command, or drawn; each as wide as it is."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import zxingcpp
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]
from qrcode.util import BIT_LIMIT_TABLE  # type: ignore[import-untyped]

from firmware_protocol.escpos import barcodes
from firmware_protocol.escpos.barcodes import Barcode, BarcodeLook, QrLevel, Text
from koshelek_driver.config import profile
from koshelek_driver.printer.rendering import bar_codes
from koshelek_driver.printer.rendering.bar_codes import (
    CENTER,
    LEFT,
    RIGHT,
    Order,
    drawn,
    from_attributes,
    native,
    order,
)
from koshelek_driver.printer.rendering.capabilities import Capabilities, capabilities_of
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import BarCodeSymbology as Kind
from koshelek_driver.upos.printer_codes import Station
from tests.support.emulated_printer import EmulatedPrinter

ALL = msgspec.structs.replace(
    profile.printer("epson-tm-t88v"),
    bar_codes=(*profile.printer("epson-tm-t88v").bar_codes, "data_matrix"),
)
NONE, BELOW = -11, -13
ROOM = 512


def able() -> Capabilities:
    found = capabilities_of(ALL, Station.RECEIPT)
    assert found is not None
    return found


def wanted(kind: Kind, data: str, width: int = 1, height: int = 50, text: int = NONE) -> Order:
    return Order(data, kind, height, width, LEFT, text)


def refused(act: Callable[[], object]) -> UposError:
    with pytest.raises(UposError) as caught:
        act()
    assert caught.value.error_code is ErrorCode.E_ILLEGAL
    return caught.value


# -- What is asked for ---------------------------------------------------------------------------------------------


def test_an_order_may_have_the_smallest_size_and_every_place() -> None:
    for align in (RIGHT, CENTER, LEFT, 0, 5000):
        for text in (NONE, -12, BELOW):
            assert order("12", int(Kind.ITF), (1, 1), align, text) == Order("12", Kind.ITF, 1, 1, align, text)


@pytest.mark.parametrize(
    ("symbology", "size", "align", "text", "what"),
    [
        (100, (1, 1), LEFT, NONE, "bar code symbology 100 is unknown"),
        (107, (0, 1), LEFT, NONE, "bar code of 0 x 1 dots, alignment -1, text position -11"),
        (107, (1, 0), LEFT, NONE, "bar code of 1 x 0 dots"),
        (107, (1, 1), -4, NONE, "alignment -4"),
        (107, (1, 1), LEFT, -10, "text position -10"),
        (107, (1, 1), LEFT, -14, "text position -14"),
    ],
)
def test_an_order_that_cannot_be_is_named(
    symbology: int, size: tuple[int, int], align: int, text: int, what: str
) -> None:
    assert what in refused(lambda: order("12", symbology, size, align, text)).what


def test_attributes_in_the_text_are_an_order() -> None:
    made = from_attributes("s104h60w300a-2t-12d4006381333931e", lambda units: 2 * units)
    assert made == Order("4006381333931", Kind.EAN13, 120, 600, CENTER, -12)


def test_attributes_that_are_missing_have_their_defaults() -> None:
    made = from_attributes("s108dEe", lambda units: units)
    assert made == Order("E", Kind.CODE39, 100, 200, LEFT, BELOW)


@pytest.mark.parametrize("text", ["", "s108", "s108dx", "x1dxe", "s108h-dxe", "s1234567890dxe"])
def test_attributes_that_make_no_sense_are_named(text: str) -> None:
    assert refused(lambda: from_attributes(text, lambda units: units)).what == "the attributes of a bar code"


@pytest.mark.parametrize(("align", "x"), [(LEFT, 0), (CENTER, 30), (RIGHT, 60), (0, 0), (17, 17)])
def test_a_bar_code_begins_at_its_place(align: int, x: int) -> None:
    assert bar_codes.place(align, 40, 100) == x


# -- By the printer's own command ----------------------------------------------------------------------------------

# Modules by hand: EAN 13 has 3 + 42 + 5 + 42 + 3; Code 39 sixteen a sign with both stars; ITF nine a digit and nine more;
# Codabar at most fourteen a sign; Code 93 nine a sign with start, two check signs and stop, and a bar; Code 128 eleven a
# code with its start and its check sign, and thirteen for the stop.
MODULES = [
    (Kind.UPCA, "036000291452", 95),
    (Kind.UPCE, "0123456", 51),
    (Kind.EAN8, "46012340", 67),
    (Kind.EAN13, "4601234567893", 95),
    (Kind.CODE39, "AB", 64),
    (Kind.ITF, "1234", 45),
    (Kind.CODABAR, "A12B", 56),
    (Kind.CODE93, "AB", 55),
    (Kind.CODE128, "AB", 57),
    (Kind.CODE128, "1234", 57),
    (Kind.CODE128, "A{", 57),
    (Kind.CODE128_PARSED, "{BAB", 57),
    (Kind.GS1128, "(10)AB", 90),
    (Kind.QRCODE, "A", 21),
    (Kind.PDF417, "A", 86),
    (Kind.DATAMATRIX, "A", 10),
]


@pytest.mark.parametrize(("kind", "data", "modules"), MODULES)
def test_the_largest_module_that_keeps_the_width_is_chosen(kind: Kind, data: str, modules: int) -> None:
    for module in (2, 3, 4):
        for width in (modules * module, modules * (module + 1) - 1):
            made = native(wanted(kind, data, width), able(), ROOM)
            assert made is not None
            assert made.width == modules * module


@pytest.mark.parametrize(("kind", "data", "modules"), MODULES)
def test_a_width_that_is_too_small_gives_the_smallest_that_the_printer_has(kind: Kind, data: str, modules: int) -> None:
    smallest = modules * (1 if kind is Kind.QRCODE else 2)
    made = native(wanted(kind, data, 1), able(), smallest)
    assert made is not None
    assert made.width == smallest
    problem = refused(lambda: native(wanted(kind, data, 1), able(), smallest - 1))
    assert problem.what == f"the {kind.name} takes {smallest} dots, the paper has {smallest - 1}"


@pytest.mark.parametrize(
    ("kind", "data", "most"),
    [(Kind.EAN8, "46012340", 6), (Kind.QRCODE, "A", 16), (Kind.PDF417, "A", 8), (Kind.DATAMATRIX, "A", 16)],
)
def test_a_module_is_as_large_as_the_command_allows_and_no_larger(kind: Kind, data: str, most: int) -> None:
    made = native(wanted(kind, data, 10_000), able(), 10_000)
    modules = next(modules for each, _, modules in MODULES if each is kind)
    assert made is not None
    assert made.width == modules * most


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (Kind.UPCA, "036000291452", "0036000291452"),
        (Kind.UPCE, "0123456", "0012345000065"),
        (Kind.EAN8, "46012340", "46012340"),
        (Kind.EAN13, "4601234567893", "4601234567893"),
        (Kind.CODE39, "AB", "AB"),
        (Kind.ITF, "12345678", "12345678"),
        (Kind.CODE93, "AB", "AB"),
        (Kind.CODE128, "AB", "AB"),
        (Kind.CODE128, "A{1234", "A{1234"),
        (Kind.CODE128_PARSED, "{BAB", "AB"),
        (Kind.QRCODE, "Молоко", "Молоко"),
        (Kind.DATAMATRIX, "A", "A"),
    ],
)
def test_it_is_read_back_from_paper(kind: Kind, data: str, text: str) -> None:
    made = native(wanted(kind, data, 200), able(), ROOM)
    assert made is not None
    (found,) = zxingcpp.read_barcodes(EmulatedPrinter(ROOM).receipt(made.command).picture)
    assert found.text == text


def test_the_height_and_the_digits_are_those_of_the_order() -> None:
    for height, sent in ((1, 1), (255, 255), (256, 255)):
        for text, position in ((NONE, Text.NONE), (-12, Text.ABOVE), (BELOW, Text.BELOW)):
            made = native(wanted(Kind.CODE39, "A", 96, height, text), able(), ROOM)
            assert made is not None
            assert made.command == barcodes.barcode(Barcode.CODE39, b"A", BarcodeLook(sent, 2, position))


def test_brackets_around_identifiers_are_for_people_only() -> None:
    made = native(wanted(Kind.GS1128, "(10)AB", 300), able(), ROOM)
    assert made is not None
    assert made.command == barcodes.gs1_128(b"10AB", BarcodeLook(50, 3, Text.NONE))


@pytest.mark.parametrize(
    ("size", "modules"), [(14, 21), (15, 25), (26, 25), (27, 29), (122, 45), (123, 49), (2331, 177)]
)
def test_a_qr_code_is_of_the_smallest_version_that_holds_the_bytes(size: int, modules: int) -> None:
    made = native(wanted(Kind.QRCODE, "x" * size, 1), able(), ROOM)
    assert made is not None
    assert made.width == modules
    assert made.command == barcodes.qr_code(b"x" * size, module_dots=1, level=QrLevel.M)


@pytest.mark.parametrize("version", range(1, 41))
def test_a_version_of_a_qr_code_holds_what_another_library_says(version: int) -> None:
    bits = BIT_LIMIT_TABLE[ERROR_CORRECT_M][version]
    size = (bits - 4 - (8 if version < 10 else 16)) // 8
    made = native(wanted(Kind.QRCODE, "x" * size, 1), able(), ROOM)
    assert made is not None
    assert made.width == 17 + 4 * version
    if version < 40:
        larger = native(wanted(Kind.QRCODE, "x" * (size + 1), 1), able(), ROOM)
        assert larger is not None
        assert larger.width == 17 + 4 * version + 4


def test_a_qr_code_holds_2331_bytes() -> None:
    assert refused(lambda: native(wanted(Kind.QRCODE, "x" * 2332), able(), ROOM)).what == (
        "2332 bytes do not fit into a QR code"
    )


def test_letters_of_two_bytes_count_twice_in_a_qr_code() -> None:
    made = native(wanted(Kind.QRCODE, "ж" * 8), able(), ROOM)
    assert made is not None
    assert made.width == 25


@pytest.mark.parametrize(("size", "columns"), [(1, 1), (4, 1), (5, 2), (18, 3), (200, 10), (1799, 30), (1900, 30)])
def test_a_pdf417_has_more_columns_the_more_bytes_it_holds(size: int, columns: int) -> None:
    made = native(wanted(Kind.PDF417, "x" * size), able(), 10_000)
    assert made is not None
    assert made.width == 2 * (69 + 17 * columns)
    assert made.command == barcodes.pdf417(b"x" * size, module_dots=2, columns=columns)


@pytest.mark.parametrize(("data", "side"), [("xxx", 10), ("xxxx", 12), ("xxxж", 14), ("x" * 696, 96)])
def test_a_data_matrix_is_of_the_smallest_size_that_holds_the_codewords(data: str, side: int) -> None:
    made = native(wanted(Kind.DATAMATRIX, data), able(), ROOM)
    assert made is not None
    assert made.width == 2 * side


# ISO/IEC 16022, table of sizes: data codewords of the square symbols, and their modules a side.
DATA_MATRIX = {
    3: 10, 5: 12, 8: 14, 12: 16, 18: 18, 22: 20, 30: 22, 36: 24, 44: 26, 62: 32, 86: 36, 114: 40, 144: 44, 174: 48,
    204: 52, 280: 64, 368: 72, 456: 80, 576: 88, 696: 96,
}  # fmt: skip


@pytest.mark.parametrize(("codewords", "side"), DATA_MATRIX.items())
def test_a_size_of_a_data_matrix_holds_what_the_standard_says(codewords: int, side: int) -> None:
    made = native(wanted(Kind.DATAMATRIX, "x" * codewords), able(), ROOM)
    assert made is not None
    assert made.width == 2 * side
    before = max((each for each in DATA_MATRIX if each < codewords), default=0)
    smallest = native(wanted(Kind.DATAMATRIX, "x" * (before + 1)), able(), ROOM)
    assert smallest is not None
    assert smallest.width == 2 * side


def test_a_data_matrix_holds_696_codewords() -> None:
    problem = refused(lambda: native(wanted(Kind.DATAMATRIX, "x" * 697), able(), ROOM))
    assert problem.what == "697 bytes do not fit into a DataMatrix"


@pytest.mark.parametrize(
    ("kind", "data"),
    [(Kind.EAN13, "460123456789x"), (Kind.EAN13, "Ж"), (Kind.CODE128_PARSED, "AB"), (Kind.GS1128, "x")],
)
def test_data_that_a_symbology_cannot_hold_are_refused(kind: Kind, data: str) -> None:
    assert refused(lambda: native(wanted(kind, data), able(), ROOM)).what == f"{kind.name} cannot hold these data"


@pytest.mark.parametrize("kind", [Kind.EAN13, Kind.QRCODE, Kind.AZTEC, Kind.OCRA])
def test_a_printer_that_has_no_such_symbol_has_no_command(kind: Kind) -> None:
    bare = capabilities_of(msgspec.structs.replace(ALL, bar_codes=()), Station.RECEIPT)
    assert bare is not None
    assert native(wanted(kind, "4601234567893"), bare, ROOM) is None


# -- Drawn here ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "width", "size"),
    [
        (Kind.EAN13, "4601234567893", 190, (190, 50)),
        (Kind.EAN13, "4601234567893", 284, (190, 50)),
        (Kind.EAN13, "4601234567893", 1, (95, 50)),
        (Kind.EAN13, "4601234567893", 10_000, (475, 50)),
        (Kind.QRCODE, "A", 63, (63, 63)),
        (Kind.AZTEC, "A", 45, (45, 45)),
    ],
)
def test_a_drawn_symbol_is_as_wide_as_whole_modules_allow(
    kind: Kind, data: str, width: int, size: tuple[int, int]
) -> None:
    assert drawn(wanted(kind, data, width), ROOM).size == size


@pytest.mark.parametrize(
    ("kind", "data"), [(Kind.EAN13, "4601234567893"), (Kind.QRCODE, "A1"), (Kind.AZTEC, "A1"), (Kind.PDF417, "A1")]
)
def test_a_drawn_symbol_is_read_back(kind: Kind, data: str) -> None:
    picture = drawn(wanted(kind, data, 400), ROOM)
    (found,) = zxingcpp.read_barcodes(picture.resize((picture.width * 2, picture.height * 2)), is_pure=True)
    assert found.text == data


def test_what_nothing_draws_is_named() -> None:
    problem = refused(lambda: drawn(wanted(Kind.OCRA, "A"), ROOM))
    assert (problem.what, problem.remedy) == ("this printer has no OCRA", "use another symbology")


@pytest.mark.parametrize("missing", ["PIL", "zxingcpp"])
def test_what_draws_may_be_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    problem = refused(lambda: drawn(wanted(Kind.EAN13, "4601234567893"), ROOM))
    assert problem.what == "this printer has no EAN13"
    assert "koshelek-driver[drawn]" in problem.remedy


def test_data_that_cannot_be_drawn_are_refused() -> None:
    assert refused(lambda: drawn(wanted(Kind.EAN13, "x"), ROOM)).what == "EAN13 cannot hold these data"
