"""The first argument of a category: a loaded site, its devices, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from koshelek_driver import POSPrinter, Scanner
from koshelek_driver.config import site
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from koshelek_driver.upos.codes import State
from koshelek_driver.upos.device import Device
from koshelek_driver.upos.registry import DeviceSource
from tests.support.tills import Till
from tests.support.upos_devices import Heard

DEVICES = """
[devices.scanner1]
category = "Scanner"
profile = "generic-serial"
port = "/dev/ttyS9"

[devices.printer1]
category = "POSPrinter"
profile = "epson-tm-t88v"
port = "tcp://127.0.0.1:9"
"""
KINDS: list[tuple[Callable[..., Device], str]] = [(Scanner, "scanner1"), (POSPrinter, "printer1")]
SPELLINGS: list[Callable[[Till], tuple[DeviceSource, ...]]] = [
    lambda till: (site.load(till.site),),
    lambda till: (site.load(till.site).devices,),
    lambda _till: (),
]


@pytest.mark.parametrize(("make", "name"), KINDS, ids=["Scanner", "POSPrinter"])
@pytest.mark.parametrize("arguments", SPELLINGS, ids=["site", "devices", "default"])
def test_a_device_is_found_in_a_site_in_its_devices_and_in_the_default_site(
    till: Till,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., Device],
    name: str,
    arguments: Callable[[Till], tuple[DeviceSource, ...]],
) -> None:
    till.rewrite(devices=DEVICES)
    given = arguments(till)
    if given:
        monkeypatch.delenv("KOSHELEK_SITE", raising=False)
        monkeypatch.chdir(till.site.parent.parent)  # no site.toml here
    else:
        monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    with make(*given) as device:
        device.open(name)
        assert device.state is State.S_IDLE
        assert name not in device.physical_device_name
        assert device.physical_device_name


@pytest.mark.parametrize("make", [Scanner, POSPrinter])
def test_a_path_is_refused_at_once_with_what_to_do(make: Callable[..., Device]) -> None:
    with pytest.raises(TypeError, match=r"load_site\(path\).*got str"):
        make("site.toml")


def test_a_scanner_over_devices_alone_gives_a_cards_number_and_no_secret(till: Till) -> None:
    virtual = VirtualScanner()
    till.rewrite(devices=DEVICES.replace("/dev/ttyS9", virtual.port))
    heard = Heard()
    with Scanner(site.load(till.site).devices) as scanner:
        scanner.open("scanner1")
        scanner.claim(0)
        scanner.decode_data = True
        scanner.add_data_listener(heard)
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        virtual.send(f"]Q1{till.label()}\r".encode())
        heard.wait(1)
        assert (scanner.scan_data, scanner.scan_data_label) == (b"]Q1" + CARD_NUMBER.encode(), CARD_NUMBER.encode())
    virtual.close()
