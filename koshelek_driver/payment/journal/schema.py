"""The tables of the journal, one migration for each version.

The README of this folder describes them. A released migration never changes, because tills have run it; a new one is
added at the end.
"""

from __future__ import annotations

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
_REFUNDS_AND_CHAIN = """
ALTER TABLE attempt ADD COLUMN invoice TEXT;
ALTER TABLE attempt ADD COLUMN cancel_wanted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX attempt_by_transaction ON attempt (transaction_id) WHERE transaction_id <> '';

CREATE TABLE refund (
    number INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    request_id TEXT NOT NULL UNIQUE,
    amount INTEGER NOT NULL,
    items TEXT NOT NULL,
    created_s REAL NOT NULL,
    body BLOB NOT NULL,
    token TEXT NOT NULL,
    ref_transaction_id TEXT NOT NULL DEFAULT '',
    outcome TEXT,
    error_code TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '',
    closed_s REAL,
    slip TEXT,
    answer TEXT,
    slip_state TEXT NOT NULL DEFAULT 'none',
    button_to_wire_ms REAL
) STRICT;

CREATE UNIQUE INDEX one_refund_at_a_time ON refund (transaction_id) WHERE outcome IS NULL;
CREATE INDEX refund_by_transaction ON refund (transaction_id, number);
CREATE INDEX refund_by_order ON refund (order_id, number);
CREATE INDEX unfinished_refund ON refund (number) WHERE outcome IS NULL OR slip_state IN ('queued', 'sent');

CREATE TRIGGER final_refund_is_final BEFORE UPDATE OF outcome ON refund
WHEN OLD.outcome IS NOT NULL AND NEW.outcome IS NOT OLD.outcome
BEGIN SELECT RAISE(ABORT, 'a final outcome never changes'); END;

CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    request_id TEXT NOT NULL,
    data TEXT NOT NULL,
    link BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_request ON event (request_id, number);

CREATE TRIGGER events_never_change BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event never changes'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event never goes'); END;
"""
_OUTBOX = """
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    body BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_s REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    last TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX refund_by_reversal ON refund (ref_transaction_id) WHERE ref_transaction_id <> '';
CREATE UNIQUE INDEX outbox_once ON outbox (order_id, kind, key);
CREATE INDEX outbox_unfinished ON outbox (number) WHERE state IN ('waiting', 'alarm', 'parked');
"""

_DAYS = """
ALTER TABLE attempt ADD COLUMN ended INTEGER;
ALTER TABLE refund ADD COLUMN ended INTEGER;
UPDATE attempt SET ended = (SELECT max(number) FROM event WHERE event.request_id = attempt.request_id AND kind = 'end')
WHERE outcome IS NOT NULL;
UPDATE refund SET ended = (SELECT max(number) FROM event WHERE event.request_id = refund.request_id AND kind = 'end')
WHERE outcome IS NOT NULL;
CREATE INDEX attempt_by_end ON attempt (ended) WHERE ended IS NOT NULL;
CREATE INDEX refund_by_end ON refund (ended) WHERE ended IS NOT NULL;
"""

_JOURNAL_ID_AND_TIMES = """
ALTER TABLE installation ADD COLUMN journal_id TEXT NOT NULL DEFAULT '';
UPDATE installation SET journal_id = lower(hex(randomblob(16)));
ALTER TABLE refund ADD COLUMN paid INTEGER;
UPDATE refund SET paid = (SELECT max(amount) FROM attempt WHERE attempt.transaction_id = refund.transaction_id);
CREATE INDEX attempt_by_time ON attempt (closed_s) WHERE closed_s IS NOT NULL;
CREATE INDEX refund_by_time ON refund (closed_s) WHERE closed_s IS NOT NULL;
"""

_STEADY_TIME = """
ALTER TABLE attempt ADD COLUMN begun_steady_s REAL;
ALTER TABLE attempt ADD COLUMN boot_id TEXT;
"""
_OPERATORS = """
ALTER TABLE attempt ADD COLUMN operator TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE refund ADD COLUMN operator TEXT NOT NULL DEFAULT '';
ALTER TABLE refund ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
"""

MIGRATIONS = (_FIRST, _CARDS, _REFUNDS_AND_CHAIN, _OUTBOX, _DAYS, _JOURNAL_ID_AND_TIMES, _STEADY_TIME, _OPERATORS)
"""Migration number n, counted from 1, takes the journal from version n - 1 to version n."""
SCHEMA_VERSION = len(MIGRATIONS)
