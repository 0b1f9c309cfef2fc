"""The journal: durable, final, private, and honest about what it cannot do."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from koshelek_driver.card.rate_limit import Guesses
from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.card_book import CardBook
from koshelek_driver.payment.journal.schema import _FIRST, SCHEMA_VERSION
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState, Verdict
from koshelek_driver.secrets import Secret
from tests.support.journals import BODY, PAID, SLIP, payment, request


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_an_intent_is_there_after_reopening_byte_for_byte(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    journal.close()
    again = Journal(path)
    found = again.latest("A-1")
    assert found is not None
    assert (found.outcome, found.amount, found.card_digest) == (Outcome.UNKNOWN, 100, b"digest")
    kept = again.sent_for(found).checkout
    assert (kept.body, kept.token, kept.request_id) == (BODY, Secret("TOKEN-782"), "r-1")
    assert again.sent_for(found).cancel_request_id == ""
    again.keep_cancel("r-1", "cancel-1", 1001.0)
    assert again.sent_for(found).cancel_request_id == "cancel-1"
    assert again.unfinished() == [found]
    again.close()


def test_a_second_charge_of_an_open_or_paid_order_is_refused_by_the_database(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment("r-1"), request("r-1"), "{}")
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.begin(payment("r-2"), request("r-2"), "{}")
    journal.end("r-1", PAID, 1001.0)
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.begin(payment("r-2"), request("r-2"), "{}")
    journal.begin(payment("r-3", "A-2"), request("r-3"), "{}")
    journal.close()


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.CANCELED])
def test_an_order_that_was_not_paid_may_be_tried_again_under_another_request(path: Path, outcome: Outcome) -> None:
    journal = Journal(path)
    journal.begin(payment("r-1"), request("r-1"), "{}")
    journal.end("r-1", Verdict(outcome), 1001.0)
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.begin(payment("r-1"), request("r-1"), "{}")
    journal.begin(payment("r-2"), request("r-2"), "{}")
    latest = journal.latest("A-1")
    assert latest is not None
    assert (latest.request_id, latest.outcome) == ("r-2", Outcome.UNKNOWN)
    journal.close()


def test_a_final_outcome_never_changes(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    journal.end("r-1", PAID, 1001.0)
    journal.end("r-1", Verdict(Outcome.REJECTED, error_code="LATE"), 1002.0)
    found = journal.latest("A-1")
    assert found is not None
    assert found.verdict == PAID
    journal.close()
    database = apsw.Connection(str(path))
    for wrong in ("'rejected'", "NULL"):
        with pytest.raises(apsw.ConstraintError, match="never changes"):
            database.execute(f"UPDATE attempt SET outcome = {wrong}")
    database.close()


def test_every_field_of_a_slip_is_kept(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    journal.end("r-1", PAID, 1001.0)
    found = journal.latest("A-1")
    assert found is not None
    assert found.verdict.slip == SLIP
    assert found.verdict.answer == PAID.answer
    assert found.slip_state is SlipState.QUEUED
    journal.keep_slip_state("r-1", SlipState.PRINTED)
    assert journal.unfinished() == []
    journal.close()


def test_a_customers_secrets_are_gone_from_the_file_when_the_sale_has_ended(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    assert b"SESSION7" in all_bytes(path)
    journal.end("r-1", PAID, 1001.0)
    journal.close()
    left = all_bytes(path)
    assert not any(secret in left for secret in (b"SESSION7", b"4601234567893", b"TOKEN-782"))


def all_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))


def test_only_the_tills_user_may_read_it(path: Path) -> None:
    Journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_commits_are_flushed_to_the_disk_and_deleted_content_is_overwritten(path: Path) -> None:
    journal = Journal(path)
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "trusted_schema": 0}
    assert {name: journal.database._db.pragma(name) for name in wanted} == wanted
    journal.close()


def test_the_sqlite_inside_is_free_of_the_wal_reset_race() -> None:
    assert tuple(int(part) for part in apsw.sqlite_lib_version().split(".")) >= (3, 51, 3)


def test_a_password_is_used_once_across_openings_for_its_span_either_side(path: Path) -> None:
    journal = Journal(path)
    assert journal.cards.first_use(b"digest", 1000.0, 90.0)
    assert not journal.cards.first_use(b"digest", 1089.0, 90.0)
    journal.close()
    again = Journal(path)
    assert not again.cards.first_use(b"digest", 911.0, 90.0)
    assert not again.cards.is_unused(b"digest", 1089.0, 90.0)
    assert again.cards.is_unused(b"digest", 1090.0, 90.0)
    assert not again.cards.is_unused(b"digest", 9e9, None)
    assert again.cards.first_use(b"digest", 1090.0, 90.0)
    assert not again.cards.first_use(b"digest", 1000.0, 90.0)
    again.cards.forget_use(b"digest")
    assert again.cards.first_use(b"digest", 1090.0, None)
    again.close()


def test_what_is_remembered_of_cards_is_bounded_and_the_oldest_go(path: Path) -> None:
    journal = Journal(path)
    book = CardBook(journal.database, most_uses=20, most_cards=20)
    for number in range(95):
        assert book.first_use(b"%d" % number, 0.0, None)
        book.keep_guesses(b"%d" % number, Guesses(1, float(number)))
    uses = [number for number in range(95) if not book.is_unused(b"%d" % number, 0.0, None)]
    cards = [number for number in range(95) if book.guesses(b"%d" % number)]
    assert uses == cards == list(range(95))[-len(uses) :]
    assert 20 <= len(uses) <= 40
    journal.close()


def test_wrong_passwords_are_counted_until_one_is_right(path: Path) -> None:
    journal = Journal(path)
    assert journal.cards.guesses(b"card") is None
    for count in (1, 2):
        journal.cards.keep_guesses(b"card", Guesses(count, 1000.0 + count))
    assert journal.cards.guesses(b"card") == Guesses(2, 1002.0)
    journal.cards.forget_guesses(b"card")
    assert journal.cards.guesses(b"card") is None
    journal.close()


def test_a_journal_of_the_first_version_is_brought_up_to_date_with_all_it_holds(path: Path) -> None:
    old = apsw.Connection(str(path))
    old.execute(_FIRST).fetchall()
    old.execute("INSERT INTO installation VALUES (?)", (b"s" * 32,)).fetchall()
    old.execute("INSERT INTO used_password VALUES (x'00', 1.0)").fetchall()
    old.pragma("user_version", 1)
    old.close()
    journal = Journal(path)
    assert journal.salt() == b"s" * 32
    assert journal.cards.first_use(b"digest", 0.0, None)
    journal.close()
    Journal(path).close()


def test_two_openings_see_one_journal_and_one_salt(path: Path) -> None:
    first, second = Journal(path), Journal(path)
    assert first.salt() == second.salt()
    assert len(first.salt()) == 32
    first.begin(payment(), request(), "{}")
    assert second.latest("A-1") == first.latest("A-1")
    for journal in (first, second):
        journal.close()


def test_many_that_open_a_new_journal_at_once_all_get_it(path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        journals = list(pool.map(lambda _number: Journal(path), range(32)))
    assert len({journal.salt() for journal in journals}) == 1
    for journal in journals:
        journal.close()


def test_many_threads_use_one_journal(path: Path) -> None:
    journal = Journal(path)

    def work(number: int) -> Payment | None:
        journal.begin(payment(f"r-{number}", f"A-{number}"), request(f"r-{number}"), "{}")
        return journal.latest(f"A-{number}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(200)))
    assert [attempt.order_id for attempt in found if attempt] == [f"A-{number}" for number in range(200)]
    journal.close()


@pytest.mark.scenario(57)
def test_a_journal_of_a_newer_driver_is_refused_with_both_versions(path: Path) -> None:
    Journal(path).close()
    database = apsw.Connection(str(path))
    database.pragma("user_version", 99)
    database.close()
    with pytest.raises(JournalError, match=f"version 99, this driver writes version {SCHEMA_VERSION}"):
        Journal(path)


@pytest.mark.parametrize("content", [b"this is not a database, but it is long enough to look like one" * 20])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match="journal.db"):
        Journal(path)
    assert path.read_bytes() == content


@pytest.mark.scenario(53)
def test_a_journal_that_is_gone_is_not_made_anew_in_silence(path: Path) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    journal.close()
    for file in (path, path.with_name("journal.db-wal"), path.with_name("journal.db-shm")):
        file.unlink(missing_ok=True)
    with pytest.raises(JournalError, match=r"journal\.db is gone: this till has written event 1") as caught:
        Journal(path)
    assert "journal rebuild" in caught.value.remedy
    assert not path.exists()


@pytest.mark.scenario(53)
@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder that nobody may write to")
def test_a_folder_that_cannot_be_written_is_named() -> None:
    with pytest.raises(JournalError, match="/sys/kernel") as caught:
        Journal(Path("/sys/kernel/journal.db"))
    assert "belongs to the till's user" in caught.value.remedy


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="nowhere") as caught:
        Journal(tmp_path / "nowhere" / "journal.db")
    assert "folder exists" in caught.value.remedy
