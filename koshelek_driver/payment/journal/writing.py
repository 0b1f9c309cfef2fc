"""What payments and refunds write in the same way."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.masking import masked_body
from koshelek_driver.payment.journal.outbox_book import FIRST_LOOK_S, Kind, put
from koshelek_driver.payment.journal.rows import as_json
from koshelek_driver.payment.outcome import Outcome, SlipState, Verdict

Table = Literal["attempt", "refund"]
_OWN_ID = re.compile(r'"requestId":"[^"]*",?')
_WITH_SLIP = (Outcome.PAID, Outcome.REFUNDED)


def end_row(
    database: Database, table: Table, request_id: str, verdict: Verdict, at_s: float, *, also: str = ""
) -> None:
    """Keep a final verdict with its slip, once. On a disk that is full the reserve is given up for it."""
    try:
        _end_row(database, table, request_id, verdict, at_s, also=also)
    except JournalError:
        database.free_reserve()
        _end_row(database, table, request_id, verdict, at_s, also=also)
    database.tidy()


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
            as_json(verdict.slip),
            as_json(verdict.answer),
            slip_state.value,
            at_s,
            request_id,
        )
        if ended and _is_to_be_watched(verdict):
            (order_id,) = ended[0]
            put(database, Kind.WATCH, request_id, order_id, verdict.transaction_id, due_s=at_s + FIRST_LOOK_S)
        if ended:
            facts = {"outcome": verdict.outcome.value, "error_code": verdict.error_code, "details": verdict.details}
            number = database.add_event(at_s, "end", request_id, {**facts, "slip": verdict.slip})
            database.run(f"UPDATE {table} SET ended = ? WHERE request_id = ?", number, request_id)  # noqa: S608


def _is_to_be_watched(verdict: Verdict) -> bool:
    """A bank may take money after a cancel that it accepted."""
    return verdict.outcome is Outcome.CANCELED and bool(verdict.transaction_id)


def keep_answer(database: Database, request_id: str, exchange: Exchange, at_s: float) -> None:
    """An answer of the host as it came, secrets masked; one that says nothing new is not kept again."""
    facts = {
        "call": exchange.request.call.name,
        "http": exchange.http_status,
        "reply": type(exchange.reply).__name__,
        "body": masked_body(exchange.body),
    }
    _keep_news(database, "answer", request_id, facts, at_s)


def keep_postback(database: Database, request_id: str, body: bytes, at_s: float) -> None:
    """What the host said by itself, secrets masked; not the same twice in a row."""
    _keep_news(database, "postback", request_id, {"body": masked_body(body)}, at_s)


def _keep_news(database: Database, kind: str, request_id: str, facts: dict[str, Any], at_s: float) -> None:
    last = database.one(
        "SELECT data FROM event WHERE request_id = ? AND kind = ? ORDER BY number DESC", request_id, kind
    )
    if last is None or _news(msgspec.json.decode(last[0])) != _news(facts):
        with database.event(at_s, kind, request_id, facts):
            pass


def _news(facts: dict[str, Any]) -> dict[str, Any]:
    """What an answer says beside which question it answers: each poll has a requestId of its own."""
    return {**facts, "body": _OWN_ID.sub("", facts["body"])}
