"""How a sale can end, and what is known of a payment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def in_roubles(kopecks: int) -> str:
    """An amount for people: 1234.50."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"


class Outcome(StrEnum):
    """The end of a sale or a refund. UNKNOWN means that money may have moved: it is never the same as REJECTED."""

    PAID = "paid"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class SlipState(StrEnum):
    """Whether the customer's slip is on paper.

    SENT: it left, and the printer did not confirm paper as it should have. ASSUMED: it left for a printer that
    cannot confirm.
    """

    NONE = "none"
    QUEUED = "queued"
    SENT = "sent"
    ASSUMED = "assumed"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a flow ends with; `error_code` is empty for a plain yes.

    `slip` and `answer`, the last answer that decided, are the API's objects, whole.
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

    `created_s` is Unix time, `amount` kopecks; `card_digest` stands for the showing of a card that it was begun
    with; `button_to_wire_ms` is None while no byte of it has left. `unkept` says why the journal could not keep how it
    ended: `recover` learns it from the host again.
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

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.verdict.outcome

    @property
    def never_left(self) -> bool:
        """It ended before one byte was sent, so the card's password is as good as new."""
        return self.button_to_wire_ms is None and self.outcome in (Outcome.REJECTED, Outcome.CANCELED)


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of a payment, as the journal has it; the fields mean what those of Payment mean.

    `verdict.transaction_id` is the payment's, `refund_transaction_id` the refund's own. `items` are the API's, as JSON;
    `paid` is what the payment took, None where that is not known; `till` is another till that made it, empty: this one.
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

    @property
    def ref_transaction_id(self) -> str:
        """`refund_transaction_id` by its name until version 0.1."""
        return self.refund_transaction_id

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.verdict.outcome
