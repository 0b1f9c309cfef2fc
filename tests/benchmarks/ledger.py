"""A till at the shop's ledger: `python -m tests.benchmarks.ledger [--sales N] [--dir DIR] [--json FILE]`.

A till that was offline for a week (70,000 sales) catches up; then refunds are reserved one by one, a payment of another
till is looked up, and all tills are reported. PostgreSQL is started for it, with its own defaults for safety. The peer
writes the same rows of the same journal by psycopg's executemany, with no thought of order, ends or repeats.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import psycopg

from koshelek_driver.ledger.connection import Address, LedgerConnection
from koshelek_driver.secrets import Secret
from tests.support.full_journals import fill
from tests.support.ledger_tills import Till
from tests.support.measurements import options, show, summary
from tests.support.postgres import Postgres, programs

_REFUNDS = 300
_COLUMNS = "request_id, order_id, transaction_id, amount, created_s, outcome, slip, closed_s, ended"


def peer(journal: Path, address: Address) -> float:
    """Seconds for the rows alone."""
    database = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READONLY)
    began = time.perf_counter()
    with psycopg.connect(host=address.host, dbname=address.database, user="owner") as connection:
        connection.execute(f"CREATE TABLE peer AS SELECT {_COLUMNS} FROM koshelek.operation LIMIT 0")
        rows = database.execute(f"SELECT {_COLUMNS} FROM attempt").fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO peer VALUES ({', '.join(['%s'] * 9)})", rows)
    database.close()
    return time.perf_counter() - began


def refunds(till: Till) -> tuple[list[float], list[float]]:
    """Milliseconds to find a payment of another till, and to take the lock on it."""
    finding, reserving = [], []
    for number in range(1, _REFUNDS + 1):
        began = time.perf_counter()
        (payment,) = till.ledger.find(transaction_id=f"t-{number}")
        finding.append((time.perf_counter() - began) * 1000)
        refund = till.wanted(payment.transaction_id, 50, payment.amount)
        began = time.perf_counter()
        till.ledger.shop.reserve(refund)
        reserving.append((time.perf_counter() - began) * 1000)
        till.begin_refund(refund)
        till.end_refund(refund)
        till.ledger.shop.tell(payment.transaction_id)
    return finding, reserving


def run(folder: Path, server: Postgres, sales: int) -> dict[str, Any]:
    address = Address(str(server.folder), server.port, "postgres", Secret("owner"), None, None, "T")
    with closing(LedgerConnection(address)) as owner:
        owner.prepare()
    fill(folder / "AWAY.db", sales)
    away, here = Till(folder, "AWAY", address), Till(folder, "HERE", address)
    began = time.perf_counter()
    fed = away.ledger.feed()
    feed_s = time.perf_counter() - began
    finding, reserving = refunds(here)
    began = time.perf_counter()
    made = here.ledger.report()
    report_s = time.perf_counter() - began
    assert len(made.rows) >= sales
    peer_s = peer(away.path, address)
    away.close()
    here.close()
    return {
        "sales": sales,
        "events": fed.events,
        "catch_up_s": round(feed_s, 1),
        "sales_a_second": round(sales / feed_s),
        "peer_s": round(peer_s, 1),
        "catch_up_to_peer": round(feed_s / peer_s, 1),
        "report_of_all_s": round(report_s, 1),
        "figures": {"find a payment": summary(finding), "reserve a refund": summary(reserving)},
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--sales", type=int, default=70_000)
    parser.add_argument("--dir", type=Path, default=None)
    given = parser.parse_args()
    found = programs()
    if found is None:
        raise SystemExit("no PostgreSQL on this machine")
    server = Postgres(found)
    server.start(fsync="on", full_page_writes="on", autovacuum="on")
    try:
        with tempfile.TemporaryDirectory(dir=given.dir) as folder:
            show(f"a ledger of {given.sales} sales", run(Path(folder), server, given.sales), given.json)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
