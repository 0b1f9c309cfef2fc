"""Every profile that is shipped loads; a wrong name gets the nearest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from koshelek_driver.config import profile, toml
from koshelek_driver.errors import ProfileError


@pytest.mark.parametrize("name", profile.names("scanners"))
def test_a_scanner_profile_is_whole(name: str) -> None:
    loaded = profile.scanner(name)
    assert loaded.framing.terminator_bytes
    assert loaded.source


@pytest.mark.parametrize("name", profile.names("printers"))
def test_a_printer_profile_is_whole(name: str) -> None:
    loaded = profile.printer(name)
    assert loaded.columns * 9 <= loaded.dots <= loaded.columns * 14
    assert "cp866" in loaded.code_pages
    assert loaded.source


def test_the_shipped_names_are_what_site_files_may_say() -> None:
    assert {"generic-serial", "generic-hid-pos", "zebra-ds2208-ssi"} <= set(profile.names("scanners"))
    assert len(profile.names("scanners")) >= 40
    assert {"epson-tm-t20iii", "generic-escpos-58mm", "generic-escpos-80mm"} <= set(profile.names("printers"))
    assert len(profile.names("printers")) >= 30


def test_a_printer_inherits_from_a_profile_or_from_the_database_of_python_escpos(tmp_path: Path) -> None:
    assert profile.printer("epson-tm-m30").code_pages == {"cp866": 17, "cp1251": 46}
    path = tmp_path / "mine.toml"
    path.write_text('description = "x"\nsource = "x"\nescpos = "RP326"\nacknowledge = "none"\n', encoding="utf-8")
    mine = profile.check(path)
    assert isinstance(mine, profile.PrinterProfile)
    assert (mine.columns, mine.dots, mine.acknowledge) == (42, 504, "none")
    path.write_text('description = "x"\nsource = "x"\nescpos = "TM-T88"\n', encoding="utf-8")
    with pytest.raises(ProfileError, match="knows no printer 'TM-T88'") as caught:
        profile.check(path)
    assert "TM-T88" in caught.value.remedy


def test_a_printer_whose_dots_the_database_does_not_know_has_those_of_font_a(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for name in ("TUP500", "default"):  # no width in dots; "Unknown"
        path.write_text(f'description = "x"\nsource = "x"\nescpos = "{name}"\n', encoding="utf-8")
        mine = profile.check(path)
        assert isinstance(mine, profile.PrinterProfile)
        assert mine.dots == mine.columns * 12


def test_a_code_page_that_is_not_russian_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "x"\nsource = "x"\ncolumns = 48\ndots = 576\n[code_pages]\ncp437 = 0\n')
    with pytest.raises(ProfileError, match="cp437"):
        profile.check(path)


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(ProfileError, match="no printer profile 'epson-tm-t20'") as caught:
        profile.printer("epson-tm-t20")
    assert "epson-tm-t20ii" in caught.value.remedy


@pytest.mark.parametrize("name", ["../scanners/generic-serial", "", "GENERIC-SERIAL"])
def test_a_name_is_not_a_path(name: str) -> None:
    with pytest.raises(ProfileError):
        profile.scanner(name)


def test_wrong_bytes_in_a_profile_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('description = "x"\nsource = "x"\n[framing]\nterminators = "CR"\n', encoding="utf-8")
    with pytest.raises(ProfileError, match="hexadecimal bytes"):
        toml.read(path, profile.ScannerProfile, ProfileError)


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
        toml.read(path, profile.ScannerProfile, ProfileError)


def test_a_device_has_one_profile_of_its_kind_of_connection() -> None:
    models = {name: profile.scanner(name) for name in profile.names("scanners")}
    for name, model in models.items():
        for product_id in model.usb.product_ids:
            connection = {"hid-pos": "hid", "ibm-oem": "hid", "keyboard": "keyboard"}.get(model.dialect, "serial")
            assert profile.name_for(profile.AttachedDevice(connection, model.usb.vendor_id, product_id)) == name
    assert profile.name_for(profile.AttachedDevice("serial", "ffff", "ffff")) == ""


def test_two_profiles_for_one_device_are_an_error(shelf: Path) -> None:
    for name in ("zebra-1", "zebra-2"):
        text = 'description = "x"\nsource = "x"\n[usb]\nvendor_id = "0c2e"\nproduct_ids = ["0b81"]\n'
        (shelf / f"{name}.toml").write_text(text)
    with pytest.raises(ProfileError, match=r"0c2e:0b81 \(serial\) has several profiles: .*zebra"):
        profile.name_for(profile.AttachedDevice("serial", "0c2e", "0b81"))


def test_a_profile_says_only_what_is_different(shelf: Path) -> None:
    (shelf / "base.toml").write_text('description = "b"\nsource = "b"\n[framing]\nidle_s = 0.2\nmax_length = 99\n')
    (shelf / "child.toml").write_text('description = "c"\nsource = "c"\ninherits = "base"\n[framing]\nmax_length = 7\n')
    model = profile.scanner("child")
    assert (model.description, model.framing.idle_s, model.framing.max_length) == ("c", 0.2, 7)


@pytest.mark.parametrize(
    ("child", "told", "remedy"),
    [("bass", "line 3: inherits = 'bass': no such profile", "base"), ("child", "'child' inherits itself", "base")],
)
def test_inheriting_goes_one_level(shelf: Path, child: str, told: str, remedy: str) -> None:
    (shelf / "base.toml").write_text('description = "b"\nsource = "b"\n')
    (shelf / "child.toml").write_text('description = "c"\nsource = "c"\ninherits = "base"\n')
    (shelf / "grandchild.toml").write_text(f'description = "g"\nsource = "g"\ninherits = "{child}"\n')
    with pytest.raises(ProfileError, match=re.escape(told)) as refused:
        profile.scanner("grandchild")
    assert remedy in refused.value.remedy


@pytest.mark.parametrize("number", ["0C2E", "c2e", "0x0c2e"])
def test_numbers_of_usb_are_four_small_digits(shelf: Path, number: str) -> None:
    (shelf / "x.toml").write_text(f'description = "x"\nsource = "x"\n[usb]\nvendor_id = "{number}"\n')
    with pytest.raises(ProfileError, match="expected four hexadecimal digits"):
        profile.scanner("x")
