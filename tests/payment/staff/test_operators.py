"""The name of an operator: everything that can be printed on one line, and nothing else."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import UsageError
from koshelek_driver.payment.staff.operators import MAX_OPERATOR, checked_operator

PRINTABLE = st.characters(exclude_categories=["C", "Zl", "Zp"])


@given(st.text(PRINTABLE, max_size=MAX_OPERATOR).filter(lambda text: not text or text.strip()))
def test_a_name_that_can_be_printed_is_kept_as_it_is(name: str) -> None:
    assert checked_operator(name) == name


@given(st.text(PRINTABLE, max_size=20), st.characters(categories=["C", "Zl", "Zp"]), st.text(PRINTABLE, max_size=20))
def test_a_name_with_one_character_that_cannot_be_printed_is_refused(before: str, bad: str, after: str) -> None:
    with pytest.raises(UsageError, match="operator") as refused:
        checked_operator(before + bad + after)
    assert all(unicodedata.category(letter) not in ("Cc", "Cf", "Cs") for letter in refused.value.what)


@pytest.mark.parametrize("name", ["x" * (MAX_OPERATOR + 1), "   ", "\u00a0", None, 7, b"Anna"])
def test_a_name_that_is_too_long_blank_or_no_text_is_refused(name: Any) -> None:
    with pytest.raises(UsageError, match="operator"):
        checked_operator(name)


def test_the_longest_name_is_allowed() -> None:
    assert checked_operator("я" * MAX_OPERATOR) == "я" * MAX_OPERATOR
