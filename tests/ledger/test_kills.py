"""PostgreSQL, tills and the network between them are killed at any moment: the ledger loses and doubles nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path

import apsw
import pytest

from koshelek_driver.ledger.connection import Address
from tests.support.ledger_databases import address_of, database_on, started
from tests.support.ledger_tills import Till, assert_none_overdrawn, assert_same, ledger_rows
from tests.support.postgres import Postgres
from tests.support.wire import Wire

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
_TILLS = 4
_ROUNDS = int(os.environ.get("KOSHELEK_LEDGER_KILLS", "12"))
_READ_ONLY = apsw.SQLITE_OPEN_READONLY
_LIFE_S = "290"


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """One that may be killed."""
    made = started()
    yield made
    made.remove()


def run_till(folder: Path, name: str, wire: Wire, database: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.support.till_process", str(folder), name, str(wire.folder), database, _LIFE_S]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def test_whatever_is_killed_the_ledger_has_it_all_once(
    tmp_path: Path, own_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = database_on(own_server, "shop")
    wire = Wire(tmp_path_factory.mktemp("w"), own_server.folder / ".s.PGSQL.5432")
    dice, names = random.Random(7), [f"TILL-{number}" for number in range(_TILLS)]
    running = {name: run_till(tmp_path, name, wire, "shop") for name in names}
    for turn in range(_ROUNDS):
        until_sold(tmp_path, names, dice.randint(100, 400))
        what = ("till", "wire", "server")[turn % 3]
        if what == "till":
            name = dice.choice(names)
            assert end_of(running[name]) == -9
            running[name] = run_till(tmp_path, name, wire, "shop")
        elif what == "wire":
            wire.cut()
            until_sold(tmp_path, names, dice.randint(10, 100))
            wire.mend()
        else:
            own_server.kill()
            until_sold(tmp_path, names, dice.randint(0, 100))
            own_server.start()
    until_sold(tmp_path, names, 300)
    assert {end_of(process) for process in running.values()} == {-9}
    wire.close()
    check(tmp_path, names, address_of(own_server, "shop"))
    assert len(ledger_rows(address)) > 40


def until_sold(folder: Path, names: list[str], more: int) -> None:
    """Until the tills have sold so many more; they do, whatever is cut or killed meanwhile."""
    wanted, turn = sold(folder, names) + more, threading.Event()
    while sold(folder, names) < wanted:
        assert not turn.wait(0.005)


def sold(folder: Path, names: list[str]) -> int:
    """Sales in all journals; none in one that is not there yet."""
    count = 0
    for name in names:
        with suppress(apsw.Error), closing(apsw.Connection(str(folder / f"{name}.db"), _READ_ONLY)) as journal:
            count += len(journal.execute("SELECT number FROM attempt").fetchall())
    return count


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
    assert_same(address, tills, but="NOT_SENT")
    assert_none_overdrawn(tills)
    for till in tills:
        assert till.journal.verify() == []
        till.close()
