"""Payments in the journal: what this till did with money, on disk before it happens on the wire.

Every change is an event too, in the same transaction: tables say how things stand, events how they came about. A
final outcome never changes, and an order has at most one attempt that is open or paid: the database itself refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal.card_book import CardBook
from koshelek_driver.payment.journal.chain import Event
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.day_book import DayBook
from koshelek_driver.payment.journal.outbox_book import OutboxBook
from koshelek_driver.payment.journal.refund_book import RefundBook
from koshelek_driver.payment.journal.rows import PAYMENT_COLUMNS, payment_of
from koshelek_driver.payment.journal.verifying import faults_of
from koshelek_driver.payment.journal.writing import end_row, keep_answer, keep_postback
from koshelek_driver.payment.outcome import Payment, SlipState, Verdict
from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True)
class Sent:
    """The requests of an attempt; `cancel_request_id` is empty while no cancel was begun."""

    checkout: Request
    cancel_request_id: str


class Journal:
    """One till's journal, for any thread. Every method blocks for about a disk write and raises JournalError.

    `at_s` is Unix time. `cards`, `refunds`, `outbox` and `days` are the parts of the same file that remember those.
    """

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        """`vfs`: SQLite's way to the file system, by its registered name; its own by default."""
        self.database = Database(path, vfs)
        self.cards = CardBook(self.database)
        self.refunds = RefundBook(self.database)
        self.outbox = OutboxBook(self.database)
        self.days = DayBook(self.database)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def salt(self) -> bytes:
        """Random bytes made once for this installation."""
        row = self.database.one("SELECT salt FROM installation")
        assert row is not None
        return bytes(row[0])

    # --- what there is

    def latest(self, order_id: str) -> Payment | None:
        """The last attempt to pay this order."""
        return self._find("order_id = ? ORDER BY number DESC", order_id)

    def attempts(self, order_id: str) -> list[Payment]:
        """All attempts to pay this order, oldest first."""
        return self._all("order_id = ? ORDER BY number", order_id)

    def by_transaction(self, transaction_id: str) -> Payment | None:
        """The payment with this transactionId of the host."""
        return self._find("transaction_id = ? AND transaction_id <> ''", transaction_id)

    def by_request(self, request_id: str) -> Payment | None:
        """The attempt of a request."""
        return self._find("request_id = ?", request_id)

    def unfinished(self) -> list[Payment]:
        """Payments whose outcome is open and payments whose slip is not on paper, oldest first."""
        return self._all("outcome IS NULL OR slip_state IN ('queued', 'sent') ORDER BY number")

    def still_open(self) -> list[Payment]:
        """Payments whose outcome is open, oldest first."""
        return self._all("outcome IS NULL ORDER BY number")

    def newest(self, count: int) -> list[Payment]:
        """The last payments, newest first."""
        return self._all("1 ORDER BY number DESC LIMIT ?", count)

    def invoice_of(self, payment: Payment) -> str | None:
        """What was paid for, as the API's checkoutInvoice in JSON; None for payments of the first version."""
        row = self.database.one("SELECT invoice FROM attempt WHERE request_id = ?", payment.request_id)
        return None if row is None else row[0]

    def sent_for(self, payment: Payment) -> Sent:
        """What was, or may have been, sent for an open attempt: the same bytes and ids are used again."""
        sql = "SELECT body, token, cancel_request_id FROM attempt WHERE request_id = ?"
        row = self.database.one(sql, payment.request_id)
        if row is None or row[0] is None:
            raise JournalError(f"{self.database.path}: no request is kept for order {payment.order_id}", "call support")
        body, token, cancel_request_id = row
        return Sent(Request(Call.CHECKOUT, payment.request_id, bytes(body), Secret(token or "")), cancel_request_id)

    def events(self, request_id: str) -> list[Event]:
        """Everything that happened under a requestId."""
        return list(self.database.events(request_id))

    def verify(self) -> list[str]:
        """What is wrong with the journal: the file, its chain of events, and what tables and events say of each end.

        Reads all of it; empty when it is whole.
        """
        return faults_of(self.database)

    # --- what happens

    def begin(self, payment: Payment, request: Request, invoice: str) -> None:
        """Keep the intent with its exact bytes. Refused when the order is open or paid; see also `check_disk`."""
        self.database.check_disk()
        facts = {"order_id": payment.order_id, "amount": payment.amount, "call": request.call.name}
        with self.database.event(payment.created_s, "intent", payment.request_id, facts):
            self.database.run(
                "INSERT INTO attempt (order_id, request_id, amount, created_s, card_digest, body, token, invoice)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                payment.order_id,
                payment.request_id,
                payment.amount,
                payment.created_s,
                payment.card_digest,
                request.body,
                None if request.token is None else request.token.reveal(),
                invoice,
            )

    def keep_transaction(self, request_id: str, transaction_id: str, at_s: float) -> None:
        """The host's name for this payment."""
        with self.database.event(at_s, "transaction", request_id, {"transaction_id": transaction_id}):
            self._set(request_id, "transaction_id", transaction_id)

    def keep_cancel(self, request_id: str, cancel_request_id: str, at_s: float) -> None:
        """A cancel is about to be sent."""
        with self.database.event(at_s, "cancel", request_id, {"cancel_request_id": cancel_request_id}):
            self._set(request_id, "cancel_request_id", cancel_request_id)

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """How long the first byte took."""
        self._set(request_id, "button_to_wire_ms", milliseconds)

    def want_cancel(self, request_id: str, at_s: float) -> None:
        """Another program wants an open payment cancelled; whoever drives it looks here."""
        with self.database.event(at_s, "cancel wanted", request_id, {}):
            self._set(request_id, "cancel_wanted", 1)

    def is_cancel_wanted(self, request_id: str) -> bool:
        """Whether `want_cancel` was called."""
        row = self.database.one("SELECT cancel_wanted FROM attempt WHERE request_id = ?", request_id)
        return bool(row and row[0])

    def heard(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """An answer of the host as it came, secrets masked; one that says nothing new is not kept again."""
        keep_answer(self.database, request_id, exchange, at_s)

    def hear_postback(self, request_id: str, body: bytes, at_s: float) -> None:
        """What the host said by itself, secrets masked. It changes nothing but the list of events."""
        keep_postback(self.database, request_id, body, at_s)

    def end(self, request_id: str, verdict: Verdict, at_s: float) -> None:
        """Keep a final verdict with its slip, and forget the customer's session, password and card number.

        A cancelled payment that the host knows is watched from now on. On a disk that is full the reserve is given up.
        """
        end_row(self.database, "attempt", request_id, verdict, at_s, also="body = NULL, token = NULL")

    def keep_slip_state(self, request_id: str, state: SlipState) -> None:
        """Whether the slip is on paper."""
        self._set(request_id, "slip_state", state.value)

    # --- inside

    def _set(self, request_id: str, column: str, value: Any) -> None:
        self.database.run(f"UPDATE attempt SET {column} = ? WHERE request_id = ?", value, request_id)  # noqa: S608

    def _find(self, where: str, *values: Any) -> Payment | None:
        row = self.database.one(f"SELECT {PAYMENT_COLUMNS} FROM attempt WHERE {where}", *values)  # noqa: S608
        return None if row is None else payment_of(row)

    def _all(self, where: str, *values: Any) -> list[Payment]:
        rows = self.database.run(f"SELECT {PAYMENT_COLUMNS} FROM attempt WHERE {where}", *values)  # noqa: S608
        return [payment_of(row) for row in rows]
