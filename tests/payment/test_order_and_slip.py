"""What may be charged, and what the customer gets on paper."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import SiteError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.payment.order import LineRule, order, order_with_invoice
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.slips.content import KINDS, Kind, SlipRules, default_template, kind_of, slip_lines
from koshelek_driver.payment.slips.template import FIELDS, check
from koshelek_driver.printer.rendering.layout import Code, Item, Line
from koshelek_driver.printer.rendering.text import printable
from koshelek_driver.sandbox.contract import Contract
from koshelek_driver.secrets import Secret
from tests.support.merchants import merchant

RULE = LineRule("Покупка", "0", "none")
TAXES = ("none", "vat20")
ITEM = {"name": "Хлеб", "article": "1", "price": 50, "quantity": 2, "totalAmount": 100, "tax": "vat20"}
INVOICE = {"orderId": "A-1", "totalAmount": 100, "items": [ITEM]}
TRANSACTION = "679c6146-1cee-46ff-9a89-9c866abb9f01"
SBP = {
    "id": "s",
    "paymentType": "SBP",
    "orderId": "A-1",
    "paymentTransactionId": TRANSACTION,
    "operationDateTime": "2026-11-21T21:25:48.123Z",
    "qrcId": "AD102CAF2F0EF8434911BE808C272866",
    "kzo": "K2CAF2F0E",
    "totalAmount": 123_450,
}
PAYMENT = Payment("A-1", "r-1", 123_450, 0.0, Verdict(Outcome.PAID, TRANSACTION, slip=SBP))


@given(st.integers(1, 9_999_999_999), st.text(min_size=1, max_size=36))
def test_any_amount_and_order_id_within_the_limits_makes_an_invoice_of_one_line(amount: int, order_id: str) -> None:
    made = order(order_id, amount, RULE)
    assert made.invoice.items[0].total_amount == made.invoice.total_amount == amount


@pytest.mark.parametrize("amount", [19.99 * 100, 12345.0, 123.45, True, float("nan"), float("inf"), "100", None])
def test_only_whole_kopecks_are_an_amount(amount: Any) -> None:
    invoice = json.dumps({**INVOICE, "totalAmount": 100}).encode()
    with pytest.raises(UsageError, match="amount") as caught:
        order("A-1", amount, RULE)
    assert "whole kopecks" in caught.value.remedy
    with pytest.raises(UsageError, match="whole|amount"):
        order_with_invoice("A-1", amount, invoice, TAXES)


def test_an_order_id_is_text() -> None:
    with pytest.raises(UsageError, match="is no text"):
        order("\udcff", 100, RULE)


@pytest.mark.scenario(39)
@pytest.mark.parametrize(
    ("order_id", "amount", "what"),
    [
        ("", 100, "order id of 0"),
        ("x" * 37, 100, "order id of 37"),
        ("A", 0, "amount 0"),
        ("A", -1, "amount -1"),
        ("A", 10**10, "amount 10000000000"),
    ],
)
def test_what_is_beyond_the_limits_is_refused_before_anything_is_sent(order_id: str, amount: int, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        order(order_id, amount, RULE)
    assert "allowed" in caught.value.remedy


def test_a_whole_invoice_is_taken_over() -> None:
    made = order_with_invoice("A-1", 100, json.dumps(INVOICE).encode(), TAXES)
    assert made.invoice.items[0].name == "Хлеб"


@pytest.mark.scenario(39)
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"orderId": "A-2"}, "orderId 'A-2' is not 'A-1'"),
        ({"totalAmount": 99}, "totalAmount 99 is not 100"),
        ({"items": []}, "the items add up to 0, not to 100"),
        ({"items": [{**ITEM, "totalAmount": 101}]}, "add up to 101"),
        ({"items": [{**ITEM, "quantity": 1.125}]}, "quantity 1.125"),
        ({"items": [{**ITEM, "tax": "vat99"}]}, "tax 'vat99'"),
        ({"items": [{**ITEM, "price": -1}]}, "price -1"),
        ({"items": [{**ITEM, "prise": 1}]}, "prise"),
        ({"items": [{"name": "x"}]}, "article"),
        ({"totalAmount": "100"}, "totalAmount"),
        ({"tootal": 1}, "tootal"),
    ],
)
def test_a_wrong_invoice_is_refused_with_the_field_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match="invoice") as caught:
        order_with_invoice("A-1", 100, json.dumps({**INVOICE, **change}).encode(), TAXES)
    assert what in caught.value.what


@pytest.mark.scenario(70)
@given(st.text(max_size=999))
def test_any_name_of_goods_reaches_the_host_as_utf_8_and_as_it_was(name: str) -> None:
    text = json.dumps({**INVOICE, "items": [{**ITEM, "name": name}]}).encode()
    made = order_with_invoice("A-1", 100, text, TAXES)
    secret = Secret("x")
    sent = requests.checkout(merchant(), "0" * 36, made.invoice, card_number=secret, card_session=secret, token=secret)
    body = json.loads(sent.body.decode("utf-8"))
    assert body["checkoutInvoice"]["items"][0]["name"] == name
    assert Contract("1.2.1").request_problems(sent.path, body) == []


def test_a_file_with_a_byte_order_mark_is_the_file_without_it() -> None:
    text = json.dumps(INVOICE).encode()
    made = order_with_invoice("A-1", 100, b"\xef\xbb\xbf" + text, TAXES)
    assert made == order_with_invoice("A-1", 100, text, TAXES)


def test_a_sum_that_is_there_twice_is_refused_with_its_name() -> None:
    text = json.dumps(INVOICE).encode()[:-1] + b', "totalAmount": 99}'
    with pytest.raises(UsageError, match=r"invoice: Expected `int`, got `array` - at `\$\.totalAmount`"):
        order_with_invoice("A-1", 100, text, TAXES)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", b'{"orderId":"\\ud800"}', b"[" * 5000, "{}".encode("utf-16")]
)
def test_a_file_that_is_no_invoice_is_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="invoice"):
        order_with_invoice("A-1", 100, text, TAXES)


def test_whole_units_with_a_point_are_whole_units() -> None:
    invoice = {**INVOICE, "items": [{**ITEM, "quantity": 2.0}]}
    assert order_with_invoice("A-1", 100, json.dumps(invoice).encode(), TAXES)
    schema_problems = Contract()._problems("#/components/schemas/CheckoutInvoice", invoice)
    assert schema_problems == []


def items(
    payment: Payment | Refund = PAYMENT, *, columns: int = 48, copy: bool = False, paid: int = 123_450, **rules: Any
) -> tuple[Item, ...]:
    known = {"environment": "production", "language": "ru", **rules}
    kind = kind_of(payment, paid)
    assert kind is not None
    return slip_lines(
        payment, kind, SlipRules(**known), columns=columns, printable=lambda text: printable(text, "cp866"), copy=copy
    )


def lines(payment: Payment | Refund = PAYMENT, **more: Any) -> tuple[Line, ...]:
    return tuple(item for item in items(payment, **more) if isinstance(item, Line))


def text(payment: Payment | Refund = PAYMENT, **more: Any) -> str:
    return "\n".join(line.text for line in lines(payment, **more))


def test_the_slip_has_every_field_that_a_customer_needs() -> None:
    printed = text()
    for value in (
        "A-1",
        SBP["paymentTransactionId"],
        "СБП (SBP)",
        SBP["qrcId"],
        SBP["kzo"],
        "1234.50",
        "21.11.2026 21:25:48",
    ):
        assert str(value) in printed
    assert "Возврат" not in printed


def test_the_paper_has_what_this_till_asked_for_whatever_the_slip_says() -> None:
    slip = {**SBP, "orderId": "someone-else", "totalAmount": 10_000, "paymentTransactionId": "another"}
    printed = text(replace(PAYMENT, verdict=replace(PAYMENT.verdict, slip=slip)))
    assert all(value in printed for value in ("A-1", "1234.50", TRANSACTION))
    assert not any(value in printed for value in ("someone-else", "100.00", "another"))


def test_fields_that_did_not_come_take_no_line() -> None:
    dolyame = {key: value for key, value in SBP.items() if key not in ("qrcId", "kzo")} | {"paymentType": "DOLYAME"}
    printed = text(replace(PAYMENT, verdict=Verdict(Outcome.PAID, slip=dolyame)))
    assert "Долями (DOLYAME)" in printed
    assert "СБП" not in printed
    assert "КЗО" not in printed


def test_a_provider_of_tomorrow_prints_by_its_name() -> None:
    slip = {**SBP, "paymentType": "NEWPAY"}
    assert "NEWPAY" in text(replace(PAYMENT, verdict=Verdict(Outcome.PAID, slip=slip)))


def test_marks_stand_out_and_are_there_only_when_they_are_true() -> None:
    assert "ТЕСТ" not in text()
    assert "КОПИЯ" not in text()
    marked = lines(environment="test", copy=True)
    assert [line.text for line in marked if line.large] == ["ТЕСТ", "КОПИЯ"]
    assert "ТЕСТ" in text(environment="test", language="en")


def test_a_paid_order_without_a_slip_still_says_what_was_paid() -> None:
    printed = text(replace(PAYMENT, verdict=Verdict(Outcome.PAID, "t-1", slip=None)))
    assert "1234.50" in printed
    assert "t-1" in printed
    assert "не получены" in printed


@pytest.mark.scenario(70)
@given(
    st.fixed_dictionaries(
        {
            key: st.text(max_size=80)
            for key in ("orderId", "paymentTransactionId", "paymentType", "qrcId", "kzo", "operationDateTime")
        }
    ),
    st.sampled_from([32, 42, 48]),
    st.sampled_from(["ru", "en"]),
)
def test_whatever_the_host_sends_the_slip_fits_the_paper(slip: dict[str, str], columns: int, language: str) -> None:
    made = lines(replace(PAYMENT, verdict=Verdict(Outcome.PAID, slip=slip)), columns=columns, language=language)
    assert all(len(line.text) * (2 if line.large else 1) <= columns for line in made)


REFUND = Refund(
    "A-1", "r-2", 23_450, 0.0, Verdict(Outcome.REFUNDED, "t-1", slip={**SBP, "totalAmount": 23_450}), "[]", "ref-1"
)
CANCELED = replace(PAYMENT, verdict=Verdict(Outcome.CANCELED, "t-1"))


def test_every_kind_of_slip_says_what_it_is() -> None:
    assert "ЧАСТИЧНЫЙ" in text(REFUND, paid=123_450)
    assert "ЧАСТИЧНЫЙ" not in text(REFUND, paid=23_450)
    assert "ВОЗВРАТ" in text(REFUND, paid=23_450)
    assert "ref-1" in text(REFUND)
    assert "ОТМЕНА" in text(CANCELED)
    assert "Деньги не списаны" in text(CANCELED)
    assert "Реквизиты" not in text(CANCELED)
    assert kind_of(replace(PAYMENT, verdict=Verdict(Outcome.UNKNOWN)), 1) is None
    assert kind_of(replace(REFUND, verdict=Verdict(Outcome.UNKNOWN)), 1) is None


def test_every_field_of_the_slip_can_stand_on_it() -> None:
    whole = {**SBP, "merchantId": "M-1", "storeId": "S-1", "terminalId": "T-1", "operationId": "O-1", "id": "slip-7"}
    slip = {**whole, "refundTransactionId": "back-1"}
    payment = replace(PAYMENT, verdict=Verdict(Outcome.PAID, TRANSACTION, slip=slip))
    template = tuple(f"{name} | {{{name}}}" for name in FIELDS if name not in ("missing", "title"))
    printed = text(payment, columns=80, templates={"payment": template})
    for value in (*whole.values(), "back-1", "r-1"):
        if value not in (SBP["operationDateTime"], SBP["totalAmount"]):
            assert str(value) in printed


def test_a_shop_has_its_own_slip_and_cannot_lose_the_marks() -> None:
    own = {
        "payment": ("=!+ МАГАЗИН", "", "Чек {order_id} на {amount}", "пусто {kzo}{merchant_id}"),
        "copy": ("= второй",),
    }
    slip = {key: value for key, value in SBP.items() if key != "kzo"}
    payment = replace(PAYMENT, verdict=Verdict(Outcome.PAID, "t-1", slip=slip))
    found = lines(payment, templates=own, environment="test", copy=True, columns=32)
    assert [line.text for line in found] == [
        "ТЕСТ", "второй", "МАГАЗИН", "", "Чек A-1 на 1234.50", "Не является кассовым чеком",
    ]  # fmt: skip
    assert (found[2].bold, found[2].large) == (True, True)


def test_a_code_of_the_transaction_stands_on_the_slip_if_it_is_wanted() -> None:
    codes = [item.data for item in items(qr=True) if isinstance(item, Code)]
    assert codes == [SBP["paymentTransactionId"]]
    assert [item.data for item in items(REFUND, qr=True) if isinstance(item, Code)] == ["ref-1"]
    assert not [item for item in items() if isinstance(item, Code)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{oder_id}", "no field '{oder_id}'"),
        ("КАССОВЫЙ  ЧЕК № 1", "fiscal receipt"),
        ("ФН 9999078900004312", "fiscal receipt"),
        ("Фискальный документ", "fiscal receipt"),
        ("ФПД: 1", "fiscal receipt"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(line: str, what: str) -> None:
    with pytest.raises(SiteError, match=what):
        check("payment", ("=! ok", line))


@pytest.mark.parametrize("kind", KINDS)
def test_the_drivers_own_templates_pass_the_same_check(kind: Kind) -> None:
    for language in ("ru", "en"):
        check(kind, default_template(kind, language))


@given(st.lists(st.text(max_size=90), max_size=8), st.integers(16, 64), st.booleans())
def test_no_template_overruns_the_paper_or_breaks(template: list[str], columns: int, copy: bool) -> None:
    for line in lines(templates={"payment": tuple(template)}, columns=columns, copy=copy):
        assert len(line.text) * (2 if line.large else 1) <= columns
