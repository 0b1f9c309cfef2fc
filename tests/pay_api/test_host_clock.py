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


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 99 Foo 2026 00:00:00 GMT",
        "Mon, 20 Nov 9999999999 12:00:00 +0000",
        "Mon, 20 Nov 2026 99999999999999999999:00:00 GMT",
        "Mon, 20 Nov 2026 12:00:00 -99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "Mon, 20 Nov 2026 12:00:00 GMT" + " " * 64,
        "Mon, 20 Nov ٢٠٢٦ 12:00:00 GMT",
        "\xff\xfe\x00",
        "Mon, , 2026 :: GMT",
    ],
)
def test_what_is_no_date_tells_nothing(date: str) -> None:
    clocks = Clocks()
    clocks.host.heard(date)
    assert clocks.host.skew_s() is None


@given(
    st.text(max_size=80)
    | st.from_regex(
        r"(Mon, )?-?[0-9]{1,22} Nov -?[0-9]{1,22} -?[0-9]{1,22}:-?[0-9]{1,22}(:[0-9]{1,22})? [-+]?[0-9GMT]{1,22}"
    )
)
def test_a_date_of_any_kind_is_read_or_passed_over(date: str) -> None:
    clocks = Clocks()
    clocks.host.heard(date)
    clocks.host.skew_s()


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", "UT"])
def test_each_way_to_say_utc_is_read(zone: str) -> None:
    clocks = Clocks()
    clocks.host.heard(formatdate(clocks.unix_s, usegmt=True).replace("GMT", zone))
    assert clocks.host.skew_s() == pytest.approx(0, abs=0.51)


def test_a_date_that_is_none_leaves_what_was_known() -> None:
    clocks = Clocks()
    clocks.host.heard(formatdate(clocks.unix_s, usegmt=True))
    clocks.host.heard("Mon, 20 Nov 9999999999 12:00:00 +0000")
    assert clocks.host.skew_s() == pytest.approx(0, abs=0.51)
