"""Ages that decide on money: by two clocks that must agree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.payment.clock import Moment, SystemClock, moment

BEGAN = Moment(1_800_000_000.0, 1000.0, "boot-1")


def later(wall_s: float, steady_s: float, boot_id: str = "boot-1") -> Moment:
    return Moment(BEGAN.unix_s + wall_s, BEGAN.steady_s + steady_s, boot_id)


@pytest.mark.parametrize(
    ("wall_s", "steady_s", "age_s"), [(10.0, 10.0, 10.0), (10.0, 14.0, 14.0), (14.0, 10.0, 14.0), (15.0, 10.0, 15.0)]
)
def test_clocks_that_agree_give_the_greater_age(wall_s: float, steady_s: float, age_s: float) -> None:
    assert BEGAN.age_s(later(wall_s, steady_s)) == age_s


@pytest.mark.parametrize(
    "now",
    [later(10, 10, "boot-2"), later(15.1, 10), later(4.9, 10), later(-3600, 1), later(3600, 1), later(-1, -1)],
    ids=["another boot", "set forward", "set back", "an hour back", "an hour forward", "steady clock back"],
)
def test_clocks_that_disagree_make_it_endlessly_old(now: Moment) -> None:
    assert BEGAN.age_s(now) == math.inf


@given(wall_s=st.floats(-1e9, 1e9), steady_s=st.floats(-1e9, 1e9), boot_id=st.sampled_from(["", "boot-1", "boot-2"]))
def test_an_age_is_never_less_than_the_steady_clock_says(wall_s: float, steady_s: float, boot_id: str) -> None:
    now = later(wall_s, steady_s, boot_id)
    assert BEGAN.age_s(now) >= max(0.0, now.steady_s - BEGAN.steady_s)


def test_the_machines_clocks_agree_with_themselves() -> None:
    clock = SystemClock()
    first, second = moment(clock), moment(clock)
    assert 0 <= first.age_s(second) < 5
    assert first.boot_id == second.boot_id == clock.boot_id()
