"""Payload templates over whole labels, against a reading that tries every division."""

from __future__ import annotations

import itertools
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koshelek_driver.card.grammar import MAX_LABEL, Symbols, TemplateError, parse_template
from koshelek_driver.card.overlap import common_label
from koshelek_driver.card.template import Template, Templates
from tests.support.cards import OLDER, PLAIN, WALLET
from tests.support.divisions import CHARACTERS, Fields, Piece, checks, divisions, fields, revealed, template

WIDE = "{prefix:CM}{card_number:13d}{card_session:1-32an}{password:3d}"
NUMBER = "4601234567893"


def match(text: str, label: str, symbols: Symbols = Symbols.TWO_D) -> Fields | None:
    return revealed(Template(text).match(label, symbols))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("CM4601234567893A1b2C3782", ("CM", "4601234567893", "A1b2C3", "782")),
        ("CM4601234567893782", ("CM", "4601234567893", None, "782")),
        ("4601234567893", (None, "4601234567893", None, None)),
        ("CM4601234567893A1b2C3782 ", None),
        ("\nCM4601234567893A1b2C3782", None),
        ("cm4601234567893A1b2C3782", None),
        ("CM460123456789А1b2C37822", None),
        ("CM4601234567893A1b2C37٨2", None),
        ("", None),
    ],
)
def test_the_first_template_that_takes_the_whole_label_wins(
    label: str, expected: tuple[str | None, str, str | None, str | None] | None
) -> None:
    found = revealed(Templates([WALLET, OLDER, PLAIN]).match(label))
    names = ("prefix", "card_number", "card_session", "password")
    assert (found and tuple(found.get(name) for name in names)) == expected


# -- Against the independent reading ----------------------------------------------------------------------------


@st.composite
def pieces_of(draw: st.DrawFn, kinds: tuple[str, ...], texts: str, widest: int, rules: tuple[str, ...]) -> list[Piece]:
    """A template of any shape: its fields in any order, delimiters between them."""
    names = draw(st.permutations(["prefix", "card_session", "password"]))
    names = names[: draw(st.integers(0, 2))]
    names.insert(draw(st.integers(0, len(names))), "card_number")
    pieces: list[Piece] = []
    for name in names:
        if texts and draw(st.booleans()):
            text = draw(st.text(texts, min_size=1, max_size=2))
            pieces.append(Piece(text=text, optional=draw(st.booleans())))
        low = draw(st.integers(1, widest))
        high = draw(st.integers(low, widest))
        kind = draw(st.sampled_from(kinds))
        rule = draw(st.sampled_from(rules)) if kind == "d" else ""
        pieces.append(Piece(name, low, high, kind, rule))
    return pieces


@st.composite
def labels_of(draw: st.DrawFn, pieces: list[Piece]) -> str:
    """A label that these pieces describe, and sometimes one that is a little off."""
    label = ""
    for piece in pieces:
        if piece.text:
            label += piece.text if not piece.optional or draw(st.booleans()) else ""
        else:
            alphabet = CHARACTERS.get(piece.kind, string.printable)
            label += draw(st.text(alphabet, min_size=piece.low, max_size=piece.high))
    at = draw(st.integers(0, len(label)))
    return draw(st.sampled_from([label, label + "1", label[:at] + "-" + label[at:], label[:at] + label[at + 1 :]]))


@given(st.data())
def test_a_label_is_divided_in_the_one_way_in_which_it_can_be(data: st.DataObject) -> None:
    pieces = data.draw(pieces_of(("d", "an", "x"), "-|#(.\\", 8, ("", "", "luhn", "ean")))
    label = data.draw(labels_of(pieces))
    try:
        found = match(template(pieces), label)
    except TemplateError:
        return
    possible = [fields(each, label) for each in divisions(pieces, label)]
    assert len(possible) <= 1
    assert found == (possible[0] if possible else None)


def brute(one: list[Piece], other: list[Piece], alphabet: str, longest: int) -> bool:
    """Whether some label is divided differently, by trying all labels."""
    for size in range(longest + 1):
        for characters in itertools.product(alphabet, repeat=size):
            label = "".join(characters)
            here = set(divisions(one, label))
            there = set(divisions(other, label)) if here else set()
            if any(first != second for first in here for second in there):
                return True
    return False


def both_accept_differently(one: list[Piece], other: list[Piece], label: str) -> bool:
    pairs = itertools.product(divisions(one, label), divisions(other, label))
    return any(first != second for first, second in pairs)


def compared(one: list[Piece], other: list[Piece]) -> str | None:
    return common_label(parse_template(template(one)), parse_template(template(other)))


@settings(max_examples=60)
@given(st.data())
def test_templates_overlap_exactly_when_some_label_says_so(data: st.DataObject) -> None:
    shapes = pieces_of(("d", "an"), "-1", 2, ("",))
    one, other = data.draw(shapes), data.draw(shapes)
    found = compared(one, other)
    if found is not None:
        assert both_accept_differently(one, other, found)
    else:
        assert not brute(one, other, "1a-", 7)


@settings(max_examples=25)
@given(st.data())
def test_check_digits_are_part_of_the_comparison(data: st.DataObject) -> None:
    shapes = pieces_of(("d",), "", 2, ("", "luhn", "ean"))
    one, other = data.draw(shapes), data.draw(shapes)
    if one == other:
        return  # a template against itself: its check digits do not count
    found = compared(one, other)
    if found is not None:
        assert both_accept_differently(one, other, found)
    else:
        assert not brute(one, other, string.digits, 4)


def test_a_million_labels_are_never_misread() -> None:
    """Near misses of every kind of card, against slices of the label."""
    templates = Templates([WIDE, OLDER, "{card_number:13d:ean}", "{prefix:99}{card_number:8-10d:luhn}"])
    chance = random.Random(20261122)
    for _ in range(1_000_000):
        label = near_miss(chance)
        assert revealed(templates.match(label)) == sliced(label), label


ALPHABET = string.digits * 6 + "ABCMcmzZ" + " -\x1dЖ٣"


def near_miss(chance: random.Random) -> str:
    digits = f"{chance.randrange(10**20):020d}"
    shapes = (
        f"CM{digits[:13]}{digits[13 : chance.randrange(13, 20)]}A{digits[-3:]}",
        f"CM{digits[:13]}{digits[-3:]}",
        NUMBER if digits[0] == "0" else digits[:13],
        f"99{digits[: chance.randrange(7, 12)]}",
        digits[: chance.randrange(20)],
    )
    label = shapes[chance.randrange(len(shapes))]
    if chance.random() < 0.3:
        at = chance.randrange(len(label) + 1)
        label = label[:at] + ALPHABET[chance.randrange(len(ALPHABET))] + label[at + chance.randrange(2) :]
    return label


DIGITS = frozenset(string.digits)
LETTERS_AND_DIGITS = frozenset(CHARACTERS["an"])


def sliced(label: str) -> Fields | None:
    """The four templates of the test by hand."""
    if label[:2] == "CM":
        return sliced_with_password(label[2:15], label[15:])
    if not label or not DIGITS.issuperset(label):
        return None
    if len(label) == 13 and checks("ean", label):
        return {"card_number": label}
    if label[:2] == "99" and 10 <= len(label) <= 12 and checks("luhn", label[2:]):
        return {"prefix": "99", "card_number": label[2:]}
    return None


def sliced_with_password(number: str, tail: str) -> Fields | None:
    session, password = tail[:-3], tail[-3:]
    if len(number) != 13 or len(password) != 3 or not DIGITS.issuperset(number + password):
        return None
    if len(session) > 32 or not LETTERS_AND_DIGITS.issuperset(session):
        return None
    found = {"prefix": "CM", "card_number": number, "password": password}
    return {**found, "card_session": session} if session else found


# -- One- and two-dimensional symbols -----------------------------------------------------------------------------


def test_a_session_in_a_one_dimensional_symbol_has_six_characters() -> None:
    for size in range(1, 33):
        label = f"CM{NUMBER}{'A' * size}782"
        assert match(WIDE, label, Symbols.TWO_D) is not None
        assert (match(WIDE, label, Symbols.ONE_D) is not None) == (size == 6)


def test_symbols_of_either_kind_may_have_templates_of_their_own() -> None:
    templates = Templates(["{symbols:1d}{card_number:16d}", "{symbols:2d}{card_number:13d}{password:3d}"])
    label = "1234567890123456"
    assert revealed(templates.match(label, Symbols.ONE_D)) == {"card_number": label}
    assert revealed(templates.match(label, Symbols.TWO_D)) == {"card_number": label[:13], "password": label[13:]}


def test_a_label_of_unknown_symbology_is_not_guessed_when_the_kinds_read_it_differently() -> None:
    templates = Templates(["{symbols:1d}{card_number:16d}", "{symbols:2d}{card_number:13d}{password:3d}", PLAIN])
    assert templates.match("1234567890123456") is None
    assert revealed(templates.match(NUMBER)) == {"card_number": NUMBER}
    assert revealed(Templates(["{symbols:2d}" + PLAIN]).match(NUMBER)) == {"card_number": NUMBER}


# -- The grammar --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("{card_number:13d:ean}", NUMBER, {"card_number": NUMBER}),
        ("{card_number:13d:ean}", "4601234567890", None),
        ("{card_number:16d:luhn}", "4539578763621486", {"card_number": "4539578763621486"}),
        ("{card_number:16d:luhn}", "4539578763621487", None),
        ("{card_number:8-19d}{?:-}{password:3d}", "12345678-123", {"card_number": "12345678", "password": "123"}),
        ("{card_number:8d}{?:-}{password:3d}", "12345678123", {"card_number": "12345678", "password": "123"}),
        ("8018{card_number:18d}", "8018" + "1" * 18, {"card_number": "1" * 18}),
        ("{card_number:4x}{password:2-3d}", "0aFf123", {"card_number": "0aFf", "password": "123"}),
        ("{prefix:(}{card_number:2any}", "(Ж ", {"prefix": "(", "card_number": "Ж "}),
    ],
)
def test_what_a_template_can_say(text: str, label: str, expected: Fields | None) -> None:
    assert match(text, label) == expected


def test_a_label_longer_than_any_symbol_is_refused_before_it_is_matched() -> None:
    text = f"{{card_number:1-{MAX_LABEL}any}}"
    assert match(text, "1" * MAX_LABEL)
    assert match(text, "1" * (MAX_LABEL + 1)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{prefix:CM}", "no card_number"),
        ("{card_nomber:13d}", "unknown field 'card_nomber'; allowed: prefix, card_number"),
        ("{card_number:13d}{card_number:2d}", "'card_number' comes twice"),
        ("{card_number:d13}", "'d13' is not a length and a class"),
        ("{card_number:13d:crc}", "'13d:crc' is not a length and a class"),
        ("{card_number:13an:ean}", "only digits .d. have a check digit"),
        ("{card_number:0d}", "is not between 1 and"),
        ("{card_number:5-3d}", "is not between 1 and"),
        ("{card_number:9999d}", "is not between 1 and"),
        ("{card_number}", "is not a field"),
        ("{card_number:13d", "is not a field"),
        ("card_number:13d}", "is not a field"),
        ("{symbols:3d}{card_number:13d}", "not 1d or 2d"),
        ("{card_number:13d}{card_session:33an}", "at most 32 Latin letters and digits"),
        ("{card_number:13d}{card_session:6any}", "at most 32 Latin letters and digits"),
        ("{card_number:37d}{card_session:6an}", "a number of at most 36"),
        ("{symbols:1d}{card_number:13d}{card_session:8an}", "one-dimensional symbol has 6 characters"),
        ("{card_number:8-13d}{card_session:1-32an}", "it divides '.*' in two ways"),
        ("{card_number:8d}{?:1}{password:2-3d}", "it divides '.*' in two ways"),
        ("", "no card_number"),
    ],
)
def test_a_template_that_cannot_be_meant_says_why(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why.replace("{", r"\{")):
        Template(text)


def test_two_templates_that_read_a_label_differently_are_refused_with_both_and_the_label() -> None:
    texts = ["{card_number:13d}{password:3d}", "{card_number:16d}"]
    with pytest.raises(TemplateError) as refused:
        Templates(texts)
    assert all(text in str(refused.value) for text in (*texts, "1" * 16))
    templates = Templates(texts, may_overlap=True)
    assert revealed(templates.match("1" * 16)) == {"card_number": "1" * 13, "password": "111"}


@pytest.mark.parametrize(
    ("one", "other", "label"),
    [
        ("-1{card_number:2d}", "{prefix:-}{card_number:3d}", "-111"),
        ("{?:ab}{card_number:2d}", "{prefix:b}{card_number:2d}", None),
        ("{?:ab}{card_number:2d}", "{prefix:ab}{card_number:2d}", "ab11"),
        ("{card_number:2d}{?:7}", "{card_number:3d}", "117"),
        ("{card_number:2d}Ж", "{card_number:2d}{prefix:1any}", "11Ж"),
        ("{card_number:2an}", "{card_number:1d}{password:1x}", "1A"),
        ("{card_number:2d:luhn}-", "{card_number:2d:ean}{prefix:-}", "00-"),
        ("{card_number:1d:luhn}{password:1d:ean}", "{card_number:2d}", "00"),
    ],
)
def test_a_shortest_label_is_found_if_there_is_one(one: str, other: str, label: str | None) -> None:
    found = common_label(parse_template(one), parse_template(other))
    assert (found and len(found)) == (label and len(label))
    for text in (one, other) if label else ():
        assert match(text, label or "")
        assert match(text, found or "")


def test_two_templates_that_read_every_label_alike_may_stand_together() -> None:
    templates = Templates([PLAIN, "{card_number:8-19d}", PLAIN])
    assert revealed(templates.match("12345678")) == {"card_number": "12345678"}


def test_templates_too_wide_to_compare_are_refused() -> None:
    with pytest.raises(TemplateError, match="too wide to compare"):
        Templates(["x{card_number:1-600an}-{prefix:1-600an}", "y{card_number:1-4096any}"])


def test_at_least_one_template_is_needed() -> None:
    with pytest.raises(TemplateError, match="at least one"):
        Templates([])


# -- Why not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "why"),
    [
        (f"CM{NUMBER}A1B2C3782", ""),
        (f"CN{NUMBER}A1B2C3782", "character 2 of 24: expected 'M', came a Latin letter"),
        ("CM46012345678X3A1B2C3782", "character 14 of 24: expected a digit of card_number, came a Latin letter"),
        (f"CM{NUMBER}A1Б2C3782", "character 18 of 24: expected a Latin letter or digit of card_session, came a char"),
        (f"CM{NUMBER}A1B2C378", "the label ends after 23 characters; expected a digit of password next"),
        (f"CM{NUMBER}A1B2C37823", "character 25 of 25: expected the end, came a digit"),
        ("", "the label ends after 0 characters; expected 'C' next"),
    ],
)
def test_a_template_says_where_a_label_parts_from_it(label: str, why: str) -> None:
    told = Template(WALLET).why_not(label, Symbols.TWO_D)
    assert told.startswith(why)
    assert bool(told) == bool(why)


def test_a_template_says_what_else_is_wrong() -> None:
    assert Template("{card_number:13d:ean}").why_not(NUMBER[:-1] + "0", Symbols.TWO_D).startswith("the check digit")
    assert Template("{symbols:2d}" + PLAIN).why_not(NUMBER, Symbols.ONE_D) == "the template is not for 1d symbols"


@given(st.data())
def test_a_reason_is_given_exactly_when_there_is_no_match(data: st.DataObject) -> None:
    pieces = data.draw(pieces_of(("d", "an", "x"), "-|", 4, ("", "luhn")))
    label = data.draw(labels_of(pieces))
    try:
        made = Template(template(pieces))
    except TemplateError:
        return
    assert (made.why_not(label, Symbols.TWO_D) == "") == (made.match(label, Symbols.TWO_D) is not None)
