"""The engine: on disk before on the wire, and never a wrong word when the disk fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import NoAnswer, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.conversation.effects import Rules
from koshelek_driver.payment.engine import Engine, Intent
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState
from tests.support.conversations import CHECKOUT, RULES, SLIP, FakeClient, FakeClock, answered, ids, scripted
from tests.support.merchants import merchant


@dataclass
class Bench:
    """An engine over a real journal, a fake socket and a fake clock."""

    path: Path
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.journal = Journal(self.path)

    def engine(self, client: FakeClient, rules: Rules = RULES) -> Engine:
        return Engine(
            client=client, journal=self.journal, merchant=merchant(), rules=rules, ids=ids(), clock=self.clock
        )

    def pay(
        self, answer: Callable[[Request, float], tuple[Reply, float]], **more: object
    ) -> tuple[Payment, FakeClient]:
        client = FakeClient(self.clock, answer, **more)  # type: ignore[arg-type]
        intent = Intent("A-1", 100, CHECKOUT, b"digest", self.clock.now_s(), "{}")
        return self.engine(client).pay(intent, lambda _exchange: None), client

    def latest(self) -> Payment:
        found = self.journal.latest("A-1")
        assert found is not None
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "journal.db")
    yield made
    made.journal.close()


def test_the_intent_is_on_disk_while_the_first_byte_leaves(bench: Bench) -> None:
    seen: list[Payment | None] = []

    def look(request: Request) -> None:
        if request.call is Call.CHECKOUT:
            other = Journal(bench.path)
            seen.append(other.latest("A-1"))
            other.close()

    payment, _ = bench.pay(scripted("accepted"), on_the_way=look)
    assert [found.outcome for found in seen if found] == [Outcome.UNKNOWN]
    assert payment.outcome is Outcome.PAID


def test_the_transaction_and_the_cancel_are_on_disk_before_they_are_used(bench: Bench) -> None:
    rows: dict[Call, tuple[str, str]] = {}

    def look(request: Request) -> None:
        sql = "SELECT transaction_id, cancel_request_id FROM attempt"
        [(transaction_id, cancel_id)] = bench.journal.database.run(sql)
        rows[request.call] = (str(transaction_id), str(cancel_id))

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "canceled" if request.call is Call.CANCEL else "pending"), 0.0

    _, client = bench.pay(answer, on_the_way=look)
    cancel = next(request for request in client.requests if request.call is Call.CANCEL)
    assert rows == {Call.CHECKOUT: ("", ""), Call.STATUS: ("t-1", ""), Call.CANCEL: ("t-1", cancel.request_id)}


def test_a_paid_sale_is_kept_whole(bench: Bench) -> None:
    payment, _ = bench.pay(scripted("accepted"))
    assert payment == bench.latest()
    assert (payment.verdict.slip, payment.slip_state) == (SLIP, SlipState.QUEUED)
    assert payment.button_to_wire_ms == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("field", "value", "details"),
    [
        ("totalAmount", 10, "totalAmount is 10, not 100"),
        ("orderId", "someone-else", "orderId is someone-else, not A-1"),
        ("paymentTransactionId", "t-2", "paymentTransactionId is t-2, not t-1"),
    ],
)
def test_a_slip_that_contradicts_the_order_is_paid_and_kept_with_its_alarm(
    bench: Bench, field: str, value: object, details: str
) -> None:
    slip = {"orderId": "A-1", "paymentTransactionId": "T-1", "totalAmount": 100, field: value}

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        return answered(request, "accepted", slip=slip), 0.0

    bench.pay(answer)
    kept = bench.latest().verdict
    assert (kept.outcome, kept.error_code, kept.details, kept.slip) == (Outcome.PAID, "SLIP_CONTRADICTS", details, slip)


def test_an_unknown_sale_is_resumed_and_ends_as_the_host_says(bench: Bench) -> None:
    lost, _ = bench.pay(lambda _request, _now_s: (NoAnswer("closed"), 0.1))
    assert (lost.outcome, lost.verdict.error_code) == (Outcome.UNKNOWN, "OUTCOME_UNKNOWN")
    client = FakeClient(bench.clock, scripted("accepted"))
    resumed = bench.engine(client).resume(bench.latest(), lambda _exchange: None)
    assert resumed.outcome is Outcome.PAID
    assert (client.requests[0].request_id, client.requests[0].body) == (CHECKOUT.request_id, CHECKOUT.body)


@pytest.mark.scenario(42, 60)
@pytest.mark.parametrize(
    ("wall_s", "steady_s", "boot"),
    [(100.0, 100.0, "boot-1"), (-3600.0, 0.0, "boot-1"), (0.0, 100.0, "boot-1"), (1.0, 1.0, "boot-2")],
    ids=["too-old", "clock-set-back", "clock-set-back-to-its-beginning", "another-boot"],
)
def test_an_old_unknown_sale_is_not_sent_again(bench: Bench, wall_s: float, steady_s: float, boot: str) -> None:
    bench.pay(lambda _request, _now_s: (NoAnswer("closed"), 0.1))
    bench.clock.wall_s += wall_s
    bench.clock.steady_s += steady_s
    bench.clock.boot = boot
    client = FakeClient(bench.clock, scripted("accepted"))
    resumed = bench.engine(client).resume(bench.latest(), lambda _exchange: None)
    assert (resumed.outcome, client.requests) == (Outcome.UNKNOWN, [])


def test_a_sale_that_never_left_is_told_apart(bench: Bench) -> None:
    payment, _ = bench.pay(lambda _request, _now_s: (NotSent("refused"), 0.0))
    assert payment.never_left
    assert payment.verdict.error_code == "HOST_UNREACHABLE"


def test_news_of_the_host_is_asked_for_once_and_then_the_polls_are_rare_again(bench: Bench) -> None:
    asked_s: list[float] = []

    def answer(request: Request, now_s: float) -> tuple[Reply, float]:
        if request.call is Call.STATUS:
            asked_s.append(now_s - 1000.0)
        if len(asked_s) == 1:
            engine.hear_news()
        return answered(request, "accepted" if len(asked_s) == 4 else "pending", slip=SLIP), 0.0

    client = FakeClient(bench.clock, answer)
    engine = bench.engine(client, replace(RULES, poll_interval_s=10.0))
    intent = Intent("A-1", 100, CHECKOUT, b"digest", bench.clock.now_s(), "{}")
    assert engine.pay(intent, lambda _exchange: None).outcome is Outcome.PAID
    assert asked_s == [0.25, 0.5, 10.5, 20.5]


def test_a_cancel_pressed_before_the_first_byte_sends_nothing_and_is_over_with_the_sale(bench: Bench) -> None:
    client = FakeClient(bench.clock, scripted("accepted"))
    engine = bench.engine(client)
    cancel = CancelToken()
    cancel.cancel()
    intent = Intent("A-1", 100, CHECKOUT, b"", 0.0, "{}")
    assert engine.pay(intent, lambda _exchange: None, cancel).outcome is Outcome.CANCELED
    assert client.requests == []
    other = Request(Call.CHECKOUT, "checkout-2", CHECKOUT.body)
    again = engine.pay(Intent("A-2", 100, other, b"", 0.0, "{}"), lambda _exchange: None)
    assert again.outcome is Outcome.PAID


def test_a_journal_that_fails_before_the_first_byte_stops_the_sale(bench: Bench) -> None:
    bench.journal.close()
    client = FakeClient(bench.clock, scripted("accepted"))
    with pytest.raises(JournalError):
        bench.engine(client).pay(Intent("A-1", 100, CHECKOUT, b"", 0.0, "{}"), lambda _exchange: None)
    assert client.requests == []


@pytest.mark.scenario(51)
@pytest.mark.parametrize(("status", "outcome"), [("accepted", Outcome.PAID), ("rejected", Outcome.REJECTED)])
def test_a_journal_that_fails_after_the_first_byte_changes_nothing_of_what_the_host_says(
    bench: Bench, status: str, outcome: Outcome
) -> None:
    payment, _ = bench.pay(scripted(status), on_the_way=lambda _request: bench.journal.close())
    assert payment.outcome is outcome
    assert "journal.db" in payment.unkept
    again = Journal(bench.path)
    open_again = again.latest("A-1")
    assert open_again is not None
    assert open_again.outcome is Outcome.UNKNOWN
    again.close()
