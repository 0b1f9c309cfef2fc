"""Writes that payments and refunds share: responses, postbacks and the final verdict."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.masking import mask_body
from koshelek_driver.payment.journal.outbox_book import FIRST_CHECK_S, Kind, insert_entry
from koshelek_driver.payment.journal.rows import to_json
from koshelek_driver.payment.journal.tables import convert, read
from koshelek_driver.payment.outcome import Outcome, SlipState, Verdict

Table = Literal["attempt", "refund"]
_OWN_ID = re.compile(r'"requestId":"[^"]*",?')
_WITH_SLIP = (Outcome.PAID, Outcome.REFUNDED)
"""Outcomes whose slip is printed without being asked for."""


def end_row(
    database: Database, table: Table, request_id: str, verdict: Verdict, at_s: float, *, also: str = ""
) -> None:
    """Store a final verdict with its slip, once.

    A second call for the same request changes nothing. If the disk is full, the reserve file is deleted to make room
    and the write is tried again. `also` are more assignments for the UPDATE, as SQL. Raises JournalError.
    """
    try:
        _end_row(database, table, request_id, verdict, at_s, also=also)
    except JournalError:
        database.free_reserve()
        _end_row(database, table, request_id, verdict, at_s, also=also)
    database.checkpoint()


def _end_row(database: Database, table: Table, request_id: str, verdict: Verdict, at_s: float, *, also: str) -> None:
    slip_state = SlipState.QUEUED if verdict.outcome in _WITH_SLIP else SlipState.NONE
    more = f", {also}" if also else ""
    with database.transaction():
        ended = database.run(
            f"UPDATE {table} SET outcome = ?, transaction_id = ?, error_code = ?, details = ?, slip = ?, answer = ?,"  # noqa: S608
            f" slip_state = ?, closed_s = ?{more} WHERE request_id = ? AND outcome IS NULL RETURNING order_id",
            verdict.outcome.value,
            verdict.transaction_id,
            verdict.error_code,
            verdict.details,
            to_json(verdict.slip),
            to_json(verdict.answer),
            slip_state.value,
            at_s,
            request_id,
        )
        if ended and _needs_watching(verdict):
            (order_id,) = read(_read_order, ended[0])
            due_s = at_s + FIRST_CHECK_S
            insert_entry(database, Kind.WATCH, request_id, order_id, verdict.transaction_id, due_s=due_s)
        if ended:
            facts = {"outcome": verdict.outcome.value, "error_code": verdict.error_code, "details": verdict.details}
            number = database.add_event(at_s, "end", request_id, {**facts, "slip": verdict.slip})
            database.run(f"UPDATE {table} SET ended = ? WHERE request_id = ?", number, request_id)  # noqa: S608


def _read_order(row: Any) -> tuple[str]:
    order: tuple[str] = convert(row, tuple[str])
    return order


def _needs_watching(verdict: Verdict) -> bool:
    """Return True for a cancelled payment. A bank may take money although it accepted the cancel."""
    return verdict.outcome is Outcome.CANCELED and bool(verdict.transaction_id)


def keep_response(database: Database, request_id: str, exchange: Exchange, at_s: float) -> None:
    """Store a response of the host as an event, secrets masked, unless it repeats the last."""
    facts = {
        "call": exchange.request.call.name,
        "http": exchange.http_status,
        "reply": type(exchange.reply).__name__,
        "body": mask_body(exchange.body),
    }
    _keep_if_new(database, "answer", request_id, facts, at_s)


def keep_postback(database: Database, request_id: str, body: bytes, at_s: float) -> None:
    """Store the body of a postback as an event, secrets masked, unless it repeats the last."""
    _keep_if_new(database, "postback", request_id, {"body": mask_body(body)}, at_s)


def _keep_if_new(database: Database, kind: str, request_id: str, facts: dict[str, Any], at_s: float) -> None:
    """Add the event unless it repeats the last one. A sale is polled up to four times a second."""
    last = database.first_row(
        "SELECT data FROM event WHERE request_id = ? AND kind = ? ORDER BY number DESC", request_id, kind
    )
    if last is None or _without_own_id(read(_read_facts, last)) != _without_own_id(facts):
        with database.event(at_s, kind, request_id, facts):
            pass


def _read_facts(row: Any) -> dict[str, Any]:
    facts = msgspec.json.decode(convert(row, tuple[str])[0], type=dict[str, Any])
    return {**facts, "body": convert(facts["body"], str)}


def _without_own_id(facts: dict[str, Any]) -> dict[str, Any]:
    """Remove the requestId from a body before it is compared. Each poll has a requestId of its own."""
    return {**facts, "body": _OWN_ID.sub("", facts["body"])}
