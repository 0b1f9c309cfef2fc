"""AdditionalSecurityInformation: JSON into a call and out of it. Its schema is in this folder's README."""

from __future__ import annotations

from typing import Any

import msgspec

from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError


class Asked(msgspec.Struct, rename="camel", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a program gives for the next call; all of it may be left out.

    `order_id`: the POS's own number of the sale. `label`: the text that a scanner read, `typed` by hand; without it the
    card that was shown is taken, or waited for. `invoice`: the API's checkoutInvoice; `items`: lines to give back.
    `original_transaction_id` or `original_order_id`: which payment a void or a refund is of.
    """

    order_id: str = ""
    label: str = ""
    typed: bool = False
    invoice: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None
    original_transaction_id: str = ""
    original_order_id: str = ""

    def __repr__(self) -> str:
        return f"Asked(order_id={self.order_id!r})"  # a label is a secret


class Told(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What a call leaves: everything that has no property of its own."""

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
    """An invoice or its lines as the till takes them."""
    return None if value is None else msgspec.json.encode(value)


def asked(text: str) -> Asked:
    """Read what the program gave; an empty text asks for nothing in particular. Raises UposError E_ILLEGAL."""
    if not text.strip():
        return Asked()
    try:
        return msgspec.json.decode(text, type=Asked)
    except (msgspec.DecodeError, UnicodeEncodeError):
        remedy = f"JSON with some of: {', '.join(Asked.__struct_encode_fields__)}"
        # The text is not quoted, nor what was wrong with it: it may hold a card.
        what = "AdditionalSecurityInformation is not what it should be"
        raise UposError(ErrorCode.E_ILLEGAL, what, remedy) from None


def told(of: Payment | Refund, tip: str, slip_lines: list[str]) -> str:
    """What the program reads after a call."""
    answer = Told(
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
    return msgspec.json.encode(answer).decode()
