"""Requests keep the wire contract of every version; slips are read whatever is in them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import CheckoutInvoice, Item, Slip, read_slip
from koshelek_driver.sandbox.contract import Contract
from koshelek_driver.secrets import Secret
from tests.support.merchants import merchant

VERSIONS = ["0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1"]


def checkout(version: str) -> requests.Request:
    item = Item(
        name="Яблоки", article="17", price=100, quantity=1125, total_amount=112_500, tax="vat10",
        discount_amount=0, currency="RUB", measure="GRAM",
    )  # fmt: skip
    invoice = CheckoutInvoice(order_id="A-1", total_amount=112_500, items=(item,), currency="RUB")
    return requests.checkout(
        merchant(version),
        "request-1",
        invoice,
        card_number=Secret("4601234567893"),
        card_session=Secret("A1B2C3"),
        token=Secret("dGlsbA==782"),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_checkout_keeps_the_contract_of_every_version(version: str) -> None:
    request = checkout(version)
    assert Contract(version).request_problems(request.call.value, json.loads(request.body)) == []


def test_fields_that_came_later_are_not_sent_to_an_older_server() -> None:
    newest, older, oldest = (json.loads(checkout(version).body) for version in ("1.2.1", "1.0.0", "0.9.0"))
    assert newest["checkoutInvoice"]["items"][0]["measure"] == "GRAM"
    assert "measure" not in older["checkoutInvoice"]["items"][0]
    assert "currency" not in older["checkoutInvoice"]
    assert older["paymentMethods"][0] == {"type": "SBP", "paymentPurpose": "Оплата покупки"}
    assert oldest["paymentMethods"] == [{"type": "SBP"}, {"type": "DOLYAME"}]
    assert Contract("1.0.0").request_problems("/api/v1/merchant/checkout", newest)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("build", [requests.status, requests.cancel])
def test_status_and_cancel_keep_the_contract(version: str, build: Any) -> None:
    request = build(merchant(version), "request-1", "x" * 36)
    assert Contract(version).request_problems(request.call.value, json.loads(request.body)) == []


def test_a_purpose_goes_with_sbp_only() -> None:
    methods = json.loads(checkout("1.2.1").body)["paymentMethods"]
    assert methods == [{"type": "SBP", "paymentPurpose": "Оплата покупки"}, {"type": "DOLYAME"}]


def test_a_request_does_not_print_what_it_holds() -> None:
    shown = repr(checkout("1.2.1"))
    assert not any(secret in shown for secret in ("4601234567893", "A1B2C3", "dGlsbA"))


@given(
    st.dictionaries(
        st.sampled_from(["orderId", "qrcId", "kzo", "totalAmount", "paymentType", "новое"]),
        st.integers() | st.text() | st.none() | st.booleans(),
    )
)
def test_a_slip_of_any_content_is_read(slip: dict[str, Any]) -> None:
    read = read_slip(slip)
    if isinstance(slip.get("orderId"), str) and slip["orderId"]:
        assert read.order_id == slip["orderId"]


def test_amounts_as_text_are_accepted() -> None:
    assert read_slip({"totalAmount": "12345"}).total_amount == 12345


TEXTS = [field for field in Slip.__struct_encode_fields__ if field != "totalAmount"]


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("odd", [None, 5, 1.5, True, False, [], ["x"], {}, {"kzo": "x"}], ids=repr)
def test_a_value_of_a_slip_that_is_no_text_counts_as_absent(field: str, odd: Any) -> None:
    good = dict.fromkeys(TEXTS, "good") | {"totalAmount": 12345}
    read = read_slip({**good, field: odd})
    values = dict(zip(Slip.__struct_encode_fields__, msgspec.structs.astuple(read), strict=True))
    assert values == {**good, field: ""}


@pytest.mark.parametrize("odd", [None, True, "12,5", 1.5, [], {}], ids=repr)
def test_a_sum_of_a_slip_that_is_no_number_of_kopecks_counts_as_absent(odd: Any) -> None:
    assert read_slip({"totalAmount": odd, "kzo": "K"}) == Slip(kzo="K")
