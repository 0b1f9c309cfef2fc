"""Sales, voids, refunds, cancels, lost answers and crashes in any order through the CAT: host, journal and POS agree."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from koshelek_driver.card.totp import Verification
from koshelek_driver.cat.device import CAT
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.order import Order, order
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.upos.cat_codes import CatExtended
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from tests.support.till_model import AMOUNT, DECISIONS, FATES, RULE, TillAndHost, genuine
from tests.support.upos_devices import Entry

CURRENCY = AMOUNT * 100
NOTHING_WAS_SENT = (ErrorCode.E_ILLEGAL, ErrorCode.E_BUSY)


class ModelWallet:
    """The desks of the machine as the CAT needs them."""

    def __init__(self, machine: CatAndHost) -> None:
        self._machine = machine

    def new_order(self, order_id: str, amount: int, _invoice: bytes | None = None) -> Order:
        return order(order_id, amount, RULE)

    def pay(self, to_pay: Order, *, watcher: SaleObserver, **_given: Any) -> Payment:
        return self._machine.sales.pay(to_pay, genuine, watcher)

    def refund(self, wanted: RefundWanted, *, watcher: SaleObserver) -> Refund:
        return self._machine.refunds.refund(wanted, watcher)

    def cancel(self, order_id: str, *, watcher: SaleObserver) -> Payment:
        return self._machine.recovery.cancel(order_id, watcher)

    def find(self, order_id: str) -> Payment | None:
        return self._machine.journal.latest(order_id)

    def find_transaction(self, transaction_id: str) -> Payment | None:
        return self._machine.journal.by_transaction(transaction_id)

    def check_card(self, **_given: Any) -> Verification:
        return genuine().verification

    def journal_room(self) -> int:
        return 1 << 30

    def request_cancel(self) -> None: ...

    def tip(self, payment: Payment | Refund) -> str:
        return payment.verdict.error_code

    def tip_for(self, code: str, _details: str = "") -> str:
        return code

    def slip_text(self, _payment: Payment | Refund, **_given: Any) -> list[str]:
        return []

    def close(self) -> None: ...


class CatAndHost(TillAndHost):
    """The till of the model, driven through its CAT where a cashier pays and gives back."""

    cat: Any = None

    def start(self) -> None:
        super().start()
        if self.cat is not None:
            self.cat.close()  # the system frees what a killed program had claimed
        wallet: Any = ModelWallet(self)
        self.cat = CAT({"wallet": Entry("CAT")}, wallet=wallet)
        self.cat.open("wallet")
        self.cat.claim(5000)
        self.cat.device_enabled = True

    def teardown(self) -> None:
        self.cat.close()
        super().teardown()

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
        self._ask(orderId=order_id)
        with self._misfortunes(fates, decisions), self._telling(order_id) as told:
            self.cat.authorize_sales(1, CURRENCY, 0, -1)
            told.append("paid")
        if told == ["paid"]:
            assert [each.charged for each in self._of(order_id)].count(True) == 1

    @rule(
        order_id=st.sampled_from("AB"),
        amount=st.sampled_from([None, 1, 200, AMOUNT]),
        fates=st.lists(st.sampled_from(FATES), max_size=8),
        decisions=st.lists(st.sampled_from(DECISIONS), max_size=4),
    )
    def the_cashier_gives_money_back(
        self, order_id: str, amount: int | None, fates: list[str], decisions: list[str]
    ) -> None:
        """None: a void."""
        self._ask(originalOrderId=order_id)
        before = self._given_back(order_id)
        with self._misfortunes(fates, decisions), self._telling("") as told:
            if amount is None:
                self.cat.authorize_void(2, CURRENCY, 0, -1)
            else:
                self.cat.authorize_refund(2, amount * 100, 0, -1)
            told.append("back")
        if told == ["back"] and amount is None:
            assert all(not each.charged or each.given_back == AMOUNT for each in self._of(order_id))
        if told == ["back"] and amount is not None:
            row = self.journal.refunds.of_payment(self._paid(order_id))[-1]
            assert (row.outcome, row.amount) == (Outcome.REFUNDED, amount)
            assert self._given_back(order_id) - before in (0, amount)  # 0: it was given back before, and is answered so

    @rule()
    def a_program_names_no_payment(self) -> None:
        self.cat.additional_security_information = ""
        for call in (self.cat.authorize_void, self.cat.authorize_refund):
            try:
                call(3, CURRENCY, 0, -1)
            except UposError as problem:
                refused = problem.error_code is ErrorCode.E_ILLEGAL
            assert refused

    def _ask(self, **given: str) -> None:
        self.cat.additional_security_information = json.dumps(given)

    def _telling(self, order_id: str) -> _Telling:
        return _Telling(self, order_id)

    def _given_back(self, order_id: str) -> int:
        return sum(each.given_back for each in self._of(order_id))

    def _paid(self, order_id: str) -> str:
        found = self.journal.latest(order_id)
        return found.verdict.transaction_id if found else ""


class _Telling(list[str]):
    """While inside, what the CAT throws is compared with the host: no money moved, unless nobody knows."""

    def __init__(self, machine: CatAndHost, order_id: str) -> None:
        super().__init__()
        self._machine = machine
        self._order_id = order_id

    def __enter__(self) -> _Telling:
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _at: object) -> bool:
        if not isinstance(problem, UposError):
            return False
        self.append(f"{problem.error_code.name} {problem.error_code_extended}")
        if problem.error_code_extended == CatExtended.OUTCOME_UNKNOWN:
            payments, refunds = self._machine.journal.unfinished(), self._machine.journal.refunds.unfinished()
            assert Outcome.UNKNOWN in {*(each.outcome for each in payments), *(each.outcome for each in refunds)}
        elif problem.error_code not in NOTHING_WAS_SENT and self._order_id:
            assert not any(each.charged for each in self._machine._of(self._order_id)), "an exception means not paid"
        return True


TestCatAndHost = CatAndHost.TestCase
TestCatAndHost.settings = settings(
    stateful_step_count=30, max_examples=settings().max_examples, suppress_health_check=list(HealthCheck)
)
