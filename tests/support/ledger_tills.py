"""Tills that sell and give back without a host, and what their journals say, row by row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import psycopg

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.accounting.closing import Closing
from koshelek_driver.ledger.connection import Address
from koshelek_driver.ledger.feeder import TillName
from koshelek_driver.ledger.till_ledger import TillLedger
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import MOST_EVENTS
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.secrets import Secret

STORE = "ac99f4c8-1a8e-4b60-8aeb-fe20220f1b99"
_OURS = "request_id, order_id, transaction_id, amount, created_s, outcome, error_code, details, slip, closed_s, ended"


class Clock:
    """The wall clock of a till."""

    def __init__(self) -> None:
        self.wall_s = 1_800_000_000.0

    def unix_s(self) -> float:
        return self.wall_s


class Till:
    """A journal, its side of the ledger, and a clock that goes on by itself."""

    def __init__(
        self, folder: Path, name: str, address: Address, store: str = STORE, most_events: int = MOST_EVENTS
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.name = name
        self.store = store
        self.path = folder / f"{name}.db"
        self.clock = Clock()
        self.numbers: Iterator[int] = count(1)
        self._address = address
        self._most_events = most_events
        self.open()

    def open(self) -> None:
        """Begin, or begin again after `close`."""
        self.journal = Journal(self.path)
        self.ledger = TillLedger(self._address, self.journal, TillName(self.store, self.name), self._most_events)
        part: Any = type("PartOfATill", (), {"journal": self.journal, "clock": self.clock})()
        self.reports = Closing(part, DayRule())

    def close(self) -> None:
        self.ledger.close()
        self.journal.close()

    def new_id(self) -> str:
        return f"{self.name}-{next(self.numbers)}"

    def sell(self, amount: int = 500, end: str = "paid", order_id: str = "", provider: str = "SBP") -> Payment:
        """One sale; `end` may be unknown."""
        name = self.new_id()
        self.clock.wall_s += 1
        item = {"name": "A", "article": "a", "price": amount, "quantity": 1, "totalAmount": amount, "tax": "none"}
        sold = {"orderId": order_id or f"A-{name}", "totalAmount": amount, "items": [item]}
        invoice = json.dumps(sold)
        began = Payment(order_id or f"A-{name}", name, amount, self.clock.wall_s, Verdict(Outcome.UNKNOWN))
        self.journal.begin(began, Request(Call.CHECKOUT, name, b"{}", Secret("t")), invoice)
        self.journal.keep_transaction(name, f"t-{name}", self.clock.wall_s)
        if end != "unknown":
            slip = {"paymentType": provider, "orderId": began.order_id} if end == "paid" else None
            self.journal.end(name, Verdict(Outcome(end), f"t-{name}", slip=slip), self.clock.wall_s)
        found = self.journal.latest(began.order_id)
        assert found is not None
        return found

    def wanted(self, transaction_id: str, amount: int, paid: int | None) -> Refund:
        """A refund that is about to begin."""
        self.clock.wall_s += 1
        open_ = Verdict(Outcome.UNKNOWN, transaction_id)
        return Refund("A", self.new_id(), amount, self.clock.wall_s, open_, "[]", paid=paid)

    def begin_refund(self, refund: Refund) -> None:
        """Its intent, on disk."""
        self.journal.refunds.begin(refund, Request(Call.REFUND, refund.request_id, b"{}", Secret("t")))

    def end_refund(self, refund: Refund, end: str = "refunded") -> None:
        verdict = Verdict(Outcome(end), refund.verdict.transaction_id, slip={"paymentType": "SBP"})
        self.journal.refunds.end(refund.request_id, verdict, self.clock.wall_s)

    def raw(self) -> list[tuple[Any, ...]]:
        """Its rows as its file has them, past all of our own code."""
        database = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        found: list[tuple[Any, ...]] = []
        for table, more in (("attempt", "''"), ("refund", "ref_transaction_id")):
            found += database.execute(f"SELECT {_OURS}, {more} FROM {table}").fetchall()
        database.close()
        return sorted(found)


def ledger_rows(address: Address) -> list[tuple[Any, ...]]:
    """What the ledger's table says, past all of our own code."""
    with psycopg.connect(
        host=address.host, port=address.port, dbname=address.database, user=address.login.reveal()
    ) as connection:
        sql = f"SELECT {_OURS}, refund_transaction_id FROM koshelek.operation"
        return sorted(connection.execute(sql).fetchall())


def assert_same(address: Address, tills: Iterable[Till], *, but: str = "") -> None:
    """The ledger has every row of every till as it is, once, and no other, beside those of the error code `but`."""
    theirs = Counter(row for row in ledger_rows(address) if not but or row[6] != but)
    assert theirs == Counter(row for till in tills for row in till.raw())


def assert_none_overdrawn(tills: Iterable[Till]) -> None:
    """No payment has more given back than it took, whichever tills did it; and something was given back."""
    rows = [row for till in tills for row in till.raw()]
    paid = {row[2]: row[3] for row in rows if row[5] == "paid"}
    back = Counter[str]()
    for till in tills:
        for refund in till.journal.refunds.newest(100_000):
            if refund.outcome is not Outcome.REJECTED:
                back[refund.verdict.transaction_id] += refund.amount
    assert back, "nothing was given back: the test proves nothing"
    assert all(amount <= paid[transaction_id] for transaction_id, amount in back.items())
