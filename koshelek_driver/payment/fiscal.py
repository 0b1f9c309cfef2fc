"""The fiscal receipt that the customer's app shows: made by the point of sale, checked here before it is queued."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from koshelek_driver.errors import UsageError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json_as
from koshelek_driver.pay_api.models import Invoice, version_numbers
from koshelek_driver.payment.amounts import check_choice, check_kopecks, check_length, check_lines

RECEIPT_TYPES = ("debit", "credit", "refund")
TAXATIONS = ("osn", "usn_income", "usn_income_out", "envd", "esn", "patent")
_LONGEST = {
    "orderId": 36,
    "receiptId": 36,
    "merchantName": 999,
    "merchantAddress": 999,
    "shift": 32,
    "cashier": 256,
    "kktRegNumber": 64,
    "fnNumber": 64,
    "fpd": 64,
    "fdNumber": 64,
    "website": 64,
    "qr": 999,
}
"""The API's limits (its page on objects), characters."""
_TAX_AMOUNT_OPTIONAL_SINCE = (1, 2, 1)
_INN, _SHORT_INN = 12, 10


def fiscal_receipt(invoice_json: bytes, order_id: str, taxes: Collection[str], version: str) -> Invoice:
    """Parse the API's `Invoice`, JSON in UTF-8, for a server of `version`.

    The INN of a legal entity gets the two leading zeros that the API wants.

    Raises:
        UsageError: a field is missing or wrong; the message names it.
    """
    try:
        receipt = parse_json_as(invoice_json, Invoice)
    except ForeignJsonError as problem:
        raise UsageError(f"receipt: {problem}", "use the Pay API's own Invoice fields") from problem
    if receipt.order_id != order_id:
        raise UsageError(f"receipt: orderId '{receipt.order_id}' is not '{order_id}'", "give one order id")
    _check_texts(receipt)
    check_lines("receipt", receipt, receipt.items, taxes)
    check_kopecks("receipt", "taxAmount", receipt.tax_amount)
    if receipt.tax_amount is None and version_numbers(version) < _TAX_AMOUNT_OPTIONAL_SINCE:
        raise UsageError("receipt: no taxAmount", f"a server of version {version} needs it")
    return msgspec.structs.replace(receipt, inn=_inn(receipt.inn))


def _check_texts(receipt: Invoice) -> None:
    texts = msgspec.to_builtins(receipt)
    for field, longest in _LONGEST.items():
        check_length("receipt", field, texts.get(field), longest)
    check_choice("receipt", "receiptType", receipt.receipt_type, RECEIPT_TYPES)
    check_choice("receipt", "taxation", receipt.taxation, TAXATIONS)
    try:
        has_offset = datetime.fromisoformat(receipt.date_time).tzinfo is not None
    except ValueError:
        has_offset = False
    if not has_offset:
        what = f"receipt: dateTime '{receipt.date_time}'"
        raise UsageError(what, "write ISO 8601 with an offset: 2026-11-22T10:15:00+03:00")


def _inn(inn: str) -> str:
    if not (inn.isascii() and inn.isdigit() and len(inn) in (_SHORT_INN, _INN)):
        raise UsageError(f"receipt: inn of {len(inn)} characters", "10 digits of a company or 12 of a person")
    return inn.zfill(_INN)
