"""The merchant in whose name the tests send their requests."""

from __future__ import annotations

from koshelek_driver.pay_api.requests import Merchant

STORE = "ac99f4c8-1a8e-4b60-8aeb-fe20220f1b99"


def merchant(version: str = "1.2.1", qr_key: str = "qr") -> Merchant:
    """Return the merchant for a version of Pay API."""
    return Merchant(STORE, "TILL-01", version, ("SBP", "DOLYAME"), "Оплата покупки", qr_key=qr_key)
