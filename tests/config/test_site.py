"""The site file: the contract's example loads, and every mistake is named with its place and a way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from koshelek_driver.config import site
from koshelek_driver.errors import SiteError
from tests.support.paths import DATA

EXAMPLE = DATA / "site.example.toml"


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str], SiteError]:
    def load_with(old: str, new: str) -> SiteError:
        text = EXAMPLE.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "site.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(SiteError) as caught:
            site.load(path)
        return caught.value

    return load_with


def test_the_contracts_example_loads_whole() -> None:
    loaded = site.load(EXAMPLE)
    assert loaded.base_url == "https://api-test.koshelek.app/partner"
    assert loaded.journal == EXAMPLE.parent / "journal.db"
    assert loaded.ca_file is None
    assert loaded.pay_api.timing.resend_attempts == 3
    assert loaded.pay_api.enums.final_statuses == {"accepted": "paid", "rejected": "rejected", "canceled": "canceled"}
    assert loaded.operator_tips["PAYMENT_TRANSACTION_IS_NOT_PAID"]["en"].startswith("Try again in 5 minutes")
    assert loaded.totp.templates[0] == "{prefix:CM}{card_number:13d}{card_session:6an}{password:3d}"
    scanner, printer = loaded.device_of("Scanner"), loaded.device_of("POSPrinter")
    assert scanner is not None
    assert printer is not None
    assert (scanner.port, printer.profile) == ("/dev/ttyACM0", "epson-tm-t20iii")


def test_the_environment_chooses_the_address(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace('= "test"  ', '= "production"'), encoding="utf-8")
    assert site.load(path).base_url == "https://api.koshelek.app/partner"


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ('store = "ac', 'pins = ["sha256/short"]\nstore = "ac', "pay_api.pins = 'sha256/short'", "doctor"),
        ("[devices.scanner1]", '[business_day]\ncloses_at = "4"\n[devices.scanner1]', "closes_at = '4'", "correct"),
        ("[devices.scanner1]", '[business_day]\ntime_zone = "Mars"\n[devices.scanner1]', "time_zone = 'Mars'", "machine"),
        ('store = "ac', 'proxy = "socks5://p:1"\nstore = "ac', "pay_api.proxy = 'socks5://p:1'", "administrator"),
        ("journal = ", "jurnal = ", "line 6: unknown key 'driver.jurnal'", "'journal'"),
        ("[pay_api.timing]", "[pay_api.timings]", "unknown key 'pay_api.timings'", "'timing'"),
        ("connect_timeout_s", "conect_timeout_s", "unknown key 'pay_api.timing.conect_timeout_s'", "'connect_timeout_s'"),
        ('category = "CAT"', 'categori = "CAT"', "unknown key 'devices.wallet.categori'", "'category'"),
        ('= "test"  ', '= "tset"  ', "line 5: driver.environment = 'tset': expected one of test, production", "'test'"),
        ('category = "CAT"', 'category = "Cat"', "devices.wallet.category = 'Cat'", "'CAT'"),
        ("{ accepted = \"paid\"", "{ accepted = \"payed\"", "pay_api.enums.final_statuses", "'paid'"),
        ("resend_attempts = 3", 'resend_attempts = "x"', "pay_api.timing.resend_attempts = 'x': Expected `int`", "correct"),
        ("first_poll_ms = 250", "first_poll_ms = 100", "pay_api.timing.first_poll_ms = 100: expected 250 to 500", "correct"),
        ("resend_window_s = 60.0", "resend_window_s = 600.0", "expected 0 to 90", "correct"),
        ('version = "1.2.1"', 'version = "1.2.2"', "expected one of 0.9.0, 1.0.0, 1.1.0, 1.2.0, 1.2.1", "'1.2.1'"),
        ('module = "reference"', 'module = "referense"', "totp.module = 'referense': expected one of reference", "reference"),
        ('module = "reference"', 'module = "native"', "totp.native needs library", "C prototype"),
        ('module = "reference"', 'module = "http"', "totp.http.url = ''", "HTTPS only"),
        ("interval_s = 30", "interval_s = 0", "totp.interval_s = 0: expected 1 to 3600", "correct"),
        ("interval_s = 30", "http.deadline_s = 60", "totp.http.deadline_s = 60.0: expected 0.1 to 10", "correct"),
        ("simulate = false", "simulate = true", "driver.simulate = True", "sandbox serve"),
        ("https://api-test", "http://api-test", "pay_api.base_url_test", "HTTPS"),
        ("ac99f4c8-", "", "pay_api.store", "storeId"),
        ('scanner = "scanner1"', 'scanner = "scaner1"', "devices.wallet.scanner = 'scaner1'", "'scanner1'"),
        ('printer = "printer1"', 'printer = "scanner1"', "expected a device of category POSPrinter", "printer1"),
        ('profile = "generic-serial"\n', "", "devices.scanner1: a Scanner needs profile and port", "add both"),
        ("[totp]", "[totp", "not a TOML file in UTF-8", "mend"),
        ('login = { env = "KOSHELEK_LOGIN" }', 'login = { envv = "X" }', "unknown key 'pay_api.login.envv'", "'env'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_a_way_out(
    broken: Callable[[str, str], SiteError], old: str, new: str, place: str, remedy: str
) -> None:
    error = broken(old, new)
    assert "site.toml" in error.what
    assert place in error.what
    assert remedy in error.remedy


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("[driver]\n", encoding="utf-8")
    with pytest.raises(SiteError, match="missing required field `pay_api`"):
        site.load(path)


def test_a_missing_file_and_a_wrong_encoding_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="no such file"):
        site.load(tmp_path / "none.toml")
    path = tmp_path / "site.toml"
    path.write_bytes("# касса".encode("cp1251"))
    with pytest.raises(SiteError, match="UTF-8"):
        site.load(path)


def test_the_file_comes_from_the_option_then_the_environment_then_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSHELEK_SITE", "/etc/till.toml")
    assert site.find("given.toml") == Path("given.toml")
    assert site.find(None) == Path("/etc/till.toml")
    monkeypatch.delenv("KOSHELEK_SITE")
    assert site.find(None) == Path("site.toml")
