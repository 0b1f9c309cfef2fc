"""A damaged journal: put aside whole, made anew of backup and what can be read, and what is lost is named."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koshelek_driver import Outcome, SlipState, Terminal
from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal import Journal, database
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.rebuilding import Rebuilt, rebuild
from koshelek_driver.payment.journal.schema import MIGRATIONS
from tests.support.journals import PAID, payment, request
from tests.support.tills import Till

PAGE = 4096


def sell(journal: Journal, number: int, *, end: bool = True) -> None:
    journal.begin(payment(f"r-{number}", f"A-{number}"), request(f"r-{number}"), "{}")
    if end:
        journal.end(f"r-{number}", PAID, 1000.0 + number)


def written(folder: Path, *, before_backup: int = 15, after_backup: int = 15) -> Path:
    """A journal of paid orders with a backup in the middle; A-0 was open in the backup and was paid since."""
    journal = Journal(folder / "journal.db")
    sell(journal, 0, end=False)
    for number in range(1, before_backup):
        sell(journal, number)
    journal.database.backup(folder / "backup.db")
    for number in range(before_backup, before_backup + after_backup):
        sell(journal, number)
    journal.end("r-0", PAID, 2000.0)
    journal.keep_slip_state("r-1", SlipState.PRINTED)
    journal.close()
    return folder / "journal.db"


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sold")
    written(folder)
    return folder


def damage(path: Path, page: int, at: int = 0, what: bytes = b"\xff" * PAGE) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE + at)
        file.write(what)


def orders(path: Path) -> dict[str, Outcome]:
    journal = Journal(path)
    found = {each.order_id: each.outcome for each in journal.newest(1000)}
    journal.close()
    return found


def journal_id(path: Path) -> str:
    with closing(Database(path)) as found:
        return found.journal_id()


@pytest.mark.parametrize("with_backup", [True, False])
def test_a_journal_that_was_made_anew_is_another_one_for_the_shop(
    sold: Path, tmp_path: Path, *, with_backup: bool
) -> None:
    """Rows that the shop's ledger has of the old journal, lost events among them, are not taken for the new one's."""
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    before = journal_id(path)
    rebuild(path, path.parent / "backup.db" if with_backup else None, tmp_path / "aside")
    assert len(before) == len(journal_id(path)) == 32
    assert journal_id(path) != before


@pytest.mark.scenario(54)
def test_a_damaged_journal_is_refused_put_aside_and_made_anew(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    damage(path, 0)
    damaged = path.read_bytes()
    with pytest.raises(JournalError, match="is damaged") as caught:
        Journal(path)
    assert "journal rebuild" in caught.value.remedy
    rebuilt = rebuild(path, path.parent / "backup.db", tmp_path / "aside")
    assert (tmp_path / "aside" / "journal.db").read_bytes() == damaged
    assert rebuilt == Rebuilt(tmp_path / "aside", 29, 0, ((30, 60),))
    assert orders(path) == {f"A-{number}": Outcome.PAID for number in range(1, 15)} | {"A-0": Outcome.UNKNOWN}
    journal = Journal(path)
    sell(journal, 99)
    assert journal.verify() == []
    journal.close()


def test_what_can_be_read_is_saved_and_what_went_on_since_the_backup_counts(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    rebuilt = rebuild(path, path.parent / "backup.db", tmp_path / "aside")
    assert (rebuilt.from_backup, rebuilt.saved, rebuilt.lost) == (29, 31, ())
    assert orders(path) == {f"A-{number}": Outcome.PAID for number in range(30)}
    journal = Journal(path)
    printed = journal.latest("A-1")
    assert printed is not None
    assert printed.slip_state is SlipState.PRINTED
    assert journal.verify() == []
    journal.close()


def test_without_a_backup_everything_readable_is_saved(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    salt = Journal(path).salt()
    rebuilt = rebuild(path, None, tmp_path / "aside")
    assert (rebuilt.from_backup, rebuilt.saved, rebuilt.lost) == (0, 60, ())
    assert Journal(path).salt() == salt
    assert len(orders(path)) == 30


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_damaged_no_paid_order_of_the_backup_is_lost_and_every_gap_is_named(
    sold: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = Path(shutil.copytree(sold, folder / "till")) / "journal.db"
    pages = path.stat().st_size // PAGE
    for _ in range(data.draw(st.integers(1, 4))):
        damage(
            path,
            data.draw(st.integers(0, pages - 1)),
            data.draw(st.integers(0, PAGE - 1)),
            data.draw(st.binary(min_size=1, max_size=PAGE)),
        )
    rebuilt = rebuild(path, path.parent / "backup.db", folder / "aside")
    found = orders(path)
    assert all(found[f"A-{number}"] is Outcome.PAID for number in range(1, 15))
    opened = Database(path)
    numbers = {number for (number,) in opened.run("SELECT number FROM event")}
    assert opened.integrity() == "ok"
    opened.close()
    lost = {number for first, last in rebuilt.lost for number in range(first, last + 1)}
    assert lost.isdisjoint(numbers)
    assert lost | numbers >= set(range(1, 61))


def test_a_row_whose_text_is_no_text_any_more_is_lost_alone(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    content = path.read_bytes()
    place = content.index(b'"order_id":"A-20"')
    damage(path, 0, place + 13, b"\x80")
    rebuilt = rebuild(path, path.parent / "backup.db", tmp_path / "aside")
    ((first, last),) = rebuilt.lost
    assert first == last
    assert len(orders(path)) == 30


def test_a_backup_that_is_none_leaves_the_journal_where_it_was(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    before = path.read_bytes()
    with pytest.raises(JournalError, match="damaged|made anew"):
        rebuild(path, Path(__file__), tmp_path / "aside")
    assert path.read_bytes() == before
    assert len(orders(path)) == 30


def test_a_till_sells_again_after_it_was_rebuilt(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        paid = terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        journal = terminal._site.journal
        terminal._journal.database.backup(journal.with_name("journal-backup.db"))
    damage(journal, 0)
    with pytest.raises(JournalError, match="damaged"):
        Terminal.open(till.site)
    rebuild(journal, journal.with_name("journal-backup.db"), journal.with_name("aside"))
    with Terminal.open(till.site) as terminal:
        assert terminal.pay(terminal.new_order("A-1", 500), label=till.label()).request_id == paid.request_id
        assert terminal.pay(terminal.new_order("A-2", 500), label=till.label()).outcome is Outcome.PAID
    assert till.charges("A-1") == 1


@pytest.mark.scenario(47)
def test_a_migration_that_breaks_off_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, before_backup=3, after_backup=1)
    broken = "CREATE TABLE more (number INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1);"
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*MIGRATIONS, broken))
        patch.setattr(database, "SCHEMA_VERSION", len(MIGRATIONS) + 1)
        with pytest.raises(JournalError, match="nowhere"):
            Journal(path)
    assert len(orders(path)) == 4
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchall() == [(0,)]
    connection.close()


def test_a_payment_whose_slip_is_damaged_is_kept_without_it(sold: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(sold, tmp_path / "till")) / "journal.db"
    database = apsw.Connection(str(path))
    database.execute("UPDATE attempt SET slip = '{\"id\": \x01', answer = '[]', invoice = '{' WHERE order_id = 'A-20'")
    database.close()
    with closing(Journal(path)) as journal, pytest.raises(JournalError, match="a row of the journal is damaged"):
        journal.latest("A-20")
    rebuild(path, path.parent / "backup.db", tmp_path / "aside")
    with closing(Journal(path)) as journal:
        found = journal.latest("A-20")
        assert found is not None
        assert (found.outcome, found.verdict.slip, found.verdict.answer) == (Outcome.PAID, None, None)
        assert journal.invoice_of(found) is None
