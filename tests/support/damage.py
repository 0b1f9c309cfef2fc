"""Damage to a journal's file: foreign values in any column, bytes overwritten; and every call that may meet it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from koshelek_driver import Outcome, SlipState
from koshelek_driver.card.rate_limit import Guesses
from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.replies import NoAnswer
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.day_book import ClosedDay
from koshelek_driver.payment.journal.outbox_book import Kind, State
from koshelek_driver.payment.journal.reader import JournalReader
from koshelek_driver.payment.outcome import Verdict
from tests.support.journals import PAID, REFUND, payment, refund, request

NO_TEXT = object()
"""Bytes that are no UTF-8, in a column of text."""
DEEP = "[" * 100_000
VALUES = (
    None, 0, -1, 7, 2**62, -(2**63), 0.5, 1e300, float("inf"), float("-inf"), "", "weird", "paid", NO_TEXT, b"", b"\xff" * 32,
    "null", "[]", "{}", "{", '"x"', "[1]", '[{"name":7}]', '{"body":7}', '{"amount":"x"}', '{"outcome":7}',
    '{"day":"x"}', '{"a":' + DEEP, DEEP, "a" * 10_000,
)  # fmt: skip
TABLES = {
    "installation": ("salt", "journal_id"),
    "attempt": (
        "order_id", "request_id", "amount", "created_s", "card_digest", "body", "token", "transaction_id",
        "cancel_request_id", "outcome", "error_code", "details", "closed_s", "slip", "answer", "slip_state",
        "button_to_wire_ms", "invoice", "cancel_wanted", "ended", "number",
    ),
    "refund": (
        "order_id", "transaction_id", "request_id", "amount", "items", "created_s", "body", "token",
        "ref_transaction_id", "outcome", "error_code", "details", "closed_s", "slip", "answer", "slip_state",
        "button_to_wire_ms", "ended", "paid", "number",
    ),
    "event": ("at_s", "kind", "request_id", "data", "link", "number"),
    "outbox": (
        "kind", "key", "order_id", "transaction_id", "request_id", "body", "tries", "due_s", "state", "last", "number",
    ),
    "used_password": ("digest", "used_s", "number"),
    "wrong_password": ("card", "count", "last_s", "number"),
}  # fmt: skip
COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]


def fill(path: Path) -> None:
    """A journal with something in every table: paid, open, canceled, refunded, closed days, passwords."""
    journal = Journal(path)
    for number in range(6):
        name = f"r-{number}"
        journal.begin(payment(name, f"A-{number}"), request(name), "{}")
        journal.keep_transaction(name, f"t-{number}", 1000.0)
        journal.keep_response(name, _exchange(b'{"status":"pending"}'), 1000.0)
        journal.keep_postback(name, b'{"status":"pending"}', 1000.0)
    journal.end("r-1", PAID, 1001.0)
    journal.end("r-2", Verdict(Outcome.CANCELED, "t-2"), 1001.0)
    journal.end("r-3", PAID, 1001.0)
    journal.refunds.begin(refund(), REFUND)
    journal.refunds.keep_refund_transaction("f-1", "rt-1", 1002.0)
    journal.refunds.end("f-1", Verdict(Outcome.REFUNDED, "t-1", slip={"id": "x"}), 1003.0)
    journal.refunds.begin(refund("f-2"), REFUND)
    journal.outbox.add(Kind.RECEIPT, "k", "A-1", "t-1", request_id="x-1", body=b"{}", at_s=1004.0)
    journal.cards.first_use(b"digest", 1000.0, None)
    journal.cards.keep_guesses(b"card", Guesses(2, 1000.0))
    with journal.database.transaction():
        journal.days.close(1005.0, ClosedDay(1, journal.database.last_number(), 1005.0, 1000.0, "2026-11-22"), {})
    journal.close()


def loosen(path: Path) -> None:
    """Take the rules of the tables away, as damage does: any value in any column, no trigger, no index."""
    database = apsw.Connection(str(path))
    database.pragma("writable_schema", True)
    database.execute("DELETE FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL").fetchall()
    database.execute(
        "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '') WHERE type = 'table'"
    ).fetchall()
    database.close()


def put(path: Path, table: str, column: str, value: Any, *, row: int | None = None) -> bool:
    """Write a foreign value into a column, of one row or of all; False if the file does not take it."""
    database = apsw.Connection(str(path))
    expression, values = ("CAST(x'80ff41' AS TEXT)", ()) if value is NO_TEXT else ("?", (value,))
    where = "" if row is None else f" WHERE rowid = (SELECT rowid FROM {table} LIMIT 1 OFFSET {row})"
    try:
        database.execute(f"UPDATE OR IGNORE {table} SET {column} = {expression}{where}", values).fetchall()
    except apsw.Error:
        return False
    finally:
        database.close()
    return True


def calls(journal: Journal, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every public method of a journal, reading ones first."""
    database, refunds, outbox, days, cards = (
        journal.database,
        journal.refunds,
        journal.outbox,
        journal.days,
        journal.cards,
    )
    yield "salt", journal.salt
    yield "journal_id", database.journal_id
    yield "verify", journal.verify
    yield "integrity", database.integrity
    yield "unfinished", journal.unfinished
    yield "still_open", journal.still_open
    yield "newest", lambda: journal.newest(100)
    yield "refunds", lambda: (refunds.unfinished(), refunds.still_open(), refunds.newest(100))
    yield "outbox", lambda: (outbox.unfinished(), outbox.due(1e9, 2e9))
    yield "days", lambda: (days.last(), days.closing(1), days.first_end_s(0))
    yield "ended", lambda: days.ended(0, None)
    yield "last_event", lambda: days.last_event(0, 2000.0)
    yield "last_number", database.last_number
    yield "guesses", lambda: cards.guesses(b"card")
    yield "is_unused", lambda: cards.is_unused(b"digest", 1000.0, 60.0)
    yield "all events", lambda: list(database.events())
    for number in range(6):
        yield from _calls_of_payment(journal, number, f"r-{number}")
    for name in ("f-1", "f-2"):
        yield from _calls_of_refund(journal, name)
    yield "reader", lambda: _read_all(journal.database.path)
    yield "backup", lambda: database.backup(folder / "copy.db")
    yield "keep", lambda: journal.keep_response("r-0", _exchange(b'{"status":"new"}'), 1006.0)
    yield "postback", lambda: journal.keep_postback("r-0", b'{"status":"new"}', 1006.0)
    yield "want_cancel", lambda: journal.want_cancel("r-0", 1006.0)
    yield "keep_cancel", lambda: journal.keep_cancel("r-0", "c-0", 1006.0)
    yield "keep_slip_state", lambda: journal.keep_slip_state("r-1", SlipState.PRINTED)
    yield "end", lambda: journal.end("r-0", Verdict(Outcome.CANCELED, "t-0"), 1007.0)
    yield "begin", lambda: journal.begin(payment("r-9", "A-9"), request("r-9"), "{}")
    yield "refund end", lambda: refunds.end("f-2", Verdict(Outcome.REFUNDED, "t-1"), 1007.0)
    yield "refund begin", lambda: refunds.begin(refund("f-9", 1), REFUND)
    yield "first_use", lambda: cards.first_use(b"new", 1000.0, None)
    yield "keep_guesses", lambda: cards.keep_guesses(b"new", Guesses(1, 1.0))
    for entry in _or_none(outbox.unfinished):
        yield "update", partial(outbox.update, entry, State.DONE, tries=1, due_s=1.0, last="", at_s=1.0)


def _calls_of_payment(journal: Journal, number: int, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "latest", lambda: journal.latest(f"A-{number}")
    yield "attempts", lambda: journal.attempts(f"A-{number}")
    yield "by_transaction", lambda: journal.by_transaction(f"t-{number}")
    yield "by_request", lambda: journal.by_request(name)
    yield "events", lambda: journal.events(name)
    yield "invoice_of", lambda: journal.invoice_of(payment(name))
    yield "sent_for", lambda: journal.sent_for(payment(name))
    yield "is_cancel_wanted", lambda: journal.is_cancel_wanted(name)


def _calls_of_refund(journal: Journal, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
    refunds = journal.refunds
    yield "refund", lambda: (refunds.find(name), refunds.by_refund_transaction("rt-1"))
    yield "refunds of", lambda: (refunds.of_payment("t-1"), refunds.of_order("A-1"))
    yield "refund sent_for", lambda: refunds.sent_for(refund(name))


def _or_none(read: Callable[[], list[Any]]) -> list[Any]:
    with contextlib.suppress(JournalError):
        return read()
    return []


def _read_all(path: Path) -> None:
    with contextlib.closing(JournalReader(path)) as reader:
        for read in (
            lambda: reader.link(1),
            lambda: reader.batch(0),
            lambda: reader.of_transaction("t-1"),
            lambda: reader.between(0, 2e9),
            lambda: reader.named(["t-1", "rt-1"], ["A-1", "A-2"]),
        ):
            with contextlib.suppress(JournalError):
                read()


def refusals(path: Path, folder: Path) -> list[str]:
    """Call everything; return the calls that ended in a JournalError. Any other exception goes through."""
    refused = []
    try:
        journal = Journal(path)
    except JournalError as problem:
        return [f"open{_of(problem)}"]
    with contextlib.closing(journal):
        for name, call in calls(journal, folder):
            try:
                call()
            except JournalError as problem:
                refused.append(f"{name}{_of(problem)}")
    return refused


def _of(problem: JournalError) -> str:
    return "" if problem.remedy else " without a remedy"


def _exchange(body: bytes) -> Exchange:
    return Exchange(request(), NoAnswer("x"), 0.0, 0.0, 0.0, 200, body)
