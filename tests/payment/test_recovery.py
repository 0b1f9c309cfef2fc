"""Recovery: one order that cannot be ended stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from koshelek_driver.pay_api.replies import NoAnswer, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.recovery import Recovery
from koshelek_driver.payment.slips.content import SlipRules
from koshelek_driver.payment.slips.printing import SlipPrinting
from koshelek_driver.payment.till_lock import TillLock
from tests.support.conversations import RULES, FakeClient, FakeClock, answered, ids
from tests.support.journals import payment, request
from tests.support.merchants import merchant


class Bench:
    """Recovery over a real journal with the orders A, B and C open."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.journal = Journal(folder / "journal.db")
        self.ill: set[str] = set()
        for order_id in "ABC":
            self.journal.begin(payment(f"r-{order_id}", order_id), request(f"r-{order_id}"), "{}")
            self.journal.keep_transaction(f"r-{order_id}", f"t-{order_id}", self.clock.unix_s())
        made = iter(ids())
        client = FakeClient(self.clock, self._answer)
        engine = Engine(
            client=client, journal=self.journal, merchant=merchant(), rules=RULES, ids=made, clock=self.clock
        )
        slips = SlipPrinting(None, self.journal, SlipRules("test", "ru"))
        lock = TillLock(FileLock(folder / "lock"), 0.0)
        self.recovery = Recovery(
            PaymentParts(
                engine=engine,
                journal=self.journal,
                merchant=merchant(),
                slips=slips,
                lock=lock,
                ids=made,
                clock=self.clock,
            )
        )

    def _answer(self, request: Request, _now_s: float) -> tuple[Reply, float]:
        named = request.body.decode()
        order_id = next((order_id for order_id in "ABC" if f"t-{order_id}" in named), "")
        if order_id in self.ill:
            raise RecursionError("a fault that nobody foresaw")
        return (answered(request, "canceled", transaction_id=f"t-{order_id}") if order_id else NoAnswer("closed")), 0.1

    def outcomes(self) -> dict[str, Outcome]:
        latest = {order_id: self.journal.latest(order_id) for order_id in "ABC"}
        return {order_id: found.outcome for order_id, found in latest.items() if found}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.journal.close()


def test_an_order_whose_request_is_lost_stays_unknown_and_the_others_end(bench: Bench) -> None:
    bench.journal.database.run("UPDATE attempt SET body = NULL WHERE order_id = 'A'")
    recovered = bench.recovery.recover(SaleObserver())
    assert bench.outcomes() == {"A": Outcome.UNKNOWN, "B": Outcome.CANCELED, "C": Outcome.CANCELED}
    (left,) = recovered.still_unknown
    assert left.order_id == "A"
    assert "no request is kept for order A" in left.verdict.details


@pytest.mark.parametrize("ill", ["A", "B", "C"])
def test_a_fault_that_nobody_foresaw_stops_one_order_alone(bench: Bench, ill: str) -> None:
    bench.ill.add(ill)
    recovered = bench.recovery.recover(SaleObserver())
    assert {order for order, outcome in bench.outcomes().items() if outcome is Outcome.UNKNOWN} == {ill}
    assert [(left.order_id, left.verdict.details) for left in recovered.still_unknown] == [(ill, "RecursionError")]


def test_the_resident_driver_ends_the_others_too(bench: Bench) -> None:
    bench.ill.add("A")
    bench.recovery.settle_orphans(lambda: True)
    assert bench.outcomes() == {"A": Outcome.UNKNOWN, "B": Outcome.CANCELED, "C": Outcome.CANCELED}
