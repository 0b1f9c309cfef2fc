"""The programs in README do what README says."""

from __future__ import annotations

import json
import queue
import re
import time
from pathlib import Path
from typing import Any

import pytest

import koshelek_driver
from koshelek_driver.cli.sandbox.site_file import DEVICES
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scanner import VirtualScanner
from tests.support.examples import run
from tests.support.paths import ROOT
from tests.support.ports import TcpScanner
from tests.support.tills import Till

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_for_a_point_of_sale_sells(till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner, printer = TcpScanner(), VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=DEVICES.format(scanner_port=scanner.address, printer_port=printer.port))
    monkeypatch.chdir(till.site.parent)
    label = till.host.issuer.label("4601234567893", "A1B2C3", time.time())
    held = scanner.send_soon(f"]Q1{label}\r".encode())
    payment = run("sell.py")["payment"]
    held.join()
    assert isinstance(payment, koshelek_driver.Payment)
    assert payment.outcome is koshelek_driver.Outcome.PAID
    assert till.charges("receipt-1024") == 1
    assert printer.wait_for_receipts(1, 5)
    scanner.close()
    printer.close()


def test_the_example_of_the_scanner_scans(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual = VirtualScanner()
    till.rewrite(devices=DEVICES.format(scanner_port=virtual.port, printer_port=9100))
    monkeypatch.delenv("KOSHELEK_SITE", raising=False)
    monkeypatch.chdir(till.site.parent)
    printed: queue.Queue[Any] = queue.Queue()
    scanned: list[Any] = []

    def wait(_prompt: str) -> None:
        virtual.send(b"]C0abc\r")
        scanned.append(printed.get(timeout=10))

    run("scan.py", {"print": printed.put, "input": wait})["scanner"].close()
    assert scanned == [b"]C0abc"]
    virtual.close()


def test_the_example_of_a_refund_gives_a_part_back_and_sends_the_receipt(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(till.site.parent)
    (receipt,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    (till.site.parent / "fiscal-receipt.json").write_text(receipt, encoding="utf-8")
    with koshelek_driver.Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("receipt-1024", 123_450), label=till.label())
    seen = run("give_back.py")
    assert (seen["refund"].outcome, seen["refund"].amount) == (koshelek_driver.Outcome.REFUNDED, 50_000)
    assert seen["recovered"].still_unknown == ()
    (sent,) = till.host.host.receipts
    assert sent["invoice"]["receiptId"] == json.loads(receipt)["receiptId"]


def test_every_public_name_is_there() -> None:
    assert all(getattr(koshelek_driver, name) for name in koshelek_driver.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = koshelek_driver.Nothing
