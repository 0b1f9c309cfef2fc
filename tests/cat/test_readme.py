"""The point of sale in the README of the CAT sells, and its tables are those of the code."""

from __future__ import annotations

import inspect
import json
import os
import re
import time
from pathlib import Path

import msgspec
import pytest

from koshelek_driver.cat import information
from koshelek_driver.cat.information import Asked, Told
from koshelek_driver.cat.progress import Progress
from koshelek_driver.cli.sandbox.site_file import DEVICES
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from koshelek_driver.upos.cat_codes import CatExtended
from tests.support.examples import program, run
from tests.support.paths import DRIVER
from tests.support.ports import TcpScanner
from tests.support.tills import Till


def _has_check_digit(ean: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(ean, (1, 3) * 6 + (1,), strict=True)) % 10 == 0


README = (DRIVER / "cat" / "README.md").read_text(encoding="utf-8")


def test_the_point_of_sale_has_forty_lines_and_sells(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scanner, printer = TcpScanner(), VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=DEVICES.format(scanner_port=scanner.address, printer_port=printer.port))
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    assert len([line for line in program("point_of_sale.py").splitlines() if line.strip()]) <= 40
    label = till.host.issuer.label(CARD_NUMBER, "A1B2C3", time.time())
    goods = re.findall(r'b"(\d{13})": ', README)
    assert len(goods) == 2
    assert all(_has_check_digit(number) for number in goods)
    assert CARD_NUMBER not in goods
    scans = [f"]E0{number}\r".encode() for number in goods]
    shopping = scanner.send_soon(*scans, b"]Q1" + label.encode() + b"\r")
    run("point_of_sale.py")
    shopping.join()
    assert re.fullmatch(r"paid [0-9a-f-]{36}\n", capsys.readouterr().out)
    assert till.charges("receipt-1024") == 1
    printer.settle()
    slip, receipt = ("\n".join(each.lines) for each in printer.receipts)
    assert "receipt-1024" in slip
    assert "202.50" in slip
    assert "Хлеб" in receipt
    assert "Молоко" in receipt
    scanner.close()
    printer.close()


def test_every_key_of_the_json_is_described() -> None:
    for kind in (Asked, Told):
        for name in kind.__struct_encode_fields__:
            assert f"`{name}`" in README


def test_every_code_and_event_is_described() -> None:
    for code in (CatExtended.CENTERERROR, CatExtended.DEFICIENT, CatExtended.RESET, CatExtended.OUTCOME_UNKNOWN):
        assert f"{code.name} {code.value}" in README
    described = README[README.index("DirectIOEvents") :]
    assert all(f"{event.value} " in described for event in Progress)


def test_the_schema_is_that_of_the_code() -> None:
    """`KOSHELEK_DRAW=1` writes it anew."""
    file = Path(information.__file__).with_name("information.schema.json")
    _, components = msgspec.json.schema_components([Asked, Told])
    for component in components.values():
        component["description"] = inspect.cleandoc(component["description"])
    text = json.dumps({"$defs": components}, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("KOSHELEK_DRAW"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    assert file.name in README
