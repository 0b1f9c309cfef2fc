"""Times for people: the shop's local time with its offset, for every time that a host or a clock may give."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.payment.slips.local_time import local_time, local_time_of

MOSCOW = ZoneInfo("Europe/Moscow")
ZONES = st.sampled_from([None, UTC, MOSCOW, *map(ZoneInfo, ("America/New_York", "Asia/Kathmandu", "Pacific/Apia"))])
WRITTEN = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d[+-]\d\d:\d\d(:\d\d)?")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-22T10:25:48.123Z", "22.11.2026 13:25:48+03:00"),
        ("2026-11-22T22:25:48+00:00", "23.11.2026 01:25:48+03:00"),
        ("2026-11-22T10:25:48+05:00", "22.11.2026 08:25:48+03:00"),
        ("2026-11-22T10:25:48", "22.11.2026 13:25:48+03:00"),
        ("today", "today"),
        ("", ""),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("0099-01-01T00:00:00Z", "01.01.0099 02:30:17+02:30:17"),
    ],
)
def test_a_time_of_the_host_is_shown_in_the_shops_zone(text: str, shown: str) -> None:
    assert local_time_of(text, MOSCOW) == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (UTC, "22.11.2026 10:25:48+00:00"),
        (MOSCOW, "22.11.2026 13:25:48+03:00"),
        (ZoneInfo("Asia/Kathmandu"), "22.11.2026 16:10:48+05:45"),
        (timezone(-timedelta(hours=9, minutes=30)), "22.11.2026 00:55:48-09:30"),
    ],
)
def test_a_time_of_the_till_has_the_offset_of_its_zone(zone: tzinfo, shown: str) -> None:
    assert local_time(datetime(2026, 11, 22, 10, 25, 48, 999_999, tzinfo=UTC).timestamp(), zone) == shown


@pytest.mark.parametrize("at_s", [1e12, -1e12, float("inf"), float("nan")])
def test_a_time_outside_the_calendar_is_a_number(at_s: float) -> None:
    assert local_time(at_s, MOSCOW) == f"{at_s:.0f} s"


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)), ZONES)  # noqa: DTZ001 - made UTC below
def test_both_ways_say_the_same_and_lose_no_second(at: datetime, zone: tzinfo | None) -> None:
    moment = at.replace(microsecond=0, tzinfo=UTC)
    shown = local_time(moment.timestamp(), zone)
    assert shown == local_time_of(moment.isoformat(), zone)
    assert WRITTEN.fullmatch(shown)
    assert datetime.strptime(shown, "%d.%m.%Y %H:%M:%S%z") == moment


@given(st.text(), ZONES)
def test_any_text_is_shown_and_never_fails(text: str, zone: tzinfo | None) -> None:
    shown = local_time_of(text, zone)
    assert shown == text or WRITTEN.fullmatch(shown)


@pytest.fixture
def kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time zone is that of Nepal."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no such call")
@pytest.mark.usefixtures("kathmandu")
def test_without_a_zone_it_is_the_machines_and_a_bare_time_of_the_host_is_in_utc() -> None:
    assert local_time_of("2026-11-22T10:25:48", None) == "22.11.2026 16:10:48+05:45"
    assert local_time_of("2026-11-22T10:25:48", MOSCOW) == "22.11.2026 13:25:48+03:00"
    assert local_time(0.0, None) == "01.01.1970 05:30:00+05:30"
