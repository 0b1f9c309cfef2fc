"""Writes that payments and refunds share: responses, postbacks and the final verdict."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

import msgspec

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.bounded import masked_answer
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.masking import SentSecrets, digest_of, mask_body, secrets_in
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.outbox_book import FIRST_CHECK_S, Kind, insert_entry
from koshelek_driver.payment.journal.rows import to_json
from koshelek_driver.payment.journal.tables import convert, read, read_all
from koshelek_driver.payment.outcome import Outcome, SlipState, Verdict

Table = Literal["attempt", "refund"]
_OWN_ID = re.compile(r'"requestId":"[^"]*",?')
_MOST_EVENTS = 1000
"""Responses of one kind for one request. A sale of two minutes has some 500 polls, nearly all alike."""
_MOST_BYTES = 256 * 1024
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
    verdict = _masked(verdict, _secrets_of(database, request_id))
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


def _masked(verdict: Verdict, secrets: SentSecrets) -> Verdict:
    """Return a verdict as it may be stored: a run that resumes a payment knows its secrets from the journal alone."""
    return replace(
        verdict,
        error_code=secrets.mask_text(verdict.error_code),
        details=secrets.mask_text(verdict.details),
        slip=secrets.mask_value(verdict.slip),
        answer=None if verdict.answer is None else masked_answer(verdict.answer, secrets),
    )


def _secrets_of(database: Database, request_id: str) -> SentSecrets:
    """Return the secrets of a stored request; none once its payment has ended, because then it is deleted."""
    rows = database.run(
        "SELECT body, token FROM attempt WHERE request_id = ? AND body IS NOT NULL"
        " UNION ALL SELECT body, token FROM refund WHERE request_id = ?",
        request_id,
        request_id,
    )
    sent = read_all(_read_request, rows)
    return SentSecrets([secret for body, token in sent for secret in secrets_in(body, token or "")])


def _read_request(row: Any) -> tuple[bytes, str | None]:
    request: tuple[bytes, str | None] = convert(row, tuple[bytes, str | None])
    return request


def _needs_watching(verdict: Verdict) -> bool:
    """Return True for a cancelled payment. A bank may take money although it accepted the cancel."""
    return verdict.outcome is Outcome.CANCELED and bool(verdict.transaction_id)


def keep_response(database: Database, request_id: str, exchange: Exchange, at_s: float) -> None:
    """Store a response of the host as an event, secrets masked, unless it repeats the last."""
    facts = {
        "call": exchange.request.call.name,
        "http": exchange.http_status,
        "reply": type(exchange.reply).__name__,
    }
    secrets = exchange.secrets.also(_secrets_of(database, request_id))
    _keep_if_new(database, "answer", request_id, {**facts, "body": mask_body(exchange.body, secrets)}, at_s)


def keep_operator(
    database: Database, table: Table, request_id: str, action: str, *, operator: str, at_s: float
) -> None:
    """Store the operator of a later action on a payment or refund, as an event and in its row.

    Nothing is stored without a name. `action` is the verb: pay, refund, recover or close.
    """
    if operator:
        with database.event(at_s, "operator", request_id, {"action": action, "operator": operator}):
            set_ended_by(database, table, request_id, operator)


def set_ended_by(database: Database, table: Table, request_id: str, operator: str) -> None:
    """Write the operator of the last action into an open row. For the transaction of the action's event."""
    sql = f"UPDATE {table} SET ended_by = ? WHERE request_id = ? AND outcome IS NULL"  # noqa: S608
    database.run(sql, operator, request_id)


def operator_fact(operator: str) -> dict[str, str]:
    """Return the facts of an event about its operator: none without a name."""
    return {"operator": operator} if operator else {}


def keep_postback(database: Database, request_id: str, body: bytes, at_s: float) -> None:
    """Store the body of a postback as an event, secrets masked, unless it repeats the last."""
    masked = mask_body(body, _secrets_of(database, request_id))
    _keep_if_new(database, "postback", request_id, {"body": masked}, at_s)


def last_postback(database: Database, request_id: str) -> int:
    """Return the number of the last postback's event, 0 without one."""
    sql = "SELECT coalesce(max(number), 0) FROM event WHERE request_id = ? AND kind = 'postback'"
    return int(database.run(sql, request_id)[0][0])


def _keep_if_new(database: Database, kind: str, request_id: str, facts: dict[str, Any], at_s: float) -> None:
    """Add the event unless it repeats the last one. A sale is polled up to four times a second.

    Events never go, so what one order may add is bounded: after 256 kB only digests, after 1000 events nothing.
    """
    stored_events, stored_bytes = database.run(
        "SELECT count(*), coalesce(sum(length(data)), 0) FROM event WHERE request_id = ? AND kind = ?", request_id, kind
    )[0]
    if stored_events >= _MOST_EVENTS:
        return
    if stored_bytes >= _MOST_BYTES:
        facts = {**facts, "body": digest_of(_without_own_id(facts)["body"].encode())}
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
