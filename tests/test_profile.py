"""Every profile that is shipped loads; a wrong name gets the nearest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from koshelek_driver import config, profile
from koshelek_driver.errors import ProfileError


@pytest.mark.parametrize("name", profile.names("scanners"))
def test_a_scanner_profile_is_whole(name: str) -> None:
    loaded = profile.scanner(name)
    assert loaded.framing.terminator_bytes
    assert loaded.source


@pytest.mark.parametrize("name", profile.names("printers"))
def test_a_printer_profile_is_whole(name: str) -> None:
    loaded = profile.printer(name)
    assert loaded.dots == loaded.columns * 12
    assert "cp866" in loaded.code_pages


def test_the_shipped_names_are_what_site_files_may_say() -> None:
    assert profile.names("scanners") == ["generic-serial"]
    assert profile.names("printers") == ["epson-tm-t20iii", "generic-escpos-58mm", "generic-escpos-80mm"]


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(ProfileError, match="no printer profile 'epson-tm-t20'") as caught:
        profile.printer("epson-tm-t20")
    assert "epson-tm-t20iii" in caught.value.remedy


@pytest.mark.parametrize("name", ["../scanners/generic-serial", "", "GENERIC-SERIAL"])
def test_a_name_is_not_a_path(name: str) -> None:
    with pytest.raises(ProfileError):
        profile.scanner(name)


def test_wrong_bytes_in_a_profile_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('description = "x"\nsource = "x"\n[framing]\nterminators = "CR"\n', encoding="utf-8")
    with pytest.raises(ProfileError, match="hexadecimal bytes"):
        config.read(path, profile.ScannerProfile, ProfileError)


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ('"F" = "EAN31"', "line 3: symbology: 'EAN31' is no ScanDataType; did you mean 'EAN13'"),
        ('"" = "EAN13"', "line 3: symbology: identifier '': expected ASCII characters"),
        ('"Ж" = "EAN13"', "line 3: symbology: identifier 'Ж': expected ASCII characters"),
    ],
)
def test_a_wrong_identifier_in_a_profile_is_named(tmp_path: Path, identifier: str, told: str) -> None:
    path = tmp_path / "x.toml"
    lines = ["description = 'x'", "source = 'x'", "[symbology]", "[symbology.identifiers]", identifier]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ProfileError, match=re.escape(told)):
        config.read(path, profile.ScannerProfile, ProfileError)
