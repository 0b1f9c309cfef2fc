"""A fiscal receipt as a point of sale hands it over."""

from __future__ import annotations

import json
from typing import Any

ITEM = {"name": "Хлеб", "article": "1", "price": 50, "quantity": 2, "totalAmount": 100, "tax": "vat20"}
RECEIPT: dict[str, Any] = {
    "orderId": "A-1",
    "receiptId": "F-7",
    "merchantName": "ООО Ромашка",
    "merchantAddress": "Москва, ул. Ленина, 1",
    "inn": "7707083893",
    "dateTime": "2026-11-22T10:15:00+03:00",
    "shift": "12",
    "cashier": "Иванова",
    "receiptType": "debit",
    "totalAmount": 100,
    "taxAmount": 17,
    "items": [ITEM],
}


INVOICE = json.dumps(RECEIPT).encode()
