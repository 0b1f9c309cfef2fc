"""Device services of other packages, found by entry point."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from koshelek_driver.scanner.device import Scanner
from koshelek_driver.upos.codes import ErrorCode, ScanDataType
from koshelek_driver.upos.errors import UposError
from tests.support.tills import Till
from tests.support.upos_devices import Entry, Heard

PACKAGE = """
from koshelek_driver.scanner.label import Label
from koshelek_driver.upos.codes import ScanDataType
from koshelek_driver.upos.service import DeviceService

class Acme(DeviceService[Label]):
    device_service_description = "Acme"
    claim_key = "acme"
    def __init__(self, name, entry):
        self.greeting = getattr(entry, "settings", {}).get("greeting", "none").encode()
    def enable(self, callbacks):
        callbacks.data(Label(self.greeting, self.greeting, ScanDataType.QRCODE))

def breaks(name, entry):
    raise OSError("no library")

def strange(name, entry):
    return object()
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package with device services on the path, as pip would."""

    def do(**services: str) -> None:
        folder = tmp_path / "site"
        information = folder / "acme_scanners-1.0.dist-info"
        information.mkdir(parents=True)
        (folder / "acme_scanners.py").write_text(textwrap.dedent(PACKAGE))
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-scanners\nVersion: 1.0\n")
        lines = [f"{name} = {target}" for name, target in services.items()]
        (information / "entry_points.txt").write_text("[koshelek_driver.device_services]\n" + "\n".join(lines) + "\n")
        monkeypatch.syspath_prepend(str(folder))

    return do


def refusal(scanner: Scanner) -> UposError:
    with pytest.raises(UposError) as refused:
        scanner.open("s")
    return refused.value


def test_a_service_of_another_package_runs_under_the_same_rules(till: Till, install: Install) -> None:
    install(acme="acme_scanners:Acme")
    till.rewrite(devices='[devices.s]\ncategory = "Scanner"\nservice = "acme"\nsettings = { greeting = "hello" }\n')
    heard = Heard()
    from koshelek_driver.config import site

    with Scanner(site.load(till.site).devices) as scanner:
        scanner.open("s")
        assert scanner.device_service_description == "Acme"
        scanner.claim(0)
        scanner.decode_data = True
        scanner.add_data_listener(heard)
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        heard.wait(1)
        assert (scanner.scan_data_label, scanner.scan_data_type) == (b"hello", ScanDataType.QRCODE)


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("acmee", "no installed package offers"),
        ("missing", "cannot be loaded: ModuleNotFoundError"),
        ("breaks", "OSError"),
        ("strange", "is a object, not a DeviceService"),
    ],
)
def test_a_service_that_cannot_be_had_is_no_service(install: Install, service: str, told: str) -> None:
    install(acme="acme_scanners:Acme", missing="gone:x", breaks="acme_scanners:breaks", strange="acme_scanners:strange")
    problem = refusal(Scanner({"s": Entry(service=service)}))
    assert problem.error_code is ErrorCode.E_NOSERVICE
    assert told in problem.what
    assert service != "acmee" or "'acme'" in problem.remedy


def test_a_device_of_another_category_is_no_service_for_this_one() -> None:
    problem = refusal(Scanner({"s": Entry("POSPrinter")}))
    assert problem.error_code is ErrorCode.E_NOSERVICE
    assert problem.what == "device 's' is a POSPrinter, not a Scanner"


def test_the_tills_own_site_file_is_the_registry(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    assert refusal(Scanner()).error_code is ErrorCode.E_NOEXIST
    till.rewrite(devices='[devices.s]\ncategory = "Scanner"\nprofile = "generic-serail"\nport = "/dev/ttyS9"\n')
    problem = refusal(Scanner())
    assert problem.error_code is ErrorCode.E_NOSERVICE
    assert "generic-serial" in problem.remedy
    till.edit("[devices.s]", "[devices.s")
    broken = refusal(Scanner())
    assert broken.error_code is ErrorCode.E_FAILURE
    assert "site.toml" in broken.what
