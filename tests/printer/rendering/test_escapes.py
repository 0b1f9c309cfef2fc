"""Escape sequences against the published table of their forms."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.printer.rendering.escapes import CarriageReturn, Escape, LineFeed, Part, Plain, Stray, parse
from tests.support.paths import DATA

TABLE = json.loads((DATA / "upos_escape_sequences.json").read_text())["sequences"]
SIZES = {"1C", "2C", "3C", "4C"}


def one(data: str) -> Part:
    (part,) = parse(data)
    return part


def written(form: dict[str, Any], number: str) -> str:
    """The form with a number, and as many characters behind it as that says where it counts characters."""
    text = "\x1b|" + str(form["form"]).replace("#", number)
    return text + "e" * int(number) if form["form"] in {"#E", "*#E", "#R", "*#R", "*#dL"} else text


def expected(form: dict[str, Any], number: int | None) -> Escape:
    name = str(form["form"]).lstrip("*").replace("#", "")
    data = "e" * (number or 0) if name in {"E", "R", "dL"} else ""
    return Escape(name, None if name in SIZES or "#" not in form["form"] else number, data)


@pytest.mark.parametrize("form", TABLE, ids=[form["form"] for form in TABLE])
def test_every_form_is_read(form: dict[str, Any]) -> None:
    assert one(written(form, "7")) == expected(form, 7)


@pytest.mark.parametrize("form", [each for each in TABLE if "#" in each["form"]], ids=lambda form: form["form"])
def test_a_number_may_be_absent_where_the_table_says_so(form: dict[str, Any]) -> None:
    bare = "\x1b|" + str(form["form"]).replace("#", "")
    if "(\\d*)" in form["pattern"]:
        assert one(bare) == expected(form, None)
    else:
        assert isinstance(one(bare), Stray)


@pytest.mark.parametrize("form", TABLE, ids=[form["form"] for form in TABLE])
def test_an_exclamation_mark_switches_off_what_can_be_switched_off(form: dict[str, Any]) -> None:
    found = one("\x1b|!" + str(form["form"]).lstrip("*").replace("#", ""))
    if form["negatable"]:
        assert isinstance(found, Escape)
        assert found.off
    else:
        assert isinstance(found, Stray)


def test_text_line_ends_and_sequences_come_in_their_order() -> None:
    parts = list(parse("a\x1b|bCb\r\n\x1b|2hC\x1b|N"))
    assert parts == [Plain("a"), Escape("bC"), Plain("b"), CarriageReturn(), LineFeed(), Escape("hC", 2), Escape("N")]


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ("\x1b|xC", [Stray("\x1b|xC")]),
        ("\x1b|5C", [Stray("\x1b|5C")]),
        ("\x1b|bCx", [Escape("bC"), Plain("x")]),
        ("\x1b|", [Stray("\x1b"), Plain("|")]),
        ("\x1b|bc", [Stray("\x1b"), Plain("|bc")]),
        ("\x1b|9Eabc", [Stray("\x1b|9Eabc")]),
        ("\x1b|*3dLabc!", [Escape("dL", 3, "abc"), Plain("!")]),
        ("\x1b|3dLabc", [Stray("\x1b|3dL"), Plain("abc")]),
        ("\x1b|" + "9" * 5000 + "uF", [Escape("uF", 10**9)]),
        ("\x1b@", [Stray("\x1b"), Plain("@")]),
    ],
)
def test_what_is_no_sequence_is_a_stray(data: str, parts: list[Part]) -> None:
    assert list(parse(data)) == parts


@given(st.text(st.sampled_from("\x1b|!*0123456789bCuClFPERdLN\n\rя")))
def test_anything_is_read_and_no_letter_is_lost_or_made_up(data: str) -> None:
    parts = list(parse(data))
    kept = "".join(part.text for part in parts if isinstance(part, Plain | Stray))
    assert len(kept) <= len(data)
    without = re.sub(r"\x1b\|[!*]?\d*[a-z]*[A-Z]", "", data)
    if not re.search(r"\x1b\|\*?\d+(E|R|dL)", data):
        letters = "".join(part.text for part in parts if isinstance(part, Plain))
        assert letters == re.sub(r"[\x1b\n\r]", "", without)
