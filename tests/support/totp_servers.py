"""The TOTP module on the retailer's server, over real HTTPS."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import trustme

from koshelek_driver.sandbox.messages import HttpReply, HttpRequest
from koshelek_driver.sandbox.wire import HttpsServer

YES = {"resultCode": "CARDSESSION_AVAILABLE", "totpCodeValid": True, "cardNumber": "77", "cardSession": "S7", "new": 1}


class CashDesk:
    """The retailer's server: keeps what it was asked, answers what the test wants."""

    def __init__(self, folder: Path, *, wants_certificate: bool = False) -> None:
        self.authority = trustme.CA()
        self.ca = folder / "cash-desk-ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1").configure_cert(context)
        if wants_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        self.reply = HttpReply(200, json.dumps(YES).encode())
        self.asked: list[tuple[HttpRequest, dict[str, Any]]] = []
        self.server = HttpsServer(self._answer, context, 0)

    def _answer(self, request: HttpRequest) -> HttpReply:
        self.asked.append((request, json.loads(request.body)))
        return self.reply

    def answers(self, document: object, status: int = 200) -> None:
        self.reply = HttpReply(status, json.dumps(document).encode())

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.port}/totp"
