"""One literal from the manual for each command, in both directions."""

from __future__ import annotations

import pytest

from firmware_protocol.errors import FrameError
from firmware_protocol.escpos import barcodes, commands, positioning
from firmware_protocol.escpos.barcodes import Barcode, BarcodeLook, QrLevel
from firmware_protocol.escpos.commands import Align
from firmware_protocol.escpos.tokenizer import Command, Tokenizer

LITERALS = [
    (commands.INITIALIZE, "1B 40", Command("ESC @")),
    (commands.CANCEL_TWO_BYTE_MODE, "1C 2E", Command("FS .")),
    (commands.code_page(17), "1B 74 11", Command("ESC t", b"\x11")),
    (commands.align(Align.CENTER), "1B 61 01", Command("ESC a", b"\x01")),
    (commands.bold(True), "1B 45 01", Command("ESC E", b"\x01")),
    (commands.size(2, 3), "1D 21 12", Command("GS !", b"\x12")),
    (commands.feed(4), "1B 64 04", Command("ESC d", b"\x04")),
    (commands.cut(partial=False), "1D 56 41 00", Command("GS V", b"A\x00")),
    (commands.cut(partial=True), "1D 56 42 00", Command("GS V", b"B\x00")),
    (commands.drawer_pulse(commands.Drawer.PIN_2), "1B 70 00 19 FA", Command("ESC p", b"\x00\x19\xfa")),
    (commands.PAPER_STATUS, "1D 72 01", Command("GS r", b"\x01")),
    (commands.real_time_status(4), "10 04 04", Command("DLE EOT", b"\x04")),
    (commands.automatic_status(255), "1D 61 FF", Command("GS a", b"\xff")),
    (commands.CLEAR_BUFFERS, "10 14 08 01 03 14 01 06 02 08", Command("DLE DC4", b"\x08\x01\x03\x14\x01\x06\x02\x08")),
    (commands.NO_REAL_TIME_PULSES, "1D 28 44 05 00 14 01 00 02 00", Command("GS ( D", b"\x05\x00\x14\x01\x00\x02\x00")),
    (
        commands.raster(1, b"\xaa\x55"),
        "1D 76 30 00 01 00 02 00 AA 55",
        Command("GS v 0", b"\x00\x01\x00\x02\x00\xaa\x55"),
    ),
    (commands.cut_here(partial=False), "1D 56 30", Command("GS V", b"0")),
    (commands.cut_here(partial=True), "1D 56 31", Command("GS V", b"1")),
    (commands.drawer_pulse(commands.Drawer.PIN_5), "1B 70 01 19 FA", Command("ESC p", b"\x01\x19\xfa")),
    (commands.motion_units(180, 180), "1D 50 B4 B4", Command("GS P", b"\xb4\xb4")),
    (commands.station(4), "1B 63 30 04", Command("ESC c 0", b"\x04")),
    (commands.to_mark(66), "1C 28 4C 02 00 42 30", Command("FS ( L", b"\x02\x00B0")),
    (positioning.second_colour(True), "1B 72 01", Command("ESC r", b"\x01")),
    (positioning.reverse_feed(2), "1B 65 02", Command("ESC e", b"\x02")),
    (positioning.font(1), "1B 4D 01", Command("ESC M", b"\x01")),
    (positioning.underline(2), "1B 2D 02", Command("ESC -", b"\x02")),
    (positioning.inverse(True), "1D 42 01", Command("GS B", b"\x01")),
    (positioning.upside_down(True), "1B 7B 01", Command("ESC {", b"\x01")),
    (positioning.rotated(True), "1B 56 01", Command("ESC V", b"\x01")),
    (positioning.line_spacing(24), "1B 33 18", Command("ESC 3", b"\x18")),
    (positioning.feed(200), "1B 4A C8", Command("ESC J", b"\xc8")),
    (positioning.to_column(300), "1B 24 2C 01", Command("ESC $", b"\x2c\x01")),
    (positioning.by_columns(-2), "1B 5C FE FF", Command("ESC \\", b"\xfe\xff")),
    (positioning.left_margin(16), "1D 4C 10 00", Command("GS L", b"\x10\x00")),
    (positioning.area_width(512), "1D 57 00 02", Command("GS W", b"\x00\x02")),
    (positioning.ENTER_PAGE_MODE, "1B 4C", Command("ESC L")),
    (
        positioning.page_area(0, 1, 512, 2),
        "1B 57 00 00 01 00 00 02 02 00",
        Command("ESC W", b"\x00\x00\x01\x00\x00\x02\x02\x00"),
    ),
    (positioning.page_direction(positioning.Direction.TOP_TO_BOTTOM), "1B 54 03", Command("ESC T", b"\x03")),
    (positioning.to_row(48), "1D 24 30 00", Command("GS $", b"\x30\x00")),
    (positioning.PRINT_PAGE, "1B 0C", Command("ESC \x0c")),
    (positioning.PRINT_PAGE_AND_LEAVE, "0C", Command("FF")),
    (positioning.CLEAR_PAGE, "18", Command("CAN")),
    (positioning.LEAVE_PAGE_MODE, "1B 53", Command("ESC S")),
    (commands.process_id(42), "1D 28 48 06 00 30 30 30 30 34 32", Command("GS ( H", b"\x06\x00000042")),
]


@pytest.mark.parametrize(("built", "literal", "read"), LITERALS, ids=[str(read) for _, _, read in LITERALS])
def test_a_command_is_built_and_read_as_the_manual_has_it(built: bytes, literal: str, read: Command) -> None:
    assert built == bytes.fromhex(literal)
    assert Tokenizer().feed(built) == [read]


def test_a_barcode_is_its_look_and_its_data() -> None:
    built = barcodes.barcode(Barcode.CODE128, b"No123456{", BarcodeLook(80, 3, barcodes.Text.NONE))
    assert built == bytes.fromhex("1D 68 50 1D 77 03 1D 48 00 1D 6B 49 0D 7B 42 4E 6F 7B 43 0C 22 38 7B 42 7B 7B")
    assert [str(token) for token in Tokenizer().feed(built)][-1].startswith("Command(name='GS k'")


def test_a_qr_code_is_five_functions_with_exact_lengths() -> None:
    built = barcodes.qr_code(b"ABC", module_dots=6, level=QrLevel.M)
    literal = (
        "1D 28 6B 04 00 31 41 32 00 1D 28 6B 03 00 31 43 06 1D 28 6B 03 00 31 45 31 "
        "1D 28 6B 06 00 31 50 30 41 42 43 1D 28 6B 03 00 31 51 30"
    )
    assert built == bytes.fromhex(literal)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: commands.code_page(256),
        lambda: positioning.font(3),
        lambda: positioning.by_columns(-40_000),
        lambda: positioning.page_area(0, 0, 70_000, 1),
        lambda: barcodes.barcode(Barcode.EAN13, b"46012345678931"),
        lambda: barcodes.barcode(Barcode.ITF, b"123"),
        lambda: barcodes.barcode(Barcode.CODE39, b"abc"),
        lambda: barcodes.barcode(Barcode.CODE128, "ж".encode()),
        lambda: barcodes.barcode(Barcode.CODE128, b"\x01a"),
        lambda: barcodes.barcode(Barcode.CODE128, b"1", BarcodeLook(module_dots=7)),
        lambda: barcodes.pdf417(b"x", level=9),
        lambda: barcodes.data_matrix(b"x", module_dots=1),
        lambda: commands.feed(-1),
        lambda: commands.size(0, 1),
        lambda: commands.size(1, 9),
        lambda: commands.process_id(10_000),
        lambda: barcodes.qr_code(b"x" * 65_534, module_dots=3, level=QrLevel.L),
    ],
)
def test_a_value_out_of_range_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(FrameError):
        wrong()
