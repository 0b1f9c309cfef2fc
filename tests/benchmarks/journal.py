"""A journal of many years: `python -m tests.benchmarks.journal [--rows N] [--dir DIR] [--json FILE]`.

Fills a journal with rows as sales leave them (a payment and its three events), then makes the same sales in it and in an
empty one, in turn, and looks orders up. Bars: a commit's p99 within 20 % of the empty journal's, an order found in less
than 1 ms, a payment by its transaction likewise, a report of 10,000 payments in 200 ms. The peer is one INSERT a
transaction with the standard library's sqlite3, WAL and synchronous FULL, in the same run. Ten million rows take some 5 GB and two minutes to fill.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from koshelek_driver.accounting.report import make_report
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Payment
from koshelek_driver.secrets import Secret
from tests.support.full_journals import ROWS_A_SALE, fill
from tests.support.journals import PAID, payment
from tests.support.measurements import options, show, summary

DAY = 10_000
BODY = b"x" * 1500
"""About as long as the checkout of a small basket."""


def commits(journal: Journal, start: int) -> Iterator[float]:
    """Milliseconds of each intent: what stands between the button and the first byte."""
    number = start
    while True:
        new = payment(str(uuid4()), f"new-{number}")
        sent = Request(Call.CHECKOUT, new.request_id, BODY, Secret("token"))
        began = time.perf_counter()
        journal.begin(new, sent, "{}")
        yield (time.perf_counter() - began) * 1000
        journal.end(new.request_id, PAID, 2e9)
        number += 1


def peer(folder: Path) -> Iterator[float]:
    database = sqlite3.connect(folder / "peer.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE sale (number INTEGER PRIMARY KEY, body BLOB)")
    while True:
        began = time.perf_counter()
        database.execute("INSERT INTO sale (body) VALUES (?)", (BODY,))
        yield (time.perf_counter() - began) * 1000


def find(journal: Journal, order_id: str) -> float:
    began = time.perf_counter()
    found = journal.latest(order_id)
    took_ms = (time.perf_counter() - began) * 1000
    assert isinstance(found, Payment)
    return took_ms


def find_transaction(journal: Journal, transaction_id: str) -> float:
    """What a refund looks up first."""
    began = time.perf_counter()
    assert journal.by_transaction(transaction_id) is not None
    return (time.perf_counter() - began) * 1000


def day_report(journal: Journal, after: int, until: int) -> float:
    """Of a business day that is the events between those two."""
    began = time.perf_counter()
    ended, unknown = journal.days.ended(after, until), journal.still_open()
    made = make_report(1, "", ended, unknown, since_s=None, until_s=2e9, closed=False)
    took_ms = (time.perf_counter() - began) * 1000
    assert len(made.rows) == DAY
    return took_ms


def run(folder: Path, rows: int, commit_count: int) -> dict[str, Any]:
    sales = rows // ROWS_A_SALE
    began = time.perf_counter()
    fill(folder / "many.db", sales)
    filled_s = time.perf_counter() - began
    many, empty = Journal(folder / "many.db"), Journal(folder / "empty.db")
    times: dict[str, list[float]] = {"commit, many rows": [], "commit, empty": [], "insert, sqlite3": []}
    sources = (commits(many, 0), commits(empty, 0), peer(folder))
    for _ in range(commit_count):
        for kept, source in zip(times.values(), sources, strict=True):
            kept.append(next(source))
    chance = random.Random(1)
    times["find an order"] = [find(many, f"order-{chance.randrange(1, sales + 1)}") for _ in range(2000)]
    times["find a transaction"] = [find_transaction(many, f"t-{chance.randrange(1, sales + 1)}") for _ in range(2000)]
    times[f"report of {DAY}"] = [day_report(many, 3 * (sales - DAY), 3 * sales) for _ in range(10)]
    figures = {name: summary(each) for name, each in times.items()}
    ratio = figures["commit, many rows"]["p99_ms"] / figures["commit, empty"]["p99_ms"]
    peer_ratio = figures["commit, many rows"]["p50_ms"] / figures["insert, sqlite3"]["p50_ms"]
    size_gb = (folder / "many.db").stat().st_size / 1e9
    many.close()
    empty.close()
    return {
        "rows": sales * ROWS_A_SALE,
        "filled_in_s": round(filled_s),
        "size_gb": round(size_gb, 2),
        "figures": figures,
        "commit_p99_many_to_empty": round(ratio, 2),
        "commit_p50_to_sqlite3": round(peer_ratio, 2),
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--dir", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as folder:
        result = run(Path(folder), given.rows, given.commits)
    show(f"a journal of {result['rows']} rows", result, given.json)


if __name__ == "__main__":
    main()
