"""A shop whose journal sells without a host."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

import apsw

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.accounting.closing import Closing
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.secrets import Secret

SLIP = {
    "id": "s-1", "paymentType": "SBP", "orderId": "A-1", "paymentTransactionId": "t-1", "qrcId": "Q1", "kzo": "K1",
    "merchantId": "M1", "storeId": "S1", "terminalId": "T1", "operationId": "O1",
    "operationDateTime": "2026-11-22T10:00:00.000Z", "totalAmount": 500, "currency": "RUB",
}  # fmt: skip
BY_HAND = DayRule()


@dataclass
class Clock:
    """A clock that a test sets."""

    wall_s: float = 1_800_000_000.0

    def unix_s(self) -> float:
        return self.wall_s


class Shop:
    """A journal that sells without a host."""

    def __init__(self, path: Path, rule: DayRule = BY_HAND) -> None:
        self.path = path
        self._rule = rule
        self.clock = Clock()
        self.names = count(1)
        self.paid: list[Payment] = []
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.path)
        self.set_rule(self._rule)

    def set_rule(self, rule: DayRule) -> None:
        """Another rule, another time zone, in the middle of a day."""
        self._rule = rule
        till: Any = type("PartOfATill", (), {"journal": self.journal, "clock": self.clock})()
        self.desk = Closing(cast("PaymentParts", till), rule)

    def close(self) -> None:
        self.journal.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def sell(self, end: str, amount: int = 500, provider: str = "SBP") -> str:
        """Write one payment with this outcome and return its request id."""
        name = f"r-{next(self.names)}"
        began = Payment(f"A-{name}", name, amount, self.clock.unix_s(), Verdict(Outcome.UNKNOWN))
        self.journal.begin(began, Request(Call.CHECKOUT, name, b"{}", Secret("t")), "{}")
        if end != "unknown":
            slip = {**SLIP, "paymentType": provider} if end == "paid" else None
            verdict = Verdict(Outcome(end), f"t-{name}", slip=slip)
            self.journal.end(name, verdict, self.clock.unix_s())
        if end == "paid":
            found = self.journal.latest(f"A-{name}")
            assert found is not None
            self.paid.append(found)
        return name

    def give_back(self, of: Payment, amount: int, end: str) -> None:
        """Write one refund of a payment with this outcome."""
        name = f"b-{next(self.names)}"
        began = Refund(
            of.order_id,
            name,
            amount,
            self.clock.unix_s(),
            Verdict(Outcome.UNKNOWN, of.verdict.transaction_id),
            "[]",
            paid=of.amount,
        )
        self.journal.refunds.begin(began, Request(Call.REFUND, name, b"{}", Secret("t")))
        slip = {**SLIP, "refundTransactionId": f"back-{name}", "paymentType": (of.verdict.slip or {})["paymentType"]}
        self.journal.refunds.end(name, Verdict(Outcome(end), of.verdict.transaction_id, slip=slip), self.clock.unix_s())


def recounted(shop: Shop) -> Counter[tuple[str, str, int]]:
    """Add up the raw rows of the journal's file: kopecks by outcome and payment type."""
    database = apsw.Connection(str(shop.path), flags=apsw.SQLITE_OPEN_READONLY)
    found: Counter[tuple[str, str, int]] = Counter()
    for table in ("attempt", "refund"):
        sql = (
            "SELECT outcome, json_extract(slip, '$.paymentType'), sum(amount) FROM " + table + " WHERE outcome IN"
            " ('paid', 'refunded', 'canceled') GROUP BY 1, 2"
        )
        for outcome, provider, amount in database.execute(sql):
            found[outcome, provider or "?", 0] += amount
    database.close()
    return found
