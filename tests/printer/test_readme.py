"""What the guide for POS vendors shows is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.upos.members import Method
from tests.support.examples import run
from tests.support.paths import DRIVER
from tests.support.tills import Till

README = (DRIVER / "printer" / "README.md").read_text(encoding="utf-8")


def test_the_example_prints(till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    till.rewrite(
        devices=f'[devices.printer1]\ncategory = "POSPrinter"\nservice = "preview"\nprofile = "epson-tm-t88v"\n'
        f'settings = {{ folder = "{tmp_path}" }}\n'
    )
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    seen = run("print_receipt.py")
    lines = (tmp_path / "receipt-0001.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["Чай" + " " * 33 + "120.00", "[QRCode: receipt-1024]"]
    assert (tmp_path / "receipt-0001.png").exists()
    seen["printer"].close()


def test_every_method_that_is_named_is_one_and_none_of_the_category_is_missing() -> None:
    named = set(re.findall(r"`([a-z]\w+)`", README))
    methods = {name for name, member in POSPrinter._members.items() if isinstance(member, Method)}
    of_all_devices = {
        "open", "close", "claim", "release", "clearOutput", "resetStatistics", "retrieveStatistics", "updateStatistics",
        "compareFirmwareVersion", "updateFirmware", "clearPrintArea", "changePrintSide", "endInsertion", "beginRemoval",
    }  # fmt: skip
    assert methods - of_all_devices <= named
