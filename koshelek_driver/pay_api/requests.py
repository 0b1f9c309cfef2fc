"""Build requests as fixed bytes: a repeated request is exactly the first one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from msgspec.structs import replace

from koshelek_driver.pay_api import models
from koshelek_driver.pay_api.models import Call
from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One call. It does not print itself, because `body` holds a card number and a session.

    A GET has an empty body. `resource` is the id at the end of the path, if the call has one.
    """

    call: Call
    request_id: str
    body: bytes
    token: Secret | None = None
    resource: str = ""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "POST" if self.body else "GET"

    @property
    def path(self) -> str:
        """The path below the base URL, without a query."""
        return f"{self.call.value}/{quote(self.resource, safe='')}" if self.resource else self.call.value

    def __repr__(self) -> str:
        return f"Request({self.call.name}, {self.request_id})"


@dataclass(frozen=True, slots=True)
class Merchant:
    """The merchant's data: the same in every request of a till."""

    store: str
    terminal: str
    version: str
    payment_types: tuple[str, ...]
    payment_purpose: str
    card_session_key: str = "cardSession"
    qr_key: str = "qr"


def checkout(
    merchant: Merchant,
    request_id: str,
    invoice: models.CheckoutInvoice,
    *,
    card_number: Secret,
    card_session: Secret,
    token: Secret,
) -> Request:
    """Build the charge of one invoice."""
    body = models.CheckoutRequest(
        request_id=request_id,
        card_session=card_session.reveal(),
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        checkout_invoice=invoice,
        user=models.User(loyalty_id=card_number.reveal()),
        payment_methods=tuple(_method(merchant, name) for name in merchant.payment_types),
    )
    return Request(Call.CHECKOUT, request_id, models.encode(body, merchant.version), token)


def methods(
    merchant: Merchant,
    request_id: str,
    invoice: models.CheckoutInvoice,
    *,
    card_number: Secret,
    card_session: Secret,
    token: Secret,
) -> Request:
    """Build the question which providers this customer may use for this invoice."""
    camel = merchant.card_session_key == "cardSession"
    body = models.MethodsRequest(
        request_id=request_id,
        card_session=card_session.reveal() if camel else None,
        lower_case_session=None if camel else card_session.reveal(),
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        checkout_invoice=invoice,
        user=models.User(loyalty_id=card_number.reveal()),
    )
    return Request(Call.METHODS, request_id, models.encode(body, merchant.version), token)


def methods_poll(request_id: str, availability_info_id: str) -> Request:
    """Build the poll for the list of methods; servers older than 1.2.0 need it."""
    return Request(Call.METHODS_POLL, request_id, b"", resource=availability_info_id)


def status(merchant: Merchant, request_id: str, transaction_id: str) -> Request:
    """Build the question for the status of a payment."""
    body = models.StatusRequest(request_id=request_id, transaction_id=transaction_id)
    return Request(Call.STATUS, request_id, models.encode(body, merchant.version))


def cancel(merchant: Merchant, request_id: str, transaction_id: str) -> Request:
    """Build the cancel of a payment that has not completed."""
    body = models.CancelRequest(
        request_id=request_id,
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        transaction_id=transaction_id,
    )
    return Request(Call.CANCEL, request_id, models.encode(body, merchant.version))


def refund_status(merchant: Merchant, request_id: str, refund_transaction_id: str) -> Request:
    """Build the question for the status of a refund."""
    body = models.StatusRequest(request_id=request_id, refund_transaction_id=refund_transaction_id)
    return Request(Call.STATUS, request_id, models.encode(body, merchant.version))


def refund(
    merchant: Merchant,
    request_id: str,
    *,
    transaction_id: str,
    amount: int,
    items: tuple[models.Item, ...],
    token: Secret,
) -> Request:
    """Build the refund of `amount` kopecks of a payment."""
    body = models.RefundRequest(
        request_id=request_id,
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        transaction_id=transaction_id,
        refund_amount=amount,
        items=items,
    )
    return Request(Call.REFUND, request_id, models.encode(body, merchant.version), token)


def receipt(merchant: Merchant, request_id: str, transaction_id: str, invoice: models.Invoice) -> Request:
    """Build the call that shows a payment's fiscal receipt in the customer's app."""
    code, is_lower = invoice.qr or invoice.upper_case_qr, merchant.qr_key == "qr"
    spelt = replace(invoice, qr=code if is_lower else None, upper_case_qr=None if is_lower else code)
    body = models.ReceiptRequest(
        request_id=request_id,
        transaction_id=transaction_id,
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        invoice=spelt,
    )
    return Request(Call.RECEIPT, request_id, models.encode(body, merchant.version))


def _method(merchant: Merchant, name: str) -> models.PaymentMethod:
    purpose = merchant.payment_purpose if name == "SBP" else ""
    return models.PaymentMethod(type=name, payment_purpose=purpose or None)
