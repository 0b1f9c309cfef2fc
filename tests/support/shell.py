"""Command lines run in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from koshelek_driver.cli.main import run
from tests.support.tills import Till

PAY_KEYS = {
    "outcome",
    "order_id",
    "request_id",
    "payment_transaction_id",
    "error_code",
    "operator_tip",
    "slip",
    "button_to_wire_ms",
}


class Shell:
    """Runs command lines in this process."""

    def __init__(self, till: Till, capture: pytest.CaptureFixture[str]) -> None:
        self._till = till
        self._capture = capture
        self.all_output = ""

    def text(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error with its lines unwrapped."""
        code = run([*words])
        out, errors = self._capture.readouterr()
        self.all_output += out + errors
        return code, out, errors

    def document(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and the one JSON document."""
        code, out, _ = self.text(*words, "--json")
        assert out.count("\n") == 1
        return code, json.loads(out)

    def pay(self, order_id: str, amount: int = 12_345, *more: str) -> tuple[int, dict[str, Any]]:
        site = str(self._till.site)
        label = ["--label", self._till.label()] if "--label" not in more else []
        return self.document("pay", "--site", site, "--order-id", order_id, "--amount", str(amount), *label, *more)
