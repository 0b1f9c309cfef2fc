"""Conversion between rows of the journal's tables and values of the payment room."""

from __future__ import annotations

from typing import Any

import msgspec

from koshelek_driver.payment.journal.tables import Kopecks, Seconds, check_items, convert, object_of
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState, Verdict

PAYMENT_COLUMNS = (
    "order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip,"
    " answer, slip_state, button_to_wire_ms, card_digest, operator, ended_by"
)
REFUND_COLUMNS = (
    "order_id, request_id, amount, created_s, outcome, transaction_id, error_code, details, slip,"
    " answer, slip_state, button_to_wire_ms, items, ref_transaction_id, paid, operator, ended_by"
)


_PAYMENT = tuple[
    str, str, Kopecks, Seconds, Outcome | None, str, str, str, str | None, str | None, SlipState, float | None,
    bytes, str, str
]  # fmt: skip
_REFUND = tuple[
    str, str, Kopecks, Seconds, Outcome | None, str, str, str, str | None, str | None, SlipState, float | None,
    str, str, Kopecks | None, str, str
]  # fmt: skip


def payment_from_row(found: Any) -> Payment:
    """Return the payment that a row of PAYMENT_COLUMNS describes. Raises one of `tables.FOREIGN`."""
    row = convert(found, _PAYMENT)
    return Payment(
        order_id=row[0],
        request_id=row[1],
        amount=row[2],
        created_s=row[3],
        verdict=_verdict(row, "OUTCOME_UNKNOWN"),
        card_digest=row[12],
        slip_state=row[10],
        button_to_wire_ms=row[11],
        operator=row[13],
        ended_by=row[14],
    )


def refund_from_row(found: Any) -> Refund:
    """Return the refund that a row of REFUND_COLUMNS describes. Raises one of `tables.FOREIGN`."""
    row = convert(found, _REFUND)
    return Refund(
        order_id=row[0],
        request_id=row[1],
        amount=row[2],
        created_s=row[3],
        verdict=_verdict(row, "REFUND_UNKNOWN"),
        items=check_items(row[12]),
        paid=row[14],
        refund_transaction_id=row[13],
        slip_state=row[10],
        button_to_wire_ms=row[11],
        operator=row[15],
        ended_by=row[16],
    )


def to_json(value: Any) -> str | None:
    """Return a value as JSON text; None stays None, which is NULL in the table."""
    return None if value is None else msgspec.json.encode(value).decode()


def _verdict(row: Any, code_while_open: str) -> Verdict:
    """Return the verdict of a row. An open row has none yet: its outcome is UNKNOWN, money may have moved."""
    outcome, transaction_id, error_code, details, slip, answer = row[4:10]
    return Verdict(
        outcome=outcome or Outcome.UNKNOWN,
        transaction_id=transaction_id,
        error_code=error_code if outcome else code_while_open,
        details=details,
        slip=object_of(slip),
        answer=object_of(answer),
    )
