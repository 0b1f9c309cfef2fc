"""Four implied decimals and kopecks: exact for every amount, refused where they do not meet."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.cat.currency import to_currency, to_kopecks
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError


def test_the_standards_own_example() -> None:
    assert to_kopecks(123_400) == 1234
    assert to_currency(1234) == 123_400


@given(st.integers(1, 9_999_999_999))
def test_every_kopeck_amount_goes_there_and_back_exactly(kopecks: int) -> None:
    currency = to_currency(kopecks)
    assert to_kopecks(currency) == kopecks
    assert Decimal(currency) / 10_000 == Decimal(kopecks) / 100


@pytest.mark.parametrize("currency", [0, -100, -1, 1, 99, 123_401, 100_050, 123_400.0, True, float("inf")])
def test_parts_of_a_kopeck_and_nothing_are_illegal(currency: int) -> None:
    with pytest.raises(UposError) as refused:
        to_kopecks(currency)
    assert refused.value.error_code is ErrorCode.E_ILLEGAL
