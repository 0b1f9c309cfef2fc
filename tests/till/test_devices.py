"""Scanner, POSPrinter and CAT take the same argument: a loaded site, its devices, or nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from koshelek_driver import CAT, POSPrinter, Scanner, UposError, load_site
from koshelek_driver.upos import ErrorCode
from tests.support.tills import Till

DEVICES = """
[devices.scanner1]
category = "Scanner"
profile = "generic-serial"
port = "tcp://127.0.0.1:{port}"
[devices.printer1]
category = "POSPrinter"
profile = "generic-escpos-80mm"
port = "tcp://127.0.0.1:{port}"
[devices.wallet]
category = "CAT"
scanner = "scanner1"
printer = "printer1"
"""
NAMES = {Scanner: "scanner1", POSPrinter: "printer1", CAT: "wallet"}
Device = Scanner | POSPrinter | CAT


@pytest.fixture
def shop(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        till.rewrite(devices=DEVICES.format(port=silent.getsockname()[1]))
        monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
        yield till


@pytest.mark.parametrize("kind", [Scanner, POSPrinter, CAT])
def test_a_device_opens_from_a_site_or_from_the_default_file(shop: Till, kind: type[Device]) -> None:
    for device in (kind(load_site(shop.site)), kind()):
        device.open(NAMES[kind])
        assert not device.claimed
        device.close()


@pytest.mark.parametrize("kind", [Scanner, POSPrinter])
def test_a_scanner_and_a_printer_open_from_devices_alone(shop: Till, kind: type[Scanner | POSPrinter]) -> None:
    device = kind(load_site(shop.site).devices)
    device.open(NAMES[kind])
    device.close()


def test_a_wallet_needs_the_whole_site_and_says_so(shop: Till) -> None:
    with pytest.raises(UposError) as refused:
        CAT(load_site(shop.site).devices).open("wallet")
    assert refused.value.error_code is ErrorCode.E_NOSERVICE
    assert refused.value.remedy == "make it as CAT(load_site(path))"


@pytest.mark.parametrize("kind", [Scanner, POSPrinter, CAT])
def test_a_path_in_place_of_a_site_is_refused_with_what_to_do(shop: Till, kind: type[Device]) -> None:
    with pytest.raises(TypeError, match="load the site first"):
        kind(str(shop.site))  # type: ignore[arg-type]
