"""Find slips of the host that contradict what this till asked for: its order, amount or transactions. Pure.

The money is booked as the till asked and the host accepted; a slip that says otherwise is for a person to look into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from koshelek_driver.pay_api.ids import is_same_id
from koshelek_driver.pay_api.models import Slip, read_slip
from koshelek_driver.payment.outcome import Payment, Refund, Verdict

SLIP_CONTRADICTS = "SLIP_CONTRADICTS"
"""The error code of a payment or refund that is done, and whose slip says otherwise."""


def flagged(verdict: Verdict, of: Payment | Refund) -> Verdict:
    """Return the verdict of a payment or refund, flagged if its slip contradicts what was asked for.

    `of` is the payment or refund as it began. The details name each field, what it says and what was asked for.
    """
    said = tuple(_contradictions(read_slip(verdict.slip), verdict, of)) if verdict.slip else ()
    return replace(verdict, error_code=SLIP_CONTRADICTS, details="; ".join(said)) if said else verdict


def _contradictions(slip: Slip, verdict: Verdict, of: Payment | Refund) -> Iterator[str]:
    amounts = (of.amount, of.paid) if isinstance(of, Refund) else (of.amount,)
    if slip.total_amount and slip.total_amount not in amounts:
        yield f"totalAmount is {slip.total_amount}, not {of.amount}"
    if slip.order_id and of.order_id and slip.order_id != of.order_id:
        yield f"orderId is {slip.order_id}, not {of.order_id}"
    if slip.payment_transaction_id and not is_same_id(slip.payment_transaction_id, verdict.transaction_id):
        yield f"paymentTransactionId is {slip.payment_transaction_id}, not {verdict.transaction_id}"
