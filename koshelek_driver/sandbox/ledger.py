"""The transactions of the simulated host and the transitions of their status. The time is a parameter."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from koshelek_driver.sandbox.scripts import Script

MOVES = {
    "new": {"pending", "accepted", "rejected", "canceled"},
    "pending": {"accepted", "rejected", "canceled"},
    "accepted": {"refunding"},
    "refunding": {"partial_refunded", "refunded"},
    "partial_refunded": {"refunding"},
    "rejected": set(),
    "canceled": set(),
    "refunded": set(),
}
"""All transitions of the status."""
UNDECIDED = frozenset(("new", "pending"))
CHARGED = frozenset(("accepted", "refunding", "partial_refunded"))
REFUND_TAKES_S = 0.3


@dataclass
class Reversal:
    """A cancel or a refund of a payment."""

    id: str
    amount: int
    status: str = "new"
    error_code: str = ""
    slip: dict[str, Any] | None = None


@dataclass
class Transaction:
    """One payment. `plan` lists its future statuses, each with its time (Unix seconds)."""

    id: str
    request: dict[str, Any]
    script: Script
    plan: list[tuple[float, str]]
    status: str = "new"
    slip: dict[str, Any] | None = None
    reversals: dict[str, Reversal] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        """The amount in kopecks."""
        return int(self.request["checkoutInvoice"]["totalAmount"])

    @property
    def order_id(self) -> str:
        """The order number of the till."""
        return str(self.request["checkoutInvoice"]["orderId"])

    @property
    def session(self) -> str:
        """The one-time session of the card that paid."""
        return str(self.request["cardSession"])

    @property
    def payment_type(self) -> str:
        """The provider that the customer chose: that of the script, if the till offers it."""
        offered = [method["type"] for method in self.request["paymentMethods"]]
        return self.script.payment_type if self.script.payment_type in offered else str(offered[0])

    @property
    def was_charged(self) -> bool:
        """True if money was taken, even if it was refunded since."""
        return self.status in CHARGED or self.status == "refunded"

    @property
    def refunded(self) -> int:
        """The refunded amount in kopecks."""
        return sum(reversal.amount for reversal in self.reversals.values() if reversal.status == "accepted")


@dataclass(frozen=True)
class Change:
    """A change of status, with the body that a status request would return then."""

    transaction: Transaction
    body: dict[str, Any]


class Ledger:
    """All transactions of the host. `pace` multiplies every delay of a script."""

    def __init__(self, pace: float = 1.0) -> None:
        self._pace = pace
        self.transactions: dict[str, Transaction] = {}
        self.changes: list[Change] = []

    def charge(self, request: dict[str, Any], script: Script, now_s: float) -> Transaction:
        """Create a payment that will move by its script."""
        plan = [(now_s + delay_s * self._pace, status) for delay_s, status in script.steps]
        payment = Transaction(str(uuid.uuid4()), request, script, plan)
        self.transactions[payment.id] = payment
        self.settle(now_s)
        return payment

    def charges(self, order_id: str) -> int:
        """Return the number of payments of an order that took money."""
        return sum(payment.was_charged for payment in self.transactions.values() if payment.order_id == order_id)

    def by_session(self, session: str) -> Transaction | None:
        """Return the payment that used a session, or None."""
        return next((payment for payment in self.transactions.values() if payment.session == session), None)

    def reversal(self, reversal_id: str) -> tuple[Transaction, Reversal] | None:
        """Return a cancel or a refund by its id, with its payment; None if there is none."""
        for payment in self.transactions.values():
            if reversal_id in payment.reversals:
                return payment, payment.reversals[reversal_id]
        return None

    def settle(self, now_s: float) -> None:
        """Apply every planned status that is due."""
        for payment in self.transactions.values():
            while payment.plan and payment.plan[0][0] <= now_s:
                at_s, status = payment.plan.pop(0)
                self.move(payment, status, at_s)

    def move(self, payment: Transaction, status: str, now_s: float) -> None:
        """Change the status of a payment. Raises ValueError if `MOVES` has no such transition."""
        if status not in MOVES[payment.status]:
            raise ValueError(f"{payment.status} does not become {status}")
        was, payment.status = payment.status, status
        if was == "refunding":
            self._end_refund(payment, now_s)
        if status in ("accepted", "rejected") and payment.slip is None:
            payment.slip = slip(payment, now_s)
        self.changes.append(Change(payment, status_body("", payment, None)))

    def cancel(self, payment: Transaction, now_s: float) -> Reversal:
        """Cancel a payment; its reversal is rejected if the payment is decided."""
        reversal = Reversal(str(uuid.uuid4()), amount=0)
        payment.reversals[reversal.id] = reversal
        was_undecided = payment.status in UNDECIDED
        if was_undecided:
            payment.plan.clear()
            self.move(payment, "accepted" if payment.script.cancel_comes_late else "canceled", now_s)
        reversal.status = "accepted" if was_undecided and payment.status == "canceled" else "rejected"
        return reversal

    def refund(self, payment: Transaction, amount: int, now_s: float, *, declined: str = "") -> Reversal:
        """Refund a payment, in part or completely; `declined` is an error code to reject it with."""
        error_code = declined or self._refund_error(payment, amount)
        reversal = Reversal(str(uuid.uuid4()), amount, "rejected" if error_code else "new", error_code)
        payment.reversals[reversal.id] = reversal
        if not error_code:
            end = "refunded" if payment.refunded + amount == payment.amount else "partial_refunded"
            self.move(payment, "refunding", now_s)
            payment.plan.append((now_s + REFUND_TAKES_S, end))
        return reversal

    def _refund_error(self, payment: Transaction, amount: int) -> str:
        if payment.status in UNDECIDED:
            return "PAYMENT_TRANSACTION_IS_NOT_PAID"
        if payment.status == "refunding":
            return "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY"
        if payment.status not in CHARGED:
            return "TERMINAL_STATE_OF_PAYMENT_TRANSACTION"
        left = payment.amount - payment.refunded
        return "REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE" if amount > left else ""

    def _end_refund(self, payment: Transaction, now_s: float) -> None:
        running = next(reversal for reversal in payment.reversals.values() if reversal.status == "new")
        running.status = "accepted"
        running.slip = {
            **slip(payment, now_s),
            "refundTransactionId": running.id,
            "totalAmount": running.amount,
        }


def slip(payment: Transaction, now_s: float) -> dict[str, Any]:
    """Return the slip of a decided payment; Dolyame has no qrcId, kzo and merchantId."""
    moment = datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    common = {
        "id": str(uuid.uuid4()),
        "paymentType": payment.payment_type,
        "storeId": payment.request["storeId"],
        "terminalId": payment.request["terminalId"],
        "orderId": payment.order_id,
        "paymentTransactionId": payment.id,
        "operationDateTime": moment,
        "operationId": uuid.uuid4().hex[:16].upper(),
        "totalAmount": payment.amount,
        "currency": "RUB",
    }
    if payment.payment_type != "SBP":
        return common
    code = uuid.uuid4().hex.upper()
    return {**common, "merchantId": "MA0000000552", "qrcId": f"AD10{code[:28]}", "kzo": f"K{code[:8]}"}


def status_body(request_id: str, payment: Transaction, reversal: Reversal | None) -> dict[str, Any]:
    """Return the body for a status request, a postback, a cancel or a refund."""
    body: dict[str, Any] = {"requestId": request_id, "transactionId": payment.id, "status": payment.status}
    if payment.payment_type == "SBP":
        body["paymentGroup"] = "SBP"
    else:
        body |= {"paymentGroup": "INSTALLMENT", "paymentProvider": payment.payment_type}
    found_slip = reversal.slip if reversal else payment.slip
    if found_slip is not None:
        body["slip"] = found_slip
    error_code = reversal.error_code if reversal else payment.script.error_code * (payment.status == "rejected")
    if reversal is not None:
        body |= {"refTransactionId": reversal.id, "refStatus": reversal.status}
    if error_code:
        body["errorCode"] = error_code
    if payment.script.odd_fields:
        body |= _unknown_fields(payment)
    return body


def _unknown_fields(payment: Transaction) -> dict[str, Any]:
    """Return fields that a newer server might add or change, to test that the driver tolerates them."""
    odd: dict[str, Any] = {"cashback": {"kopecks": 100}, "paymentGroup": "METAVERSE"}
    if payment.status == "pending":
        odd["status"] = "thinking_it_over"
    if payment.slip is not None:
        odd["slip"] = {**payment.slip, "mood": "good"}
    return odd
