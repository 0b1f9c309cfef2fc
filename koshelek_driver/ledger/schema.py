"""The tables of the ledger, by version. A released migration never changes; a new one is appended."""

from __future__ import annotations

_FIRST = """
CREATE TABLE koshelek.till (
    journal_id text PRIMARY KEY,
    store_id text NOT NULL,
    terminal_id text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    link bytea NOT NULL DEFAULT '',
    last bigint NOT NULL DEFAULT 0,
    heard timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN koshelek.till.position IS 'the last event of the journal that is in here';
COMMENT ON COLUMN koshelek.till.last IS 'the last event that the journal had then';

CREATE TABLE koshelek.operation (
    request_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('payment', 'refund')),
    journal_id text NOT NULL REFERENCES koshelek.till,
    order_id text NOT NULL,
    transaction_id text NOT NULL,
    refund_transaction_id text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    paid bigint,
    created_s double precision NOT NULL,
    outcome text,
    error_code text NOT NULL,
    details text NOT NULL,
    slip text,
    contents text,
    closed_s double precision,
    ended bigint,
    by_hand boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE koshelek.operation IS 'payments and refunds; outcome is null while open, an open refund is the lock';
CREATE INDEX operation_by_transaction ON koshelek.operation (transaction_id) WHERE transaction_id <> '';
CREATE INDEX operation_by_order ON koshelek.operation (order_id);
CREATE INDEX operation_by_end ON koshelek.operation (journal_id, ended);
CREATE INDEX operation_by_refund ON koshelek.operation (refund_transaction_id) WHERE refund_transaction_id <> '';
CREATE INDEX operation_by_time ON koshelek.operation (closed_s);
CREATE INDEX open_operation ON koshelek.operation (journal_id) WHERE outcome IS NULL;

CREATE TABLE koshelek.day (
    journal_id text NOT NULL REFERENCES koshelek.till,
    day bigint NOT NULL,
    until bigint NOT NULL,
    since_s double precision,
    until_s double precision NOT NULL,
    date text NOT NULL,
    PRIMARY KEY (journal_id, day)
);
CREATE INDEX day_by_date ON koshelek.day (date);
"""

_OPERATORS = """
ALTER TABLE koshelek.operation ADD COLUMN operator text NOT NULL DEFAULT '';
ALTER TABLE koshelek.operation ADD COLUMN ended_by text NOT NULL DEFAULT '';
COMMENT ON COLUMN koshelek.operation.ended_by IS 'who cancelled, recovered or closed it after its beginning';
"""

MIGRATIONS = (_FIRST, _OPERATORS)
"""Each migrates the ledger to the next version."""
SCHEMA_VERSION = len(MIGRATIONS)

BEGINNING = """
CREATE SCHEMA IF NOT EXISTS koshelek;
CREATE TABLE IF NOT EXISTS koshelek.version (number integer NOT NULL);
"""
GRANTS = """
GRANT USAGE ON SCHEMA koshelek TO {role};
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA koshelek TO {role};
"""
"""The rights of a till, which never deletes."""
