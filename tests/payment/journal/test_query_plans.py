"""No question that a till asks reads a whole table: a journal of ten years answers as fast as a new one."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.day_book import ClosedDay
from koshelek_driver.payment.journal.outbox_book import Kind
from koshelek_driver.payment.journal.reader import JournalReader
from koshelek_driver.payment.outcome import SlipState
from tests.support.journals import PAID, REFUND, payment, refund, request

_LARGE = re.compile(r"SCAN (attempt|refund|event)\b(?! USING (COVERING )?INDEX unfinished)")
"""Only what is unfinished may be read whole: there is little of it."""
_NEWEST = re.compile(r"(FROM event|WHERE 1) ORDER BY number DESC LIMIT")
"""These end after the first rows."""


def ask_everything(journal: Journal, feed: JournalReader) -> None:
    """Run every query of sales, refunds, reports, background work, the ledger and reconciliation."""
    journal.begin(payment(), request(), "{}")
    journal.keep_transaction("r-1", "t-1", 1.0)
    journal.end("r-1", PAID, 2.0)
    journal.keep_slip_state("r-1", SlipState.PRINTED)
    journal.refunds.begin(refund(), REFUND)
    journal.refunds.keep_refund_transaction("f-1", "b-1", 3.0)
    known = journal.latest("A-1")
    assert known is not None
    asked: list[Callable[[], Any]] = [
        lambda: journal.attempts("A-1"),
        lambda: journal.by_transaction("t-1"),
        lambda: journal.by_request("r-1"),
        journal.unfinished,
        journal.still_open,
        lambda: journal.newest(20),
        lambda: journal.invoice_of(known),
        lambda: journal.is_cancel_wanted("r-1"),
        lambda: journal.events("r-1"),
        lambda: journal.refunds.of_payment("t-1"),
        lambda: journal.refunds.of_order("A-1"),
        lambda: journal.refunds.by_refund_transaction("b-1"),
        lambda: journal.refunds.find("f-1"),
        journal.refunds.unfinished,
        journal.refunds.still_open,
        lambda: journal.refunds.newest(20),
        lambda: journal.outbox.due(1.0, 2.0),
        lambda: journal.outbox.find(Kind.WATCH, "A-1", "r-1"),
        lambda: journal.days.close(4.0, ClosedDay(1, 3, 4.0), {}),
        journal.days.last,
        lambda: journal.days.closing(1),
        lambda: journal.days.ended(0, None),
        lambda: journal.days.first_end_s(0),
        lambda: journal.days.last_event(0, 3.0),
        lambda: feed.batch(0),
        lambda: feed.link(1),
        lambda: feed.of_transaction("t-1"),
        lambda: feed.between(0.0, 9.0),
        lambda: feed.named(["t-1"], ["A-1"]),
    ]
    for question in asked:
        question()


@pytest.fixture
def plans(tmp_path: Path) -> dict[str, str]:
    """The plan that SQLite makes for each statement."""
    seen: dict[str, Any] = {}

    def keep(_cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
        seen[sql] = bindings
        return True

    with closing(Journal(tmp_path / "journal.db")) as journal, closing(JournalReader(tmp_path / "journal.db")) as feed:
        for database in (journal.database._db, feed._db):
            database.set_exec_trace(keep)
        ask_everything(journal, feed)
        journal.database._db.set_exec_trace(None)
        wanted = {sql: given for sql, given in seen.items() if sql.startswith(("SELECT", "UPDATE", "WITH", "INSERT"))}
        return {
            sql: "\n".join(str(row[3]) for row in journal.database._db.execute(f"EXPLAIN QUERY PLAN {sql}", given))
            for sql, given in wanted.items()
        }


def test_no_question_reads_a_whole_table(plans: dict[str, str]) -> None:
    assert len(plans) > 30
    whole = {sql for sql, plan in plans.items() if _LARGE.search(plan)}
    assert {sql for sql in whole if not _NEWEST.search(sql)} == set()


def test_a_look_for_the_days_end_reads_the_rows_of_the_day_alone(plans: dict[str, str]) -> None:
    (plan,) = [plan for sql, plan in plans.items() if sql.startswith("SELECT min(at_s)")]
    assert "attempt_by_end" in plan
    assert "by_time" not in plan
