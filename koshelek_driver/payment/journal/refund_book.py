"""Refunds in the journal. A payment has at most one open refund, and never more given back than was paid."""

from __future__ import annotations

from typing import Any

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.rows import REFUND_COLUMNS, refund_of
from koshelek_driver.payment.journal.writing import end_row, keep_answer
from koshelek_driver.payment.outcome import Refund, SlipState, Verdict
from koshelek_driver.secrets import Secret


class RefundBook:
    """Every method blocks for about a disk write and raises JournalError. `at_s` is Unix time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_payment(self, transaction_id: str) -> list[Refund]:
        """All refunds of a payment, oldest first."""
        return self._all("transaction_id = ? ORDER BY number", transaction_id)

    def of_order(self, order_id: str) -> list[Refund]:
        """All refunds of an order, oldest first."""
        return self._all("order_id = ? ORDER BY number", order_id)

    def unfinished(self) -> list[Refund]:
        """Refunds whose outcome is open and refunds whose slip is not on paper, oldest first."""
        return self._all("outcome IS NULL OR slip_state IN ('queued', 'sent') ORDER BY number")

    def still_open(self) -> list[Refund]:
        """Refunds whose outcome is open, oldest first."""
        return self._all("outcome IS NULL ORDER BY number")

    def newest(self, count: int) -> list[Refund]:
        """The last refunds, newest first."""
        return self._all("1 ORDER BY number DESC LIMIT ?", count)

    def find(self, request_id: str) -> Refund | None:
        """The refund of a request."""
        found = self._all("request_id = ?", request_id)
        return found[0] if found else None

    def by_refund_transaction(self, refund_transaction_id: str) -> Refund | None:
        """The refund with this refTransactionId of the host."""
        found = self._all("ref_transaction_id = ? AND ref_transaction_id <> ''", refund_transaction_id)
        return found[0] if found else None

    def sent_for(self, refund: Refund) -> Request:
        """What was, or may have been, sent: a refund is always sent again as the same bytes."""
        row = self._database.one("SELECT body, token FROM refund WHERE request_id = ?", refund.request_id)
        if row is None:
            raise JournalError(f"{self._database.path}: no refund {refund.request_id}", "call support")
        return Request(Call.REFUND, refund.request_id, bytes(row[0]), Secret(row[1]))

    def begin(self, refund: Refund, request: Request) -> None:
        """Keep the intent with its exact bytes.

        Refused while another refund of the payment is open, and when more would be given back than was paid; see also
        `check_disk`.
        """
        self._database.check_disk()
        transaction_id, token = refund.verdict.transaction_id, request.token
        facts = {"order_id": refund.order_id, "amount": refund.amount, "transaction_id": transaction_id}
        with self._database.event(refund.created_s, "refund intent", refund.request_id, facts):
            if refund.paid is not None and self._given_back(transaction_id) + refund.amount > refund.paid:
                raise JournalError(f"order {refund.order_id}: more would be given back than was paid", "check the sum")
            self._database.run(
                "INSERT INTO refund (order_id, transaction_id, request_id, amount, items, paid, created_s, body, token)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                refund.order_id,
                transaction_id,
                refund.request_id,
                refund.amount,
                refund.items,
                refund.paid,
                refund.created_s,
                request.body,
                token.reveal() if token else "",
            )

    def keep_refund_transaction(self, request_id: str, refund_transaction_id: str, at_s: float) -> None:
        """The host's name for this refund."""
        facts = {"ref_transaction_id": refund_transaction_id}
        with self._database.event(at_s, "refund transaction", request_id, facts):
            self._set(request_id, "ref_transaction_id", refund_transaction_id)

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """How long the first byte took."""
        self._set(request_id, "button_to_wire_ms", milliseconds)

    def heard(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """An answer of the host as it came, secrets masked; one that says nothing new is not kept again."""
        keep_answer(self._database, request_id, exchange, at_s)

    def end(self, request_id: str, verdict: Verdict, at_s: float) -> None:
        """Keep a final verdict with its slip."""
        end_row(self._database, "refund", request_id, verdict, at_s)

    def keep_slip_state(self, request_id: str, state: SlipState) -> None:
        """Whether the slip is on paper."""
        self._set(request_id, "slip_state", state.value)

    # --- inside

    def _given_back(self, transaction_id: str) -> int:
        """Kopecks that are, or may be, given back."""
        sql = "SELECT coalesce(sum(amount), 0) FROM refund WHERE transaction_id = ? AND outcome IS NOT 'rejected'"
        return int(self._database.run(sql, transaction_id)[0][0])

    def _set(self, request_id: str, column: str, value: Any) -> None:
        self._database.run(f"UPDATE refund SET {column} = ? WHERE request_id = ?", value, request_id)  # noqa: S608

    def _all(self, where: str, *values: Any) -> list[Refund]:
        rows = self._database.run(f"SELECT {REFUND_COLUMNS} FROM refund WHERE {where}", *values)  # noqa: S608
        return [refund_of(row) for row in rows]
