"""The journal: what this till did with money, on disk before it happens on the wire.

SQLite in WAL mode with synchronous FULL: a commit that returned survives a power cut. A final outcome
never changes, and an order has at most one attempt that is open or paid: the database itself refuses.
"""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import msgspec
from filelock import FileLock

from koshelek_driver.card.guessing import Guesses
from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState, Verdict
from koshelek_driver.secrets import Secret

_BUSY_MS = 5000
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON", "trusted_schema": "OFF"}
_REMEMBERED_USES = 50_000
_REMEMBERED_CARDS = 10_000
"""How many used passwords and cards with wrong ones are kept: the oldest go. No clock decides it."""
_FIRST = """
CREATE TABLE installation (salt BLOB NOT NULL) STRICT;

CREATE TABLE attempt (
    number INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    request_id TEXT NOT NULL UNIQUE,
    amount INTEGER NOT NULL,
    created_s REAL NOT NULL,
    card_digest BLOB NOT NULL,
    body BLOB,
    token TEXT,
    transaction_id TEXT NOT NULL DEFAULT '',
    cancel_request_id TEXT NOT NULL DEFAULT '',
    outcome TEXT,
    error_code TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '',
    closed_s REAL,
    slip TEXT,
    answer TEXT,
    slip_state TEXT NOT NULL DEFAULT 'none',
    button_to_wire_ms REAL
) STRICT;

CREATE UNIQUE INDEX one_charge_an_order ON attempt (order_id) WHERE outcome IS NULL OR outcome = 'paid';
CREATE INDEX attempt_by_order ON attempt (order_id, number);
CREATE INDEX unfinished ON attempt (number) WHERE outcome IS NULL OR slip_state IN ('queued', 'sent');

CREATE TRIGGER final_is_final BEFORE UPDATE OF outcome ON attempt
WHEN OLD.outcome IS NOT NULL AND NEW.outcome IS NOT OLD.outcome
BEGIN SELECT RAISE(ABORT, 'a final outcome never changes'); END;

CREATE TABLE used_password (digest BLOB PRIMARY KEY, until_s REAL NOT NULL) STRICT, WITHOUT ROWID;
"""
_CARDS = """
DROP TABLE used_password;

CREATE TABLE used_password (number INTEGER PRIMARY KEY, digest BLOB NOT NULL, used_s REAL NOT NULL) STRICT;
CREATE INDEX used_password_by_digest ON used_password (digest);

CREATE TABLE wrong_password (
    number INTEGER PRIMARY KEY,
    card BLOB NOT NULL UNIQUE,
    count INTEGER NOT NULL,
    last_s REAL NOT NULL
) STRICT;
"""
_MIGRATIONS = (_FIRST, _CARDS)
"""Each takes the journal one version further; one that was released never changes."""
SCHEMA_VERSION = len(_MIGRATIONS)
_WAS_USED = "EXISTS (SELECT 1 FROM used_password WHERE digest = ?1 AND (?3 IS NULL OR abs(used_s - ?2) < ?3))"
_COLUMNS = (
    "order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip,"
    " answer, slip_state, button_to_wire_ms, card_digest"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """The requests of an attempt; `cancel_request_id` is empty while no cancel was begun."""

    checkout: Request
    cancel_request_id: str


class Journal:
    """One till's journal, for any thread. Every method blocks for about a disk write and raises JournalError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_at_a_time = threading.Lock()
        try:
            self._open()
        except (apsw.Error, OSError) as problem:  # filelock's Timeout is an OSError
            raise self._error("cannot be opened", problem) from problem

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def salt(self) -> bytes:
        """Random bytes made once for this installation."""
        row = self._one("SELECT salt FROM installation")
        assert row is not None
        return bytes(row[0])

    def latest(self, order_id: str) -> Payment | None:
        """The last attempt to pay this order."""
        row = self._one(f"SELECT {_COLUMNS} FROM attempt WHERE order_id = ? ORDER BY number DESC", order_id)  # noqa: S608
        return None if row is None else _payment(row)

    def unfinished(self) -> list[Payment]:
        """Payments whose outcome is open and payments whose slip is not on paper, oldest first."""
        rows = self._run(
            f"SELECT {_COLUMNS} FROM attempt"  # noqa: S608
            " WHERE outcome IS NULL OR slip_state IN ('queued', 'sent') ORDER BY number"
        )
        return [_payment(row) for row in rows]

    def begin(self, payment: Payment, request: Request) -> None:
        """Keep the intent with its exact bytes. Refused when the order is being paid or is paid."""
        self._run(
            "INSERT INTO attempt (order_id, request_id, amount, created_s, card_digest, body, token)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            payment.order_id,
            payment.request_id,
            payment.amount,
            payment.created_s,
            payment.card_digest,
            request.body,
            None if request.token is None else request.token.reveal(),
        )

    def sent_for(self, payment: Payment) -> Sent:
        """What was, or may have been, sent for an open attempt: the same bytes and ids are used again."""
        sql = "SELECT body, token, cancel_request_id FROM attempt WHERE request_id = ?"
        row = self._one(sql, payment.request_id)
        if row is None or row[0] is None:
            raise JournalError(f"{self._path}: no request is kept for order {payment.order_id}", "call support")
        body, token, cancel_request_id = row
        return Sent(Request(Call.CHECKOUT, payment.request_id, bytes(body), Secret(token or "")), cancel_request_id)

    def keep_transaction(self, request_id: str, transaction_id: str) -> None:
        """The host's name for this payment."""
        self._run("UPDATE attempt SET transaction_id = ? WHERE request_id = ?", transaction_id, request_id)

    def keep_cancel(self, request_id: str, cancel_request_id: str) -> None:
        """A cancel is about to be sent."""
        self._run("UPDATE attempt SET cancel_request_id = ? WHERE request_id = ?", cancel_request_id, request_id)

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """How long the first byte took."""
        self._run("UPDATE attempt SET button_to_wire_ms = ? WHERE request_id = ?", milliseconds, request_id)

    def end(self, request_id: str, verdict: Verdict, now_s: float) -> None:
        """Keep a final verdict with its slip, and forget the customer's session, password and card number."""
        slip_state = SlipState.QUEUED if verdict.outcome is Outcome.PAID else SlipState.NONE
        self._run(
            "UPDATE attempt SET outcome = ?, transaction_id = ?, error_code = ?, details = ?, slip = ?, answer = ?,"
            " slip_state = ?, closed_s = ?, body = NULL, token = NULL WHERE request_id = ? AND outcome IS NULL",
            verdict.outcome.value,
            verdict.transaction_id,
            verdict.error_code,
            verdict.details,
            _as_json(verdict.slip),
            _as_json(verdict.answer),
            slip_state.value,
            now_s,
            request_id,
        )

    def keep_slip_state(self, request_id: str, state: SlipState) -> None:
        """Whether the slip is on paper."""
        self._run("UPDATE attempt SET slip_state = ? WHERE request_id = ?", state.value, request_id)

    def first_use(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """See card.totp.CardMemory."""
        added = self._run(
            f"INSERT INTO used_password (digest, used_s) SELECT ?1, ?2 WHERE NOT {_WAS_USED} RETURNING number",
            digest,
            now_s,
            span_s,
        )
        if added and added[0][0] % _REMEMBERED_USES == 0:
            self._run("DELETE FROM used_password WHERE number <= ?", added[0][0] - _REMEMBERED_USES)
        return bool(added)

    def is_unused(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """See card.totp.CardMemory."""
        return not self._run(f"SELECT {_WAS_USED}", digest, now_s, span_s)[0][0]

    def forget_use(self, digest: bytes) -> None:
        """See card.totp.CardMemory."""
        self._run("DELETE FROM used_password WHERE digest = ?", digest)

    def guesses(self, card: bytes) -> Guesses | None:
        """See card.totp.CardMemory."""
        row = self._one("SELECT count, last_s FROM wrong_password WHERE card = ?", card)
        return None if row is None else Guesses(*row)

    def keep_guesses(self, card: bytes, guesses: Guesses) -> None:
        """See card.totp.CardMemory."""
        (number,) = self._run(
            "INSERT INTO wrong_password (card, count, last_s) VALUES (?, ?, ?) ON CONFLICT (card)"
            " DO UPDATE SET count = excluded.count, last_s = excluded.last_s RETURNING number",
            card,
            guesses.count,
            guesses.last_s,
        )[0]
        if number % _REMEMBERED_CARDS == 0:
            self._run("DELETE FROM wrong_password WHERE number <= ?", number - _REMEMBERED_CARDS)

    def forget_guesses(self, card: bytes) -> None:
        """See card.totp.CardMemory."""
        self._run("DELETE FROM wrong_password WHERE card = ?", card)

    # --- inside

    def _open(self) -> None:
        """Open, and make what is not there yet; one at a time, for SQLite does not wait while it turns to WAL."""
        self._path.touch(mode=0o600)
        with FileLock(f"{self._path}.opening", timeout=_BUSY_MS / 1000, mode=0o600):
            self._db = apsw.Connection(os.fspath(self._path))
            self._db.set_busy_timeout(_BUSY_MS)
            for name, value in _PRAGMAS.items():
                self._db.pragma(name, value)
            self._bring_up_to_date(self._db.pragma("user_version"))

    def _bring_up_to_date(self, version: int) -> None:
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"{self._path}: journal of version {version}, this driver writes version {SCHEMA_VERSION}",
                "install the driver that wrote it, or a newer one",
            )
        for number, migration in enumerate(_MIGRATIONS[version:], version + 1):
            with self._db:
                self._db.execute(migration).fetchall()
                if number == 1:
                    self._db.execute("INSERT INTO installation VALUES (?)", (secrets.token_bytes(32),))
                self._db.pragma("user_version", number)

    def _run(self, sql: str, *values: Any) -> list[Any]:
        try:
            with self._one_at_a_time:
                return self._db.execute(sql, values).fetchall()
        except (apsw.Error, OSError) as problem:
            raise self._error("cannot be used", problem) from problem

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._run(f"{sql} LIMIT 1", *values)
        return rows[0] if rows else None

    def _error(self, what: str, problem: Exception) -> JournalError:
        return JournalError(
            f"journal {self._path} {what}: {problem}",
            "check that its folder exists, belongs to the till's user and has free space",
        )


def _payment(row: Any) -> Payment:
    order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip = row[:9]
    answer, slip_state, wire_ms, card_digest = row[9:]
    verdict = Verdict(
        outcome=Outcome(outcome) if outcome else Outcome.UNKNOWN,
        transaction_id=transaction_id,
        error_code=error_code if outcome else "OUTCOME_UNKNOWN",
        details=details,
        slip=_from_json(slip),
        answer=_from_json(answer),
    )
    return Payment(
        order_id=order_id,
        request_id=request_id,
        amount=amount,
        created_s=created_s,
        verdict=verdict,
        card_digest=bytes(card_digest),
        slip_state=SlipState(slip_state),
        button_to_wire_ms=wire_ms,
    )


def _as_json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _from_json(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
