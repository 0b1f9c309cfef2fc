"""The JSON objects of Pay API. Requests allow no unknown fields; responses are parsed tolerantly.

Source: the published API, versions 0.9.0 to 1.2.1. Amounts are int kopecks.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from koshelek_driver.foreign_json import read_fields

MAX_KOPECKS = 9_999_999_999
"""Ten digits, the API's limit for any amount."""
MAX_ORDER_ID = 36

_LONGEST_ID = 256
"""Characters. The API's ids have 36."""
_IDS = frozenset(("requestId", "transactionId", "refTransactionId"))
_PROVIDERS = "paymentTypeAvailabilityInfoList"

_NEWER_FIELDS = {"paymentPurpose": (1, 0, 0), "currency": (1, 1, 0), "measure": (1, 1, 0)}
"""Fields of requests that older servers do not know, with the first version that has them."""


class Call(Enum):
    """The calls that this driver makes, with their paths below the base URL."""

    CHECKOUT = "/api/v1/merchant/checkout"
    STATUS = "/api/v1/merchant/transaction/status"
    CANCEL = "/api/v1/merchant/transaction/cancel"
    REFUND = "/api/v1/merchant/transaction/refund"
    RECEIPT = "/api/v1/merchant/transaction/receipt"
    METHODS = "/api/v1/merchant/availability-info/task"
    METHODS_POLL = "/api/v1/merchant/availability-info"


class _Request(
    msgspec.Struct, rename="camel", omit_defaults=True, forbid_unknown_fields=True, frozen=True, kw_only=True
):
    pass


class Item(_Request, frozen=True, kw_only=True):
    """One line of an invoice. `quantity` counts whole units of `measure`: 1125 GRAM, never 1.125 KILOGRAM."""

    name: str
    article: str
    price: int
    quantity: int | float
    total_amount: int
    tax: str
    discount_amount: int | None = None
    sub_total_amount: int | None = None
    currency: str | None = None
    measure: str | None = None


class CheckoutInvoice(_Request, frozen=True, kw_only=True):
    """The order that is paid."""

    order_id: str
    total_amount: int
    items: tuple[Item, ...]
    discount_amount: int | None = None
    sub_total_amount: int | None = None
    currency: str | None = None


class User(_Request, frozen=True, kw_only=True):
    """The customer, identified by the loyalty card."""

    loyalty_id: str


class PaymentMethod(_Request, frozen=True, kw_only=True):
    """A provider that the till accepts."""

    type: str
    payment_purpose: str | None = None


class CheckoutRequest(_Request, frozen=True, kw_only=True):
    """The request to charge an invoice."""

    request_id: str
    card_session: str
    store_id: str
    terminal_id: str
    checkout_invoice: CheckoutInvoice
    user: User
    payment_methods: tuple[PaymentMethod, ...]


class MethodsRequest(_Request, frozen=True, kw_only=True):
    """The question which providers the customer may use. Servers spell the session's key differently."""

    request_id: str
    card_session: str | None = None
    lower_case_session: str | None = msgspec.field(default=None, name="cardsession")
    store_id: str
    terminal_id: str
    checkout_invoice: CheckoutInvoice
    user: User


class StatusRequest(_Request, frozen=True, kw_only=True):
    """The question for the status of a payment, refund or cancel."""

    request_id: str
    transaction_id: str | None = None
    refund_transaction_id: str | None = msgspec.field(default=None, name="refTransactionId")


class CancelRequest(_Request, frozen=True, kw_only=True):
    """The request to cancel a payment that has not completed; always the whole amount."""

    request_id: str
    store_id: str
    terminal_id: str
    transaction_id: str


class RefundRequest(_Request, frozen=True, kw_only=True):
    """The request to refund a payment, in full or in part."""

    request_id: str
    store_id: str
    terminal_id: str
    transaction_id: str
    refund_amount: int
    items: tuple[Item, ...]
    currency: str | None = None


class Invoice(_Request, frozen=True, kw_only=True):
    """A fiscal receipt as the cash register printed it. Servers spell `qr` differently."""

    order_id: str
    receipt_id: str
    merchant_name: str
    merchant_address: str
    inn: str
    date_time: str
    shift: str
    cashier: str
    receipt_type: str
    total_amount: int
    items: tuple[Item, ...]
    tax_amount: int | None = None
    discount_amount: int | None = None
    sub_total_amount: int | None = None
    taxation: str | None = None
    kkt_reg_number: str | None = None
    fn_number: str | None = None
    fpd: str | None = None
    fd_number: str | None = None
    website: str | None = None
    qr: str | None = None
    upper_case_qr: str | None = msgspec.field(default=None, name="QR")
    currency: str | None = None


class ReceiptRequest(_Request, frozen=True, kw_only=True):
    """The request to show a fiscal receipt in the customer's app."""

    request_id: str
    transaction_id: str
    store_id: str
    terminal_id: str
    invoice: Invoice


class Slip(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The known fields of a slip. The journal stores the host's whole object."""

    order_id: str = ""
    payment_transaction_id: str = ""
    refund_transaction_id: str = ""
    payment_type: str = ""
    id: str = ""
    merchant_id: str = ""
    store_id: str = ""
    terminal_id: str = ""
    operation_date_time: str = ""
    operation_id: str = ""
    qrc_id: str = ""
    kzo: str = ""
    total_amount: int = 0


class TransactionAnswer(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The response to checkout, status, cancel and refund, and the content of a postback.

    `slip` is the object as it came. `status` is an open list of words, empty or absent while there is no status.
    """

    request_id: str = ""
    transaction_id: str = ""
    status: str | None = None
    slip: dict[str, Any] | None = None
    refund_transaction_id: str | None = msgspec.field(default=None, name="refTransactionId")
    ref_status: str | None = None
    error_code: str | None = None


class Provider(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """One provider, by the API's open list of names. `message` is for the customer or the cashier."""

    payment_type: str = ""
    available: bool = False
    message: str | None = None


class MethodsAnswer(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The response to the request for methods, at once or after polling.

    While `computation_complete` is false the list comes later: ask again for `availability_info_id` after
    `polling_timeout` (the first time `timeout`) milliseconds.
    """

    koshelek_pay_is_default: bool = False
    payment_type_availability_info_list: tuple[Provider, ...] = ()
    availability_info_id: str = ""
    computation_complete: bool = True
    timeout: float = 0
    polling_timeout: float = 0


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of HTTP 422. An empty `code` is none."""

    code: str = ""
    details: str = ""


def encode(request: _Request, version: str) -> bytes:
    """Encode a request as UTF-8 JSON, without fields newer than `version`."""
    since = version_numbers(version)
    too_new = frozenset(name for name, first in _NEWER_FIELDS.items() if first > since)
    return msgspec.json.encode(_without(msgspec.to_builtins(request), too_new))


def version_numbers(version: str) -> tuple[int, ...]:
    """Return a version of the API as numbers that can be compared: (1, 2, 1)."""
    return tuple(int(part) for part in version.split("."))


def read_slip(slip: dict[str, Any]) -> Slip:
    """Parse the known fields of a slip; a value of an unexpected type counts as absent."""
    try:
        return msgspec.convert(slip, Slip, strict=False)  # the fast way, for reports over many slips
    except msgspec.ValidationError:
        return read_fields(slip, Slip)


def read_transaction(raw: Any) -> TransactionAnswer | None:
    """Parse an answer or a postback field by field; None if it names no payment and no refund.

    A field of an unexpected type, or an id that is longer than any id, counts as absent.
    """
    if not isinstance(raw, dict):
        return None
    ids = {name: value for name, value in raw.items() if name not in _IDS or _is_id(value)}
    answer = read_fields(ids, TransactionAnswer)
    return answer if answer.transaction_id or answer.refund_transaction_id else None


def read_methods(raw: dict[str, Any]) -> MethodsAnswer:
    """Parse the response to the request for methods field by field; a provider without a name is left out."""
    given = raw.get(_PROVIDERS)
    entries = given if isinstance(given, list) else []
    providers = [read_fields(entry, Provider) for entry in entries if isinstance(entry, dict)]
    answer = read_fields({name: value for name, value in raw.items() if name != _PROVIDERS}, MethodsAnswer)
    named = tuple(provider for provider in providers if provider.payment_type)
    return msgspec.structs.replace(answer, payment_type_availability_info_list=named)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_ID


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list | tuple):
        return [_without(inner, names) for inner in value]
    return value
