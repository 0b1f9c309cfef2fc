"""Pairs of templates whose common label is easily missed, and one that only looks as if it had one."""

from __future__ import annotations

import pytest

from koshelek_driver.card.grammar import parse_template
from koshelek_driver.card.overlap import common_label


@pytest.mark.parametrize(
    ("one", "other", "label"),
    [
        (
            "{card_number:1any}{password:2-3an}AA{card_session:3-4d}",
            "{password:3-4x}{?:A1}{card_number:1-3an}",
            "111AA111",
        ),
        ("{?:AA}{card_number:2-3an}-1{?:A}", "{card_number:3-4any}", "11-1"),
        ("{card_number:3-4any}", "{?:AA}{card_number:2-3an}-1{?:A}", "11-1"),
    ],
)
def test_a_label_that_both_accept_and_divide_differently_is_found(one: str, other: str, label: str) -> None:
    assert common_label(parse_template(one), parse_template(other)) == label


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Six characters for both, but the last one is a hyphen here and a letter or digit there.
        ("{card_number:3-5an}{?:-}", "AA{card_number:2-3x}{card_session:1-3x}{password:1-2an}"),
        ("{card_number:3d}", "{card_number:4-5d}"),
        ("{card_number:4-5d}", "{card_number:3d}"),
        ("{card_number:3d}", "{card_number:3-4d}"),
    ],
)
def test_templates_that_no_label_can_confuse_have_none(one: str, other: str) -> None:
    assert common_label(parse_template(one), parse_template(other)) is None
