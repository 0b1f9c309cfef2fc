"""The property AdditionalSecurityInformation: JSON into a call and out of it.

The README of this folder describes its keys.
"""

from __future__ import annotations

from typing import Any

import msgspec

from koshelek_driver.foreign_json import ForeignJsonError, parse_json_as
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError


class Asked(msgspec.Struct, rename="camel", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The input of the next call; every field may be left out.

    `order_id`: the application's own number of the sale. `label`: the text that a scanner read, or that was `typed`;
    without it the card that was shown is used, else the next scan. `invoice`: the API's checkoutInvoice; `items`: the
    lines to refund. `original_transaction_id` or `original_order_id`: the payment to void or to refund.
    `operator`: the name of the person at the till; `supervisor`: the secret that a refund above the limit needs.
    """

    order_id: str = ""
    label: str = ""
    typed: bool = False
    invoice: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None
    original_transaction_id: str = ""
    original_order_id: str = ""
    operator: str = ""
    supervisor: str = ""

    def __repr__(self) -> str:
        return f"Asked(order_id={self.order_id!r})"  # a label is a secret, and so is the supervisor's word


class Told(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The result of a call, as far as the standard has no property for it."""

    order_id: str
    outcome: str
    request_id: str = ""
    transaction_id: str = ""
    refund_transaction_id: str = ""
    error_code: str = ""
    operator_tip: str = ""
    repeated: bool = False
    slip: dict[str, Any] = {}
    slip_lines: list[str] = []


def as_json(value: dict[str, Any] | list[dict[str, Any]] | None) -> bytes | None:
    """Return an invoice or its lines as JSON; None stays None."""
    return None if value is None else msgspec.json.encode(value)


def parse_information(text: str) -> Asked:
    """Parse the input that the application wrote; an empty text has no fields.

    Raises:
        UposError: E_ILLEGAL for anything else than JSON of Asked.
    """
    if not text.strip():
        return Asked()
    try:
        return parse_json_as(text, Asked)
    except ForeignJsonError:
        remedy = f"JSON with some of: {', '.join(Asked.__struct_encode_fields__)}"
        # The text is not quoted, nor what was wrong with it: it may hold a card.
        what = "AdditionalSecurityInformation is not what it should be"
        raise UposError(ErrorCode.E_ILLEGAL, what, remedy) from None


def build_information(of: Payment | Refund, tip: str, slip_lines: list[str]) -> str:
    """Return the JSON that the application reads after a call."""
    result = Told(
        order_id=of.order_id,
        outcome=of.outcome.value,
        request_id=of.request_id,
        transaction_id=of.verdict.transaction_id,
        refund_transaction_id=of.refund_transaction_id if isinstance(of, Refund) else "",
        error_code=of.verdict.error_code,
        operator_tip=tip,
        repeated=of.repeated,
        slip=of.verdict.slip or {},
        slip_lines=slip_lines,
    )
    return msgspec.json.encode(result).decode()
