"""Payload templates over whole labels, from any fields."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.template import MAX_LABEL, Template, TemplateError, Templates

WALLET = "{prefix:CM}{card_number:13d}{card_session:6an}{password:3d}"
OLDER = "{prefix:CM}{card_number:13d}{password:3d}"
PLAIN = "{card_number:13d}"
ALPHABETS = {"d": string.digits, "an": string.ascii_letters + string.digits, "x": string.hexdigits}


def parts(card: CardPresentation | None) -> tuple[str, str, str | None, str | None] | None:
    if card is None:
        return None
    session = card.card_session.reveal() if card.card_session else None
    return card.prefix, card.card_number.reveal(), session, card.password.reveal() if card.password else None


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("CM4601234567893A1b2C3782", ("CM", "4601234567893", "A1b2C3", "782")),
        ("CM4601234567893782", ("CM", "4601234567893", None, "782")),
        ("4601234567893", ("", "4601234567893", None, None)),
        ("CM4601234567893A1b2C3782 ", None),
        ("\nCM4601234567893A1b2C3782", None),
        ("cm4601234567893A1b2C3782", None),
        ("CM460123456789А1b2C37822", None),
        ("CM4601234567893A1b2C37٨2", None),
        ("", None),
    ],
)
def test_the_first_template_that_takes_the_whole_label_wins(
    label: str, expected: tuple[str, str, str | None, str | None] | None
) -> None:
    assert parts(Templates([WALLET, OLDER, PLAIN]).match(label)) == expected


@st.composite
def templates_with_labels(draw: st.DrawFn) -> tuple[str, dict[str, str], str]:
    """A template, the values of its fields, and the label that they make."""
    names = draw(st.permutations(["prefix", "card_number", "card_session", "password"]))
    names = names[: draw(st.integers(1, 4))]
    assume("card_number" in names)
    template, label, values = "", "", {}
    for name in names:
        kind = draw(st.sampled_from(sorted(ALPHABETS)))
        value = draw(st.text(ALPHABETS[kind], min_size=1, max_size=20))
        delimiter = draw(st.sampled_from(["", "-", "|", "#(", "\\d", "."]))
        template += f"{{{name}:{len(value)}{kind}}}{delimiter}"
        label += value + delimiter
        values[name] = value
    return template, values, label


@given(templates_with_labels())
def test_a_template_takes_apart_what_it_describes(made: tuple[str, dict[str, str], str]) -> None:
    template, values, label = made
    expected = values.get("prefix", ""), values["card_number"], values.get("card_session"), values.get("password")
    assert parts(Template(template).match(label)) == expected


@given(templates_with_labels(), st.text(min_size=1, max_size=3))
def test_a_template_refuses_a_label_with_more_at_its_end(made: tuple[str, dict[str, str], str], more: str) -> None:
    template, _, label = made
    assert Template(template).match(label + more) is None


@given(st.text(max_size=60))
def test_any_label_gives_a_card_or_nothing(label: str) -> None:
    card = Templates([WALLET, OLDER, PLAIN]).match(label)
    assert card is None or label.endswith((card.password or card.card_number).reveal())


def test_a_range_of_lengths_takes_each_of_them_and_no_other() -> None:
    template = Template("{card_number:3-5d}-{card_session:1-32an}")
    accepted = [size for size in range(1, 8) if template.match("1" * size + "-A")]
    assert accepted == [3, 4, 5]
    assert template.match("123-" + "A" * 32)
    assert template.match("123-" + "A" * 33) is None


def test_a_label_longer_than_any_symbol_is_refused_before_it_is_matched() -> None:
    template = Template("{card_number:1-4096any}")
    assert template.match("1" * MAX_LABEL)
    assert template.match("1" * (MAX_LABEL + 1)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{prefix:CM}", "no card_number"),
        ("{card_nomber:13d}", "unknown field 'card_nomber'; allowed: prefix, card_number"),
        ("{card_number:13d}{card_number:2d}", "'card_number' comes twice"),
        ("{card_number:d13}", "'d13' is not a length and a class"),
        ("{card_number:0d}", "is not between 1 and"),
        ("{card_number:5-3d}", "is not between 1 and"),
        ("{card_number:9999d}", "is not between 1 and"),
        ("{card_number}", "is not a field"),
        ("{card_number:13d", "is not a field"),
        ("card_number:13d}", "is not a field"),
        ("", "no card_number"),
    ],
)
def test_a_template_that_cannot_be_meant_says_why(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why.replace("{", r"\{")):
        Template(text)


def test_at_least_one_template_is_needed() -> None:
    with pytest.raises(TemplateError, match="at least one"):
        Templates([])
