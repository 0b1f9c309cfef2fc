"""Build requests as fixed bytes: a request is sent, and sent again, exactly as it was first made."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.pay_api import models
from koshelek_driver.pay_api.models import Call
from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One call. `body` holds a card number and a session, so it does not print itself."""

    call: Call
    request_id: str
    body: bytes
    token: Secret | None = None

    def __repr__(self) -> str:
        return f"Request({self.call.name}, {self.request_id})"


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who asks: the same in every request of a till."""

    store: str
    terminal: str
    version: str
    payment_types: tuple[str, ...]
    payment_purpose: str


def checkout(
    merchant: Merchant,
    request_id: str,
    invoice: models.CheckoutInvoice,
    *,
    card_number: Secret,
    card_session: Secret,
    token: Secret,
) -> Request:
    """The charge of one invoice."""
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


def status(merchant: Merchant, request_id: str, transaction_id: str) -> Request:
    """How far a payment is."""
    body = models.StatusRequest(request_id=request_id, transaction_id=transaction_id)
    return Request(Call.STATUS, request_id, models.encode(body, merchant.version))


def cancel(merchant: Merchant, request_id: str, transaction_id: str) -> Request:
    """Take back a payment that has not completed."""
    body = models.CancelRequest(
        request_id=request_id,
        store_id=merchant.store,
        terminal_id=merchant.terminal,
        transaction_id=transaction_id,
    )
    return Request(Call.CANCEL, request_id, models.encode(body, merchant.version))


def _method(merchant: Merchant, name: str) -> models.PaymentMethod:
    purpose = merchant.payment_purpose if name == "SBP" else ""
    return models.PaymentMethod(type=name, payment_purpose=purpose or None)
