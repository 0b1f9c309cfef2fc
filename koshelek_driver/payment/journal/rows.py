"""Rows of the journal as values, and values as rows."""

from __future__ import annotations

from typing import Any

import msgspec

from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState, Verdict

PAYMENT_COLUMNS = (
    "order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip,"
    " answer, slip_state, button_to_wire_ms, card_digest"
)
REFUND_COLUMNS = (
    "order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip,"
    " answer, slip_state, button_to_wire_ms, items, ref_transaction_id, paid"
)


def payment_of(row: Any) -> Payment:
    """A row of PAYMENT_COLUMNS."""
    return Payment(
        order_id=row[0],
        request_id=row[1],
        amount=row[2],
        created_s=row[3],
        verdict=_verdict(row, "OUTCOME_UNKNOWN"),
        card_digest=bytes(row[12]),
        slip_state=SlipState(row[10]),
        button_to_wire_ms=row[11],
    )


def refund_of(row: Any) -> Refund:
    """A row of REFUND_COLUMNS."""
    return Refund(
        order_id=row[0],
        request_id=row[1],
        amount=row[2],
        created_s=row[3],
        verdict=_verdict(row, "REFUND_UNKNOWN"),
        items=row[12],
        paid=row[14],
        refund_transaction_id=row[13],
        slip_state=SlipState(row[10]),
        button_to_wire_ms=row[11],
    )


def as_json(value: Any) -> str | None:
    """A value as JSON text; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def _verdict(row: Any, while_open: str) -> Verdict:
    outcome, transaction_id, error_code, details, slip, answer = row[4:10]
    return Verdict(
        outcome=Outcome(outcome) if outcome else Outcome.UNKNOWN,
        transaction_id=transaction_id,
        error_code=error_code if outcome else while_open,
        details=details,
        slip=_from_json(slip),
        answer=_from_json(answer),
    )


def _from_json(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
