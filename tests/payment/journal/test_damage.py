"""Whatever stands in a journal's file, every call ends in its value or in a JournalError; after a rebuild in its value."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koshelek_driver import Outcome
from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.rebuilding import rebuild
from tests.support.damage import COLUMNS, NO_TEXT, VALUES, fill, loosen, put, refusals

NOT_AFTER_A_REBUILD = {
    "open",
    "salt",
    "journal_id",
    "verify",
    "unfinished",
    "newest",
    "refunds",
    "outbox",
    "days",
    "ended",
}
"""Calls that must read whatever a rebuild has taken over."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "journal.db"
    fill(path)
    return path


def copy_of(filled: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for file in filled.parent.glob("journal.db*"):
        shutil.copyfile(file, folder / file.name)
    return folder / "journal.db"


def read_before_and_after(path: Path, folder: Path) -> None:
    for name in ("before", "after"):
        if name == "after":
            rebuild(path, None, folder / "aside")
        refused = refusals(copy_of(path, folder / name), folder)
        assert not [each for each in refused if "without" in each]
        if name == "after":
            assert NOT_AFTER_A_REBUILD.isdisjoint(refused), refused


def test_a_whole_journal_refuses_nothing_of_it(filled: Path, tmp_path: Path) -> None:
    path = copy_of(filled, tmp_path / "till")
    assert set(refusals(path, tmp_path)) <= {"sent_for", "invoice_of", "refund begin"}
    again = copy_of(filled, tmp_path / "again")
    loosen(again)
    rebuilt = rebuild(again, None, tmp_path / "aside")
    assert (rebuilt.lost, rebuilt.lost_rows, rebuilt.salt_is_new) == ((), (), False)
    with contextlib.closing(Journal(again)) as journal:
        assert journal.verify() == []


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: every rebuild waits for the disk some dozen times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize("part", range(7))
def test_a_foreign_value_in_any_column_is_refused_in_words(filled: Path, quick_disk: Path, part: int) -> None:
    for number, (table, column) in enumerate(COLUMNS):
        value = VALUES[(number * 5 + part * 4) % len(VALUES)]
        folder = quick_disk / str(number)
        path = copy_of(filled, folder)
        loosen(path)
        if put(path, table, column, value, row=0):
            read_before_and_after(path, folder)
        shutil.rmtree(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    foreign=st.lists(
        st.tuples(st.sampled_from(COLUMNS), st.sampled_from(VALUES), st.none() | st.integers(0, 5)), max_size=4
    ),
    bytes_=st.lists(st.tuples(st.floats(0, 0.9999), st.binary(min_size=1, max_size=300)), max_size=3),
)
def test_any_damage_ends_in_a_journal_error_or_a_value(
    filled: Path, quick_disk: Path, foreign: Any, bytes_: list[tuple[float, bytes]]
) -> None:
    folder = Path(tempfile.mkdtemp(dir=quick_disk))
    path = copy_of(filled, folder)
    loosen(path)
    for (table, column), value, row in foreign:
        put(path, table, column, value, row=row)
    content = bytearray(path.read_bytes())
    for place, what in bytes_:
        at = int(place * len(content))
        content[at : at + len(what)] = what
    path.write_bytes(content)
    read_before_and_after(path, folder)


def test_a_salt_that_is_gone_is_made_anew_and_told(filled: Path, tmp_path: Path) -> None:
    path = copy_of(filled, tmp_path / "till")
    with contextlib.closing(apsw.Connection(str(path))) as database:
        database.execute("DELETE FROM installation").fetchall()
    with contextlib.closing(Journal(path)) as journal:
        with pytest.raises(JournalError, match="damaged") as refused:
            journal.salt()
        assert "journal rebuild" in refused.value.remedy
        assert "the salt of the digests is gone" in journal.verify()
    assert rebuild(path, None, tmp_path / "aside").salt_is_new
    with contextlib.closing(Journal(path)) as journal:
        assert len(journal.salt()) == 32
        assert journal.verify() == []


def test_the_salt_of_the_backup_is_kept_where_the_journal_has_lost_its_own(filled: Path, tmp_path: Path) -> None:
    path, backup = copy_of(filled, tmp_path / "till"), copy_of(filled, tmp_path / "backup")
    with contextlib.closing(Journal(backup)) as journal:
        salt = journal.salt()
    loosen(path)
    put(path, "installation", "salt", "no salt")
    assert not rebuild(path, backup, tmp_path / "aside").salt_is_new
    with contextlib.closing(Journal(path)) as journal:
        assert journal.salt() == salt


def test_a_backup_with_damage_of_its_own_gives_what_reads(filled: Path, tmp_path: Path) -> None:
    path, backup = copy_of(filled, tmp_path / "till"), copy_of(filled, tmp_path / "backup")
    for each in (path, backup):
        loosen(each)
        put(each, "attempt", "slip", NO_TEXT, row=1)
        put(each, "attempt", "amount", "much", row=3)
    rebuilt = rebuild(path, backup, tmp_path / "aside")
    assert rebuilt.lost_rows == (
        "attempt 2 (order A-1): slip",
        "attempt 4 (order A-3)",
        "request r-3 (intent): only its events are left",
    )
    with contextlib.closing(Journal(path)) as journal:
        assert [each.order_id for each in journal.newest(9)] == ["A-5", "A-4", "A-2", "A-1", "A-0"]
        found = journal.latest("A-1")
        assert found is not None
        assert (found.outcome, found.verdict.slip) == (Outcome.PAID, None)


def test_an_outcome_that_does_not_read_is_unknown_and_not_lost(filled: Path, tmp_path: Path) -> None:
    """Otherwise the order, which may be paid, could be charged again."""
    path = copy_of(filled, tmp_path / "till")
    loosen(path)
    put(path, "attempt", "outcome", "weird", row=1)
    assert rebuild(path, None, tmp_path / "aside").lost_rows == ("attempt 2 (order A-1): outcome",)
    with contextlib.closing(Journal(path)) as journal:
        found = journal.latest("A-1")
        assert found is not None
        assert found.outcome is Outcome.UNKNOWN


def test_the_end_of_a_row_is_found_again_in_its_events(filled: Path, tmp_path: Path) -> None:
    path = copy_of(filled, tmp_path / "till")
    with contextlib.closing(Journal(path)) as journal:
        before = journal.days.ended(0, None)
    loosen(path)
    put(path, "attempt", "ended", "x", row=1)
    rebuild(path, None, tmp_path / "aside")
    with contextlib.closing(Journal(path)) as journal:
        assert journal.days.ended(0, None) == before


@pytest.mark.parametrize("number", [2**62, 10**7])
def test_a_number_that_no_file_has_room_for_is_no_endless_search(filled: Path, tmp_path: Path, number: int) -> None:
    path = copy_of(filled, tmp_path / "till")
    loosen(path)
    for table in ("event", "attempt", "used_password"):
        put(path, table, "number", number, row=0)
    rebuilt = rebuild(path, None, tmp_path / "aside")
    assert max(last for _, last in rebuilt.lost) < 10**5
    with contextlib.closing(Journal(path)) as journal:
        assert journal.database.last_number() < 10**5
