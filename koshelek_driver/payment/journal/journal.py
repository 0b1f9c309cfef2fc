"""Payments in the journal: on disk before the first byte is sent.

Every change of money is stored together with an event, in the same transaction: tables hold the current state, events
its history. A final outcome never changes, and an order has at most one attempt that is open or paid; triggers and
indexes of the database enforce both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.ids import spellings
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.clock import Moment
from koshelek_driver.payment.journal.card_book import CardBook
from koshelek_driver.payment.journal.chain import Anchor, Event
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.day_book import DayBook
from koshelek_driver.payment.journal.outbox_book import OutboxBook
from koshelek_driver.payment.journal.refund_book import RefundBook
from koshelek_driver.payment.journal.rows import PAYMENT_COLUMNS, payment_from_row
from koshelek_driver.payment.journal.tables import Seconds, check_object, convert, read, read_all
from koshelek_driver.payment.journal.verifying import find_faults
from koshelek_driver.payment.journal.writing import (
    end_row,
    keep_operator,
    keep_postback,
    keep_response,
    last_postback,
    operator_fact,
    set_ended_by,
)
from koshelek_driver.payment.outcome import Payment, SlipState, Verdict
from koshelek_driver.secrets import Secret

_Sent = tuple[bytes | None, str | None, str, Seconds, float | None, str | None]


@dataclass(frozen=True, slots=True)
class SentRequests:
    """The requests of an attempt; `cancel_request_id` is empty if no cancel was begun.

    `began` is None for an attempt of a journal before schema version 7.
    """

    checkout: Request
    cancel_request_id: str
    began: Moment | None


class Journal:  # noqa: PLR0904 - one method for each thing that may happen to money
    """The journal of one till, for any thread. Every method blocks for about a disk write and raises JournalError.

    `at_s` is Unix time, amounts are kopecks. `cards`, `refunds`, `outbox` and `days` are the other tables of the same
    file.
    """

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        """Open the journal at `path`, and create it if it is not there.

        `vfs` is the registered name of an SQLite VFS, its layer above the file system; None for the default.

        Raises:
            JournalError: the file cannot be opened, is damaged, is of a newer version, is an old copy, or is gone.
        """
        self.database = Database(path, vfs)
        self.cards = CardBook(self.database)
        self.refunds = RefundBook(self.database)
        self.outbox = OutboxBook(self.database)
        self.days = DayBook(self.database)

    def close(self) -> None:
        """Close the connection to the file."""
        self.database.close()

    def salt(self) -> bytes:
        """Return the 32 random bytes of this installation, which digests of cards are salted with."""
        return read(_read_salt, self.database.run("SELECT salt FROM installation"))

    # --- reading

    def latest(self, order_id: str) -> Payment | None:
        """Return the last attempt to pay an order; None if there is none."""
        return self._find("order_id = ? ORDER BY number DESC", order_id)

    def attempts(self, order_id: str) -> list[Payment]:
        """Return all attempts to pay an order, oldest first."""
        return self._all("order_id = ? ORDER BY number", order_id)

    def by_transaction(self, transaction_id: str) -> Payment | None:
        """Return the payment with a transactionId of the host, in any case; None if there is none."""
        return self._find("transaction_id IN (?, ?, ?) AND transaction_id <> ''", *spellings(transaction_id))

    def by_request(self, request_id: str) -> Payment | None:
        """Return the payment with a requestId; None if there is none."""
        return self._find("request_id = ?", request_id)

    def unfinished(self) -> list[Payment]:
        """Return payments whose outcome is open or whose slip is not on paper, oldest first."""
        return self._all("outcome IS NULL OR slip_state IN ('queued', 'sent') ORDER BY number")

    def still_open(self) -> list[Payment]:
        """Return payments whose outcome is open, oldest first."""
        return self._all("outcome IS NULL ORDER BY number")

    def newest(self, count: int) -> list[Payment]:
        """Return the last `count` payments, newest first."""
        return self._all("1 ORDER BY number DESC LIMIT ?", count)

    def invoice_of(self, payment: Payment) -> str | None:
        """Return the API's checkoutInvoice of a payment as JSON. None for payments of schema version 1 or 2."""
        row = self.database.first_row("SELECT invoice FROM attempt WHERE request_id = ?", payment.request_id)
        return None if row is None else read(_read_invoice, row)

    def sent_for(self, payment: Payment) -> SentRequests:
        """Return the requests of an open attempt, which may have been sent.

        A retry uses the same bytes and ids, so that the host cannot take it for a second payment.
        """
        sql = (
            "SELECT body, token, cancel_request_id, created_s, begun_steady_s, boot_id"
            " FROM attempt WHERE request_id = ?"
        )
        row = self.database.first_row(sql, payment.request_id)
        kept = None if row is None else read(_read_sent, row)
        body = kept[0] if kept else None
        if kept is None or body is None:
            raise JournalError(f"{self.database.path}: no request is kept for order {payment.order_id}", "call support")
        _, token, cancel_request_id, created_s, begun_steady_s, boot_id = kept
        began = None if boot_id is None or begun_steady_s is None else Moment(created_s, begun_steady_s, boot_id)
        checkout = Request(Call.CHECKOUT, payment.request_id, body, Secret(token or ""))
        return SentRequests(checkout, cancel_request_id, began)

    def last_postback(self, request_id: str) -> int:
        """Return the number of the last postback's event, 0 without one: news that any program of the till heard."""
        return last_postback(self.database, request_id)

    def events(self, request_id: str) -> list[Event]:
        """Return all events of a requestId, oldest first."""
        return list(self.database.events(request_id))

    def verify(self, anchor: Anchor | None = None) -> list[str]:
        """Return the faults of the journal as sentences; an empty list if it is intact.

        Checks the file, the chain of events, and the tables against the events; with an anchor of a Z report also that
        the chain leads there. Reads the whole file.
        """
        return find_faults(self.database, anchor)

    # --- writing

    def begin(self, payment: Payment, request: Request, invoice: str, began: Moment | None = None) -> None:
        """Store the intent to pay, with the request, before a byte is sent. Without `began` its age counts as endless.

        Raises:
            JournalError: an attempt of the order is open or paid, or the disk is full or has failed.
        """
        # Checked before every intent: a payment that could not be ended must not begin.
        self.database.check_disk()
        facts = {"order_id": payment.order_id, "amount": payment.amount, "call": request.call.name}
        facts |= operator_fact(payment.operator)
        with self.database.event(payment.created_s, "intent", payment.request_id, facts):
            self.database.run(
                "INSERT INTO attempt (order_id, request_id, amount, created_s, card_digest, body, token, invoice,"
                " operator, begun_steady_s, boot_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                payment.order_id,
                payment.request_id,
                payment.amount,
                payment.created_s,
                payment.card_digest,
                request.body,
                None if request.token is None else request.token.reveal(),
                invoice,
                payment.operator,
                None if began is None else began.steady_s,
                None if began is None else began.boot_id,
            )

    def keep_transaction(self, request_id: str, transaction_id: str, at_s: float) -> None:
        """Store the transactionId that the host gave to a payment."""
        with self.database.event(at_s, "transaction", request_id, {"transaction_id": transaction_id}):
            self._set(request_id, "transaction_id", transaction_id)

    def keep_cancel(self, request_id: str, cancel_request_id: str, at_s: float) -> None:
        """Store the requestId of a cancel, before the cancel is sent."""
        with self.database.event(at_s, "cancel", request_id, {"cancel_request_id": cancel_request_id}):
            self._set(request_id, "cancel_request_id", cancel_request_id)

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """Store the milliseconds from the cashier's button to the first byte on the wire."""
        self._set(request_id, "button_to_wire_ms", milliseconds)

    def want_cancel(self, request_id: str, at_s: float, operator: str = "") -> None:
        """Ask the program that runs an open payment to cancel it. It checks `is_cancel_wanted` at every turn."""
        with self.database.event(at_s, "cancel wanted", request_id, operator_fact(operator)):
            self._set(request_id, "cancel_wanted", 1)
            if operator:
                set_ended_by(self.database, "attempt", request_id, operator)

    def is_cancel_wanted(self, request_id: str) -> bool:
        """Return True if any program called `want_cancel` for a payment."""
        row = self.database.first_row("SELECT cancel_wanted FROM attempt WHERE request_id = ?", request_id)
        return bool(row and row[0])

    def keep_operator(self, request_id: str, action: str, operator: str, at_s: float) -> None:
        """Store the operator of a later action on a payment; nothing without a name."""
        keep_operator(self.database, "attempt", request_id, action, operator=operator, at_s=at_s)

    def keep_response(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """Store a response of the host as an event, secrets masked, unless it repeats the last."""
        keep_response(self.database, request_id, exchange, at_s)

    def keep_postback(self, request_id: str, body: bytes, at_s: float) -> None:
        """Store a postback as an event, secrets masked. The payment itself is not changed by it."""
        keep_postback(self.database, request_id, body, at_s)

    def end(self, request_id: str, verdict: Verdict, at_s: float) -> None:
        """Store the final verdict of a payment with its slip, and delete the request.

        The request holds the customer's session, password and card number. A cancelled payment that the host knows gets
        an entry in the outbox, which checks later that it stays unpaid. If the disk is full, the reserve is used.
        """
        end_row(self.database, "attempt", request_id, verdict, at_s, also="body = NULL, token = NULL")

    def keep_slip_state(self, request_id: str, state: SlipState) -> None:
        """Store the state of a payment's slip."""
        self._set(request_id, "slip_state", state.value)

    # --- private

    def _set(self, request_id: str, column: str, value: Any) -> None:
        self.database.run(f"UPDATE attempt SET {column} = ? WHERE request_id = ?", value, request_id)  # noqa: S608

    def _find(self, where: str, *values: Any) -> Payment | None:
        row = self.database.first_row(f"SELECT {PAYMENT_COLUMNS} FROM attempt WHERE {where}", *values)  # noqa: S608
        return None if row is None else read(payment_from_row, row)

    def _all(self, where: str, *values: Any) -> list[Payment]:
        rows = self.database.run(f"SELECT {PAYMENT_COLUMNS} FROM attempt WHERE {where}", *values)  # noqa: S608
        return read_all(payment_from_row, rows)


def _read_salt(rows: Any) -> bytes:
    salt: bytes = convert(rows[0], tuple[bytes])[0]
    return salt


def _read_invoice(row: Any) -> str | None:
    return check_object(convert(row, tuple[str | None])[0])


def _read_sent(row: Any) -> _Sent:
    found: _Sent = convert(row, _Sent)
    return found
