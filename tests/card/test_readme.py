"""What the guides say of cards is true and whole."""

from __future__ import annotations

import inspect
import re
import threading
import tomllib
from typing import Any

import pytest

from koshelek_driver.card.holder import Showing
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import MODULE_CODES, ResultCode, TotpModule
from koshelek_driver.card.totp.prototype import parse
from koshelek_driver.config.sections import Totp, TotpHttp, TotpNative
from tests.support.examples import run
from tests.support.paths import DRIVER
from tests.support.ports import TcpScanner
from tests.support.tills import Till

CARD_GUIDE = (DRIVER / "card" / "README.md").read_text(encoding="utf-8")
SITE_GUIDE = (DRIVER / "config" / "README.md").read_text(encoding="utf-8")
DEVICES = """
[devices.scanner1]
category = "Scanner"
profile = "generic-tcp"
port = "{port}"
[devices.wallet]
category = "CAT"
scanner = "scanner1"
"""
TOML = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", CARD_GUIDE, re.DOTALL)]


def test_every_result_is_explained_in_the_order_in_which_the_text_needs_them() -> None:
    listed = re.findall(r"^\| `([A-Z_]+)` \| (?:wallet|–) \|", CARD_GUIDE, re.MULTILINE)
    assert set(listed) == {code.value for code in ResultCode}
    assert set(listed[:6]) == set(MODULE_CODES)
    assert all(f"`{showing.value}`" in CARD_GUIDE for showing in Showing)


@pytest.mark.parametrize("section", [Totp, TotpHttp, TotpNative])
def test_every_key_is_explained(section: type[Totp | TotpHttp | TotpNative]) -> None:
    text = CARD_GUIDE if section is not Totp else SITE_GUIDE
    assert [name for name in section.__struct_fields__ if not re.search(rf"\b{name}\b", text)] == []


def test_the_examples_can_be_meant() -> None:
    templates, http, native, package = TOML
    assert package["project"]["entry-points"].keys() == {"koshelek_driver.totp_modules"}
    Templates(templates["templates"])
    assert http["totp"]["http"].keys() <= set(TotpHttp.__struct_fields__)
    declared = {name: text for name, text in native["totp"]["native"].items() if name != "library"}
    assert [parse(text).symbol for text in declared.values()] == ["pv_init", "pv_verify", "pv_token"]


def test_what_a_template_may_write_is_shown_in_full() -> None:
    rows = re.findall(r"^\| (`.*?) \| ", CARD_GUIDE.split("## Templates")[1].split("##")[0], re.MULTILINE)
    written = [each for row in rows for each in re.findall(r"`(\{.*?\})`", row)]
    for each in written:
        Templates([each if "card_number" in each else f"{each}{{card_number:13d}}"])
    assert len(written) == 7


def test_the_example_shows_a_card_before_it_pays(
    till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scanner = TcpScanner()
    till.rewrite(devices=DEVICES.format(port=scanner.address))
    monkeypatch.chdir(till.site.parent)

    def scan_card(prompt: str) -> None:
        """The cashier scans the card and presses Enter when the till has it."""
        assert prompt
        scanner.send(f"]Q1{till.label()}\r".encode())
        turn = threading.Event()
        while seen["terminal"].shown_card() is None:
            turn.wait(0.01)

    seen: dict[str, Any] = {"input": scan_card}
    run("show_card.py", seen)
    assert capsys.readouterr().out == "Карта Кошелька …7893: оплата доступна\n"
    assert seen["methods"].can_pay
    assert till.charges("receipt-1024") == 1
    scanner.close()


def test_the_example_of_a_module_has_every_method_of_one() -> None:
    module = run("acme_totp.py")["AcmeTotp"]
    for name, method in inspect.getmembers(TotpModule, inspect.isfunction):
        if not name.startswith("_"):
            assert len(inspect.signature(getattr(module, name)).parameters) == len(inspect.signature(method).parameters)
