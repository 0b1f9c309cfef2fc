"""The fiscal receipt before it is kept: every field that the API limits is checked by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.fiscal import fiscal_receipt
from koshelek_driver.sandbox.contract import Contract
from tests.support.merchants import merchant
from tests.support.receipts import ITEM, RECEIPT

TAXES = ("none", "vat20")


def read(change: dict[str, Any], version: str = "1.2.1") -> Any:
    text = json.dumps({key: value for key, value in {**RECEIPT, **change}.items() if value is not None})
    return fiscal_receipt(text.encode(), "A-1", TAXES, version)


def test_a_company_gets_its_two_zeros() -> None:
    assert read({}).inn == "007707083893"
    assert read({"inn": "123456789012"}).inn == "123456789012"


@pytest.mark.parametrize("version", ["0.9.0", "1.1.0", "1.2.1"])
def test_what_goes_out_keeps_the_contract(version: str) -> None:
    receipt = read({"qr": "t=20261122T1015&s=1.00", "taxation": "osn", "currency": "RUB"}, version)
    request = requests.receipt(merchant(version=version), "0" * 36, "1" * 36, receipt)
    assert Contract(version).request_problems(request.path, json.loads(request.body)) == []


@pytest.mark.parametrize(("key", "other"), [("qr", "QR"), ("QR", "qr")])
@pytest.mark.parametrize("given_as", ["qr", "QR"])
def test_the_key_of_the_fiscal_code_is_a_setting(key: str, other: str, given_as: str) -> None:
    body = json.loads(requests.receipt(merchant(qr_key=key), "r", "t", read({given_as: "t=1"})).body)
    assert body["invoice"][key] == "t=1"
    assert other not in body["invoice"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"orderId": "A-2"}, "orderId 'A-2' is not 'A-1'"),
        ({"inn": "12345"}, "inn of 5"),
        ({"inn": "77070838AB"}, "inn"),
        ({"dateTime": "2026-11-22T10:15:00"}, "dateTime"),
        ({"dateTime": "yesterday"}, "dateTime"),
        ({"receiptType": "income"}, "receiptType 'income'"),
        ({"taxation": "usn"}, "taxation 'usn'"),
        ({"cashier": "x" * 257}, "cashier of 257"),
        ({"shift": ""}, "shift of 0"),
        ({"fpd": "1" * 65}, "fpd of 65"),
        ({"qr": "1" * 1000}, "qr of 1000"),
        ({"totalAmount": 99}, "add up to 100, not to 99"),
        ({"taxAmount": -1}, "taxAmount -1"),
        ({"subTotalAmount": 90}, "subTotalAmount 90 is less than totalAmount 100"),
        ({"discountAmount": 10**10}, "discountAmount"),
        ({"currency": "USD"}, "currency 'USD'"),
        ({"items": [{**ITEM, "tax": "vat99"}]}, "tax 'vat99'"),
        ({"items": [{**ITEM, "discountAmount": -1}]}, "item 1: discountAmount -1"),
        ({"kassir": "x"}, "kassir"),
        ({"receiptId": None}, "receiptId"),
    ],
)
def test_a_wrong_receipt_is_refused_with_the_field_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match="receipt") as caught:
        read(change)
    assert what in caught.value.what


def test_older_servers_need_the_tax_amount() -> None:
    assert read({"taxAmount": None}).tax_amount is None
    with pytest.raises(UsageError, match="taxAmount"):
        read({"taxAmount": None}, "1.2.0")


def test_a_file_with_a_byte_order_mark_is_the_file_without_it() -> None:
    text = json.dumps(RECEIPT)
    assert fiscal_receipt(b"\xef\xbb\xbf" + text.encode(), "A-1", TAXES, "1.2.1") == read({})


@pytest.mark.parametrize("text", [b"[" * 5000 + b"]" * 5000, b'"\\ud800"', "{}".encode("utf-16")])
def test_bytes_that_no_decoder_likes_are_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="receipt: "):
        fiscal_receipt(text, "A-1", TAXES, "1.2.1")


@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="receipt"):
        fiscal_receipt(text, "A-1", TAXES, "1.2.1")
