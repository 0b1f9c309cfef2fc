"""Rows that are rare: not settled, with a slip that says no time, with a day that has a beginning."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koshelek_driver.accounting.matching import JournalRow, Reconciled, compare
from koshelek_driver.accounting.report import Row, Totals, as_lines, counted_row, document, make_report, unknown_row
from koshelek_driver.accounting.settlement_file import Layout, SettlementRow, read
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.day_book import Operation
from koshelek_driver.payment.journal.reader import Record
from koshelek_driver.payment.outcome import Outcome

AT_S = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()


def ended(outcome: Outcome, amount: int = 500) -> Operation:
    return Operation("A-1", "r-1", amount, outcome, "t-1", "", {"paymentType": "SBP"}, "", AT_S)


def record(**changes: Any) -> Record:
    usual: dict[str, Any] = {
        "kind": "payment", "request_id": "r-1", "order_id": "A-1", "transaction_id": "t-1", "amount": 500,
        "created_s": 1.0, "outcome": "paid", "error_code": "", "details": "", "slip": None, "closed_s": 2.0,
        "ended": 1, "refund_transaction_id": "", "contents": None, "paid": None,
    }  # fmt: skip
    return Record(**{**usual, **changes})


def test_a_row_that_is_not_settled_counts_in_no_total() -> None:
    totals = Totals()
    for row in (
        counted_row(ended(Outcome.PAID, 500)),
        counted_row(ended(Outcome.REFUNDED, 200)),
        counted_row(ended(Outcome.CANCELED, 30)),
        unknown_row(ended(Outcome.UNKNOWN, 7000), is_refund=False),
        unknown_row(ended(Outcome.UNKNOWN, 9000), is_refund=True),
    ):
        totals.add(row)
    assert totals == Totals(payments=1, paid=500, refunds=1, refunded=200, cancels=1, canceled=30)


@pytest.mark.parametrize(("since_s", "shown"), [(AT_S - 3600, True), (None, False)])
def test_a_printed_day_says_when_it_began_if_that_is_known(since_s: float | None, shown: bool) -> None:
    of = make_report(1, "2026-11-22", [], [], since_s=since_s, until_s=AT_S, closed=True)
    texts = [line.text for line in as_lines(of, 42, "ru", ZoneInfo("Europe/Moscow"))]
    assert ("С" + "22.11.2026 12:00:00+03:00".rjust(41) in texts) is shown
    assert "По" + "22.11.2026 13:00:00+03:00".rjust(40) in texts


def test_a_payment_and_a_refund_are_called_by_their_own_names() -> None:
    assert JournalRow.from_record(record()).own_id == "t-1"
    assert (
        JournalRow.from_record(record(kind="refund", outcome="refunded", refund_transaction_id="b-1")).own_id == "b-1"
    )
    assert JournalRow.from_record(record(kind="refund", outcome=None)).own_id == ""


@pytest.mark.parametrize(
    ("slip", "closed_s", "at_s"),
    [
        ('{"operationDateTime": "2026-11-22T10:00:00Z"}', 2.0, AT_S),
        ('{"operationDateTime": "today"}', 2.0, 2.0),
        ("{}", 2.0, 2.0),
        (None, 2.0, 2.0),
        (None, None, 1.0),
        (None, 0.0, 0.0),
    ],
)
def test_a_row_has_the_providers_time_or_the_tills(slip: str | None, closed_s: float | None, at_s: float) -> None:
    assert JournalRow.from_record(record(slip=slip, closed_s=closed_s)).at_s == at_s


SLIP = {
    "id": "s-1", "paymentType": "SBP", "paymentTransactionId": "t-slip", "refundTransactionId": "b-slip", "qrcId": "Q1",
    "kzo": "K1", "merchantId": "M1", "storeId": "S1", "terminalId": "T1", "operationId": "O1",
    "operationDateTime": "2026-11-22T10:00:00Z",
}  # fmt: skip


def row(**changes: Any) -> Row:
    usual: dict[str, Any] = {
        "kind": "refund", "at_s": AT_S, "order_id": "A-1", "request_id": "r-1", "payment_transaction_id": "t-1",
        "refund_transaction_id": "b-1", "payment_type": "SBP", "amount": 500, "qrc_id": "Q1", "kzo": "K1",
        "slip_id": "s-1", "operation_id": "O1", "operation_date_time": "2026-11-22T10:00:00Z", "merchant_id": "M1",
        "store_id": "S1", "terminal_id": "T1", "error_code": "E1", "slip": SLIP, "till": "TILL-2",
    }  # fmt: skip
    return Row(**{**usual, **changes})


def test_every_field_of_a_row_has_its_source() -> None:
    done = Operation("A-1", "r-1", 500, Outcome.REFUNDED, "t-1", "E1", SLIP, "b-1", AT_S, "TILL-2")
    assert counted_row(done) == row()
    assert unknown_row(done, is_refund=True) == row(kind="unknown refund")
    assert unknown_row(done, is_refund=False) == row(kind="unknown payment")


def test_names_that_the_till_does_not_know_are_taken_from_the_slip() -> None:
    nameless = Operation("A-1", "r-1", 500, Outcome.REFUNDED, "", "E1", SLIP, "", AT_S, "TILL-2")
    assert counted_row(nameless) == row(payment_transaction_id="t-slip", refund_transaction_id="b-slip")


@pytest.mark.parametrize(("since_s", "since"), [(AT_S - 3600, "2026-11-22T09:00:00.000Z"), (None, None)])
def test_a_day_as_json_says_from_when_until_when_it_was(since_s: float | None, since: str | None) -> None:
    of = document(make_report(7, "2026-11-22", [], [], since_s=since_s, until_s=AT_S, closed=False))
    assert of == {
        "day": 7, "date": "2026-11-22", "from": since, "until": "2026-11-22T10:00:00.000Z", "closed": False,
        "anchor": None, "totals": {}, "unknown": [], "rows": [],
        "grand_total": {"payments": 0, "paid": 0, "refunds": 0, "refunded": 0, "cancels": 0, "canceled": 0},
    }  # fmt: skip


@pytest.mark.parametrize(("closed", "name"), [(True, "Z-ОТЧЁТ"), (False, "X-ОТЧЁТ")])
def test_a_printed_day_says_whether_it_is_closed(closed: bool, name: str) -> None:
    of = make_report(1, "2026-11-22", [], [], since_s=None, until_s=AT_S, closed=closed)
    assert as_lines(of, 42, "ru")[0].text == name


@pytest.mark.parametrize(("paid", "refunded", "total"), [(500, 500, "0.00"), (500, 501, "-0.01"), (500, 499, "0.01")])
def test_a_printed_total_has_a_minus_only_below_zero(paid: int, refunded: int, total: str) -> None:
    rows = [ended(Outcome.PAID, paid), ended(Outcome.REFUNDED, refunded)]
    of = make_report(1, "2026-11-22", rows, [], since_s=None, until_s=AT_S, closed=True)
    assert "Итого, руб." + total.rjust(31) in [line.text for line in as_lines(of, 42, "ru")]


def test_all_names_of_a_refund_are_known_and_none_of_a_payment_that_it_has_not() -> None:
    slip = '{"refundTransactionId": "b-slip", "operationId": "O1", "qrcId": "Q1", "id": "s-1"}'
    back = JournalRow.from_record(record(kind="refund", outcome="refunded", refund_transaction_id="b-1", slip=slip))
    assert back.ids == ("b-1", "b-slip", "O1", "Q1", "s-1")
    assert JournalRow.from_record(record(slip=slip)).ids == ("t-1", "O1", "Q1", "s-1")


def test_nothing_is_a_payment_and_not_given_back() -> None:
    layout = Layout(columns={"type": "", "date": ""})
    kinds = [each.kind for each in read("r.csv", b"orderId,transactionId,amount\nA,t,0\nA,t,-1\nA,t,1\n", layout)]
    assert kinds == ["payment", "refund", "payment"]


SAME = SettlementRow(2, "payment", "A-1", "t-1", 500, None)
LESS = SettlementRow(2, "payment", "A-1", "t-1", 499, None)
OTHER = SettlementRow(3, "payment", "A-2", "t-2", 500, None)


@pytest.mark.parametrize(
    ("theirs", "outcome", "agrees"),
    [
        ([SAME], "paid", True),
        ([LESS], "paid", False),
        ([SAME, OTHER], "paid", False),
        ([], "paid", False),
        ([], None, True),
        ([], "rejected", True),
        ([SAME], None, False),
    ],
)
def test_a_single_difference_of_any_kind_is_no_agreement(
    theirs: list[SettlementRow], outcome: str | None, agrees: bool
) -> None:
    made = compare(theirs, [JournalRow.from_record(record(outcome=outcome))])
    assert isinstance(made, Reconciled)
    assert made.agrees is agrees


@pytest.mark.parametrize(
    ("amount", "unit", "kopecks"),
    [
        ("12345", "kopecks", 12345), ("12345.00", "kopecks", 12345), ("-5", "kopecks", -5), ("+5", "kopecks", 5),
        ("123.45", "roubles", 12345), ("123,4", "roubles", 12340), ("1 234'567,80", "roubles", 123456780),
        ("0", "roubles", 0), ("-0.01", "roubles", -1), ("99999999.99", "roubles", 9_999_999_999),
    ],
)  # fmt: skip
def test_an_amount_has_one_written_form(amount: str, unit: Any, kopecks: int) -> None:
    layout = Layout(columns={"type": "", "date": ""}, delimiter=";", amount_in=unit)
    (row,) = read("r.csv", f"orderId;transactionId;amount\nA;t;{amount}\n".encode(), layout)
    assert (row.amount, row.kind) == (abs(kopecks), "refund" if kopecks < 0 else "payment")


@pytest.mark.parametrize(
    "amount",
    [
        "1e5", "1e999999", "1E+2", "1_0", "1_0٠", "٣", "１２", "0x10", "1.2.3", "--1", "1-", ".5", "5.", "1,234.56", "Infinity", "-inf",
        "NaN", "sNaN", "1.234", "1" * 5000, "9999999999999", "1" * 100_000, "½", "²", "1\u200b0", "−5",
    ],
)  # fmt: skip
@pytest.mark.parametrize("unit", ["kopecks", "roubles"])
def test_any_other_form_of_an_amount_is_refused_at_once(amount: str, unit: Any) -> None:
    layout = Layout(columns={"type": "", "date": ""}, delimiter=";", amount_in=unit)
    began_s = time.monotonic()
    with pytest.raises(UsageError, match="line 2, amount: '") as refused:
        read("r.csv", f"orderId;transactionId;amount\nA;t;{amount}\n".encode(), layout)
    assert time.monotonic() - began_s < 1
    assert len(refused.value.what) < 200


@pytest.mark.parametrize(
    "encoding", ["undefined", "a\0b", "rot13", "hex", "zlib", "", "no-such", "\ud800", "idna", "x" * 5000]
)
def test_an_encoding_that_decodes_nothing_is_refused(encoding: str) -> None:
    with pytest.raises(UsageError):
        read("r.csv", b"\xff\xfe\x80" * 10, Layout(encoding=encoding, skip_lines=0))


@pytest.mark.parametrize(
    ("content", "layout", "why"),
    [
        (b"x\n" * 3, Layout(skip_lines=10**12), "its headings are: nothing"),
        (b'"' + b"x" * 200_000, Layout(), "line 1: field larger"),
        (b"orderId,transactionId,amount,amount\nA,t,1,2\n", Layout(columns={"type": "", "date": ""}), "amount stands over two"),
        (b"orderId,transactionId,amount,date\nA,t,1,11\n", Layout(columns={"type": ""}, date_format="%d%d"), "line 2, date"),
        ("orderId,transactionId,amount,date\nA,t,1,٢٢.11.2026\n".encode(), Layout(columns={"type": ""}), "line 2, date"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(content: bytes, layout: Layout, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        read("r.csv", content, layout)
    assert why in refused.value.what


@settings(max_examples=300)
@given(
    content=st.binary(max_size=300) | st.text(max_size=200).map(str.encode),
    encoding=st.sampled_from(["utf-8", "windows-1251", "utf-16", "idna"]),
)
def test_any_bytes_are_rows_or_a_usage_error(content: bytes, encoding: str) -> None:
    head = b"orderId,transactionId,amount,type,date\n" if encoding != "utf-16" else b""
    for whole in (content, head + content):
        with contextlib.suppress(UsageError):
            read("r.csv", whole, Layout(encoding=encoding))
