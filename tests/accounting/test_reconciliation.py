"""Registries: read in whatever layout, compared row by row; every row is in one bucket."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.accounting.matching import JournalRow, Reconciled, compare
from koshelek_driver.accounting.reconcile import Scope, reconcile
from koshelek_driver.accounting.settlement_file import Kind, Layout, Theirs, read
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.reader import JournalReader, Record
from tests.support.shops import SLIP, Shop, recounted

HEADING = "orderId,transactionId,amount,type,date"
MOSCOW = ZoneInfo("Europe/Moscow")


PLAIN = Layout()


def one(line: str, layout: Layout = PLAIN, heading: str = HEADING, encoding: str = "utf-8") -> Theirs:
    (row,) = read("r.csv", f"{heading}\n{line}\n".encode(encoding), layout)
    return row


# -- Reading -------------------------------------------------------------------------------------------------------


def test_the_layout_of_the_contract_needs_no_setting() -> None:
    row = one("A-1,t-1,12345,payment,2026-11-22T10:00:00Z")
    assert row == Theirs(2, "payment", "A-1", "t-1", 12_345, datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp())
    assert one("A-1,t-1,12345,Refund,").kind == "refund"


@pytest.mark.parametrize(
    "text", ["2026-11-22 10:00", "2026-11-22T07:00:00Z", "22.11.2026 10:00", "22.11.2026 10:00:00"]
)
def test_a_date_is_read_in_the_ways_that_are_common(text: str) -> None:
    at_s = datetime(2026, 11, 22, 10, tzinfo=MOSCOW).timestamp()
    assert one(f"A-1,t-1,1,payment,{text}", Layout(zone=MOSCOW)).at_s == at_s
    day = one("A-1,t-1,1,payment,22.11.2026", Layout(zone=MOSCOW)).at_s
    assert day == at_s - 36_000


BANK = Layout(
    encoding="windows-1251",
    delimiter=";",
    skip_lines=2,
    columns={"order_id": "Заказ", "transaction_id": "Операция", "amount": "Сумма, руб.", "type": "Вид", "date": "Дата"},
    amount_in="roubles",
    types={"payment": ("Оплата", "Оплата СБП"), "refund": ("Возврат",), "ignored": ("Итого",)},
    date_format="%d.%m.%Y %H:%M",
    zone=MOSCOW,
)
BANK_FILE = """\
Реестр операций
за 22.11.2026
Дата;Вид;Заказ;Операция;Сумма, руб.;Комиссия
22.11.2026 10:00;Оплата СБП;A-1;t-1;"1 234,50";0,1
22.11.2026 11:30;ВОЗВРАТ;A-1;r-1;34,5;

;Итого;;;1 200,00;
"""


def test_a_banks_layout_is_mapped() -> None:
    first, second = read("bank.csv", BANK_FILE.replace(" 234", "\u00a0234").encode("windows-1251"), BANK)
    at_s = datetime(2026, 11, 22, 10, tzinfo=MOSCOW).timestamp()
    assert first == Theirs(4, "payment", "A-1", "t-1", 123_450, at_s)
    assert (second.line, second.kind, second.amount) == (5, "refund", 3450)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_file_with_a_mark_needs_no_encoding(encoding: str) -> None:
    assert one("Заказ,t-1,1,payment,", encoding=encoding).order_id == "Заказ"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_headings(delimiter: str) -> None:
    heading, line = (text.replace(",", delimiter) for text in (HEADING, "A-1,t-1,1,payment,"))
    assert one(line, heading=heading).transaction_id == "t-1"


def test_without_a_column_of_types_a_minus_is_a_refund() -> None:
    layout = Layout(columns={"type": "", "date": ""})
    assert one("A-1,t-1,-5", layout, "orderId,transactionId,amount").kind == "refund"
    assert one("A-1,t-1,5", layout, "orderId,transactionId,amount").kind == "payment"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a;b\n1;2\n", "no column orderId, transactionId, amount, type, date; its headings are: a, b"),
        (b"", "its headings are: nothing"),
        (f"{HEADING}\nA,t,1.5,payment,".encode(), "line 2, amount: '1.5', expected kopecks as 12345"),
        (f"{HEADING}\nA,t,NaN,payment,".encode(), "line 2, amount: 'NaN'"),
        (f"{HEADING}\nA,t,1e999,payment,".encode(), "line 2, amount: '1e999'"),
        (f"{HEADING}\nA,t,,payment,".encode(), "line 2, amount: ''"),
        (f"{HEADING}\n\n\nA,t,1,chargeback,".encode(), "line 4, type: 'chargeback', expected one of payment, refund"),
        (f"{HEADING}\nA,t,1,payment,yesterday".encode(), "line 2, date: 'yesterday', expected 2026-11-22 10"),
        (f"{HEADING}\n,,1,payment,".encode(), "line 2, transactionId: '', expected an order or a transaction"),
        (f"{HEADING}\nA,t,1,payment,\n\xff".encode("latin-1"), "line 3: byte 0xff is not utf-8"),
        (f'{HEADING}\n"{"x" * 200_000}'.encode(), "line 2: field larger"),
    ],
)
def test_a_file_that_is_not_as_the_layout_says_is_named_by_line_and_column(content: bytes, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        read("r.csv", content, PLAIN)
    assert why in caught.value.what
    assert caught.value.remedy


def test_an_encoding_that_there_is_not_is_named() -> None:
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        read("r.csv", b"x", Layout(encoding="klingon"))


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
ROWS = st.builds(
    Theirs,
    line=st.just(0),
    kind=st.sampled_from(["payment", "refund"]),
    order_id=NAMES,
    transaction_id=NAMES,
    amount=st.integers(0, 9_999_999_999),
    at_s=st.integers(0, 4_000_000_000).map(float),
)


@given(st.lists(ROWS, max_size=8), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["kopecks", "roubles"]))
def test_what_was_written_is_read(rows: list[Theirs], delimiter: str, unit: Any) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(HEADING.split(","))
    for row in rows:
        amount = str(row.amount) if unit == "kopecks" else f"{row.amount // 100},{row.amount % 100:02}"
        at = datetime.fromtimestamp(row.at_s or 0, UTC).isoformat()
        writer.writerow([row.order_id, row.transaction_id, amount, row.kind, at])
    found = read("r.csv", out.getvalue().encode(), Layout(delimiter=delimiter, amount_in=unit))
    assert [(r.kind, r.order_id, r.transaction_id, r.amount, r.at_s) for r in found] == [
        (r.kind, r.order_id, r.transaction_id, r.amount, r.at_s) for r in rows
    ]


@given(st.binary(max_size=300))
def test_no_file_is_too_strange(content: bytes) -> None:
    for start in (b"", HEADING.encode() + b"\n"):
        with suppress(UsageError):
            read("r.csv", start + content, PLAIN)


# -- Comparing -----------------------------------------------------------------------------------------------------


def ours(kind: Kind, name: str, amount: int = 100, outcome: str | None = None, **more: Any) -> JournalRow:
    done = {"payment": "paid", "refund": "refunded"}[kind]
    given_ = {
        "order_id": f"A-{name}",
        "request_id": f"r-{name}",
        "transaction_id": f"t-{name}" if kind == "payment" else "t-1",
        "refund_transaction_id": "" if kind == "payment" else f"b-{name}",
        "ids": (f"t-{name}" if kind == "payment" else f"b-{name}",),
        "payment_type": "SBP",
        "at_s": 0.0,
        **more,
    }
    return JournalRow(kind=kind, amount=amount, outcome=done if outcome is None else outcome, **given_)


def theirs(line: int, transaction_id: str, amount: int = 100, kind: Kind = "payment", order_id: str = "") -> Theirs:
    return Theirs(line, kind, order_id, transaction_id, amount, None)


def test_two_rows_that_say_the_same_are_two_rows() -> None:
    made = compare([theirs(2, "", 1, order_id="A-1"), theirs(2, "", 1, order_id="A-1")], [ours("payment", "1", 1)])
    assert (len(made.matched), len(made.only_theirs)) == (1, 1)


def test_each_row_finds_its_own() -> None:
    made = compare(
        [theirs(2, "t-1"), theirs(3, "t-2", 101), theirs(4, "t-9"), theirs(5, "b-1", kind="refund")],
        [ours("payment", "1"), ours("payment", "2"), ours("payment", "3"), ours("refund", "1")],
    )
    assert [pair.theirs.line for pair in made.matched] == [2, 5]
    assert [(pair.theirs.line, pair.ours.amount) for pair in made.amount_differs] == [(3, 100)]
    assert [stray.theirs.line for stray in made.only_theirs] == [4]
    assert [each.request_id for each in made.only_ours] == ["r-3"]
    assert not made.agrees


def test_an_id_is_the_same_id_in_capitals() -> None:
    made = compare(
        [theirs(2, "T-1"), theirs(3, "B-2", kind="refund"), theirs(4, "T-1", 30, "refund"), theirs(5, "t-1")],
        [ours("payment", "1"), ours("refund", "2"), ours("refund", "3", 30)],
    )
    found = [(pair.theirs.line, pair.ours.request_id, pair.ours.own_id) for pair in made.matched]
    assert found == [(2, "r-1", "t-1"), (3, "r-2", "b-2"), (4, "r-3", "b-3")]
    assert [(stray.theirs.line, stray.repeats) for stray in made.only_theirs] == [(5, 2)]


def test_a_row_that_is_there_twice_is_named_by_its_first() -> None:
    made = compare([theirs(2, "t-1"), theirs(3, "t-1")], [ours("payment", "1")])
    assert [(stray.theirs.line, stray.repeats) for stray in made.only_theirs] == [(3, 2)]


def test_refunds_that_are_named_by_their_payment_find_each_other_by_amount() -> None:
    parts = [ours("refund", "1", 30), ours("refund", "2", 50), ours("refund", "3", 20)]
    registry = [theirs(2, "t-1", 20, "refund"), theirs(3, "t-1", 50, "refund"), theirs(4, "t-1", 31, "refund")]
    made = compare(registry, parts)
    assert [(pair.theirs.line, pair.ours.request_id) for pair in made.matched] == [(2, "r-3"), (3, "r-2")]
    assert [(pair.theirs.line, pair.ours.request_id) for pair in made.amount_differs] == [(4, "r-1")]


def test_an_order_counts_only_where_one_side_has_no_id() -> None:
    """Two tills may both have an order 1: another transaction is another payment."""
    made = compare([theirs(2, "t-foreign", order_id="A-1")], [ours("payment", "1")])
    assert (len(made.only_theirs), len(made.only_ours)) == (1, 1)
    assert compare([theirs(2, "", order_id="A-1")], [ours("payment", "1")]).agrees
    by_hand = ours("payment", "1", ids=(), transaction_id="")
    assert compare([theirs(2, "t-late", order_id="A-1")], [by_hand]).agrees


@pytest.mark.parametrize("outcome", ["", "canceled", "rejected"])
def test_what_the_provider_took_and_we_did_not_is_theirs_alone_with_what_we_know(outcome: str) -> None:
    made = compare([theirs(2, "t-1")], [ours("payment", "1", outcome=outcome)])
    (stray,) = made.only_theirs
    assert stray.ours is not None
    assert (stray.ours.outcome, made.only_ours, made.unknown) == (outcome, [], [])


def test_what_is_unknown_and_not_in_the_registry_is_no_difference() -> None:
    made = compare([], [ours("payment", "1", outcome="")])
    assert made.agrees
    assert len(made.unknown) == 1


def test_a_provider_may_call_it_by_its_own_number() -> None:
    slip = '{"qrcId": "Q1", "operationId": "O1", "id": "S1", "operationDateTime": "2026-11-22T10:00:00.000Z", "totalAmount": "x"}'
    record = Record("payment", "r", "A", "t", 100, 1.0, "paid", "", "", slip, 2.0, 3, "", None, None)
    found = JournalRow.from_record(record)
    assert found.ids == ("t", "O1", "Q1", "S1")
    assert found.at_s == datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
    assert compare([theirs(2, "Q1")], [found]).agrees


SMALL = st.integers(1, 3)
OURS = st.builds(
    lambda kind, name, amount, outcome, number: ours(kind, str(name), amount, outcome, request_id=f"r-{number}"),
    st.sampled_from(["payment", "refund"]), SMALL, SMALL, st.sampled_from([None, "", "canceled", "rejected"]), st.uuids(),
)  # fmt: skip
THEIRS = st.builds(
    theirs,
    st.integers(2, 10_000),
    st.sampled_from(["", "t-1", "t-2", "t-3", "b-1", "b-2"]),
    SMALL,
    st.sampled_from(["payment", "refund"]),
    st.sampled_from(["A-1", "A-2", "A-3"]),
)


@pytest.mark.scenario(72)
@given(st.lists(THEIRS, max_size=8, unique_by=lambda row: row.line), st.lists(OURS, max_size=8))
def test_every_row_is_in_one_bucket(registry: list[Theirs], known: list[JournalRow]) -> None:
    made = compare(registry, known)
    found = [pair.theirs for pair in (*made.matched, *made.amount_differs)]
    found += [stray.theirs for stray in made.only_theirs]
    assert Counter(found) == Counter(registry)
    used = [pair.ours for pair in (*made.matched, *made.amount_differs)] + made.only_ours
    assert Counter(used) == Counter(
        each for each in known if each.is_done and each not in [stray.ours for stray in made.only_theirs]
    )
    assert all(pair.ours.amount == pair.theirs.amount for pair in made.matched)
    assert all(pair.ours.amount != pair.theirs.amount for pair in made.amount_differs)
    assert all(pair.ours.kind == pair.theirs.kind for pair in (*made.matched, *made.amount_differs))


@given(st.lists(THEIRS, max_size=6), st.lists(OURS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_amount_in_any_bucket(
    registry: list[Theirs], known: list[JournalRow], dice: Any
) -> None:
    def counted(made: Reconciled) -> list[int]:
        return [len(made.matched), len(made.amount_differs), len(made.only_theirs), len(made.only_ours)]

    before = counted(compare(registry, known))
    dice.shuffle(registry)
    assert counted(compare(registry, known)) == before


# -- Over a journal ------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    made = Shop(tmp_path / "journal.db")
    made.clock.wall_s = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    yield made
    made.close()


def rows_of(shop: Shop) -> list[Theirs]:
    """A registry that agrees with the journal."""
    found = [JournalRow.from_record(record) for record in JournalReader(shop.path).between(0, 1e12)]
    done = [each for each in found if each.is_done]
    return [
        Theirs(
            line, each.kind, each.order_id, each.refund_transaction_id or each.transaction_id, each.amount, each.at_s
        )
        for line, each in enumerate(done, 2)
    ]


def compared(shop: Shop, registry: list[Theirs], **scope: Any) -> Reconciled:
    feed = JournalReader(shop.path)
    try:
        return reconcile(registry, feed, Scope(zone=UTC, **scope))
    finally:
        feed.close()


def test_a_registry_of_a_day_is_compared_with_that_day_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SLIP, "operationDateTime", "")
    shop.sell("paid")
    shop.clock.wall_s += 86_400
    names = [shop.sell("paid"), shop.sell("paid")]
    shop.clock.wall_s += 86_400
    shop.sell("paid")
    today = [row for row in rows_of(shop) if row.order_id in [f"A-{name}" for name in names]]
    assert compared(shop, today).agrees
    lacking = compared(shop, today[:1])
    assert [each.request_id for each in lacking.only_ours] == names[1:]
    wider = compared(shop, today, since=date(2026, 11, 22), until=date(2026, 11, 24))
    assert len(wider.only_ours) == 2
    one_day = compared(shop, [], since=date(2026, 11, 22))
    assert len(one_day.only_ours) == 1
    with pytest.raises(UsageError, match="no dates"):
        compared(shop, [])


def test_a_payment_of_another_year_is_found_by_its_name(shop: Shop) -> None:
    old = shop.sell("paid")
    shop.clock.wall_s += 400 * 86_400
    at_s = shop.clock.wall_s
    row = Theirs(2, "payment", "", f"t-{old}", 500, at_s)
    new = shop.sell("paid")
    made = compared(shop, [row, Theirs(3, "payment", f"A-{new}", "", 500, at_s)])
    assert [pair.ours.request_id for pair in made.matched] == [old, new]


def test_a_registry_by_the_day_of_payout_is_compared_with_the_days_of_its_payments(shop: Shop) -> None:
    shop.sell("paid")
    shop.sell("paid")
    later = [Theirs(r.line, r.kind, r.order_id, r.transaction_id, r.amount, (r.at_s or 0) + 9e6) for r in rows_of(shop)]
    assert len(compared(shop, later[:1]).only_ours) == 1


def test_only_providers_that_the_registry_is_of_are_missed(shop: Shop) -> None:
    shop.sell("paid", provider="SBP")
    shop.sell("paid", provider="DOLYAME")
    sbp = rows_of(shop)[:1]
    assert compared(shop, sbp, payment_types=("SBP",)).agrees
    assert len(compared(shop, sbp).only_ours) == 1


def test_a_thousand_sales_agree_with_their_registry_and_with_a_recount(shop: Shop) -> None:
    for number in range(150):
        shop.sell(("paid", "paid", "rejected", "canceled", "unknown")[number % 5], 100 + number)
    for of in shop.paid[::3]:
        shop.give_back(of, of.amount // 2, "refunded")
    registry = rows_of(shop)
    made = compared(shop, registry)
    assert (made.agrees, len(made.matched), len(made.unknown)) == (True, len(registry), 30)
    raw = recounted(shop)
    taken = sum(amount for (outcome, _, _), amount in raw.items() if outcome == "paid")
    back = sum(amount for (outcome, _, _), amount in raw.items() if outcome == "refunded")
    assert sum(p.ours.amount for p in made.matched if p.ours.kind == "payment") == taken
    assert sum(p.ours.amount for p in made.matched if p.ours.kind == "refund") == back
