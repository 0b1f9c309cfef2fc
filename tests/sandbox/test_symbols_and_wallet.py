"""Symbols that are read back by another library, and passwords by the published vectors."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from koshelek_driver.sandbox.symbols import SYMBOLOGIES, as_blocks, decode, draw, photograph
from koshelek_driver.sandbox.wallet import CARD_NUMBER, Issuer, new_session

AIMS = {"qr": [b"]Q1"], "code128": [b"]C0"], "pdf417": [b"]L2"], "datamatrix": [b"]d1", b"]d7"]}
"""DataMatrix: ]d7 when the drawing library chooses a rectangular extension (DMRE)."""


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
@settings(max_examples=40)
@example("0A0B0000A009003A0")
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=32))
def test_what_is_drawn_is_what_a_camera_reads(symbology: str, text: str) -> None:
    seen = decode(photograph(draw(text, symbology)))
    assert seen.data == text.encode()
    assert seen.aim in AIMS[symbology]


def test_a_picture_without_a_symbol_says_so() -> None:
    blank = draw("CM4601234567893", "qr").point([255] * 256)
    with pytest.raises(ValueError, match="no symbol"):
        decode(blank)


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_symbol_for_the_screen_is_a_rectangle_of_blocks(symbology: str) -> None:
    blocks = as_blocks("CM4601234567893A1B2C3782", symbology)
    assert len({len(line) for line in blocks}) == 1
    assert set("".join(blocks)) <= set(" ▀▄█")


@pytest.mark.parametrize(
    ("issuer", "card", "unix_s", "password"),
    [
        (Issuer(), "4601234567893", 0, "782"),
        (Issuer(), "4601234567893", 59, "451"),
        (Issuer(), "4601234567893", 1795280400, "368"),
        (Issuer(prefix=""), "2990000000017", 1795280400, "650"),
        (Issuer(hash_function="HmacSHA1", password_length=6), "4601234567893", 1795280400, "038604"),
    ],
)
def test_the_published_vectors_are_right(issuer: Issuer, card: str, unix_s: int, password: str) -> None:
    assert issuer.password(card, unix_s) == password
    assert issuer.accepts(card, password, unix_s + 31, steps=2)
    assert issuer.label(card, "A1B2C3", unix_s) == f"{issuer.prefix}{card}A1B2C3{password}"


def test_sessions_are_six_letters_and_digits_and_do_not_repeat() -> None:
    sessions = {new_session() for _ in range(200)}
    assert len(sessions) == 200
    assert all(re.fullmatch(r"[A-Z0-9]{6}", session) for session in sessions)
    assert len(CARD_NUMBER) == 13
