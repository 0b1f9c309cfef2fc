"""Honeywell on a serial line: labels with and without decode header, answers to menu commands."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.dialect import Answer, Command, Damaged, Overlong, Reply, Scan
from firmware_protocol.honeywell import COMMANDS, HoneywellDecoder, build_menu_command, parse_answer
from tests.support.dialects import CUTS, fall_silent, feed_all, pieces, scans


def decoder() -> HoneywellDecoder:
    return HoneywellDecoder(idle_s=0.05, max_length=3000)


def with_header(data: bytes, aim: bytes = b"Q1", letter: bytes = b"s") -> bytes:
    message = b"MSGGET%04d" % len(data) + letter + aim + b"\x1d" + data
    return b"\x16\xfe" + struct.pack("<I", len(message)) + b"\r" + message


@given(st.lists(st.binary(max_size=60), max_size=5), CUTS)
def test_a_length_carries_any_byte_at_any_split(labels: list[bytes], cuts: list[int]) -> None:
    read = decoder()
    stream = b"".join(with_header(data + b"x") for data in labels)
    assert feed_all(read, pieces(stream, cuts)) == [Scan(data + b"x", b"]Q1", "s") for data in labels]
    assert read.deadline() is None


def test_a_cr_inside_a_label_cuts_nothing_and_one_behind_it_is_nothing() -> None:
    label = with_header(b"line 1\rline 2")
    assert decoder().feed(label + b"\r" + label + b"\r\n", 1.0) == [Scan(b"line 1\rline 2", b"]Q1", "s")] * 2


@given(CUTS)
def test_plain_labels_and_labels_with_header_may_come_mixed(cuts: list[int]) -> None:
    stream = b"]C0one\r" + with_header(b"two") + b"\r]Q1three\r\n"
    assert [scan.data for scan in scans(feed_all(decoder(), pieces(stream, cuts)))] == [b"]C0one", b"two", b"]Q1three"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"TERMID130\x06.", Answer(ok=True, text="TERMID130")),
        (b"REVINFProduct Name: 1900\x06.", Answer(ok=True, text="REVINFProduct Name: 1900")),
        (b"BEPBAD\x05.", Answer(ok=False, text="BEPBAD")),
        (b"TERMID999\x15!", Answer(ok=False, text="TERMID999")),
        (b"SUFBK2\x06;SUFXXX\x05.", Answer(ok=False, text="SUFBK2;SUFXXX")),
    ],
)
def test_an_answer_is_no_label(answer: bytes, expected: Answer) -> None:
    assert decoder().feed(answer + b"\r\n", 1.0) == [Reply(answer)]
    assert parse_answer(answer) == expected


def test_an_answer_may_end_in_silence() -> None:
    read = decoder()
    assert read.feed(b"TERMID130\x06.", 1.0) == []
    assert fall_silent(read, 1.0) == [Reply(b"TERMID130\x06.")]


def test_commands_have_their_bytes() -> None:
    assert build_menu_command("TERMID130.") == b"\x16M\rTERMID130."
    assert COMMANDS[Command.TRIGGER] == b"\x16T\r"


def test_a_header_that_cannot_be_is_dropped() -> None:
    events = decoder().feed(b"\x16\xfe\xff\xff\xff\xff\rgood\r", 1.0)
    assert events[0] == Damaged("a decode header that cannot be", 2)
    assert scans(decoder().feed(b"\x16\xfe\x03\x00\x00\x00\rabc]Q1good\r", 1.0)) == [Scan(b"]Q1good")]


def test_a_header_without_its_label_is_given_up() -> None:
    read = decoder()
    read.feed(with_header(b"whole")[:-2], 1.0)
    assert [type(event) for event in fall_silent(read, 1.0)] == [Damaged]
    assert scans(read.feed(with_header(b"next"), 2.0)) == [Scan(b"next", b"]Q1", "s")]


def test_an_overlong_plain_label_is_dropped_whole() -> None:
    assert decoder().feed(b"x" * 4000 + b"\rgood\r", 1.0) == [Overlong(4000), Scan(b"good")]


@given(st.binary(max_size=500), CUTS)
def test_whatever_comes_the_next_label_works(noise: bytes, cuts: list[int]) -> None:
    read = decoder()
    feed_all(read, pieces(noise, cuts))
    fall_silent(read, 1.0)
    assert scans(read.feed(with_header(b"good"), 50.0)) == [Scan(b"good", b"]Q1", "s")]
