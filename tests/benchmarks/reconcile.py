"""A registry beside a journal: `python -m tests.benchmarks.reconcile [--rows N] [--sales N] [--dir DIR] [--json FILE]`.

A registry of 100,000 rows of the newest sales, one in a thousand of them wrong, against a journal of a million rows, from
the file's bytes to the buckets. Bar: 10 s. The peer does the least that one could, in the same run: the standard
library's csv, and two dictionaries by transaction.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from koshelek_driver.accounting.reconcile import Scope, reconcile
from koshelek_driver.accounting.settlement_file import Layout, read
from koshelek_driver.payment.journal.reader import JournalReader
from tests.support.full_journals import ROWS_A_SALE, fill
from tests.support.measurements import options, show, summary

_WRONG_EVERY = 1000
_TURNS = 3


def registry(sales: int, rows: int) -> bytes:
    """As the provider would write the newest sales; see `fill`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["orderId", "transactionId", "amount", "type", "date"])
    for number in range(sales - rows + 1, sales + 1):
        at = datetime.fromtimestamp(1.7e9 + number, UTC).isoformat()
        writer.writerow([f"order-{number}", f"t-{number}", 100 + (number % _WRONG_EVERY == 0), "payment", at])
    return out.getvalue().encode()


def peer(content: bytes, journal: Path, after: int) -> int:
    """How many rows agree."""
    theirs = {row["transactionId"]: int(row["amount"]) for row in csv.DictReader(io.StringIO(content.decode()))}
    with closing(JournalReader(journal)) as feed:
        sql = "SELECT transaction_id, amount FROM attempt WHERE number > ?"
        ours = dict(feed._all(sql, after))
    return sum(ours.get(name) == amount for name, amount in theirs.items())


def run(folder: Path, sales: int, rows: int) -> dict[str, Any]:
    journal = folder / "journal.db"
    fill(journal, sales)
    content = registry(sales, rows)
    times: dict[str, list[float]] = {"read": [], "whole": [], "peer": []}
    for _ in range(_TURNS):
        _turn(content, journal, sales - rows, times)
    figures = {name: summary(each) for name, each in times.items()}
    return {
        "journal_rows": sales * ROWS_A_SALE,
        "registry_rows": rows,
        "figures": figures,
        "whole_to_peer": round(figures["whole"]["p50_ms"] / figures["peer"]["p50_ms"], 1),
    }


def _turn(content: bytes, journal: Path, after: int, times: dict[str, list[float]]) -> None:
    began = time.perf_counter()
    theirs = read("registry.csv", content, Layout(zone=UTC))
    times["read"].append((time.perf_counter() - began) * 1000)
    with closing(JournalReader(journal)) as books:
        made = reconcile(theirs, books, Scope(zone=UTC))
    times["whole"].append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    agree = peer(content, journal, after)
    times["peer"].append((time.perf_counter() - began) * 1000)
    assert len(made.matched) == agree
    assert len(made.amount_differs) == len(theirs) - agree
    assert not made.only_theirs


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--sales", type=int, default=250_000)
    parser.add_argument("--dir", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as folder:
        result = run(Path(folder), given.sales, given.rows)
    show(f"a registry of {result['registry_rows']} rows", result, given.json)


if __name__ == "__main__":
    main()
