"""What Code 128, GS1-128 and the two-dimensional symbols become, byte for byte, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_protocol.errors import Fault, FrameError
from firmware_protocol.escpos import barcodes
from firmware_protocol.escpos.barcodes import Barcode, BarcodeLook, QrLevel, Text

LOOK = BarcodeLook(80, 3, Text.NONE)
HEAD = b"\x1dh\x50\x1dw\x03\x1dH\x00\x1dk\x49"


def counted(content: bytes) -> bytes:
    """The whole command for this content of Code 128."""
    return HEAD + bytes([len(content)]) + content


def test_data_that_choose_their_code_sets_are_sent_as_they_are() -> None:
    data = b"{A\x01{B{{x{C\x0c"
    assert barcodes.code128_parsed(data, LOOK) == counted(data)


@pytest.mark.parametrize("data", [b"No1", b"{Dx", b"{B", b"{Bx{", b"{Bx{9"])
def test_data_without_a_code_set_or_with_an_unknown_mark_are_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="begin with {A, {B or {C") as caught:
        barcodes.code128_parsed(data)
    assert caught.value.fault is Fault.UNEXPECTED


def test_gs1_128_begins_with_fnc1() -> None:
    assert barcodes.gs1_128(b"0104601234567893", LOOK) == counted(b"{C{1" + bytes((1, 4, 60, 12, 34, 56, 78, 93)))
    assert barcodes.gs1_128(b"10AB", LOOK) == counted(b"{B{110AB")


@pytest.mark.parametrize("data", [b"1", b"1" * 49, b"10 AB", "10Ж".encode()])
def test_gs1_128_holds_2_to_48_of_its_own_characters(data: bytes) -> None:
    with pytest.raises(FrameError, match="GS1-128"):
        barcodes.gs1_128(data)


def test_control_characters_choose_code_set_a() -> None:
    assert barcodes.barcode(Barcode.CODE128, b"\x01AB9", LOOK) == counted(b"{A\x01AB9")
    assert barcodes.barcode(Barcode.CODE128, b"\x1f", LOOK) == counted(b"{A\x1f")
    assert barcodes.barcode(Barcode.CODE128, b" ", LOOK) == counted(b"{B ")


@pytest.mark.parametrize("digits", [b"12", b"123"])
def test_less_than_four_digits_stay_in_code_set_b(digits: bytes) -> None:
    assert barcodes.barcode(Barcode.CODE128, b"x" + digits, LOOK) == counted(b"{Bx" + digits)


def test_the_count_of_a_symbol_is_one_byte() -> None:
    longest = b"{B" + b"a" * 253
    assert barcodes.code128_parsed(longest, LOOK) == counted(longest)
    with pytest.raises(FrameError, match="at most 255 bytes"):
        barcodes.code128_parsed(longest + b"a")


@pytest.mark.parametrize(
    ("build", "low", "high"),
    [
        (lambda n: barcodes.barcode(Barcode.CODE39, b"1", BarcodeLook(height_dots=n)), 1, 255),
        (lambda n: barcodes.barcode(Barcode.CODE39, b"1", BarcodeLook(module_dots=n)), 2, 6),
        (lambda n: barcodes.qr_code(b"1", module_dots=n, level=QrLevel.L), 1, 16),
        (lambda n: barcodes.pdf417(b"1", module_dots=n), 2, 8),
        (lambda n: barcodes.pdf417(b"1", columns=n), 0, 30),
        (lambda n: barcodes.pdf417(b"1", level=n), 0, 8),
        (lambda n: barcodes.data_matrix(b"1", module_dots=n), 2, 16),
    ],
)
def test_the_first_and_the_last_value_are_taken_and_none_beyond(
    build: Callable[[int], bytes], low: int, high: int
) -> None:
    assert build(low) != build(high)
    for wrong in (low - 1, high + 1):
        with pytest.raises(FrameError):
            build(wrong)


def test_pdf417_is_six_functions_with_exact_lengths() -> None:
    literal = (
        "1D 28 6B 03 00 30 41 02 1D 28 6B 03 00 30 43 03 1D 28 6B 03 00 30 44 03 1D 28 6B 04 00 30 45 30 31 "
        "1D 28 6B 05 00 30 50 30 41 42 1D 28 6B 03 00 30 51 30"
    )
    assert barcodes.pdf417(b"AB", columns=2) == bytes.fromhex(literal)


def test_a_data_matrix_is_four_functions_with_exact_lengths() -> None:
    literal = (
        "1D 28 6B 05 00 36 42 00 00 00 1D 28 6B 03 00 36 43 04 1D 28 6B 05 00 36 50 30 41 42 1D 28 6B 03 00 36 51 30"
    )
    assert barcodes.data_matrix(b"AB") == bytes.fromhex(literal)


def test_a_symbol_holds_as_many_bytes_as_its_length_can_count() -> None:
    assert len(barcodes.data_matrix(b"x" * 65_532)) > 65_532
    with pytest.raises(FrameError, match="at most 65533 bytes"):
        barcodes.data_matrix(b"x" * 65_533)
