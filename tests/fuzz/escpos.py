"""ESC/POS under atheris, both ways: `python -m tests.fuzz.escpos [libFuzzer options]`.

Any bytes in any pieces: nothing raises, nothing is kept without bound, the pieces do not matter, and the next good reply is
read. The first byte says how long the pieces are.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from firmware_protocol.escpos.status import Block, ReplyReader
    from firmware_protocol.escpos.tokenizer import Text, Token, Tokenizer

GOOD = Block(0x37, b"\x220042")
LONGEST_BLOCK = 256


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def joined(tokens: list[Token]) -> list[Token]:
    """Text in two pieces is the same text."""
    found: list[Token] = []
    for token in tokens:
        if isinstance(token, Text) and found and isinstance(found[-1], Text):
            token = Text(found.pop().data + token.data)  # type: ignore[union-attr]  # noqa: PLW2901
        found.append(token)
    return found


def one(data: bytes) -> None:
    """One input."""
    if not data:
        return
    size, data = data[0] % 32 + 1, data[1:]
    whole, split = ReplyReader(), ReplyReader()
    at_once = whole.feed(data)
    assert [reply for piece in pieces(data, size) for reply in split.feed(piece)] == at_once
    after = whole.feed(b"\x00" * LONGEST_BLOCK + GOOD.to_bytes())
    assert after[-1] == GOOD, "the next good reply was not read"
    tokens, in_pieces = Tokenizer().feed(data), Tokenizer()
    assert joined([token for piece in pieces(data, size) for token in in_pieces.feed(piece)]) == joined(tokens)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
