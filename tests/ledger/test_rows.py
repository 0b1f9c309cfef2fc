"""Rows that other tills wrote into the shop's ledger: what does not read is refused by its till and request."""

from __future__ import annotations

from typing import Any

import pytest

from koshelek_driver.errors import LedgerError
from koshelek_driver.ledger import rows

SOUND = {
    "kind": "refund", "request_id": "f-1", "order_id": "A-1", "transaction_id": "t-1", "amount": 500,
    "created_s": 1.0, "outcome": "refunded", "error_code": "", "details": "", "slip": None, "closed_s": 2.0,
    "ended": 1, "refund_transaction_id": "", "contents": "[]", "paid": 500, "operator": "", "ended_by": "",
}  # fmt: skip


def row(**changes: Any) -> list[Any]:
    return list({**SOUND, **changes}.values())


def test_a_sound_row_is_read() -> None:
    assert rows.read("till-1", row()).outcome == "refunded"
    assert rows.read("till-1", row(outcome=None, contents=None, closed_s=None)).outcome is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": "weird"}, "an unknown word - at outcome"),
        ({"kind": "gift"}, "an unknown word - at kind"),
        ({"amount": -1}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"created_s": float("inf")}, "created_s"),
        ({"created_s": float("nan")}, ""),
        ({"contents": "{"}, "array"),
        ({"contents": "{}"}, "array"),
        ({"contents": '[{"name": 7}]'}, "str"),
        ({"contents": "[" * 100_000}, "recursion"),
        ({"kind": "payment", "contents": "{}"}, "orderId"),
        ({"kind": "payment", "contents": "[]"}, "object"),
        ({"slip": "[]"}, "object"),
        ({"slip": "nonsense"}, "malformed"),
        ({"paid": 0.5}, "paid"),
        ({"ended": "x"}, "ended"),
    ],
)
def test_a_row_that_does_not_read_names_till_and_request(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(LedgerError, match=f"(?s)till shop/7, request f-1: .*{why}") as refused:
        rows.read("shop/7", row(**changes))
    assert refused.value.remedy
    assert "weird" not in refused.value.what
