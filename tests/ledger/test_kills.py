"""PostgreSQL, tills and the network between them are killed at any moment: the ledger loses and doubles nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from koshelek_driver.ledger.link import Address
from tests.ledger.conftest import address_of, database_on, started
from tests.ledger.parts import Till, ledger_rows
from tests.ledger.postgres import Postgres
from tests.ledger.wire import Wire

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
_TILLS = 4
_ROUNDS = int(os.environ.get("KOSHELEK_LEDGER_KILLS", "12"))
_LIFE_S = "290"


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """One that may be killed."""
    made = started()
    yield made
    made.remove()


def run_till(folder: Path, name: str, wire: Wire, database: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.ledger.till_process", str(folder), name, str(wire.folder), database, _LIFE_S]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def test_whatever_is_killed_the_ledger_has_it_all_once(
    tmp_path: Path, own_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = database_on(own_server, "shop")
    wire = Wire(tmp_path_factory.mktemp("w"), own_server.folder / ".s.PGSQL.5432")
    dice, names = random.Random(7), [f"TILL-{number}" for number in range(_TILLS)]
    running = {name: run_till(tmp_path, name, wire, "shop") for name in names}
    for turn in range(_ROUNDS):
        time.sleep(dice.uniform(0.3, 1.0))
        what = ("till", "wire", "server")[turn % 3]
        if what == "till":
            name = dice.choice(names)
            assert end_of(running[name]) == -9
            running[name] = run_till(tmp_path, name, wire, "shop")
        elif what == "wire":
            wire.cut()
            time.sleep(dice.uniform(0.05, 0.4))
            wire.mend()
        else:
            own_server.kill()
            time.sleep(dice.uniform(0.0, 0.3))
            own_server.start()
    time.sleep(1)
    assert {end_of(process) for process in running.values()} == {-9}
    wire.close()
    check(tmp_path, names, address_of(own_server, "shop"))
    assert len(ledger_rows(address)) > 40


def end_of(process: subprocess.Popen[str]) -> int:
    """Kill it; gives its exit status, which is -9 unless it had died by itself."""
    process.kill()
    assert process.communicate()[1] == ""
    return process.returncode


def check(folder: Path, names: list[str], address: Address) -> None:
    """Every till comes back once more; then the ledger is the sum of the journals, and no payment is overdrawn."""
    tills = [Till(folder, name, address) for name in names]
    for till in tills:
        till.ledger.release_lost(nullcontext)
        till.ledger.feed()
    ours = Counter(row for till in tills for row in till.raw())
    theirs = Counter(row for row in ledger_rows(address) if row[6] != "NOT_SENT")
    assert theirs == ours
    paid = {row[2]: row[3] for till in tills for row in till.raw() if row[5] == "paid"}
    back = Counter[str]()
    for till in tills:
        for refund in till.journal.refunds.newest(100_000):
            if refund.outcome != "rejected":
                back[refund.verdict.transaction_id] += refund.amount
    assert back, "nothing was given back: the test proves nothing"
    assert all(amount <= paid[transaction_id] for transaction_id, amount in back.items())
    for till in tills:
        assert till.journal.verify() == []
        till.close()
