"""The journal as evidence: nobody changes it unseen, an old copy is not taken for it, a full disk loses nothing."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.masking import mask_body
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import NoAnswer
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Verdict
from koshelek_driver.secrets import Secret
from tests.support.journals import PAID, REFUND, payment, refund, request


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """One payment and one refund, from beginning to end."""
    made = Journal(path)
    made.begin(payment(), request(), '{"items": []}')
    made.keep_transaction("r-1", "t-1", 1000.5)
    made.keep_cancel("r-1", "c-1", 1000.6)
    made.end("r-1", PAID, 1001.0)
    made.refunds.begin(refund(), REFUND)
    made.refunds.keep_refund_transaction("f-1", "ref-1", 2000.5)
    made.refunds.end("f-1", Verdict(Outcome.REFUNDED, "t-1"), 2001.0)
    yield made
    made.close()


# -- The chain -----------------------------------------------------------------------------------------------------


def test_a_journal_that_nobody_touched_is_whole(journal: Journal) -> None:
    assert journal.verify() == []
    assert [event.kind for event in journal.database.events()] == [
        "intent", "transaction", "cancel", "end", "refund intent", "refund transaction", "end",
    ]  # fmt: skip


FREE = "DROP TRIGGER events_never_change; DROP TRIGGER events_never_go; DROP TRIGGER final_is_final; "


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE event SET data = replace(data, '100', '999') WHERE number = 1", "event 1 (intent) was changed"),
        ("UPDATE event SET at_s = at_s + 1 WHERE number = 4", "event 4 (end) was changed"),
        ("UPDATE event SET request_id = 'r-9' WHERE number = 2", "event 2 (transaction) was changed"),
        ("DELETE FROM event WHERE number = 3", "event 4 (end) was changed, or one before it is missing"),
        ("UPDATE event SET number = number + 1 WHERE number = 7", "event 8 (end) was changed"),
        ("DELETE FROM event WHERE number = 7", "refund f-1: the table says 40, refunded; the events say 40, None"),
        ("UPDATE attempt SET amount = 1", "attempt r-1: the table says 1, paid; the events say 100, paid"),
        ("UPDATE attempt SET outcome = 'rejected'", "attempt r-1: the table says 100, rejected"),
        ("DELETE FROM attempt", "request r-1 has events and no row"),
        ("DELETE FROM refund", "request f-1 has events and no row"),
    ],
)
def test_whatever_is_changed_is_found(journal: Journal, path: Path, tampering: str, told: str) -> None:
    other = apsw.Connection(str(path))
    other.execute(FREE + tampering).fetchall()
    other.close()
    faults = journal.verify()
    assert faults
    assert any(told in fault for fault in faults), faults


@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_the_database_itself_refuses_to_change_events(journal: Journal, statement: str) -> None:
    with pytest.raises(JournalError, match="an event never"):
        journal.database.run(statement)


def test_a_damaged_file_is_told(journal: Journal, path: Path) -> None:
    for number in range(200):
        journal.begin(payment(f"x-{number}", f"X-{number}"), request(f"x-{number}"), "{}")
    journal.close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\xff" * 3000
    path.write_bytes(data)
    try:
        broken = Journal(path)
    except JournalError:
        return
    try:
        assert broken.verify()[0].startswith("the file is damaged")
    except JournalError as problem:
        assert "malformed" in problem.what  # noqa: PT017 - either way it is told
    finally:
        broken.close()


# -- Old copies ----------------------------------------------------------------------------------------------------


@pytest.mark.scenario(55)
def test_an_old_copy_is_refused_with_what_to_do_and_the_newest_is_not(
    journal: Journal, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    journal.database.backup(copy)
    journal.begin(payment("r-2", "A-2"), request("r-2"), "{}")
    journal.close()
    shutil.copy(path, tmp_path / "newest.db")
    shutil.copy(copy, path)
    with pytest.raises(JournalError, match="ends with event 7, this till has written event 8") as refused:
        Journal(path)
    assert "journal.db.mark" in refused.value.remedy
    shutil.copy(tmp_path / "newest.db", path)
    again = Journal(path)
    assert again.latest("A-2")
    again.close()


def test_a_mark_that_was_lost_or_spoilt_stops_nothing(journal: Journal, path: Path) -> None:
    journal.close()
    mark = path.with_name("journal.db.mark")
    for content in (None, "", "x", "-1"):
        mark.unlink() if content is None else mark.write_text(content)
        again = Journal(path)
        assert again.latest("A-1")
        again.close()
        mark.touch()


def test_a_backup_is_whole_while_others_write(journal: Journal, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            journal.begin(payment(f"w-{number}", f"W-{number}"), request(f"w-{number}"), "{}")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for _ in range(5):
            journal.database.backup(tmp_path / "copy.db")
            copy = Journal(tmp_path / "copy.db")
            assert copy.verify() == []
            assert copy.latest("A-1")
            copy.close()
            (tmp_path / "copy.db.mark").unlink(missing_ok=True)
    finally:
        done.set()
        writing.join()
    with pytest.raises(JournalError, match="no backup to"):
        journal.database.backup(tmp_path / "no" / "copy.db")


# -- A full disk ---------------------------------------------------------------------------------------------------


def full(journal: Journal) -> None:
    """From now on the file may not grow by a page."""
    pages = journal.database.run("PRAGMA page_count")[0][0]
    journal.database.run(f"PRAGMA max_page_count = {pages}")


@pytest.mark.scenario(50)
def test_on_a_full_disk_nothing_is_begun_and_what_is_under_way_is_ended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    journal.begin(payment(), request(), "{}")
    reserve = path.with_name("journal.db.reserve")
    assert reserve.stat().st_size == 1 << 20
    full(journal)
    free = journal.database.free_reserve

    def give_room() -> None:
        free()
        journal.database.run("PRAGMA max_page_count = 1073741823")

    monkeypatch.setattr(journal.database, "free_reserve", give_room)
    big = Verdict(Outcome.PAID, "t-1", slip={"note": "x" * 100_000})
    journal.end("r-1", big, 1001.0)
    found = journal.latest("A-1")
    assert found is not None
    assert (found.outcome, found.verdict.slip) == (Outcome.PAID, big.slip)
    assert not reserve.exists()
    reserve.mkdir()  # as little can be written there as on a full disk
    with pytest.raises(JournalError, match="the disk is full"):
        journal.begin(payment("r-2", "A-2"), request("r-2"), "{}")
    with pytest.raises(JournalError, match="the disk is full"):
        journal.refunds.begin(refund(), REFUND)
    reserve.rmdir()
    journal.begin(payment("r-2", "A-2"), request("r-2"), "{}")
    journal.close()


def test_the_log_beside_the_journal_stays_short_whoever_reads_meanwhile(path: Path) -> None:
    journal, reader = Journal(path), Journal(path)
    log = path.with_name("journal.db-wal")
    longest = 0
    for number in range(300):
        journal.begin(payment(f"r-{number}", f"A-{number}"), request(f"r-{number}"), "{}")
        assert reader.latest(f"A-{number}") is not None
        journal.end(f"r-{number}", PAID, 1000.0 + number)
        longest = max(longest, log.stat().st_size)
    assert 4_000_000 < longest < 5_000_000
    reader.close()
    journal.close()
    assert not log.exists()


class Failing(apsw.VFS):
    """SQLite's own way to the disk, whose syncs fail while `broken`."""

    def __init__(self) -> None:
        super().__init__("failing-disk", "")
        self.broken = False

    def xOpen(self, name: Any, flags: Any) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        disk = self

        class File(apsw.VFSFile):
            def xSync(self, how: int) -> None:  # noqa: N802
                if disk.broken:
                    raise apsw.IOError("fsync: input/output error")
                super().xSync(how)

        return File("", name, flags)


@pytest.mark.scenario(52)
def test_after_a_failed_sync_nothing_is_begun_until_the_program_starts_again(path: Path) -> None:
    disk = Failing()
    journal = Journal(path, "failing-disk")
    journal.begin(payment(), request(), "{}")
    disk.broken = True
    with pytest.raises(JournalError, match="cannot be used"):
        journal.begin(payment("r-2", "A-2"), request("r-2"), "{}")
    disk.broken = False
    with pytest.raises(JournalError, match="the disk failed"):
        journal.begin(payment("r-3", "A-3"), request("r-3"), "{}")
    with pytest.raises(JournalError, match="the disk failed"):
        journal.refunds.begin(refund(), REFUND)
    assert journal.latest("A-1")
    journal.end("r-1", PAID, 1001.0)
    journal.close()
    again = Journal(path, "failing-disk")
    again.begin(payment("r-3", "A-3"), request("r-3"), "{}")
    again.close()
    disk.unregister()


# -- Refunds -------------------------------------------------------------------------------------------------------


def test_a_payment_has_one_open_refund_and_never_more_back_than_was_paid(path: Path) -> None:
    journal = Journal(path)
    journal.refunds.begin(refund(), REFUND)
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.refunds.begin(refund("f-2"), REFUND)
    journal.refunds.end("f-1", Verdict(Outcome.REFUNDED, "t-1"), 1.0)
    with pytest.raises(JournalError, match="more would be given back"):
        journal.refunds.begin(refund("f-2", 61), REFUND)
    journal.refunds.begin(refund("f-2", 60), REFUND)
    journal.refunds.end("f-2", Verdict(Outcome.REJECTED, "t-1"), 2.0)
    journal.refunds.end("f-2", Verdict(Outcome.REFUNDED, "t-1"), 3.0)
    assert [each.outcome for each in journal.refunds.of_payment("t-1")] == [Outcome.REFUNDED, Outcome.REJECTED]
    assert journal.refunds.sent_for(refund()) == REFUND
    assert journal.verify() == []
    journal.close()


# -- Answers -------------------------------------------------------------------------------------------------------


def exchange(body: bytes) -> Exchange:
    return Exchange(request(), NoAnswer("x"), 0.0, 0.0, 0.0, 200, body)


def test_an_answer_is_kept_when_it_says_something_new(journal: Journal) -> None:
    for number, status in enumerate(["new", "new", "pending", "pending", "new"]):
        journal.keep_response("r-1", exchange(b'{"requestId": "%d", "status": "%s"}' % (number, status.encode())), 1.0)
    kept = [json.loads(event.data) for event in journal.events("r-1") if event.kind == "answer"]
    assert [json.loads(each["body"])["status"] for each in kept] == ["new", "pending", "new"]
    body = '{"requestId":"0","status":"new"}'
    assert kept[0] == {"call": "CHECKOUT", "http": 200, "reply": "NoAnswer", "body": body}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"user": {"loyaltyId": "4601"}, "x": [{"cardSession": 1}]}', '{"user":{"loyaltyId":"…"},"x":[{"cardSession":"…"}]}'),
        (b"card 4601234567893 failed", "card …7893 failed"),
        (b"\xff<html>", "\ufffd<html>"),
        (b"", ""),
    ],
)  # fmt: skip
def test_what_belongs_to_the_customer_is_masked(body: bytes, kept: str) -> None:
    assert mask_body(body) == kept


@given(st.binary(max_size=300))
def test_any_body_can_be_kept_and_shows_no_long_number(body: bytes) -> None:
    kept = mask_body(body)
    try:
        json.loads(body)
    except ValueError:
        assert not re.search(r"[0-9]{12}", kept)


def test_what_the_request_had_is_masked_wherever_the_host_says_it_back(journal: Journal) -> None:
    body = b'{"cardSession": "SESSxx", "user": {"loyaltyId": "4601234567893"}}'
    journal.begin(payment("r-9", "A-9"), Request(Call.CHECKOUT, "r-9", body, Secret("dGlsbA==368")), "{}")
    said = {"text": "card 4601 2345 67893, session sessXX, token dGlsbA==368", "requestId": "r-9"}
    journal.keep_response("r-9", exchange(json.dumps(said).encode()), 1.0)
    journal.keep_postback("r-9", json.dumps({**said, "transactionId": "t-1"}).encode(), 2.0)
    verdict = Verdict(Outcome.PAID, "t-1", said["text"], said["text"], slip={"kzo": said["text"]}, answer=said)
    journal.end("r-9", verdict, 3.0)
    masked = "card …, session …, token …"
    kept = [json.loads(event.data) for event in journal.events("r-9")]
    assert [json.loads(each["body"])["text"] for each in kept if "body" in each] == [masked, masked]
    found = journal.latest("A-9")
    assert found is not None
    assert (found.verdict.error_code, found.verdict.details, found.verdict.slip) == (masked, masked, {"kzo": masked})
    assert found.verdict.answer == {"text": masked, "requestId": "r-9"}
    assert all(text not in repr(kept) for text in ("67893", "SESSxx", "sessXX", "dGlsbA"))


def test_what_one_order_adds_to_the_journal_is_bounded(journal: Journal) -> None:
    for number in range(30):
        junk = json.dumps({"status": "pending", "junk": f"{number:07d}" * 100_000}).encode()
        journal.keep_response("r-1", exchange(junk), 1.0)
    answers = [event for event in journal.events("r-1") if event.kind == "answer"]
    assert len(answers) == 30
    assert sum(len(event.data) for event in answers) < 300_000
    assert json.loads(answers[-1].data)["body"].startswith("… ")
    journal.keep_response("r-1", exchange(junk), 2.0)
    assert [event for event in journal.events("r-1") if event.kind == "answer"] == answers
    for number in range(1001):
        journal.keep_postback("r-2", b'{"status": "%d"}' % number, 1.0)
    assert len(journal.events("r-2")) == 1000
    journal.end("r-1", Verdict(Outcome.PAID, "t-1"), 2.0)
    assert journal.verify() == []
