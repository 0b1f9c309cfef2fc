"""Journals into the ledger: everything, in order, as if once; whoever is killed, restored or away."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest

from koshelek_driver.errors import BusyError, LedgerError
from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import Address, LedgerConnection, open_connection
from koshelek_driver.payment.journal import reader
from koshelek_driver.payment.journal.high_water_mark import HighWaterMark
from koshelek_driver.payment.outcome import Outcome, Verdict
from tests.support.ledger_tills import Till, assert_same, ledger_rows

NewTill = Callable[..., Till]


@pytest.fixture
def new_till(tmp_path: Path, address: Address) -> Iterator[NewTill]:
    made: list[Till] = []

    def make(name: str = "TILL-01", **more: Any) -> Till:
        made.append(Till(tmp_path, name, address, **more))
        return made[-1]

    yield make
    for till in made:
        till.close()


def test_everything_of_a_till_is_in_the_ledger_as_it_is(new_till: NewTill, address: Address) -> None:
    till = new_till()
    paid = till.sell(500)
    till.sell(700, "rejected")
    till.sell(900, "unknown")
    back = till.wanted(paid.verdict.transaction_id, 200, 500)
    till.begin_refund(back)
    fed = till.ledger.feed()
    assert (fed.position, fed.events) == (fed.last, fed.last)
    assert_same(address, [till])
    till.end_refund(back)
    till.journal.end("TILL-01-3", Verdict(Outcome.CANCELED, "t"), 2e9)
    assert till.ledger.feed().events == 2
    assert_same(address, [till])
    assert till.ledger.feed().events == 0


def test_what_was_brought_is_brought_again_without_a_trace(
    new_till: NewTill, address: Address, link: LedgerConnection
) -> None:
    """A commit whose answer was lost, and a ledger that was restored from yesterday's copy."""
    till = new_till()
    till.sell()
    till.sell(700, "unknown")
    till.ledger.feed()
    with link.transaction() as cursor:
        cursor.execute("UPDATE koshelek.till SET position = 0, link = ''")
        cursor.execute("DELETE FROM koshelek.operation WHERE request_id = 'TILL-01-1'")
    assert till.ledger.feed().events > 0
    assert_same(address, [till])


def test_a_final_outcome_never_goes_back(new_till: NewTill, address: Address, link: LedgerConnection) -> None:
    till = new_till()
    till.sell()
    till.ledger.feed()
    before = ledger_rows(address)
    with link.transaction() as cursor:
        batch = reader.JournalReader(till.path).batch(0)
        older = [msgspec.structs.replace(record, outcome=None) for record in batch.records]
        rows.write(cursor, till.journal.database.journal_id(), older)
    assert ledger_rows(address) == before


def test_small_steps_bring_what_one_large_step_brings(new_till: NewTill, address: Address) -> None:
    till = new_till(most_events=2)
    for number in range(7):
        till.sell(100 + number)
    till.reports.close()
    till.sell(1, "unknown")
    till.ledger.feed()
    assert_same(address, [till])
    assert len(till.ledger.report("2027-01-15").rows) == 7


def test_a_feeder_that_is_stopped_goes_on_where_it_was(new_till: NewTill, address: Address) -> None:
    till = new_till(most_events=3)
    for _ in range(5):
        till.sell()
    assert till.ledger.feed(lambda: False).position == 3
    till.ledger.feed()
    assert_same(address, [till])


def test_texts_that_postgresql_cannot_hold_stop_nothing(new_till: NewTill, address: Address) -> None:
    till = new_till()
    till.sell(order_id="A\0B\ud7ff\U0010ffff'\";--")
    till.ledger.feed()
    ((_, order_id, *_rest),) = ledger_rows(address)
    assert order_id == "A\N{REPLACEMENT CHARACTER}B\ud7ff\U0010ffff'\";--"


def test_a_journal_that_was_made_anew_takes_over_its_rows(
    new_till: NewTill, address: Address, link: LedgerConnection
) -> None:
    till = new_till()
    till.sell()
    till.sell(700, "unknown")
    till.ledger.feed()
    till.journal.database.renew_id()
    till.sell(900)
    till.ledger.feed()
    assert_same(address, [till])
    with link.transaction() as cursor:
        own = till.journal.database.journal_id()
        others = cursor.execute("SELECT count(*) FROM koshelek.operation WHERE journal_id <> %s", (own,)).fetchone()
    assert others == (0,)


def test_an_old_copy_of_a_journal_is_found_out_and_loses_nothing_of_the_ledger(
    new_till: NewTill, address: Address, tmp_path: Path
) -> None:
    """An administrator put last week's copy in its place: the ledger keeps what only it knows."""
    till = new_till()
    till.sell(100)
    till.journal.database.backup(tmp_path / "copy.db")
    till.sell(200)
    till.ledger.feed()
    till.close()
    for beside in ("", "-wal", "-shm"):
        Path(f"{till.path}{beside}").unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "copy.db", till.path)
    HighWaterMark(till.path).path.unlink()
    till.open()
    before = till.journal.database.journal_id()
    till.numbers = iter(range(50, 60))
    till.sell(300)
    till.sell(400)
    till.ledger.feed()
    assert till.journal.database.journal_id() != before
    assert sorted(row[3] for row in ledger_rows(address)) == [100, 200, 300, 400]


def test_a_till_that_was_cloned_with_its_journal_takes_nothing_of_the_other_back(
    new_till: NewTill, address: Address, tmp_path: Path
) -> None:
    till = new_till()
    transaction_id = till.sell(1000).verdict.transaction_id
    till.journal.database.backup(tmp_path / "TILL-02.db")
    till.ledger.shop.reserve(till.wanted(transaction_id, 1000, 1000))
    till.sell()
    till.ledger.feed()
    clone = new_till("TILL-02")
    clone.ledger.release_lost(nullcontext)
    with pytest.raises(BusyError, match="till TILL-01 is giving back 1000"):
        clone.ledger.shop.reserve(clone.wanted(transaction_id, 1, 1000))
    assert clone.journal.database.journal_id() != till.journal.database.journal_id()


def test_two_programs_of_a_till_may_feed_at_once(new_till: NewTill, address: Address) -> None:
    till = new_till(most_events=4)
    for number in range(40):
        till.sell(number + 1)
    ledgers = [till.ledger]
    other = Till(till.path.parent, till.name, address, most_events=4)
    ledgers.append(other.ledger)
    with ThreadPoolExecutor(2) as pool:
        events = sum(fed.events for fed in pool.map(lambda ledger: ledger.feed(), ledgers))
    other.close()
    assert events == till.journal.database.last_number()
    assert_same(address, [till])


# -- A ledger that cannot be asked ---------------------------------------------------------------------------------


def test_a_ledger_that_is_not_there_is_named_once_and_then_rested(address: Address) -> None:
    now = 0.0
    tried: list[Address] = []

    def connect(to: Address) -> Any:
        tried.append(to)
        return open_connection(to)

    link = LedgerConnection(Address("/nowhere", 5432, "x", address.login, None, None, "T"), lambda: now, connect)
    for _ in range(2):
        with pytest.raises(LedgerError, match="cannot be reached: .*nowhere"), link.transaction():
            pass
    assert len(tried) == 1
    now = 5.0
    with pytest.raises(LedgerError, match="cannot be reached"), link.transaction():
        pass
    assert len(tried) == 2


def test_a_ledger_that_nobody_prepared_says_what_to_do(server: Any, address: Address) -> None:
    link = LedgerConnection(Address(address.host, address.port, "postgres", address.login, None, None, "T"))
    with pytest.raises(LedgerError, match="version 0, this driver needs 2") as caught, link.transaction():
        pass
    assert caught.value.remedy == "its owner runs: ledger prepare"
    link.close()


def test_a_newer_ledger_is_not_touched(address: Address, link: LedgerConnection) -> None:
    with link.transaction() as cursor:
        cursor.execute("UPDATE koshelek.version SET number = 99")
    link.close()
    with pytest.raises(LedgerError, match="version 99") as caught, link.transaction():
        pass
    assert caught.value.remedy == "install a newer driver"
    with pytest.raises(LedgerError, match="version 99"):
        link.prepare()
    link.close()
    with pytest.raises(LedgerError, match="version 99"), link.transaction():
        pass


def test_a_connection_that_broke_while_nobody_used_it_is_replaced(link: LedgerConnection, address: Address) -> None:
    with link.transaction() as cursor:
        (pid,) = cursor.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    with open_connection(address) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone():
            pass
    with link.transaction() as cursor:
        assert cursor.execute("SELECT pg_backend_pid()").fetchone() != (pid,)


def test_a_till_may_read_and_write_and_not_delete(address: Address, tmp_path: Path) -> None:
    owner = LedgerConnection(address)
    with owner.transaction() as cursor:
        cursor.execute("DROP ROLE IF EXISTS till_role")
        cursor.execute("CREATE ROLE till_role LOGIN")
    role = type(address.login)("till_role")
    theirs = Address(address.host, address.port, address.database, role, None, None, "T")
    refused = LedgerConnection(theirs)
    with pytest.raises(LedgerError, match="permission denied") as caught, refused.transaction():
        pass
    assert caught.value.remedy == "its owner runs: ledger prepare --role …"
    assert owner.prepare("till_role") == 2
    till = Till(tmp_path, "TILL-07", theirs)
    till.sell()
    till.ledger.feed()
    assert_same(address, [till])
    with pytest.raises(LedgerError, match="permission denied"), refused.transaction() as cursor:
        cursor.execute("DELETE FROM koshelek.operation")
    till.close()
    refused.close()
    with owner.transaction() as cursor:
        cursor.execute("DROP OWNED BY till_role")
        cursor.execute("DROP ROLE till_role")
    owner.close()


def test_a_ledger_of_the_first_version_gets_the_operators_and_keeps_its_rows(
    new_till: NewTill, link: LedgerConnection, address: Address
) -> None:
    till = new_till()
    till.sell()
    till.ledger.feed()
    with link.transaction() as cursor:
        cursor.execute("ALTER TABLE koshelek.operation DROP COLUMN operator, DROP COLUMN ended_by")
        cursor.execute("UPDATE koshelek.version SET number = 1")
    assert link.prepare() == 2
    till.sell()
    till.ledger.feed()
    assert_same(address, [till])
