"""Newland and Datalogic: labels and answers from one stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol import datalogic, newland
from firmware_protocol.dialect import Answer, Command, Damaged, Reply, Scan
from firmware_protocol.interleaved import AnswersBetween
from tests.support.dialects import CUTS, fall_silent, feed_all, pieces, scans

NEWLAND_REPLY = b"\x02\x010000#QRYSYSProduct Name: HR32\x06;\x03"
DATALOGIC_REPLY = b"\x01i\rR610030445\rCABCD\r\x04"


def newland_decoder() -> AnswersBetween:
    return newland.decoder(0.05, 4096)


def datalogic_decoder() -> AnswersBetween:
    return datalogic.decoder(0.05, 4096)


@given(CUTS)
def test_answers_stand_between_labels_at_any_split(cuts: list[int]) -> None:
    stream = b"]C0one\r" + NEWLAND_REPLY + b"]Q1\x02two\r\n" + NEWLAND_REPLY + b"three\r"
    events = feed_all(newland_decoder(), pieces(stream, cuts))
    assert events == [
        Scan(b"]C0one"),
        Reply(b"#QRYSYSProduct Name: HR32\x06;"),
        Scan(b"]Q1\x02two"),
        Reply(b"#QRYSYSProduct Name: HR32\x06;"),
        Scan(b"three"),
    ]
    stream = b"]C0one\r" + DATALOGIC_REPLY + b"two\r\n"
    assert [type(event) for event in feed_all(datalogic_decoder(), pieces(stream, cuts))] == [Scan, Reply, Scan]


def test_a_label_without_end_and_one_that_begins_like_an_answer_end_in_silence() -> None:
    read = newland_decoder()
    assert read.feed(b"label\x02\x01", 1.0) == []
    assert fall_silent(read, 1.0) == [Scan(b"label\x02\x01")]
    assert read.feed(b"46012345", 2.0) == []
    assert fall_silent(read, 2.0) == [Scan(b"46012345")]


def test_an_answer_without_end_is_given_up() -> None:
    read = datalogic_decoder()
    read.feed(b"\x01half", 1.0)
    assert fall_silent(read, 1.0) == [Damaged("an answer without its end", 5)]
    assert read.feed(b"good\r", 2.0) == [Scan(b"good")]
    assert read.feed(b"\x01" + b"x" * 5000, 3.0) == [Damaged("an answer without its end", 5001)]
    assert read.feed(b"good\r", 4.0) == [Scan(b"good")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"#QRYSYSProduct Name: HR32\x06;", Answer(ok=True, text="QRYSYSProduct Name: HR32")),
        (b"@SCNTRG1\x06;", Answer(ok=True, text="SCNTRG1")),
        (b"@XXXXXX\x05;", Answer(ok=False, text="XXXXXX: no such command")),
        (b"@SCNTRG9\x15;", Answer(ok=False, text="SCNTRG9: no such value")),
        (b"", Answer(ok=False)),
    ],
)
def test_what_a_newland_answers(data: bytes, expected: Answer) -> None:
    assert newland.parse_answer(data) == expected


def test_what_a_datalogic_answers() -> None:
    answer = datalogic.parse_answer(b"i\rR610030445\rCABCD\r")
    assert answer == Answer(ok=True, text="i; R610030445; CABCD", fields={"i": "", "R": "610030445", "C": "ABCD"})
    assert not datalogic.parse_answer(b"").ok


def test_commands_have_their_bytes() -> None:
    assert newland.COMMANDS[Command.TRIGGER] == b"~\x010000#SCNTRG1;\x03"
    assert datalogic.COMMANDS[Command.DISABLE] == b"D"


@given(st.binary(max_size=500), CUTS, st.booleans())
def test_whatever_comes_the_next_label_works(noise: bytes, cuts: list[int], is_newland: bool) -> None:
    read = newland_decoder() if is_newland else datalogic_decoder()
    feed_all(read, pieces(noise, cuts))
    fall_silent(read, 1.0)
    assert scans(read.feed(b"good\r", 50.0)) == [Scan(b"good")]
