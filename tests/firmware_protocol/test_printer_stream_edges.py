"""Commands of a printer that end at a limit, wait for their first byte, or are rare; and rare replies."""

from __future__ import annotations

import pytest

from firmware_protocol.escpos.status import (
    AutomaticStatus,
    Block,
    QueuedStatus,
    RealTimeStatus,
    ReplyReader,
    Strange,
    buffer_cleared,
)
from firmware_protocol.escpos.tokenizer import Command, Text, Tokenizer, Unknown


def test_tab_stops_end_after_32_even_without_their_nul() -> None:
    stops = bytes(range(1, 34))
    tokenizer = Tokenizer()
    assert tokenizer.feed(b"\x1bD" + stops[:32]) == []
    assert tokenizer.feed(stops[32:] + b"after") == [Command("ESC D", stops), Text(b"after")]


def test_an_old_bar_code_ends_after_255_bytes_even_without_its_nul() -> None:
    data = b"4" * 255
    assert Tokenizer().feed(b"\x1dk\x02" + data + b"after") == [Command("GS k", b"\x02" + data), Text(b"after")]


@pytest.mark.parametrize("number", [0, 6])
def test_an_old_bar_code_ends_with_nul(number: int) -> None:
    params = bytes([number]) + b"12\x00"
    assert Tokenizer().feed(b"\x1dk" + params + b"\n") == [Command("GS k", params), Command("LF")]


@pytest.mark.parametrize(
    ("command", "token"),
    [
        (b"\x1dk\x49\x02{B", Command("GS k", b"\x49\x02{B")),
        (b"\x1d*\x01\x02" + bytes(16), Command("GS *", b"\x01\x02" + bytes(16))),
        (b"\x1d(k\x03\x00\x31C\x04", Command("GS ( k", b"\x03\x00\x31C\x04")),
        (b"\x1d8L\x02\x00\x00\x000p", Command("GS 8 L", b"\x02\x00\x00\x000p")),
        (b"\x1dV\x41\x03", Command("GS V", b"\x41\x03")),
        (b"\x10\x14\x01\x00\x05", Command("DLE DC4", b"\x01\x00\x05")),
        (b"\x10\x14\x02\x01\x08", Command("DLE DC4", b"\x02\x01\x08")),
        (b"\x10\x14\x07\x01", Command("DLE DC4", b"\x07\x01")),
        (b"\x10\x14\x03", Command("DLE DC4", b"\x03")),
        (b"\x1b*\x20\x01\x00abc", Command("ESC *", b"\x20\x01\x00abc")),
        (b"\x1dv0\x00\x01\x00\x01\x00x", Command("GS v 0", b"\x00\x01\x00\x01\x00x")),
    ],
)
def test_a_command_waits_for_every_byte_of_it(command: bytes, token: Command) -> None:
    tokenizer = Tokenizer()
    for size in range(len(command) - 1):
        assert tokenizer.feed(command[size : size + 1]) == []
        assert tokenizer.pending == size + 1
    assert tokenizer.feed(command[-1:]) == [token]
    assert tokenizer.pending == 0


@pytest.mark.parametrize(
    "empty",
    [b"\x1dv0\x00\x00\x00\x00\x00", b"\x1b*\x21\x00\x00", b"\x1d(k\x00\x00", b"\x1d*\x00\x00", b"\x1dk\x49\x00"],
)
def test_a_command_without_data_is_whole_with_its_header(empty: bytes) -> None:
    tokenizer = Tokenizer()
    (token,) = tokenizer.feed(empty)
    assert isinstance(token, Command)
    assert empty.endswith(token.params)
    assert tokenizer.pending == 0


def test_the_beginning_of_a_longer_prefix_and_a_wrong_byte_are_two_unknown_ones() -> None:
    assert Tokenizer().feed(b"\x1d(Zab") == [Unknown(b"\x1d("), Text(b"Zab")]
    assert Tokenizer().feed(b"\x1bc9") == [Unknown(b"\x1bc"), Text(b"9")]


@pytest.mark.parametrize(
    ("byte", "property_name"),
    [
        (0x08, "offline"),
        (0x04, "drawer_high"),
        (0x04, "cover_open"),
        (0x40, "error"),
        (0x04, "paper_near_end"),
        (0x08, "paper_near_end"),
        (0x20, "paper_end"),
        (0x40, "paper_end"),
        (0x20, "slip_missing"),
    ],
)
def test_a_bit_of_the_real_time_status_has_its_meaning_and_the_others_have_not(byte: int, property_name: str) -> None:
    assert getattr(RealTimeStatus(0x12 | byte), property_name) is True
    assert getattr(RealTimeStatus(0x12), property_name) is False


@pytest.mark.parametrize(
    ("literal", "status"),
    [
        ("18 00 00 00", AutomaticStatus(offline=True)),
        ("30 00 00 00", AutomaticStatus(cover_open=True)),
        ("10 04 00 00", AutomaticStatus(error=True)),
        ("10 08 00 00", AutomaticStatus(error=True)),
        ("10 20 00 00", AutomaticStatus(error=True)),
        ("10 40 00 00", AutomaticStatus(error=True)),
        ("10 00 01 00", AutomaticStatus(paper_near_end=True)),
        ("10 00 02 00", AutomaticStatus(paper_near_end=True)),
        ("10 00 04 00", AutomaticStatus(paper_end=True)),
        ("10 00 08 00", AutomaticStatus(paper_end=True)),
        ("10 03 00 0F", AutomaticStatus()),
    ],
)
def test_a_bit_of_the_automatic_status_has_its_meaning(literal: str, status: AutomaticStatus) -> None:
    assert ReplyReader().feed(bytes.fromhex(literal)) == [status]


def test_automatic_status_is_built_as_a_printer_sends_it() -> None:
    assert AutomaticStatus(offline=True).to_bytes() == bytes.fromhex("18 00 00 00")
    assert AutomaticStatus(cover_open=True).to_bytes() == bytes.fromhex("30 00 00 00")
    assert AutomaticStatus(error=True).to_bytes() == bytes.fromhex("10 08 00 00")
    assert AutomaticStatus(paper_near_end=True, paper_end=True).to_bytes() == bytes.fromhex("10 00 0F 00")


def test_the_reply_to_the_clearing_of_buffers_is_known() -> None:
    [reply] = ReplyReader().feed(b"\x37\x25\x00")
    assert buffer_cleared(reply)
    assert not buffer_cleared(Block(0x37, b"\x220042"))
    assert not buffer_cleared(Block(0x5F, b"\x25"))
    assert not buffer_cleared(QueuedStatus(0x25))


def test_a_block_goes_both_ways() -> None:
    assert Block(0x5F, b"EPSON").to_bytes() == b"_EPSON\x00"
    assert ReplyReader().feed(b"_EPSON\x00") == [Block(0x5F, b"EPSON")]


def test_a_block_without_an_end_is_dropped_at_256_bytes() -> None:
    reader = ReplyReader()
    assert reader.feed(b"_" + b"x" * 254) == []
    assert reader.feed(b"x\x12") == [Strange(b"_" + b"x" * 255), RealTimeStatus(0x12)]


def test_the_longest_block_has_254_characters() -> None:
    assert ReplyReader().feed(b"_" + b"x" * 254 + b"\x00") == [Block(0x5F, b"x" * 254)]


def test_a_reader_holds_an_automatic_status_until_its_fourth_byte() -> None:
    reader = ReplyReader()
    assert reader.feed(b"\x10\x00\x00") == []
    assert reader.feed(b"\x00") == [AutomaticStatus()]
