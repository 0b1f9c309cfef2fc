"""One literal from the manual for each command, in both directions."""

from __future__ import annotations

import pytest

from firmware_protocol.errors import FrameError
from firmware_protocol.escpos import commands
from firmware_protocol.escpos.commands import Align, QrLevel
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
    (commands.DRAWER_PULSE, "1B 70 00 19 FA", Command("ESC p", b"\x00\x19\xfa")),
    (commands.PAPER_STATUS, "1D 72 01", Command("GS r", b"\x01")),
    (commands.real_time_status(4), "10 04 04", Command("DLE EOT", b"\x04")),
    (commands.automatic_status(255), "1D 61 FF", Command("GS a", b"\xff")),
    (commands.process_id(42), "1D 28 48 06 00 30 30 30 30 34 32", Command("GS ( H", b"\x06\x00000042")),
]


@pytest.mark.parametrize(("built", "literal", "read"), LITERALS, ids=[str(read) for _, _, read in LITERALS])
def test_a_command_is_built_and_read_as_the_manual_has_it(built: bytes, literal: str, read: Command) -> None:
    assert built == bytes.fromhex(literal)
    assert Tokenizer().feed(built) == [read]


def test_a_qr_code_is_five_functions_with_exact_lengths() -> None:
    built = commands.qr_code(b"ABC", module_dots=6, level=QrLevel.M)
    literal = (
        "1D 28 6B 04 00 31 41 32 00 1D 28 6B 03 00 31 43 06 1D 28 6B 03 00 31 45 31 "
        "1D 28 6B 06 00 31 50 30 41 42 43 1D 28 6B 03 00 31 51 30"
    )
    assert built == bytes.fromhex(literal)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: commands.code_page(256),
        lambda: commands.feed(-1),
        lambda: commands.size(0, 1),
        lambda: commands.size(1, 9),
        lambda: commands.process_id(10_000),
        lambda: commands.qr_code(b"x" * 65_534, module_dots=3, level=QrLevel.L),
    ],
)
def test_a_value_out_of_range_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(FrameError):
        wrong()
