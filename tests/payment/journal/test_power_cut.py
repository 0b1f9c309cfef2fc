"""A power cut at every write of the engine's own work loses nothing that was acknowledged; without syncs it would."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import NoAnswer, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.engine import Engine, Intent
from koshelek_driver.payment.journal import Journal, database
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.secrets import Secret
from tests.support.conversations import RULES, FakeClient, FakeClock, answered, ids, refund_answered
from tests.support.merchants import merchant
from tests.support.powercut import Files, Recorder, cuts

ROUNDS = 8
MEMORY = Path("/dev/shm")


class Shop:
    """Sells over an engine whose journal is recorded; says what it was told, and when."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self.recorder = recorder
        self.clock = FakeClock()
        self.journal = Journal(path, recorder.name)
        self.recorder.acknowledge("opened")

    def engine(self, status: str) -> Engine:
        client = FakeClient(self.clock, lambda request, _now_s: (self._answer(request, status), 0.01))
        return Engine(
            client=client, journal=self.journal, merchant=merchant(), rules=RULES, ids=ids(), clock=self.clock
        )

    def _answer(self, request: Request, status: str) -> Reply:
        self.recorder.acknowledge(f"sent {request.call.name} {request.request_id}")
        if status == "lost":
            return NoAnswer("closed")
        if request.call is Call.REFUND:
            return refund_answered(request, "accepted")
        return answered(request, status)

    def sell(self, number: int, status: str) -> None:
        checkout = Request(Call.CHECKOUT, f"r-{number}", b"x" * 1500, Secret("T" * 20))
        intent = Intent(f"A-{number}", 100, checkout, b"d" * 32, self.clock.now_s(), '{"items": []}')
        payment = self.engine(status).pay(intent, lambda _exchange: None)
        self.recorder.acknowledge(f"told A-{number} {payment.outcome.value}")

    def settle(self, number: int) -> None:
        left = self.journal.latest(f"A-{number}")
        assert left is not None
        payment = self.engine("accepted").resume(left, lambda _exchange: None)
        self.recorder.acknowledge(f"told A-{number} {payment.outcome.value}")

    def refund(self, number: int) -> None:
        request = Request(Call.REFUND, f"f-{number}", b"y" * 800, Secret("T"))
        began = Refund(f"A-{number}", f"f-{number}", 100, 0.0, Verdict(Outcome.UNKNOWN, f"t-{number}"), "[]")
        done = self.engine("accepted").refund(began, request, 0.0, lambda _exchange: None)
        self.recorder.acknowledge(f"told refund f-{number} {done.outcome.value}")


def recorded(folder: Path, rounds: int = ROUNDS, *, syncs_folder: bool = True) -> Recorder:
    """A day's work in the life of a till."""
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "sync_folder", recorder.folder_synced if syncs_folder else lambda _folder: None)
        shop = Shop(folder / "journal.db", recorder)
    numbers = count(1)
    for _ in range(rounds):
        shop.sell(next(numbers), "accepted")
        shop.sell(next(numbers), "rejected")
        lost = next(numbers)
        shop.sell(lost, "lost")
        shop.settle(lost)
        shop.refund(lost)
    shop.journal.close()
    recorder.close()
    return recorder


def lost_after(files: Files, acknowledged: tuple[str, ...], folder: Path) -> str:
    """Return the first fact that a till has lost when it starts again after a cut; empty if it knows all."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        journal = Journal(folder / "journal.db")
    except JournalError as problem:
        return problem.what
    try:
        return next((each for each in acknowledged if not _knows(journal, each)), "") or "; ".join(journal.verify())
    except JournalError as problem:
        return problem.what
    finally:
        journal.close()


def _knows(journal: Journal, acknowledged: str) -> bool:
    match acknowledged.split():
        case ["told", "refund", request_id, outcome]:
            found = journal.refunds.find(request_id)
            return found is not None and found.outcome == outcome
        case ["told", order_id, outcome]:
            payment = journal.latest(order_id)
            return payment is not None and (outcome in (payment.outcome, "unknown"))
        case ["sent", "CHECKOUT", request_id]:
            return journal.latest(request_id.replace("r-", "A-")) is not None
        case ["sent", "REFUND", request_id]:
            return journal.refunds.find(request_id) is not None
    return True


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory, where a sync costs nothing."""
    made = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    yield made
    shutil.rmtree(made)


@pytest.mark.scenario(49)
@pytest.mark.timeout(400)  # some 40 s on a machine that does nothing else
def test_no_power_cut_loses_what_was_acknowledged(folder: Path) -> None:
    states = 0
    for files, acknowledged in cuts(recorded(folder).log, random.Random(6)):
        states += 1
        assert lost_after(files, acknowledged, folder / "after") == "", f"state {states}"
    assert states >= 5000


@pytest.mark.parametrize("broken", ["synchronous OFF", "folder not synced"])
def test_the_same_enumeration_finds_the_loss_when_something_is_not_synced(
    folder: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        if broken == "synchronous OFF":
            patched.setitem(database._PRAGMAS, "synchronous", "OFF")
        recorder = recorded(folder, 1, syncs_folder=broken != "folder not synced")
    states = cuts(recorder.log, random.Random(6))
    assert any(lost_after(files, acknowledged, folder / "after") for files, acknowledged in states)
