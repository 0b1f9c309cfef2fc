"""Tables against literals: keys by the kernel's numbers, the commands of every dialect, the lengths of ESC/POS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_protocol import datalogic, hid_descriptor, hid_pos, honeywell, ibm_oem, newland, ssi
from firmware_protocol import dialect as words
from firmware_protocol.errors import FrameError
from firmware_protocol.escpos import commands, positioning
from firmware_protocol.escpos.tokenizer import Command, Text, Tokenizer
from firmware_protocol.hid_descriptor import ReportKind, Usage
from firmware_protocol.hid_keyboard import Keyboard

# The kernel's include/uapi/linux/input-event-codes.h: the number of the first key of each run, and what they type alone
# and with Shift.
KEYS = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (15, "\t", "\t"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (28, "\r", "\r"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "&*(_$%^+!@#)>"),
    (96, "\r", "\r"),
    (98, "/", "?"),
]
LEFT_SHIFT, RIGHT_SHIFT, CAPS, LEFT_CONTROL, RIGHT_CONTROL, LEFT_ALT, RIGHT_ALT = 42, 54, 58, 29, 97, 56, 100


def typed(code: int, *held: int) -> str:
    keyboard = Keyboard()
    for each in held:
        keyboard.key(each, pressed=True)
    return keyboard.key(code, pressed=True)


@pytest.mark.parametrize(("first", "plain", "shifted"), KEYS)
def test_a_key_types_what_is_printed_on_it(first: int, plain: str, shifted: str) -> None:
    for code, (alone, with_shift) in enumerate(zip(plain, shifted, strict=True), first):
        assert typed(code) == alone
        assert typed(code, LEFT_SHIFT) == typed(code, RIGHT_SHIFT) == with_shift
        assert typed(code, CAPS) == (alone.upper() if alone.isalpha() else alone)
        assert typed(code, CAPS, LEFT_SHIFT) == (alone if alone.isalpha() else with_shift)


def test_other_keys_type_nothing() -> None:
    known = {code for first, plain, _ in KEYS for code in range(first, first + len(plain))}
    assert len(known) == 66
    assert all(typed(code) == "" for code in range(256) if code not in known)


def test_control_and_a_letter_is_the_control_character() -> None:
    row = zip(range(16, 28), "qwertyuiop[]", strict=True)
    for code, letter in row:
        for control in (LEFT_CONTROL, RIGHT_CONTROL):
            assert typed(code, control) == chr(ord(letter.upper()) - 64)
    assert typed(43, LEFT_CONTROL) == "\x1c"
    assert typed(2, LEFT_CONTROL) == typed(39, LEFT_CONTROL) == ""


@pytest.mark.parametrize("alt", [LEFT_ALT, RIGHT_ALT])
def test_alt_takes_a_number_from_the_keypad(alt: int) -> None:
    keypad = {"7": 71, "8": 72, "9": 73, "4": 75, "5": 76, "6": 77, "1": 79, "2": 80, "3": 81, "0": 82}
    for number in ("029", "123", "045", "067", "089", "255"):
        keyboard = Keyboard()
        keyboard.key(alt, pressed=True)
        for digit in number:
            assert keyboard.key(keypad[digit], pressed=True) == ""
            keyboard.key(keypad[digit], pressed=False)
        assert keyboard.key(alt, pressed=False) == chr(int(number))


def test_alt_and_a_number_above_255_or_none_is_nothing() -> None:
    keyboard = Keyboard()
    for digits in ((80, 76, 77), ()):
        keyboard.key(LEFT_ALT, pressed=True)
        for digit in digits:
            keyboard.key(digit, pressed=True)
            keyboard.key(digit, pressed=False)
        assert keyboard.key(LEFT_ALT, pressed=False) == ""


TRIGGER, STOP, ENABLE, DISABLE = (
    words.Command.TRIGGER, words.Command.STOP_TRIGGER, words.Command.ENABLE, words.Command.DISABLE,
)  # fmt: skip
GOOD, ERROR, INFO, HEALTH, STATISTICS = (
    words.Command.GOOD_READ_BEEP, words.Command.ERROR_BEEP, words.Command.INFO, words.Command.HEALTH,
    words.Command.STATISTICS,
)  # fmt: skip


def test_the_commands_of_each_dialect_are_those_of_its_manual() -> None:
    assert honeywell.COMMANDS == {
        GOOD: b"\x16\x07\r", TRIGGER: b"\x16T\r", STOP: b"\x16U\r", INFO: b"\x16M\rREVINF.",
    }  # fmt: skip
    assert newland.COMMANDS == {
        TRIGGER: b"~\x010000#SCNTRG1;\x03", STOP: b"~\x010000#SCNTRG0;\x03", INFO: b"~\x010000#QRYSYS;\x03",
    }  # fmt: skip
    assert datalogic.COMMANDS == {
        GOOD: b"B", ERROR: b"F", ENABLE: b"E", DISABLE: b"D", INFO: b"i", HEALTH: b"h", STATISTICS: b"s",
    }  # fmt: skip
    assert {command: sent.rstrip(b"\0") for command, sent in ibm_oem.COMMANDS.items()} == {
        ENABLE: b"\x11", DISABLE: b"\x12", GOOD: b"\x30\0\x04", ERROR: b"\x30\0\x05", INFO: b"\x30\0\x01",
        HEALTH: b"\x30\0\x02", STATISTICS: b"\x30\0\x03",
    }  # fmt: skip
    assert hid_pos.COMMANDS == {
        DISABLE: b"\x04\x02", ENABLE: b"\x04\x00", TRIGGER: b"\x04\x04", STOP: b"\x04\x00", ERROR: b"\x04\x20",
        GOOD: b"\x04\x40",
    }  # fmt: skip
    packets = {command: ssi.parse_packet(sent) for command, sent in ssi.COMMANDS.items()}
    assert packets == {
        GOOD: ssi.Packet(0xE6, 4, 0, b"\0"), ERROR: ssi.Packet(0xE6, 4, 0, b"\x0f"), TRIGGER: ssi.Packet(0xE4, 4, 0, b""),
        STOP: ssi.Packet(0xE5, 4, 0, b""), ENABLE: ssi.Packet(0xE9, 4, 0, b""), DISABLE: ssi.Packet(0xEA, 4, 0, b""),
        INFO: ssi.Packet(0xA3, 4, 0, b""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "bit", "name"),
    [
        (1, 0x01, "flash mode"),
        (1, 0x20, "hardware error"),
        (1, 0x80, "not ready"),
        (2, 0x04, "check digit error"),
        (2, 0x80, "command rejected"),
        (3, 0x10, "direct I/O not allowed"),
        (3, 0x20, "direct I/O undefined"),
    ],
)
def test_a_bit_of_an_oem_report_is_one_status(at: int, bit: int, name: str) -> None:
    report = bytearray(b"\x04\0\0\0")
    report[at] = bit
    assert ibm_oem.IbmOemDecoder(max_length=100).feed(bytes(report), 1.0) == [words.Status(name)]


@pytest.mark.parametrize(
    ("prefix", "letters", "size"),
    [
        (b"\x1b", "@2LS\x0cv", 0),
        (b"\x1d", ":", 0),
        (b"\x1c", ".&", 0),
        (b"\x1b", "!-=ERTVaet{3 GJMrud", 1),
        (b"\x1d", "!BHIarfhwb", 1),
        (b"\x1c", "!-CW", 1),
        (b"\x1bc", "01345", 1),
        (b"\x10", "\x05", 1),
        (b"\x1b", "$\\Bf", 2),
        (b"\x1d", "LWP$\\", 2),
        (b"\x1c", "Sp", 2),
        (b"\x1dz", "0", 2),
        (b"\x1b", "p", 3),
        (b"\x1b", "W", 8),
    ],
)
def test_a_command_of_escpos_takes_so_many_bytes(prefix: bytes, letters: str, size: int) -> None:
    lead = {0x1B: "ESC", 0x1D: "GS", 0x1C: "FS", 0x10: "DLE"}[prefix[0]]
    for letter in letters:
        name = " ".join((lead, *prefix[1:].decode(), "ENQ" if letter == "\x05" else letter))
        params = b"xyzuvwab"[:size]
        assert Tokenizer().feed(prefix + letter.encode() + params + b"c") == [Command(name, params), Text(b"c")]


@pytest.mark.parametrize("name", ["GS ( k", "GS ( L", "GS ( H", "GS ( D", "GS ( E", "GS ( A", "FS ( L", "ESC ( A"])
def test_a_command_of_escpos_says_its_length(name: str) -> None:
    lead = {"ESC": b"\x1b", "GS": b"\x1d", "FS": b"\x1c"}[name[: name.index(" ")]]
    sent = lead + b"(" + name[-1:].encode() + b"\x02\x01" + b"x" * 258
    assert Tokenizer().feed(sent + b"\n") == [Command(name, sent[3:]), Command("LF")]


@pytest.mark.parametrize(
    ("function", "extra"), [(65, 1), (66, 1), (97, 1), (98, 1), (103, 1), (104, 1), (0, 0), (48, 0)]
)
def test_a_cut_has_a_feed_in_some_forms(function: int, extra: int) -> None:
    params = bytes([function]) + b"z" * extra
    assert Tokenizer().feed(b"\x1dV" + params + b"\n") == [Command("GS V", params), Command("LF")]


@pytest.mark.parametrize(("question", "extra"), [(7, 1), (8, 1), (18, 1), (1, 0), (4, 0)])
def test_a_real_time_question_has_a_second_byte_in_some_forms(question: int, extra: int) -> None:
    params = bytes([question]) + b"\x01" * extra
    assert Tokenizer().feed(b"\x10\x04" + params + b"\n") == [Command("DLE EOT", params), Command("LF")]


def test_a_picture_is_built_as_the_manual_has_it() -> None:
    assert commands.stored_picture(2, b"\x01\x02\x03\x04\x05\x06") == bytes.fromhex(
        "1D 28 4C 10 00 30 70 30 01 01 31 10 00 03 00 01 02 03 04 05 06 1D 28 4C 02 00 30 32"
    )
    assert commands.column_strip(b"abcdef") == b"\x1b*\x21\x02\x00abcdef\n"


def test_a_stored_picture_has_two_bytes_of_length_up_to_64_kib() -> None:
    short, longer = commands.stored_picture(1, b"x" * (0xFFFF - 10)), commands.stored_picture(1, b"x" * (0xFFFF - 9))
    assert short.startswith(b"\x1d(L\xff\xff\x30\x70")
    assert longer.startswith(b"\x1d8L\x00\x00\x01\x00\x30\x70")


@pytest.mark.parametrize(
    ("build", "low", "high"),
    [
        (lambda n: commands.raster(1, bytes(n)), 1, 2303),
        (lambda n: commands.raster(n, bytes(n)), 1, 0xFFFF),
        (lambda n: commands.column_strip(bytes(3 * n)), 1, 2047),
        (commands.process_id, 0, 9999),
        (commands.automatic_status, 0, 255),
        (commands.code_page, 0, 255),
        (commands.feed, 0, 255),
        (lambda n: commands.size(n, 1), 1, 8),
        (lambda n: commands.size(1, n), 1, 8),
        (positioning.to_row, 0, 0xFFFF),
        (positioning.to_column, 0, 0xFFFF),
        (positioning.by_columns, -0x8000, 0x7FFF),
        (positioning.line_spacing, 0, 255),
        (positioning.underline, 0, 2),
        (positioning.font, 0, 2),
    ],
)
def test_the_first_and_the_last_value_are_taken_and_none_beyond(
    build: Callable[[int], bytes], low: int, high: int
) -> None:
    assert build(low) != build(high)
    for wrong in (low - 1, high + 1):
        with pytest.raises(FrameError):
            build(wrong)


def test_a_field_before_any_size_or_count_has_none() -> None:
    (field,) = hid_descriptor.parse_descriptor(bytes.fromhex("0501 0930 8102")).fields
    assert (field.kind, field.report_id, field.size, field.count, field.usages) == (ReportKind.INPUT, 0, 0, 0, ())


def test_a_collection_without_a_usage_has_that_of_its_page() -> None:
    assert hid_descriptor.parse_descriptor(bytes.fromhex("058C A101 C0")).collections == (Usage(0x8C, 0),)
    assert hid_descriptor.parse_descriptor(bytes.fromhex("058C 0902 0903 A101 C0")).collections == (Usage(0x8C, 2),)
