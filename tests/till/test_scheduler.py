"""The caretaker: what was left open is ended while the till is free, and never in the way of a sale."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from koshelek_driver import Outcome, RefundWanted, SaleObserver, Terminal
from koshelek_driver.errors import JournalError
from koshelek_driver.payment.journal.outbox_book import State
from koshelek_driver.till.scheduler import ScheduledJob, Scheduler
from tests.support.background import leave_open, settled
from tests.support.receipts import INVOICE, RECEIPT
from tests.support.tills import Till


class Steps:
    """Counts how often something was done, and lets a test wait for it."""

    def __init__(self) -> None:
        self._done = threading.Semaphore(0)
        self.fault: Exception | None = None

    def __call__(self) -> None:
        self._done.release()
        if self.fault is not None:
            raise self.fault

    def wait(self) -> bool:
        return self._done.acquire(timeout=5)


@pytest.fixture
def keep() -> Iterator[Any]:
    made: list[Scheduler] = []

    def start(*chores: ScheduledJob, now_s: Any = lambda: 0.0) -> Scheduler:
        made.append(Scheduler(chores, now_s))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.stop()


def test_every_chore_is_done_at_once_and_again_when_there_is_news(keep: Any) -> None:
    first, second, never = Steps(), Steps(), Steps()
    caretaker = keep(ScheduledJob("a", 60, first), ScheduledJob("b", 60, second), ScheduledJob("c", 0, never))
    for _ in range(3):
        assert first.wait()
        assert second.wait()
        caretaker.nudge()
    assert not never._done.acquire(blocking=False)


@pytest.mark.scenario(58)
@pytest.mark.parametrize("fault", [JournalError("disk"), RuntimeError("ours"), MemoryError()])
def test_a_chore_that_fails_stops_nothing(keep: Any, fault: Exception) -> None:
    bad, good = Steps(), Steps()
    bad.fault = fault
    caretaker = keep(ScheduledJob("bad", 60, bad), ScheduledJob("good", 60, good))
    for _ in range(2):
        assert bad.wait()
        assert good.wait()
        caretaker.nudge()


def test_a_chore_comes_again_when_its_time_has_come(keep: Any) -> None:
    steps, now = Steps(), itertools.count(0, 7)
    keep(ScheduledJob("a", 5, steps), now_s=lambda: float(next(now)))
    assert all(steps.wait() for _ in range(3))


def test_one_without_chores_ends_when_it_shall(keep: Any) -> None:
    caretaker = keep()
    caretaker.stop()
    assert not caretaker._thread.is_alive()


# -- A whole till --------------------------------------------------------------------------------------------------


@pytest.mark.scenario(33)
def test_an_old_unknown_is_ended_beside_the_sale_of_the_next_customer(till: Till) -> None:
    leave_open(till)
    with Terminal.open(till.site) as terminal:
        terminal.start_caretaker()
        paid = terminal.pay(terminal.new_order("A-2", 700), label=till.label())
        assert (paid.outcome, paid.order_id, paid.amount) == (Outcome.PAID, "A-2", 700)
        terminal.start_caretaker().nudge()
        assert settled(terminal, "A-1") is Outcome.CANCELED
    assert (till.charges("A-1"), till.charges("A-2")) == (0, 1)


@pytest.mark.scenario(71)
def test_a_business_day_that_has_ended_is_closed_by_the_resident_driver(till: Till) -> None:
    now = datetime.now(UTC)
    till.edit("[totp]", f'[business_day]\ntime_zone = "UTC"\ncloses_at = "{now + timedelta(minutes=2):%H:%M}"\n[totp]')
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        terminal._clock.unix_s = lambda: now.timestamp() + 600  # type: ignore[method-assign]
        terminal.start_caretaker()
        turn = threading.Event()
        while terminal._journal.days.last() is None:
            assert not turn.wait(0.02)
        assert [row.order_id for row in terminal.report_of_day(1).rows] == ["A-1"]
        assert terminal.report().rows == ()


def test_a_sale_under_way_is_not_touched(till: Till) -> None:
    """The customer takes their time; the caretaker looks again and again, and leaves the sale alone."""
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 2.0")
    till.play("checkout", "undecided")
    with Terminal.open(till.site) as terminal:
        caretaker = terminal.start_caretaker()
        turns = 0

        def look(_exchange: object) -> None:
            nonlocal turns
            turns += 1
            caretaker.nudge()

        paid = terminal.pay(terminal.new_order("A-1", 500), label=till.label(), watcher=SaleObserver(called=look))
    assert (paid.outcome, paid.verdict.error_code) == (Outcome.CANCELED, "DECISION_TIMEOUT")
    assert turns > 4
    assert [request["call"] for request in till.host.host.requests].count("cancel") == 1


def test_a_refund_that_was_left_open_is_gone_on_with(till: Till) -> None:
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 1.0\nsettle_timeout_s = 0.0\nresend_attempts = 0")
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        till.play("refund", "lost-answer")
        assert terminal.refund(RefundWanted("A-1")).outcome is Outcome.UNKNOWN
        terminal.start_caretaker()
        turn = threading.Event()
        while any(refund.outcome is Outcome.UNKNOWN for refund in terminal.unfinished_refunds()):
            assert not turn.wait(0.05)
        done = terminal.refund(RefundWanted("A-1"))
    assert (done.outcome, done.repeated) == (Outcome.REFUNDED, True)
    assert len({request["requestId"] for request in till.host.host.requests if request["call"] == "refund"}) == 1


def test_orphans_are_left_alone_where_the_site_file_says_so(till: Till) -> None:
    leave_open(till)
    till.edit("[totp]", "[pay_api.automatic]\nsettle_orphans = false\n[totp]")
    with Terminal.open(till.site) as terminal:
        before = len(till.host.host.requests)
        terminal.start_caretaker().nudge()
    assert len(till.host.host.requests) == before
    with Terminal.open(till.site) as terminal:
        found = terminal.find("A-1")
        assert found is not None
        assert found.outcome is Outcome.UNKNOWN


def test_an_undecided_sale_stays_unknown_where_the_site_file_says_so(till: Till) -> None:
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 1.0\n[pay_api.automatic]\ncancel_undecided = false")
    till.play("checkout", "undecided")
    with Terminal.open(till.site) as terminal:
        assert terminal.pay(terminal.new_order("A-1", 500), label=till.label()).outcome is Outcome.UNKNOWN
        assert "cancel" not in [request["call"] for request in till.host.host.requests]
        assert terminal.cancel("A-1").outcome is Outcome.CANCELED


def test_a_receipt_that_waits_is_sent_by_the_caretaker(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        till.play("receipt", "server-error")
        assert terminal.send_receipt("A-1", INVOICE).state is State.WAITING
        terminal.recover()
        assert terminal.waiting() == []
        assert terminal.send_receipt("A-1", INVOICE).state is State.DONE
    (sent,) = till.host.host.receipts
    assert sent["invoice"]["receiptId"] == RECEIPT["receiptId"]


@pytest.mark.scenario(32)
def test_a_payment_that_a_supervisor_closed_unpaid_and_that_was_paid_is_an_alarm_with_a_refund(till: Till) -> None:
    """The cashier took cash while it was unknown; then the wallet's money came, too."""
    leave_open(till)
    transaction = next(iter(till.host.host.ledger.transactions.values()))
    transaction.status, transaction.plan = "pending", [(0.0, "accepted")]  # the bank takes it after all
    with Terminal.open(till.site) as terminal:
        terminal.close_unknown("A-1", Outcome.CANCELED, "paid in cash, says Ivanova")
        for entry in terminal.waiting():
            terminal._background.outbox.send(entry, terminal._background.line())
        (alarm,) = terminal.waiting()
        assert (alarm.state, alarm.transaction_id) == (State.ALARM, transaction.id)
        done = terminal.refund(RefundWanted(transaction_id=alarm.transaction_id))
        assert (done.outcome, done.amount) == (Outcome.REFUNDED, 500)
        terminal.recover()
        assert terminal.waiting() == [alarm], "a person does not make the next look come early"
        terminal._background.outbox.send(alarm, terminal._background.line())
        assert terminal.waiting() == []
