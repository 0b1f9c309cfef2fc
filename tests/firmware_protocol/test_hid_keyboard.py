"""Scanners that type: keys into characters, and what a Russian layout makes of them undone."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.dialect import Scan
from firmware_protocol.hid_keyboard import (
    Keyboard,
    KeyboardDecoder,
    apply_russian_layout,
    has_russian_layout,
    undo_russian_layout,
)
from tests.support.dialects import CUTS, fall_silent, feed_all, scans
from tests.support.hid_keyboard import ALT, CAPS, CONTROL, KEYS, PRINTABLE, SHIFT, typed


def decoder() -> KeyboardDecoder:
    return KeyboardDecoder(b"\r", idle_s=0.2, max_length=300)


@given(st.lists(st.text(alphabet=PRINTABLE + " \x1d", min_size=1, max_size=30), max_size=4), CUTS)
def test_what_a_scanner_types_is_what_it_read(labels: list[str], cuts: list[int]) -> None:
    stream = b"".join(typed(label + "\r") for label in labels)
    points = sorted({0, *(2 * (cut % (len(stream) // 2 + 1)) for cut in cuts), len(stream)})
    parts = [stream[start:end] for start, end in itertools.pairwise(points)]
    assert feed_all(decoder(), parts) == [Scan(label.encode()) for label in labels]


def test_gs_is_control_and_a_bracket_and_alt_takes_a_number() -> None:
    keyboard = Keyboard()
    keyboard.key(ALT, pressed=True)
    assert [keyboard.key(code, pressed=True) for code in (82, 80, 73)] == ["", "", ""]
    assert keyboard.key(ALT, pressed=False) == "\x1d"
    assert KEYS["\x1d"] == [CONTROL, 27]
    keyboard.key(ALT, pressed=True)
    keyboard.key(73, pressed=True)
    keyboard.key(73, pressed=True)
    keyboard.key(73, pressed=True)
    assert keyboard.key(ALT, pressed=False) == ""


def test_caps_lock_turns_letters_round_and_nothing_else() -> None:
    keyboard = Keyboard()
    keyboard.key(CAPS, pressed=True)
    keyboard.key(CAPS, pressed=False)
    assert keyboard.key(30, pressed=True) == "A"
    assert keyboard.key(2, pressed=True) == "1"
    keyboard.key(SHIFT, pressed=True)
    assert keyboard.key(30, pressed=True) == "a"
    keyboard.key(CAPS, pressed=True)
    assert keyboard.key(30, pressed=True) == "A"


def test_keys_that_mean_nothing_and_floods_of_zeros_are_passed_over() -> None:
    read = decoder()
    assert read.feed(bytes([0, 0] * 50 + [125, 1, 125, 0, 1, 1]), 1.0) == []
    assert read.feed(typed("46\r"), 1.0) == [Scan(b"46")]


def test_a_label_without_enter_ends_in_silence() -> None:
    read = decoder()
    assert read.feed(typed("46012345"), 1.0) == []
    assert read.deadline() == pytest.approx(1.2)
    assert fall_silent(read, 1.0) == [Scan(b"46012345")]


@given(st.binary(max_size=300))
def test_whatever_is_typed_the_next_label_works(noise: bytes) -> None:
    read = decoder()
    read.feed(noise[: len(noise) // 2 * 2], 1.0)
    read.feed(bytes(each for key in range(128) for each in (key, 0)), 1.0)
    fall_silent(read, 1.0)
    assert scans(read.feed(typed("46\r"), 9.0))[-1] == Scan(b"46")


def test_the_example_of_the_field() -> None:
    assert apply_russian_layout("]Q177AB0123;S=4F9K|T=482913/") == "ъЙ177ФИ0123жЫ=4А9Л/Е=482913."
    assert undo_russian_layout("ъЙ177ФИ0123жЫ=4А9Л/Е=482913.") == "]Q177AB0123;S=4F9K|T=482913/"


def test_every_one_of_94_characters_comes_back() -> None:
    assert len(PRINTABLE) == 94
    assert len({apply_russian_layout(character) for character in PRINTABLE}) == 94
    assert undo_russian_layout(apply_russian_layout(PRINTABLE)) == PRINTABLE


@given(st.text(alphabet=PRINTABLE + "\x1d", max_size=60))
def test_any_label_comes_back(text: str) -> None:
    assert undo_russian_layout(apply_russian_layout(text)) == text


@pytest.mark.parametrize("identifier", ["]C1", "]Q1", "]d2", "]L2", "]E0"])
def test_a_spoilt_label_is_seen_by_its_identifier(identifier: str) -> None:
    assert has_russian_layout(apply_russian_layout(identifier))
    assert not has_russian_layout(identifier + string.printable)
