"""Rows that are rare: not settled, with a slip that says no time, with a day that has a beginning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from koshelek_driver.accounting.matching import of_record
from koshelek_driver.accounting.report import Totals, as_lines, counted_row, report, unknown_row
from koshelek_driver.payment.journal.day_book import Ended
from koshelek_driver.payment.journal.reader import Record
from koshelek_driver.payment.outcome import Outcome

AT_S = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()


def ended(outcome: Outcome, amount: int = 500) -> Ended:
    return Ended("A-1", "r-1", amount, outcome, "t-1", "", {"paymentType": "SBP"}, "", AT_S)


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
    of = report(1, "2026-11-22", [], [], since_s=since_s, until_s=AT_S, closed=True)
    texts = [line.text for line in as_lines(of, 42, "ru")]
    assert ("С (UTC)" + "2026-11-22T09:00:00".rjust(35) in texts) is shown
    assert "По (UTC)" + "2026-11-22T10:00:00".rjust(34) in texts


def test_a_payment_and_a_refund_are_called_by_their_own_names() -> None:
    assert of_record(record()).own_id == "t-1"
    assert of_record(record(kind="refund", outcome="refunded", refund_transaction_id="b-1")).own_id == "b-1"
    assert of_record(record(kind="refund", outcome=None)).own_id == ""


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
    assert of_record(record(slip=slip, closed_s=closed_s)).at_s == at_s
