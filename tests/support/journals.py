"""Rows that tests write into a journal."""

from __future__ import annotations

from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.secrets import Secret

BODY = b'{"cardSession":"SESSION7","items":"' + b"x" * 50_000 + b'","user":{"loyaltyId":"4601234567893"}}'
SLIP = {"id": "s-1", "qrcId": "AD10", "новое": {"поле": [1, None]}, "totalAmount": 100}
PAID = Verdict(Outcome.PAID, "t-1", slip=SLIP, answer={"status": "accepted", "slip": SLIP, "cashback": 5})
REFUND = Request(Call.REFUND, "f-1", b"refund", Secret("T"))


def request(request_id: str = "r-1") -> Request:
    """Return the checkout of a payment; its body is about 50 kB long."""
    return Request(Call.CHECKOUT, request_id, BODY, Secret("TOKEN-782"))


def payment(request_id: str = "r-1", order_id: str = "A-1") -> Payment:
    """Return a payment of 100 kopecks whose outcome is not known yet."""
    return Payment(order_id, request_id, 100, 1000.0, Verdict(Outcome.UNKNOWN), b"digest")


def refund(request_id: str = "f-1", amount: int = 40) -> Refund:
    """Return a refund of that payment whose outcome is not known yet; the amount is in kopecks."""
    return Refund("A-1", request_id, amount, 2000.0, Verdict(Outcome.UNKNOWN, "t-1"), "[]", paid=100)
