"""Every kind of slip on paper, against stored pictures, and every code in it read back by an independent decoder."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import zxingcpp

from koshelek_driver.config import profile
from koshelek_driver.errors import SiteError
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.slips.content import SlipRules, kind_of, slip_lines
from koshelek_driver.payment.slips.template import check
from koshelek_driver.printer.preview import Preview, preview
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.text import printable
from koshelek_driver.till.terminal import Terminal
from tests.support.paths import DATA, DRIVER
from tests.support.pictures import same_as_stored
from tests.support.tills import Till

TRANSACTION = "679c6146-1cee-46ff-9a89-9c866abb9f01"
MOSCOW = ZoneInfo("Europe/Moscow")
STORED = DATA / "slips"
SLIP = {
    "id": "s-1",
    "paymentType": "SBP",
    "orderId": "ORDER-00042",
    "paymentTransactionId": TRANSACTION,
    "operationDateTime": "2026-11-22T10:25:48.123Z",
    "qrcId": "AD102CAF2F0EF8434911BE808C272866",
    "kzo": "K2CAF2F0E",
    "totalAmount": 123_450,
}
PAID = Payment("ORDER-00042", "r-1", 123_450, 0.0, Verdict(Outcome.PAID, TRANSACTION, slip=SLIP))
BACK_ID = "0b5e2f6a-93f1-4d3e-8f64-3a1de0a5a0c7"
BACK = {**SLIP, "refundTransactionId": BACK_ID}
REFUND = Refund("ORDER-00042", "r-2", 123_450, 0.0, Verdict(Outcome.REFUNDED, TRANSACTION, slip=BACK), "[]", BACK_ID)
KINDS: dict[str, tuple[Payment | Refund, dict[str, Any]]] = {
    "payment": (PAID, {}),
    "refund": (REFUND, {}),
    "partial-refund": (replace(REFUND, amount=23_450), {}),
    "cancel": (replace(PAID, verdict=Verdict(Outcome.CANCELED, "t-1")), {}),
    "copy": (PAID, {"copy": True}),
    "test": (PAID, {"environment": "test"}),
    "english-with-code": (PAID, {"language": "en", "qr": True, "copy": True, "environment": "test"}),
    "without-details": (replace(PAID, verdict=Verdict(Outcome.PAID, "t-1")), {}),
}
MODELS = ("epson-tm-t20iii", "generic-escpos-58mm", "epson-tm-u220")


def drawn(payment: Payment | Refund, model: str, **given: Any) -> Preview:
    known = profile.printer(model)
    copy = given.pop("copy", False)
    rules = SlipRules(**{"environment": "production", "language": "ru", "zone": MOSCOW, **given})
    kind = kind_of(payment, 123_450)
    assert kind is not None
    codec = document.codec_of(known)
    lines = slip_lines(
        payment, kind, rules, columns=known.columns, printable=lambda text: printable(text, codec), copy=copy
    )
    (shown,) = preview(document.render(lines, known), known)
    return shown


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_slip_looks_as_it_did(kind: str, model: str) -> None:
    payment, given = KINDS[kind]
    same_as_stored(drawn(payment, model, **given).picture, STORED / f"{kind}-{model}.png")


@pytest.mark.parametrize("model", MODELS)
def test_the_code_of_a_slip_is_read_back(model: str) -> None:
    for payment, text in ((PAID, SLIP["paymentTransactionId"]), (REFUND, BACK["refundTransactionId"])):
        found = zxingcpp.read_barcodes(drawn(payment, model, qr=True).picture)
        assert [each.text for each in found] == [text]


def test_a_slip_without_pillow_has_no_code_and_all_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)  # as if the extra `drawn` were not installed
    shown = drawn(PAID, "epson-tm-u220", qr=True)
    assert not any("picture" in line or "QR" in line for line in shown.lines)
    assert any("9f01" in line for line in shown.lines)


def test_the_slip_of_the_readme_is_a_template_that_prints() -> None:
    readme = (DRIVER / "payment" / "slips" / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(\[slip\].*?)```", readme, re.DOTALL)
    assert example
    look = tomllib.loads(example[1])["slip"]
    templates = {name: tuple(lines) for name, lines in look.items() if name != "qr"}
    for name, lines in templates.items():
        check(name, lines)
    shown = drawn(PAID, "epson-tm-t20iii", templates=templates, qr=look["qr"], copy=True)
    assert [line.strip() for line in shown.lines][:2] == ["МАГАЗИН У ДОМА", "КОПИЯ"]
    assert [each.text for each in zxingcpp.read_barcodes(shown.picture)] == [SLIP["paymentTransactionId"]]


def test_a_till_with_a_wrong_template_does_not_open(till: Till) -> None:
    till.edit("[totp]", '[slip]\npayment = ["{oder_id}"]\n\n[totp]')
    with pytest.raises(SiteError, match="oder_id") as refused:
        Terminal.open(till.site)
    assert "order_id" in refused.value.remedy
