"""What README shows is true."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import koshelek_driver
from koshelek_driver.cli.sandbox.site_file import DEVICES
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.sandbox.symbols import draw
from koshelek_driver.transport import Port, open_port
from koshelek_driver.transport.port import SerialLine
from tests.support.paths import ROOT
from tests.support.tills import Till

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_for_a_point_of_sale_sells(till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found
    scanner, printer = VirtualScanner(), VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=DEVICES.format(scanner_port=scanner.port, printer_port=printer.port))
    monkeypatch.chdir(till.site.parent)
    card = draw(till.host.issuer.label("4601234567893", "A1B2C3", time.time()), "qr")
    held = threading.Thread(target=scanner.show, args=(card,))

    def open_and_hold(address: str, line: SerialLine, timeout_s: float, pages: frozenset[int]) -> Port:
        """Hold the card before the scanner once the till listens to it."""
        port = open_port(address, line, timeout_s, pages)
        held.start()
        return port

    monkeypatch.setattr("koshelek_driver.scanner.service.open_port", open_and_hold)
    seen: dict[str, object] = {}
    exec(found[1], seen)
    held.join()
    assert isinstance(seen["payment"], koshelek_driver.Payment)
    assert seen["payment"].outcome is koshelek_driver.Outcome.PAID
    assert till.charges("receipt-1024") == 1
    assert printer.wait_for_receipts(1, 5)
    scanner.close()
    printer.close()


def test_the_example_of_the_scanner_scans(
    till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    virtual = VirtualScanner()
    till.rewrite(devices=DEVICES.format(scanner_port=virtual.port, printer_port=9100))
    monkeypatch.delenv("KOSHELEK_SITE", raising=False)
    monkeypatch.chdir(till.site.parent)
    seen: dict[str, Any] = {}
    exec(found[1], seen)
    heard = threading.Event()
    seen["scanner"].add_data_listener(lambda _event: heard.set())
    virtual.send(b"]C0abc\r")
    assert heard.wait(10)
    seen["scanner"].close()
    virtual.close()
    assert capsys.readouterr().out == "b']C0abc'\n"


def test_every_public_name_is_there() -> None:
    assert all(getattr(koshelek_driver, name) for name in koshelek_driver.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = koshelek_driver.Nothing
