"""Cash reports: nothing twice, nothing lost, whatever clock, day and crash do; totals equal a recount of raw rows."""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.accounting.report import Report, as_csv, as_lines, document, make_report
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.chain import FIRST_LINK, Anchor, link, parse_anchor
from koshelek_driver.payment.journal.day_book import Operation
from koshelek_driver.payment.outcome import Outcome, Verdict
from tests.support.shops import BY_HAND, SLIP, Shop, recounted

AT_FOUR = DayRule(time(4), ZoneInfo("Europe/Moscow"))
AT_NOON = DayRule(time(12), ZoneInfo("America/New_York"))
END = st.sampled_from(["paid", "rejected", "canceled", "unknown"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "journal.db")
    yield made
    made.close()


def summed(reports: list[Report]) -> Counter[tuple[str, str, int]]:
    found: Counter[tuple[str, str, int]] = Counter()
    for made in reports:
        for provider, totals in made.totals.items():
            for outcome, amount in (
                ("paid", totals.paid),
                ("refunded", totals.refunded),
                ("canceled", totals.canceled),
            ):
                found[outcome, provider, 0] += amount
    return +found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), END, st.integers(1, 9_999_999), st.sampled_from(["SBP", "DOLYAME", "NEW"])),
        st.tuples(st.just("back"), st.integers(0, 5), st.sampled_from(["refunded", "rejected"])),
        st.tuples(st.just("clock"), st.sampled_from([-90_000.0, -3600.0, 0.5, 86_400.0])),
        st.tuples(st.just("z")),
        st.tuples(st.just("look")),
        st.tuples(st.just("rule"), st.sampled_from([BY_HAND, AT_FOUR, AT_NOON])),
        st.tuples(st.just("x")),
        st.tuples(st.just("restart")),
    ),
    max_size=25,
)


def play(shop: Shop, step: str, given_: list[Any]) -> None:
    """One step."""
    steps: dict[str, Callable[..., object]] = {
        "sell": shop.sell,
        "back": partial(_give_back, shop),
        "clock": partial(_set_clock, shop),
        "restart": shop.restart,
        "rule": shop.set_rule,
        "x": shop.desk.report_open_day,
        "look": lambda: _shown_again(shop, shop.desk.close_due()),
        "z": lambda: _shown_again(shop, [shop.desk.close()]),
    }
    steps[step](*given_)


def _give_back(shop: Shop, number: int, end: str) -> None:
    if shop.paid:
        of = shop.paid.pop(number % len(shop.paid))
        shop.give_back(of, max(1, of.amount // 2), end)


def _set_clock(shop: Shop, by_s: float) -> None:
    shop.clock.wall_s += by_s


def _shown_again(shop: Shop, closed: list[Report]) -> None:
    """A day that is closed can be shown again as it was."""
    assert [shop.desk.report_closed_day(made.day) for made in closed] == closed


@pytest.mark.scenario(71)
@given(STEPS, st.sampled_from([BY_HAND, AT_FOUR]))
def test_days_hold_every_row_once_and_their_totals_are_a_recount(
    tmp_path_factory: Any, steps: list[Any], rule: DayRule
) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop") / "journal.db", rule)
    for step, *given_ in steps:
        play(shop, step, given_)
    last = shop.desk.report_open_day()
    closed = [shop.desk.report_closed_day(number) for number in range(1, last.day)]
    days = [*closed, last]
    assert summed(days) == recounted(shop)
    ids = [row.request_id for made in days for row in made.rows]
    assert len(ids) == len(set(ids))
    assert [made.day for made in days] == list(range(1, len(days) + 1))
    assert all(made.since_s == before.until_s for before, made in pairwise(days))
    shop.close()


@pytest.mark.scenario(71)
def test_what_is_not_settled_comes_first_and_is_carried_over(shop: Shop) -> None:
    name = shop.sell("unknown")
    shop.sell("paid")
    first = shop.desk.close()
    assert [row.request_id for row in first.unknown] == [name]
    assert (first.totals["SBP"].payments, first.totals["SBP"].paid) == (1, 500)
    shop.journal.end(name, Verdict(Outcome.PAID, "t-late", slip=SLIP), shop.clock.unix_s())
    second = shop.desk.report_open_day()
    assert ([row.request_id for row in second.rows], second.unknown) == ([name], ())
    assert document(second)["totals"]["SBP"]["paid"] == 500


def test_a_day_that_is_not_closed_cannot_be_shown_again(shop: Shop) -> None:
    with pytest.raises(UsageError, match="day 1 is not closed"):
        shop.desk.report_closed_day(1)
    shop.desk.close()
    assert shop.desk.report_closed_day(1).rows == ()


def test_a_report_that_fails_in_the_middle_closes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell("paid")
    with monkeypatch.context() as patch:
        patch.setattr(shop.journal.days, "close", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.desk.close()
    assert shop.desk.report_open_day().day == 1
    assert shop.desk.close().totals["SBP"].payments == 1


def test_a_sale_that_ends_while_a_day_is_closed_is_in_one_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's, on a connection of its own: it waits until the day is closed."""
    name = shop.sell("unknown")
    other = Journal(shop.path)
    ending = threading.Thread(
        target=lambda: other.end(name, Verdict(Outcome.PAID, "t", slip=SLIP), shop.clock.unix_s())
    )
    read = shop.journal.days.ended

    def read_then_another_ends(after: int, until: int | None) -> list[Operation]:
        found = read(after, until)
        ending.start()
        ending.join(0.3)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(shop.journal.days, "ended", read_then_another_ends)
        closed = shop.desk.close()
    ending.join()
    other.close()
    assert [row.request_id for row in (*closed.rows, *shop.desk.report_open_day().rows)] == [name]


def test_every_field_of_the_slip_is_in_the_row_and_in_the_csv(shop: Shop) -> None:
    shop.sell("paid")
    shop.give_back(shop.paid[0], 200, "refunded")
    made = shop.desk.report_open_day()
    (paid, back) = made.rows
    assert (paid.qrc_id, paid.kzo, paid.payment_type, paid.slip) == ("Q1", "K1", "SBP", SLIP)
    assert back.kind == "refund"
    table = list(csv.DictReader(io.StringIO(as_csv((*made.unknown, *made.rows))), delimiter=";"))
    assert [row["kind"] for row in table] == ["payment", "refund"]
    assert table[0]["slip"].startswith('{"id":"s-1"')
    assert {"order_id", "request_id", "payment_transaction_id", "refund_transaction_id", "payment_type"} <= set(
        table[0]
    )


@given(st.sampled_from(["=1+1", "+7", "-5", "@SUM(A1)", "\t=1", "\r=1"]))
def test_no_cell_of_the_csv_is_a_formula(evil: str) -> None:
    slip = {"kzo": evil, "paymentType": evil}
    evil_row = Operation(evil, evil, 100, Outcome.PAID, evil, evil, slip, evil, 0.0)
    made = make_report(1, "", [evil_row], [], since_s=None, until_s=0.0, closed=False)
    for row in csv.reader(io.StringIO(as_csv((*made.unknown, *made.rows)), newline=""), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("columns", [32, 42, 48])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_on_paper_no_line_is_too_wide_and_the_sums_are_there(shop: Shop, columns: int, language: Any) -> None:
    shop.sell("paid", 123_450)
    shop.sell("unknown")
    shop.sell("canceled")
    shop.give_back(shop.paid[0], 200, "refunded")
    lines = as_lines(shop.desk.close(), columns, language)
    assert all(len(line.text) * (2 if line.large else 1) <= columns for line in lines)
    text = "\n".join(line.text for line in lines)
    assert "1234.50" in text
    assert "1232.50" in text
    assert text.index("r-2") < text.index("SBP")
    assert as_lines(make_report(1, "", [], [], since_s=None, until_s=0.0, closed=False), columns, language)


def test_a_journal_of_the_fourth_version_has_its_ends_in_the_first_day(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "journal.db")
    shop.sell("paid")
    shop.sell("canceled")
    shop.close()
    old = apsw.Connection(str(shop.path))
    for index in ("attempt_by_end", "refund_by_end", "attempt_by_time", "refund_by_time"):
        old.execute(f"DROP INDEX {index}")
    for table, column in (
        ("attempt", "ended"),
        ("refund", "ended"),
        ("refund", "paid"),
        ("installation", "journal_id"),
        ("attempt", "begun_steady_s"),
        ("attempt", "boot_id"),
        *((table, column) for table in ("attempt", "refund") for column in ("operator", "ended_by")),
    ):
        old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    old.execute("PRAGMA user_version = 4")
    old.close()
    shop.open()
    assert [row.kind for row in shop.desk.report_open_day().rows] == ["payment", "cancel"]
    shop.close()


# -- Days that end by the rule -------------------------------------------------------------------------------------


def moscow(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Moscow")).timestamp()


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "journal.db", AT_FOUR)
    yield made
    made.close()


def sell_at(shop: Shop, *moments: float) -> list[str]:
    names = []
    for shop.clock.wall_s in moments:
        names.append(shop.sell("paid"))
    return names


def test_a_day_ends_at_its_hour_however_late_anyone_looks(ruled: Shop) -> None:
    """Nobody looked for days: each sale is in the day in which it ended all the same, and empty days are none."""
    names = sell_at(ruled, moscow(20, 9), moscow(21, 3, 59), moscow(21, 4), moscow(23, 12))
    ruled.clock.wall_s = moscow(26, 1)
    closed = ruled.desk.close_due()
    assert [[row.request_id for row in made.rows] for made in closed] == [names[:2], names[2:3], names[3:]]
    assert [made.date for made in closed] == ["2026-11-20", "2026-11-21", "2026-11-23"]
    assert [made.until_s for made in closed] == [moscow(21, 4), moscow(22, 4), moscow(24, 4)]
    assert (ruled.desk.close_due(), ruled.desk.report_open_day().day) == ([], 4)


def test_a_day_that_goes_on_is_not_closed_by_a_look(ruled: Shop) -> None:
    sell_at(ruled, moscow(20, 9))
    ruled.clock.wall_s = moscow(21, 3, 59)
    assert ruled.desk.close_due() == []
    made = ruled.desk.report_open_day()
    assert (made.day, made.date, made.closed, len(made.rows)) == (1, "2026-11-20", False, 1)


def test_a_z_before_the_hour_leaves_the_rest_of_the_day_to_the_next(ruled: Shop) -> None:
    sell_at(ruled, moscow(20, 9))
    assert ruled.desk.close().date == "2026-11-20"
    sell_at(ruled, moscow(20, 23))
    ruled.clock.wall_s = moscow(21, 5)
    (made,) = ruled.desk.close_due()
    assert (made.day, made.date, len(made.rows)) == (2, "2026-11-20", 1)


def test_a_day_closed_late_names_what_was_not_settled_in_it(ruled: Shop) -> None:
    sell_at(ruled, moscow(20, 9))
    name = ruled.sell("unknown")
    ruled.clock.wall_s = moscow(21, 9)
    later = ruled.sell("unknown")
    (made,) = ruled.desk.close_due()
    assert [row.request_id for row in made.unknown] == [name]
    assert [row.request_id for row in ruled.desk.report_closed_day(1).unknown] == [name]
    assert [row.request_id for row in ruled.desk.report_open_day().unknown] == [name, later]


ZONES = st.sampled_from([None, UTC, *map(ZoneInfo, ("Europe/Moscow", "America/New_York", "Asia/Kathmandu"))])


@given(st.integers(0, 4_000_000_000), st.times().map(lambda at: at.replace(second=0, microsecond=0)), ZONES)
def test_every_moment_is_in_one_day_by_the_rule(at_s: int, closes_at: time, zone: Any) -> None:
    """Also where clocks are set forward and back: its end lies ahead, a day and a little at most, and is its own."""
    rule = DayRule(closes_at, zone)
    end_s = rule.end_after(at_s)
    assert end_s is not None
    assert at_s < end_s <= at_s + 49 * 3600
    assert rule.end_after(end_s - 1) == end_s
    assert rule.date_of(at_s) == rule.date_of(end_s - 1)


# -- Sums over all providers, the anchor, local times ---------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from(["SBP", "DOLYAME", ""]), END), max_size=20))
def test_the_grand_total_is_a_recount_of_all_rows(given_rows: list[tuple[int, str, str]]) -> None:
    ended = [
        Operation("A", "r", amount, Outcome(end), "t", "", {"paymentType": name}, "", 0.0)
        for amount, name, end in given_rows
        if end != "unknown"
    ]
    made = make_report(1, "", ended, [], since_s=None, until_s=0.0, closed=False)
    paid = [each.amount for each in ended if each.outcome is Outcome.PAID]
    canceled = [each.amount for each in ended if each.outcome is Outcome.CANCELED]
    expected = {
        "payments": len(paid), "paid": sum(paid), "refunds": 0, "refunded": 0,
        "cancels": len(canceled), "canceled": sum(canceled),
    }  # fmt: skip
    assert document(made)["grand_total"] == expected


@pytest.mark.parametrize(("language", "name"), [("ru", "ВСЕГО"), ("en", "ALL PROVIDERS")])
def test_the_last_block_on_paper_is_the_grand_total(shop: Shop, language: Any, name: str) -> None:
    shop.sell("paid", 123_450)
    shop.sell("paid", 100, "DOLYAME")
    lines = [line.text.strip() for line in as_lines(shop.desk.report_open_day(), 42, language)]
    block = lines[lines.index(name) :]
    assert [line.split()[-1] for line in block[1:5]] == ["1235.50", "0.00", "0.00", "1235.50"]
    assert name not in [line.text.strip() for line in as_lines(Report(1, "", None, 0.0, True, (), ()), 42, language)]


def test_a_z_report_is_anchored_in_the_event_that_closed_the_day(shop: Shop) -> None:
    shop.sell("paid")
    made = shop.desk.close()
    (closing,) = shop.journal.events("business day")
    assert made.anchor == Anchor(closing.number, closing.link.hex())
    assert document(made)["anchor"] == {"event": closing.number, "link": closing.link.hex()}
    printed = f"{closing.number}-{closing.link.hex()[:16]}"
    assert any(line.text.endswith(printed) for line in as_lines(made, 42, "ru"))
    assert shop.desk.report_open_day().anchor is None
    shop.sell("paid")
    assert shop.desk.report_closed_day(1).anchor == made.anchor
    assert shop.desk.close().anchor == shop.desk.report_closed_day(2).anchor != made.anchor


def test_a_chain_that_was_computed_anew_does_not_lead_to_the_printed_anchor(shop: Shop) -> None:
    shop.sell("paid", 500)
    made = shop.desk.close()
    shop.sell("paid")
    assert made.anchor is not None
    anchor = parse_anchor(made.anchor.on_paper())
    assert anchor is not None
    assert shop.journal.verify(anchor) == []
    shop.close()
    forged = apsw.Connection(str(shop.path))
    for trigger in ("events_never_change", "final_is_final"):
        forged.execute(f"DROP TRIGGER {trigger}")
    forged.execute("UPDATE attempt SET amount = 100 WHERE number = 1")
    forged.execute("UPDATE event SET data = replace(data, '500', '100') WHERE number = 1")
    before = FIRST_LINK
    rows: list[Any] = forged.execute("SELECT number, at_s, kind, request_id, data FROM event").fetchall()
    for number, *fields in rows:
        before = link(before, number, *fields)
        forged.execute("UPDATE event SET link = ? WHERE number = ?", (before, number))
    forged.close()
    shop.open()
    assert shop.journal.verify() == []
    assert shop.journal.verify(anchor) == [
        f"event {anchor.event}, which the Z report names, is another one, or one before it was changed"
    ]
    assert shop.journal.verify(Anchor(999, anchor.link)) == ["event 999, which the Z report names, is missing"]
    shop.close()
    shop.open()


@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_an_anchor_is_read_as_it_was_printed(event: int, hashed: bytes) -> None:
    printed = Anchor(event, hashed.hex()).on_paper()
    assert parse_anchor(f" {printed.upper()} ") == Anchor(event, hashed.hex()[:16])


@given(st.text(max_size=40))
def test_any_other_text_is_no_anchor(text: str) -> None:
    found = parse_anchor(text)
    assert found is None or f"{found.event}-{found.link}" == text.strip().lower()


@pytest.mark.parametrize(
    "text", ["", "7", "7-", "0-0123456789abcdef", "7-0123456789abcde", "٧-0123456789abcdef", "7 0123456789abcdef"]
)
def test_half_an_anchor_is_none(text: str) -> None:
    assert parse_anchor(text) is None
