"""Stores as a file of the Store API lists them."""

from __future__ import annotations

from typing import Any

BRAND = "0f8fad5b-d9cb-469f-a165-70867728950e"
STORE: dict[str, Any] = {
    "storeNumber": "17",
    "legalId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "city": "Москва",
    "address": "ул. Первая, 1",
    "phone": "+7 495 000-00-00",
    "zip": "101000",
}
WHOLE: dict[str, Any] = {
    **STORE,
    "countryCode": "RU",
    "countrySubDivisionCode": "RU-MOW",
    "mcc": "5411",
    "paymentMethods": ["SBP"],
    "sbpMerchantId": "MA1",
    "status": "INACTIVE",
}
