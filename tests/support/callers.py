"""A caller of the sandbox's Pay API that checks every answer against the contract."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from koshelek_driver.sandbox.contract import Contract
from koshelek_driver.sandbox.host import CALLS, Host, HostSettings
from koshelek_driver.sandbox.messages import HttpReply, HttpRequest
from koshelek_driver.sandbox.wallet import CARD_NUMBER, Issuer

CONTRACT = Contract()
STORE = "ac99f4c8-1a8e-4b60-8aeb-fe20220f1b99"
BASIC = base64.b64encode(b"till:secret").decode()
GRID = count(1)


@dataclass
class Caller:
    """A till made of plain requests; checks every answer against the contract."""

    version: str = "1.2.1"
    polled_methods: bool = False
    now_s: float = 1_795_280_400.0
    statuses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = HostSettings("till", "secret", version=self.version, polled_methods=self.polled_methods)
        self.host = Host(settings, lambda: self.now_s)

    def raw(self, method: str, path: str, body: bytes = b"", **headers: str) -> HttpReply:
        given = {"authorization": f"Basic {BASIC}", "content-type": "application/json", **headers}
        return self.host.handle(HttpRequest(method, f"/partner{path}", given, body))

    def call(self, name: str, body: dict[str, Any], **headers: str) -> tuple[HttpReply, Any]:
        reply = self.raw("POST", CALLS[name], json.dumps(body).encode(), **headers)
        answer = json.loads(reply.body) if reply.body else None
        if reply.status in (200, 201, 422) and answer is not None and name != "receipt":
            assert CONTRACT.response_problems(CALLS[name], reply.status, answer) == []
        return reply, answer

    def token(self, password: str | None = None) -> str:
        return base64.b64encode(b"fingerprint").decode() + (password or Issuer().password(CARD_NUMBER, self.now_s))

    def invoice(self, amount: int) -> dict[str, Any]:
        item = {"name": "x", "article": "1", "price": amount, "quantity": 1, "totalAmount": amount, "tax": "none"}
        return {"orderId": f"A-{next(GRID)}", "totalAmount": amount, "items": [item]}

    def checkout_body(
        self, amount: int = 12_345, session: str | None = None, types: tuple[str, ...] = ("SBP", "DOLYAME")
    ) -> dict[str, Any]:
        return {
            "requestId": f"r-{next(GRID)}",
            "cardSession": session or f"S{next(GRID):05d}",
            "storeId": STORE,
            "terminalId": "T-1",
            "checkoutInvoice": self.invoice(amount),
            "user": {"loyaltyId": CARD_NUMBER},
            "paymentMethods": [{"type": name} for name in types],
        }

    def checkout(self, amount: int = 12_345, **more: Any) -> tuple[HttpReply, Any]:
        return self.call("checkout", self.checkout_body(amount, **more), token=self.token())

    def status(self, transaction_id: str, key: str = "transactionId") -> Any:
        return self.call("status", {"requestId": f"r-{next(GRID)}", key: transaction_id})[1]

    def cancel(self, transaction_id: str) -> tuple[HttpReply, Any]:
        body = {"requestId": f"r-{next(GRID)}", "storeId": STORE, "terminalId": "T-1", "transactionId": transaction_id}
        return self.call("cancel", body)

    def refund(self, transaction_id: str, amount: int) -> tuple[HttpReply, Any]:
        body = {
            "requestId": f"r-{next(GRID)}",
            "storeId": STORE,
            "terminalId": "T-1",
            "transactionId": transaction_id,
            "refundAmount": amount,
            "items": self.invoice(amount)["items"],
        }
        return self.call("refund", body, token=self.token())

    def ask(self, what: str, transaction_id: str, amount: int) -> Any:
        """Status, cancel or refund."""
        if what == "status":
            return self.status(transaction_id)
        return self.cancel(transaction_id)[1] if what == "cancel" else self.refund(transaction_id, amount)[1]

    def paid(self, amount: int = 12_345) -> str:
        transaction_id = str(self.checkout(amount)[1]["transactionId"])
        self.now_s += 1
        assert self.status(transaction_id)["status"] == "accepted"
        return transaction_id
