"""The ends of a sale, and the records of a payment and of a refund."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def in_roubles(kopecks: int) -> str:
    """Return kopecks for people, in roubles: 1234.50."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"


class Outcome(StrEnum):
    """The end of a sale or a refund. UNKNOWN means that money may have moved: it is never the same as REJECTED."""

    PAID = "paid"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


def responsible(outcome: Outcome, operator: str, ended_by: str) -> str:
    """Return the operator who answers for a row: of a cancel the one who cancelled, else the one who began."""
    return (ended_by or operator) if outcome is Outcome.CANCELED else (operator or ended_by)


class SlipState(StrEnum):
    """The place of the customer's slip.

    SENT: it left, and the printer did not confirm it as it should have. ASSUMED: it left for a printer that cannot
    confirm.
    """

    NONE = "none"
    QUEUED = "queued"
    SENT = "sent"
    ASSUMED = "assumed"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a conversation; `error_code` is empty for a plain yes.

    `slip` and `answer` (the last response, which decided) are the API's objects, whole.
    """

    outcome: Outcome
    transaction_id: str = ""
    error_code: str = ""
    details: str = ""
    slip: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to pay an order, as the journal has it.

    `created_s` is Unix time, `amount` kopecks. `card_digest` identifies the showing of the card. `button_to_wire_ms` is
    None while no byte has left. `unkept` says why the journal could not store the end: `recover` asks the host again.
    `operator` began it, `ended_by` acted on it later (cancelled, recovered or closed it); empty if no name was given.
    """

    order_id: str
    request_id: str
    amount: int
    created_s: float
    verdict: Verdict
    card_digest: bytes = b""
    slip_state: SlipState = SlipState.NONE
    button_to_wire_ms: float | None = None
    repeated: bool = False
    unkept: str = ""
    operator: str = ""
    ended_by: str = ""

    @property
    def outcome(self) -> Outcome:
        """The end of the payment, or UNKNOWN."""
        return self.verdict.outcome

    @property
    def never_left(self) -> bool:
        """True if it ended before one byte was sent: the card's password is as good as new."""
        return self.button_to_wire_ms is None and self.outcome in (Outcome.REJECTED, Outcome.CANCELED)


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of a payment, as the journal has it; fields that Payment has mean the same.

    `verdict.transaction_id` is the payment's, `refund_transaction_id` the refund's own. `items` are the API's, as JSON.
    `paid` is the payment's amount, None if it is not known. `till` is the till that made it, empty for this one.
    """

    order_id: str
    request_id: str
    amount: int
    created_s: float
    verdict: Verdict
    items: str
    refund_transaction_id: str = ""
    slip_state: SlipState = SlipState.NONE
    button_to_wire_ms: float | None = None
    repeated: bool = False
    unkept: str = ""
    paid: int | None = None
    till: str = ""
    operator: str = ""
    ended_by: str = ""

    @property
    def ref_transaction_id(self) -> str:
        """The name of `refund_transaction_id` until version 0.1."""
        return self.refund_transaction_id

    @property
    def outcome(self) -> Outcome:
        """The end of the refund, or UNKNOWN."""
        return self.verdict.outcome
