"""Cash reports: nothing twice, nothing lost, whatever clock, day and crash do; totals equal a recount of raw rows."""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.day_book import Ended
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.report import Report, as_csv, as_lines, document, report
from koshelek_driver.payment.report_desk import ReportDesk
from koshelek_driver.payment.till import Till
from koshelek_driver.secrets import Secret

SLIP = {
    "id": "s-1", "paymentType": "SBP", "orderId": "A-1", "paymentTransactionId": "t-1", "qrcId": "Q1", "kzo": "K1",
    "merchantId": "M1", "storeId": "S1", "terminalId": "T1", "operationId": "O1",
    "operationDateTime": "2026-11-22T10:00:00.000Z", "totalAmount": 500, "currency": "RUB",
}  # fmt: skip
END = st.sampled_from(["paid", "rejected", "canceled", "unknown"])


@dataclass
class Clock:
    wall_s: float = 1_800_000_000.0

    def unix_s(self) -> float:
        return self.wall_s


class Shop:
    """A journal that sells without a host."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.names = count(1)
        self.paid: list[Payment] = []
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.path)
        till: Any = type("PartOfATill", (), {"journal": self.journal, "clock": self.clock})()
        self.desk = ReportDesk(cast("Till", till))

    def close(self) -> None:
        self.journal.close()

    def sell(self, end: str, amount: int = 500, provider: str = "SBP") -> str:
        name = f"r-{next(self.names)}"
        began = Payment(f"A-{name}", name, amount, self.clock.unix_s(), Verdict(Outcome.UNKNOWN))
        self.journal.begin(began, Request(Call.CHECKOUT, name, b"{}", Secret("t")), "{}")
        if end != "unknown":
            slip = {**SLIP, "paymentType": provider} if end == "paid" else None
            verdict = Verdict(Outcome(end), f"t-{name}", slip=slip)
            self.journal.end(name, verdict, self.clock.unix_s())
        if end == "paid":
            found = self.journal.latest(f"A-{name}")
            assert found is not None
            self.paid.append(found)
        return name

    def give_back(self, of: Payment, amount: int, end: str) -> None:
        name = f"b-{next(self.names)}"
        began = Refund(
            of.order_id, name, amount, self.clock.unix_s(), Verdict(Outcome.UNKNOWN, of.verdict.transaction_id), "[]"
        )
        self.journal.refunds.begin(began, Request(Call.REFUND, name, b"{}", Secret("t")), of.amount)
        slip = {**SLIP, "refundTransactionId": f"back-{name}", "paymentType": (of.verdict.slip or {})["paymentType"]}
        self.journal.refunds.end(name, Verdict(Outcome(end), of.verdict.transaction_id, slip=slip), self.clock.unix_s())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "journal.db")
    yield made
    made.close()


def recounted(shop: Shop) -> Counter[tuple[str, str, int]]:
    """What the raw rows of the journal's file say has moved."""
    database = apsw.Connection(str(shop.path), flags=apsw.SQLITE_OPEN_READONLY)
    found: Counter[tuple[str, str, int]] = Counter()
    for table in ("attempt", "refund"):
        sql = (
            "SELECT outcome, json_extract(slip, '$.paymentType'), sum(amount) FROM " + table + " WHERE outcome IN"
            " ('paid', 'refunded', 'canceled') GROUP BY 1, 2"
        )
        for outcome, provider, amount in database.execute(sql):
            found[outcome, provider or "?", 0] += amount
    database.close()
    return found


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
        st.tuples(st.just("x")),
        st.tuples(st.just("restart")),
    ),
    max_size=25,
)


def play(shop: Shop, step: str, given_: list[Any]) -> Report | None:
    """One step; the report of a day that it closed."""
    if step == "sell":
        shop.sell(*given_)
    elif step == "back" and shop.paid:
        of = shop.paid.pop(given_[0] % len(shop.paid))
        shop.give_back(of, max(1, of.amount // 2), given_[1])
    elif step == "clock":
        shop.clock.wall_s += given_[0]
    elif step == "restart":
        shop.close()
        shop.open()
    elif step == "x":
        shop.desk.so_far()
    return shop.desk.close() if step == "z" else None


@pytest.mark.scenario(71)
@given(STEPS)
def test_days_hold_every_row_once_and_their_totals_are_a_recount(tmp_path_factory: Any, steps: list[Any]) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop") / "journal.db")
    closed = [made for step, *given_ in steps if (made := play(shop, step, given_)) is not None]
    days = [*closed, shop.desk.so_far()]
    assert summed(days) == recounted(shop)
    ids = [row.request_id for made in days for row in made.rows]
    assert len(ids) == len(set(ids))
    assert [made.day for made in days] == list(range(1, len(days) + 1))
    for made in closed:
        again = shop.desk.of_day(made.day)
        assert (again.rows, again.totals, again.since_s, again.until_s) == (
            made.rows,
            made.totals,
            made.since_s,
            made.until_s,
        )
    shop.close()


@pytest.mark.scenario(71)
def test_what_is_not_settled_comes_first_and_is_carried_over(shop: Shop) -> None:
    name = shop.sell("unknown")
    shop.sell("paid")
    first = shop.desk.close()
    assert [row.request_id for row in first.unknown] == [name]
    assert (first.totals["SBP"].payments, first.totals["SBP"].paid) == (1, 500)
    shop.journal.end(name, Verdict(Outcome.PAID, "t-late", slip=SLIP), shop.clock.unix_s())
    second = shop.desk.so_far()
    assert ([row.request_id for row in second.rows], second.unknown) == ([name], ())
    assert document(second)["totals"]["SBP"]["paid"] == 500


def test_a_day_that_is_not_closed_cannot_be_shown_again(shop: Shop) -> None:
    with pytest.raises(UsageError, match="day 1 is not closed"):
        shop.desk.of_day(1)
    shop.desk.close()
    assert shop.desk.of_day(1).rows == ()


def test_a_report_that_fails_in_the_middle_closes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell("paid")
    with monkeypatch.context() as patch:
        patch.setattr(shop.journal.days, "close", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.desk.close()
    assert shop.desk.so_far().day == 1
    assert shop.desk.close().totals["SBP"].payments == 1


def test_a_sale_that_ends_while_a_day_is_closed_is_in_one_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's, on a connection of its own: it waits until the day is closed."""
    name = shop.sell("unknown")
    other = Journal(shop.path)
    ending = threading.Thread(
        target=lambda: other.end(name, Verdict(Outcome.PAID, "t", slip=SLIP), shop.clock.unix_s())
    )
    read = shop.journal.days.ended

    def read_then_another_ends(after: int, until: int | None) -> list[Ended]:
        found = read(after, until)
        ending.start()
        ending.join(0.3)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(shop.journal.days, "ended", read_then_another_ends)
        closed = shop.desk.close()
    ending.join()
    other.close()
    assert [row.request_id for row in (*closed.rows, *shop.desk.so_far().rows)] == [name]


def test_every_field_of_the_slip_is_in_the_row_and_in_the_csv(shop: Shop) -> None:
    shop.sell("paid")
    shop.give_back(shop.paid[0], 200, "refunded")
    made = shop.desk.so_far()
    (paid, back) = made.rows
    assert (paid.qrc_id, paid.kzo, paid.payment_type, paid.slip) == ("Q1", "K1", "SBP", SLIP)
    assert back.kind == "refund"
    table = list(csv.DictReader(io.StringIO(as_csv(made)), delimiter=";"))
    assert [row["kind"] for row in table] == ["payment", "refund"]
    assert table[0]["slip"].startswith('{"id":"s-1"')
    assert {"order_id", "request_id", "payment_transaction_id", "refund_transaction_id", "payment_type"} <= set(
        table[0]
    )


@given(st.sampled_from(["=1+1", "+7", "-5", "@SUM(A1)", "\t=1", "\r=1"]))
def test_no_cell_of_the_csv_is_a_formula(evil: str) -> None:
    slip = {"kzo": evil, "paymentType": evil}
    made = report(1, None, 0.0, [Ended(evil, evil, 100, Outcome.PAID, evil, evil, slip, evil, 0.0)], [], closed=False)
    for row in csv.reader(io.StringIO(as_csv(made), newline=""), delimiter=";"):
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
    assert as_lines(report(1, None, 0.0, [], [], closed=False), columns, language)


def test_a_journal_of_the_fourth_version_has_its_ends_in_the_first_day(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "journal.db")
    shop.sell("paid")
    shop.sell("canceled")
    shop.close()
    old = apsw.Connection(str(shop.path))
    for statement in ("DROP INDEX attempt_by_end", "DROP INDEX refund_by_end", "PRAGMA user_version = 4"):
        old.execute(statement).fetchall()
    for table in ("attempt", "refund"):
        old.execute(f"ALTER TABLE {table} DROP COLUMN ended").fetchall()
    old.close()
    shop.open()
    assert [row.kind for row in shop.desk.so_far().rows] == ["payment", "cancel"]
    shop.close()
