"""The outbox: nothing that waits is lost, nothing is sent twice as two, and no payment waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, Done, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.outbox_book import FIRST_CHECK_S, Entry, Kind, State
from koshelek_driver.payment.outbox import Outbox
from koshelek_driver.payment.outcome import Outcome, Verdict
from tests.support.conversations import FakeClient, FakeClock, answered, ids
from tests.support.journals import PAID, payment, request
from tests.support.merchants import merchant
from tests.support.receipts import RECEIPT

Said = Reply | str
"""A reply, or the status that the host answers."""
TAXES = ("none", "vat20")


class Bench:
    """An outbox over a real journal; time passes only when a test says so."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.journal = Journal(path)
        self.outbox = Outbox(self.journal, merchant(), paid=("accepted",), ids=ids(), clock=self.clock)
        self.replies: list[Said] = []
        self.client = FakeClient(self.clock, lambda request, _now_s: (self._answer(request), 0.1))

    def _answer(self, request: Request) -> Reply:
        said = self.replies.pop(0)
        return answered(request, said) if isinstance(said, str) else said

    def begin(self, verdict: Verdict = PAID, order_id: str = "A-1") -> None:
        self.journal.begin(payment(f"r-{order_id}", order_id), request(f"r-{order_id}"), "{}")
        self.journal.end(f"r-{order_id}", verdict, self.clock.unix_s())

    def queue(self, **change: Any) -> Entry:
        return self.outbox.queue_receipt("A-1", json.dumps({**RECEIPT, **change}).encode(), TAXES)

    def send_due(self, *replies: Said) -> list[Entry]:
        self.replies = list(replies)
        return self.outbox.send_due(self.client)

    def send_after(self, seconds: float, *replies: Said) -> list[Entry]:
        self.clock.pass_by(seconds)
        return self.send_due(*replies)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "journal.db")
    yield made
    made.journal.close()


# -- Receipts ------------------------------------------------------------------------------------------------------


def test_a_receipt_is_on_disk_before_it_is_sent_and_sent_once(bench: Bench, tmp_path: Path) -> None:
    bench.begin()
    entry = bench.queue()
    other = Journal(tmp_path / "journal.db")
    assert other.outbox.unfinished() == [entry]
    other.close()
    (sent,) = bench.send_due(Done())
    assert sent.state is State.DONE
    assert bench.send_after(100_000) == []
    (call,) = bench.client.requests
    body = json.loads(call.body)
    assert (call.call, body["transactionId"], body["invoice"]["receiptId"]) == (Call.RECEIPT, "t-1", "F-7")


def test_the_same_receipt_again_is_one_and_another_under_its_name_is_refused(bench: Bench) -> None:
    bench.begin()
    first = bench.queue()
    assert bench.queue() == first
    with pytest.raises(UsageError, match="F-7 of order A-1 was sent with other contents"):
        bench.queue(cashier="Петрова")
    assert bench.queue(receiptId="F-8").request_id != first.request_id


@pytest.mark.parametrize(
    "verdict", [Verdict(Outcome.REJECTED, "t-1"), Verdict(Outcome.PAID, "", "CLOSED_BY_SUPERVISOR")]
)
def test_only_a_payment_that_the_host_knows_as_paid_has_a_receipt(bench: Bench, verdict: Verdict) -> None:
    bench.begin(verdict)
    with pytest.raises(UsageError, match="does not know order A-1 as paid"):
        bench.queue()


def test_an_order_of_another_till_has_none(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no order A-1"):
        bench.queue()


@pytest.mark.scenario(68)
def test_a_receipt_that_fails_for_days_is_tried_less_and_less_often_then_parked(bench: Bench) -> None:
    bench.begin()
    bench.queue()
    began_s = bench.clock.unix_s()
    bodies, pauses = set(), []
    while bench.journal.outbox.unfinished()[0].state is State.WAITING:
        entry = bench.journal.outbox.unfinished()[0]
        pauses.append(entry.due_s - bench.clock.unix_s())
        bench.clock.pass_by(max(0.0, pauses[-1]))
        bench.send_due(NoAnswer("timed out"))
        bodies.add((bench.client.requests[-1].request_id, bench.client.requests[-1].body))
    assert len(bodies) == 1
    assert pauses[:4] == pytest.approx([0, 5, 10, 20])
    assert max(pauses) == pytest.approx(900)
    assert 2 < (bench.clock.unix_s() - began_s) / 86_400 < 4
    parked = bench.journal.outbox.unfinished()[0]
    assert (parked.state, parked.last) == (State.PARKED, "no answer")
    assert bench.send_after(100_000) == []
    assert bench.queue().state is State.WAITING
    assert bench.send_due(Done())[0].state is State.DONE


@pytest.mark.parametrize("code", ["HTTP_401", "HTTP_403", "HTTP_404", "HTTP_429"])
def test_what_a_technician_mends_is_waited_for(bench: Bench, code: str) -> None:
    bench.begin()
    bench.queue()
    (entry,) = bench.send_due(Refused(code))
    assert (entry.state, entry.last) == (State.WAITING, code)
    (entry,) = bench.send_after(5, NotSent("no route"))
    assert (entry.state, entry.last) == (State.WAITING, "HOST_UNREACHABLE")


def test_what_the_host_refuses_is_not_sent_again(bench: Bench) -> None:
    bench.begin()
    bench.queue()
    (entry,) = bench.send_due(Refused("UNKNOWN_TRANSACTION_ID"))
    assert (entry.state, entry.last) == (State.REFUSED, "UNKNOWN_TRANSACTION_ID")
    assert bench.send_after(100_000) == []


def test_a_clock_set_back_by_a_year_does_not_stop_it(bench: Bench) -> None:
    bench.begin()
    bench.queue()
    bench.send_due(NoAnswer("timed out"))
    bench.clock.wall_s -= 365 * 86_400
    assert bench.send_due(Done())[0].state is State.DONE


def test_it_stops_between_two_entries_when_it_shall(bench: Bench) -> None:
    bench.begin()
    bench.queue()
    bench.queue(receiptId="F-8")
    may = iter([True, False])
    bench.replies = [Done()]
    assert len(bench.outbox.send_due(bench.client, lambda: next(may))) == 1


# -- Payments that must stay unpaid --------------------------------------------------------------------------------

CANCELED = Verdict(Outcome.CANCELED, "t-1", "DECISION_TIMEOUT")


def test_a_cancelled_payment_is_looked_at_for_half_a_day(bench: Bench) -> None:
    bench.begin(CANCELED)
    assert bench.send_due() == []
    looks = 0
    while bench.journal.outbox.unfinished():
        due_s = bench.journal.outbox.unfinished()[0].due_s
        bench.send_after(due_s - bench.clock.unix_s(), "canceled")
        looks += 1
    assert looks == 5
    found = bench.journal.outbox.find(Kind.WATCH, "A-1", "r-A-1")
    assert found is not None
    assert found.state is State.DONE


@pytest.mark.scenario(31)
def test_money_that_moves_after_an_accepted_cancel_is_an_alarm_until_it_is_given_back(bench: Bench) -> None:
    bench.begin(CANCELED)
    (entry,) = bench.send_after(60, "accepted")
    assert entry.state is State.ALARM
    assert bench.journal.outbox.has_alarm("A-1", "r-A-1")
    (entry,) = bench.send_after(3600, "refunding")
    assert entry.state is State.ALARM
    (entry,) = bench.send_after(3600, "refunded")
    assert entry.state is State.DONE
    assert not bench.journal.outbox.has_alarm("A-1", "r-A-1")
    kinds = [event.kind for event in bench.journal.database.events() if event.kind.startswith("outbox")]
    assert kinds == ["outbox alarm", "outbox done"]
    assert bench.journal.verify() == []


def test_a_look_that_fails_is_made_again(bench: Bench) -> None:
    bench.begin(CANCELED)
    of_another = Answered(TransactionAnswer(transaction_id="t-9", status="accepted"), {})
    for reply in (NoAnswer("timed out"), Refused("HTTP_401"), of_another):
        (entry,) = bench.send_after(900, reply)
        assert (entry.state, entry.tries) == (State.WAITING, 0)


@pytest.mark.parametrize("verdict", [PAID, Verdict(Outcome.REJECTED, "t-1"), Verdict(Outcome.CANCELED, "", "CANCELED")])
def test_nothing_else_is_watched(bench: Bench, verdict: Verdict) -> None:
    bench.begin(verdict)
    assert bench.journal.outbox.unfinished() == []


def test_a_parked_receipt_and_one_not_due_go_out_when_a_person_asks(bench: Bench) -> None:
    bench.begin()
    bench.queue()
    bench.send_due(NoAnswer("timed out"))
    bench.replies = [Done()]
    assert [entry.state for entry in bench.outbox.send_all(bench.client)] == [State.DONE]


def test_a_look_is_never_early_however_often_a_person_asks(bench: Bench) -> None:
    bench.begin(CANCELED)
    bench.replies = ["canceled"]
    assert [bench.outbox.send_all(bench.client) for _ in range(6)] == [[]] * 6
    bench.clock.pass_by(FIRST_CHECK_S)
    (entry,) = bench.outbox.send_all(bench.client)
    assert (entry.state, entry.tries, bench.replies) == (State.WAITING, 1, [])


def test_of_two_programs_that_look_one_asks_the_host(bench: Bench) -> None:
    bench.begin(CANCELED)
    (entry,) = bench.journal.outbox.unfinished()
    bench.replies = ["canceled"]
    asked = [bench.outbox.send(entry, bench.client) for _ in range(2)]
    assert [each.tries for each in asked] == [1, 1], "the second found it taken"
    assert bench.replies == []
