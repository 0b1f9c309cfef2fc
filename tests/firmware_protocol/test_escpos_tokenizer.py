"""The stream read back: the same tokens at any split, nothing lost, nothing raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.escpos.tokenizer import Command, Text, Token, Tokenizer, Unknown
from tests.support.dialects import pieces

MANUAL = [
    ("1D 76 30 00 02 00 03 00 01 02 03 04 05 06", Command("GS v 0", bytes.fromhex("00 02 00 03 00 01 02 03 04 05 06"))),
    ("1B 2A 21 02 00 01 02 03 04 05 06", Command("ESC *", bytes.fromhex("21 02 00 01 02 03 04 05 06"))),
    ("1B 2A 00 02 00 01 02", Command("ESC *", bytes.fromhex("00 02 00 01 02"))),
    ("1D 6B 02 34 36 30 00", Command("GS k", b"\x02460\x00")),
    ("1D 6B 49 04 7B 42 41 42", Command("GS k", b"\x49\x04{BAB")),
    ("1D 56 00", Command("GS V", b"\x00")),
    ("1D 56 61 10", Command("GS V", b"\x61\x10")),
    ("1B 44 08 10 00", Command("ESC D", b"\x08\x10\x00")),
    ("1D 38 4C 03 00 00 00 30 70 30", Command("GS 8 L", b"\x03\x00\x00\x00\x30\x70\x30")),
    ("10 14 08 01 03 14 01 06 02 08", Command("DLE DC4", bytes.fromhex("08 01 03 14 01 06 02 08"))),
    ("10 04 07 01", Command("DLE EOT", b"\x07\x01")),
    ("0A", Command("LF")),
    ("1B FF", Unknown(b"\x1b\xff")),
]


@pytest.mark.parametrize(("literal", "token"), MANUAL)
def test_a_command_ends_where_the_manual_says(literal: str, token: Token) -> None:
    stream = bytes.fromhex(literal)
    assert Tokenizer().feed(stream + b"after\n") == [token, Text(b"after"), Command("LF")]


def test_an_unfinished_command_waits() -> None:
    tokenizer = Tokenizer()
    assert tokenizer.feed(b"\x1dv0\x00\x01\x00\x02\x00\xaa") == []
    assert tokenizer.pending == 9
    assert tokenizer.feed(b"\xbb") == [Command("GS v 0", b"\x00\x01\x00\x02\x00\xaa\xbb")]
    assert tokenizer.pending == 0


def merged(tokens: list[Token]) -> list[Token]:
    """Text that was split by the reader, not by the stream, is one text."""
    whole: list[Token] = []
    for token in tokens:
        if isinstance(token, Text) and whole and isinstance(whole[-1], Text):
            whole[-1] = Text(whole[-1].data + token.data)
        else:
            whole.append(token)
    return whole


STREAMS = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from([bytes.fromhex(literal) for literal, _ in MANUAL]),
    ),
    max_size=8,
).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=10))
def test_any_split_gives_the_same_tokens(stream: bytes, cuts: list[int]) -> None:
    at_once, in_pieces = Tokenizer(), Tokenizer()
    whole = merged(at_once.feed(stream))
    parts = merged([token for piece in pieces(stream, cuts) for token in in_pieces.feed(piece)])
    assert parts == whole
    assert in_pieces.pending == at_once.pending
