"""Refunds in the journal: one at a time, and never more than was paid."""

from __future__ import annotations

from typing import Any

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.ids import spellings
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.rows import REFUND_COLUMNS, refund_from_row
from koshelek_driver.payment.journal.tables import Kopecks, convert, read, read_all
from koshelek_driver.payment.journal.writing import (
    end_row,
    keep_operator,
    keep_response,
    last_postback,
    operator_fact,
)
from koshelek_driver.payment.outcome import Refund, SlipState, Verdict
from koshelek_driver.secrets import Secret


class RefundBook:
    """The refunds of a journal, for any thread. Every method blocks for about a disk write and raises JournalError.

    `at_s` is Unix time, amounts are kopecks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_payment(self, transaction_id: str) -> list[Refund]:
        """Return all refunds of a payment, given its transactionId, oldest first."""
        return self._all("transaction_id IN (?, ?, ?) ORDER BY number", *spellings(transaction_id))

    def of_order(self, order_id: str) -> list[Refund]:
        """Return all refunds of an order, oldest first."""
        return self._all("order_id = ? ORDER BY number", order_id)

    def unfinished(self) -> list[Refund]:
        """Return refunds whose outcome is open or whose slip is not on paper, oldest first."""
        return self._all("outcome IS NULL OR slip_state IN ('queued', 'sent') ORDER BY number")

    def still_open(self) -> list[Refund]:
        """Return refunds whose outcome is open, oldest first."""
        return self._all("outcome IS NULL ORDER BY number")

    def newest(self, count: int) -> list[Refund]:
        """Return the last `count` refunds, newest first."""
        return self._all("1 ORDER BY number DESC LIMIT ?", count)

    def find(self, request_id: str) -> Refund | None:
        """Return the refund with a requestId; None if there is none."""
        found = self._all("request_id = ?", request_id)
        return found[0] if found else None

    def by_refund_transaction(self, refund_transaction_id: str) -> Refund | None:
        """Return the refund with a refTransactionId of the host; None if there is none."""
        names = spellings(refund_transaction_id)
        found = self._all("ref_transaction_id IN (?, ?, ?) AND ref_transaction_id <> ''", *names)
        return found[0] if found else None

    def sent_for(self, refund: Refund) -> Request:
        """Return the request of a refund, which may have been sent. A retry always sends the same bytes."""
        row = self._database.first_row("SELECT body, token FROM refund WHERE request_id = ?", refund.request_id)
        body, token = read(_read_sent, row) if row is not None else (b"", "")
        if not body:
            what = f"{self._database.path}: no request is kept for refund {refund.request_id}"
            raise JournalError(what, "call support")
        return Request(Call.REFUND, refund.request_id, body, Secret(token))

    def begin(self, refund: Refund, request: Request) -> None:
        """Store the intent to refund, with the request, before a byte is sent.

        Raises:
            JournalError: another refund of the payment is open, more would be refunded than was paid, or the disk is
                full or has failed.
        """
        self._database.check_disk()
        transaction_id, token = refund.verdict.transaction_id, request.token
        facts = {"order_id": refund.order_id, "amount": refund.amount, "transaction_id": transaction_id}
        facts |= operator_fact(refund.operator)
        with self._database.event(refund.created_s, "refund intent", refund.request_id, facts):
            # Summed inside the transaction, which holds the write lock: no other program can refund in between.
            if refund.paid is not None and self._refunded(transaction_id) + refund.amount > refund.paid:
                raise JournalError(f"order {refund.order_id}: more would be given back than was paid", "check the sum")
            self._database.run(
                "INSERT INTO refund (order_id, transaction_id, request_id, amount, items, paid, created_s, body, token,"
                " operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                refund.order_id,
                transaction_id,
                refund.request_id,
                refund.amount,
                refund.items,
                refund.paid,
                refund.created_s,
                request.body,
                token.reveal() if token else "",
                refund.operator,
            )

    def keep_refund_transaction(self, request_id: str, refund_transaction_id: str, at_s: float) -> None:
        """Store the refTransactionId that the host gave to a refund."""
        facts = {"ref_transaction_id": refund_transaction_id}
        with self._database.event(at_s, "refund transaction", request_id, facts):
            self._set(request_id, "ref_transaction_id", refund_transaction_id)

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """Store the milliseconds from the cashier's button to the first byte on the wire."""
        self._set(request_id, "button_to_wire_ms", milliseconds)

    def keep_operator(self, request_id: str, action: str, operator: str, at_s: float) -> None:
        """Store the operator of a later action on a refund; nothing without a name."""
        keep_operator(self._database, "refund", request_id, action, operator=operator, at_s=at_s)

    def keep_response(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """Store a response of the host as an event, secrets masked, unless it repeats the last."""
        keep_response(self._database, request_id, exchange, at_s)

    def last_postback(self, request_id: str) -> int:
        """Return the number of the last postback's event, 0 without one: news that any program of the till heard."""
        return last_postback(self._database, request_id)

    def end(self, request_id: str, verdict: Verdict, at_s: float) -> None:
        """Store the final verdict of a refund with its slip. If the disk is full, the reserve is used."""
        end_row(self._database, "refund", request_id, verdict, at_s)

    def keep_slip_state(self, request_id: str, state: SlipState) -> None:
        """Store the state of a refund's slip."""
        self._set(request_id, "slip_state", state.value)

    # --- private

    def _refunded(self, transaction_id: str) -> int:
        """Return the kopecks that are refunded, or may be. Only a rejected refund does not count."""
        sql = (
            "SELECT coalesce(sum(amount), 0) FROM refund WHERE transaction_id IN (?, ?, ?)"
            " AND outcome IS NOT 'rejected'"
        )
        return read(_read_sum, self._database.run(sql, *spellings(transaction_id))[0])

    def _set(self, request_id: str, column: str, value: Any) -> None:
        self._database.run(f"UPDATE refund SET {column} = ? WHERE request_id = ?", value, request_id)  # noqa: S608

    def _all(self, where: str, *values: Any) -> list[Refund]:
        rows = self._database.run(f"SELECT {REFUND_COLUMNS} FROM refund WHERE {where}", *values)  # noqa: S608
        return read_all(refund_from_row, rows)


def _read_sent(row: Any) -> tuple[bytes, str]:
    found: tuple[bytes, str] = convert(row, tuple[bytes, str])
    return found


def _read_sum(row: Any) -> int:
    return int(convert(row, tuple[Kopecks])[0])
