"""A whole till and a model of the host as one state machine for hypothesis."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

import msgspec
from filelock import FileLock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from koshelek_driver.card.totp import Verification
from koshelek_driver.errors import BusyError, UsageError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.order import LineRule, order
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.recovery import Recovery
from koshelek_driver.payment.refunds import Refunds, RefundWanted
from koshelek_driver.payment.sales import Sales
from koshelek_driver.payment.shop import NoShop
from koshelek_driver.payment.shown_card import Shown, ShownCard
from koshelek_driver.payment.slips.content import SlipRules
from koshelek_driver.payment.slips.printing import SlipPrinting
from koshelek_driver.payment.till_lock import TillLock
from koshelek_driver.scanner.label import parse_text
from koshelek_driver.secrets import Secret
from tests.support.cards import card
from tests.support.conversations import RULES, FakeClock
from tests.support.merchants import merchant

MEMORY = Path("/dev/shm")
AMOUNT = 500
RULE = LineRule("x", "0", "none")
FATES = ("ok", "ok", "ok", "twice", "lost-before", "lost-after", "not-sent", "crash-before", "crash-after", "forbidden")
DECISIONS = ("accepted", "accepted", "rejected", "canceled", "pending", "pending")


class Crash(BaseException):
    """The till loses its power here."""


@dataclass
class Transaction:
    """A payment at the host."""

    id: str
    order_id: str
    status: str = "pending"
    refunds: dict[str, int] = field(default_factory=dict)
    refund_states: dict[str, str] = field(default_factory=dict)

    @property
    def charged(self) -> bool:
        return self.status == "accepted"

    @property
    def given_back(self) -> int:
        return sum(amount for name, amount in self.refunds.items() if self.refund_states[name] == "accepted")


class ModelHost:
    """Idempotent by requestId, as the API says; decides when it is asked."""

    def __init__(self) -> None:
        self.decisions: list[str] = []
        self.transactions: dict[str, Transaction] = {}
        self.answers: dict[str, TransactionAnswer] = {}
        self.bodies: dict[str, bytes] = {}
        self.ids = count(1)

    def perform(self, request: Request) -> TransactionAnswer:
        if request.call is Call.STATUS:
            return self._status(request)
        assert self.bodies.setdefault(request.request_id, request.body) == request.body, "one id, two requests"
        if request.request_id not in self.answers:
            calls = {Call.CHECKOUT: self._checkout, Call.CANCEL: self._cancel, Call.REFUND: self._refund}
            self.answers[request.request_id] = calls[request.call](request, msgspec.json.decode(request.body))
        return self.answers[request.request_id]

    def _checkout(self, request: Request, body: dict[str, object]) -> TransactionAnswer:
        invoice = cast("dict[str, str]", body["checkoutInvoice"])
        made = Transaction(f"t-{next(self.ids)}", invoice["orderId"])
        self.transactions[made.id] = made
        return self._answer(request, made)

    def _cancel(self, request: Request, body: dict[str, object]) -> TransactionAnswer:
        found = self.transactions[str(body["transactionId"])]
        done = found.status == "pending"
        if done:
            found.status = "canceled"
        return self._answer(request, found, ref=f"c-{next(self.ids)}", ref_status="accepted" if done else "rejected")

    def _refund(self, request: Request, body: dict[str, object]) -> TransactionAnswer:
        found, amount = self.transactions[str(body["transactionId"])], int(str(body["refundAmount"]))
        name = f"ref-{next(self.ids)}"
        running = "new" in found.refund_states.values()
        good = found.charged and not running and found.given_back + amount <= AMOUNT
        found.refunds[name], found.refund_states[name] = amount, "new" if good else "rejected"
        return self._answer(request, found, ref=name, ref_status=found.refund_states[name])

    def _status(self, request: Request) -> TransactionAnswer:
        body = msgspec.json.decode(request.body)
        decision = self.decisions.pop() if self.decisions else "pending"
        if "refTransactionId" in body:
            return self._refund_status(request, body["refTransactionId"], decision)
        found = self.transactions[body["transactionId"]]
        if found.status == "pending":
            found.status = decision
        return self._answer(request, found)

    def _refund_status(self, request: Request, name: str, decision: str) -> TransactionAnswer:
        found = next(each for each in self.transactions.values() if name in each.refunds)
        if found.refund_states[name] == "new" and decision in ("accepted", "rejected"):
            found.refund_states[name] = decision
        return self._answer(request, found, ref=name, ref_status=found.refund_states[name])

    def _answer(
        self, request: Request, found: Transaction, *, ref: str | None = None, ref_status: str | None = None
    ) -> TransactionAnswer:
        return TransactionAnswer(
            request_id=request.request_id,
            transaction_id=found.id,
            status=found.status,
            slip={"id": "slip"} if found.charged or ref_status == "accepted" else None,
            refund_transaction_id=ref,
            ref_status=ref_status,
        )


class Network:
    """Between till and host: loses, doubles, breaks."""

    def __init__(self, host: ModelHost, clock: FakeClock) -> None:
        self.host = host
        self.clock = clock
        self.fates: list[str] = []

    def call(self, request: Request) -> Exchange:
        fate = self.fates.pop() if self.fates else "ok"
        began_s = self.clock.now_s()
        reply = self._reply(request, fate)
        self.clock.pass_by(0.05)
        left = not isinstance(reply, NotSent)
        return Exchange(request, reply, began_s, began_s if left else None, self.clock.now_s(), 200 if left else None)

    def _reply(self, request: Request, fate: str) -> Reply:
        if fate == "crash-before":
            raise Crash
        if fate == "not-sent":
            return NotSent("refused")
        if fate == "lost-before":
            return NoAnswer("closed")
        if fate == "forbidden":
            return Refused("HTTP_403")
        answer = self.host.perform(request)
        if fate == "twice":
            answer = self.host.perform(request)
        if fate == "crash-after":
            raise Crash
        return NoAnswer("closed") if fate == "lost-after" else Answered(answer, {"status": answer.status})


class Cards:
    """Every card is genuine and shown when it is needed."""

    def begin_sale(self) -> None: ...
    def end_sale(self, *, keep: bool) -> None: ...
    def forget_use(self, digest: bytes) -> None: ...

    def token(self, _card: object) -> Secret:
        return Secret("T")

    def digest(self, _card: object) -> bytes:
        return b"digest"


def genuine() -> Shown:
    return Shown(parse_text("x"), Verification("CARDSESSION_AVAILABLE", card("368", session="A1B2C3")), 0.0)


SILENT = SaleObserver()


class TillAndHost(RuleBasedStateMachine):
    """What a cashier, a technician, the network and the power may do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
        self.host = ModelHost()
        self.clock = FakeClock()
        self.network = Network(self.host, self.clock)
        self.names = count(1)
        self.told: dict[str, Outcome] = {}
        self.start()

    def start(self) -> None:
        """The till's program starts."""
        self.journal = Journal(self.folder / "journal.db")
        ids = self._ids()
        engine = Engine(
            client=self.network, journal=self.journal, merchant=merchant(), rules=RULES, ids=ids, clock=self.clock
        )
        till = PaymentParts(
            engine=engine,
            journal=self.journal,
            merchant=merchant(),
            slips=SlipPrinting(None, self.journal, SlipRules("test", "ru")),
            lock=TillLock(FileLock(self.folder / "lock"), 0.0),
            ids=ids,
            clock=self.clock,
        )
        self.sales = Sales(till, cast("ShownCard", Cards()), Breaker(2, 20.0), 0)
        self.refunds = Refunds(till, RULE, lambda: Secret("T"), NoShop())
        self.recovery = Recovery(till)

    def _ids(self) -> Iterator[str]:
        return (f"id-{next(self.names)}" for _ in iter(int, 1))

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)

    @initialize(is_paid=st.booleans())
    def one_order_may_be_paid_already(self, is_paid: bool) -> None:
        if is_paid:
            self.the_cashier_presses_pay("A", [], ["accepted"])

    @rule(
        order_id=st.sampled_from("AB"),
        fates=st.lists(st.sampled_from(FATES), max_size=8),
        decisions=st.lists(st.sampled_from(DECISIONS), max_size=4),
    )
    def the_cashier_presses_pay(self, order_id: str, fates: list[str], decisions: list[str]) -> None:
        with self._misfortunes(fates, decisions) as power:
            payment = self.sales.pay(order(order_id, AMOUNT, RULE), genuine, SILENT)
            power.told = payment.outcome
        if power.told is not None:
            assert self.told.get(order_id) is not Outcome.PAID or power.told is Outcome.PAID, "paid goes back"
            self.told[order_id] = power.told

    @rule(
        order_id=st.sampled_from("AB"),
        amount=st.sampled_from([None, 1, 200, AMOUNT]),
        fates=st.lists(st.sampled_from(FATES), max_size=8),
        decisions=st.lists(st.sampled_from(DECISIONS), max_size=4),
    )
    def the_cashier_gives_money_back(
        self, order_id: str, amount: int | None, fates: list[str], decisions: list[str]
    ) -> None:
        with self._misfortunes(fates, decisions):
            self.refunds.refund(RefundWanted(order_id, amount=amount), SILENT)

    @rule(
        fates=st.lists(st.sampled_from(FATES), max_size=6), decisions=st.lists(st.sampled_from(DECISIONS), max_size=3)
    )
    def somebody_recovers(self, fates: list[str], decisions: list[str]) -> None:
        with self._misfortunes(fates, decisions):
            self.recovery.recover(SILENT)

    @rule(order_id=st.sampled_from("AB"), fates=st.lists(st.sampled_from(FATES), max_size=6))
    def the_cashier_cancels(self, order_id: str, fates: list[str]) -> None:
        with self._misfortunes(fates, []):
            self.recovery.cancel(order_id, SILENT)

    @rule(seconds=st.sampled_from([1.0, 30.0, 70.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.clock.pass_by(seconds)

    @rule(seconds=st.sampled_from([-3600.0, 3600.0, 86_400.0]))
    def the_wall_clock_jumps(self, seconds: float) -> None:
        self.clock.wall_s += seconds

    @rule(status=st.sampled_from(["accepted", "rejected"]))
    def customers_decide_by_themselves(self, status: str) -> None:
        for each in self.host.transactions.values():
            if each.status == "pending":
                each.status = status

    def _misfortunes(self, fates: list[str], decisions: list[str]) -> _Power:
        self.network.fates, self.host.decisions = list(fates), list(decisions)
        return _Power(self)

    @invariant()
    def no_order_is_charged_twice(self) -> None:
        for order_id in "AB":
            charged = [each for each in self._of(order_id) if each.charged]
            assert len(charged) <= 1

    @invariant()
    def the_books_agree_wherever_they_are_closed(self) -> None:
        for order_id in "AB":
            for payment in self.journal.attempts(order_id):
                found = self.host.transactions.get(payment.verdict.transaction_id)
                if payment.outcome is Outcome.PAID:
                    assert found is not None
                    assert found.charged
                elif payment.outcome in (Outcome.REJECTED, Outcome.CANCELED):
                    assert found is None or not found.charged

    @invariant()
    def every_charge_has_a_row_that_knows_or_asks(self) -> None:
        for each in self.host.transactions.values():
            if each.charged:
                outcomes = {payment.outcome for payment in self.journal.attempts(each.order_id)}
                assert outcomes & {Outcome.PAID, Outcome.UNKNOWN}

    @invariant()
    def never_more_is_given_back_than_was_paid(self) -> None:
        for each in self.host.transactions.values():
            assert each.given_back <= AMOUNT
            rows = self.journal.refunds.of_payment(each.id)
            done = sum(row.amount for row in rows if row.outcome is Outcome.REFUNDED)
            asked = sum(row.amount for row in rows if row.outcome is not Outcome.REJECTED)
            assert done <= each.given_back <= asked

    def _of(self, order_id: str) -> list[Transaction]:
        return [each for each in self.host.transactions.values() if each.order_id == order_id]


@dataclass
class _Power:
    """While inside, the power may fail: then the till's program starts again."""

    machine: TillAndHost
    told: Outcome | None = None

    def __enter__(self) -> _Power:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _at: object) -> bool:
        if kind is Crash:
            self.machine.journal.close()
            self.machine.start()
        return kind in (Crash, UsageError, BusyError)
