"""How far the till's clock is off, by what the host says."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.host_clock import HostClock


class Clocks:
    """A steady and a wall clock that the test turns."""

    def __init__(self, unix_s: float = 1_795_280_400.0) -> None:
        self.steady_s = 50.0
        self.unix_s = unix_s
        self.host = HostClock(lambda: self.steady_s, lambda: self.unix_s)

    def pass_by(self, seconds: float) -> None:
        self.steady_s += seconds
        self.unix_s += seconds


@given(st.floats(-90_000, 90_000), st.floats(0, 1e6))
def test_the_skew_is_found_to_half_a_second_and_stays_found(ahead_s: float, later_s: float) -> None:
    clocks = Clocks()
    clocks.host.heard(formatdate(clocks.unix_s - ahead_s, usegmt=True))
    clocks.pass_by(later_s)
    found = clocks.host.skew_s()
    assert found is not None
    assert abs(found - ahead_s) <= 0.51


def test_a_wall_clock_that_jumps_after_the_answer_is_seen_without_another() -> None:
    clocks = Clocks()
    clocks.host.heard(formatdate(clocks.unix_s, usegmt=True))
    clocks.unix_s += 3600
    assert clocks.host.skew_s() == pytest.approx(3600, abs=0.51)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_what_is_no_date_tells_nothing(date: str) -> None:
    clocks = Clocks()
    clocks.host.heard(date)
    assert clocks.host.skew_s() is None
