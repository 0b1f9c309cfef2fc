"""Journals filled with the sales of many years."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import msgspec

from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.chain import FIRST_LINK, link
from tests.support.journals import PAID

ROWS_A_SALE = 4
AT_ONCE = 50_000
SLIP = msgspec.json.encode(PAID.slip).decode()
ANSWER = msgspec.json.encode(PAID.answer).decode()
Rows = list[tuple[Any, ...]]


def fill(path: Path, sales: int) -> None:
    """Sales as they are left: numbers, links and indexes whole, written without waiting for the disk."""
    Journal(path).close()
    database = apsw.Connection(str(path))
    for name, value in {"journal_mode": "OFF", "synchronous": "OFF", "cache_size": -1_000_000}.items():
        database.pragma(name, value)
    before = FIRST_LINK
    for first in range(1, sales + 1, AT_ONCE):
        attempts, events, before = _some(first, min(AT_ONCE, sales + 1 - first), before)
        with database:
            database.executemany(
                "INSERT INTO attempt (number, order_id, request_id, amount, created_s, card_digest, transaction_id,"
                " outcome, closed_s, slip, answer, slip_state, button_to_wire_ms, invoice, ended)"
                " VALUES (?, ?, ?, 100, ?, x'00', ?, 'paid', ?, ?, ?, 'printed', 2.0, '{}', ?)",
                attempts,
            )
            database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", events)
    database.close()


def _some(first: int, count: int, before: bytes) -> tuple[Rows, Rows, bytes]:
    attempts: Rows = []
    events: Rows = []
    chance = random.Random(first)
    for number in range(first, first + count):
        at_s, request_id = 1.7e9 + number, str(UUID(int=chance.getrandbits(128), version=4))
        attempts.append((number, f"order-{number}", request_id, at_s, f"t-{number}", at_s, SLIP, ANSWER, number * 3))
        for place, (kind, data) in enumerate((("intent", '{"amount":100}'), ("answer", ANSWER), ("end", ANSWER))):
            event = (number * 3 - 2 + place, at_s, kind, request_id, data)
            before = link(before, *event)
            events.append((*event, before))
    return attempts, events, before
