"""`scan`, `devices` and `profiles`: what a technician sees, and what stays hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serial.tools.list_ports_common import ListPortInfo

from koshelek_driver.cli.main import run
from tests.support.ports import TcpScanner
from tests.support.tills import Till

WALLET = b"CM4601234567893A1B2C3782"


@pytest.fixture
def virtual() -> Iterator[TcpScanner]:
    plugged = TcpScanner()
    yield plugged
    plugged.close()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def scan(virtual: TcpScanner, frames: bytes, *words: str) -> int:
    """Run `scan --json`, and send the frames once it listens."""
    sending = virtual.send_soon(frames)
    code = run(["scan", "--json", *words])
    sending.join()
    return code


def test_a_scan_is_one_json_line_with_nothing_secret(virtual: TcpScanner, capsys: pytest.CaptureFixture[str]) -> None:
    code = scan(virtual, b"]Q1" + WALLET + b"\r]E446012340\r", "--port", virtual.address, "--count", "2")
    wallet, retail = lines(capsys)
    assert code == 0
    assert wallet == {
        "raw_hex": b"]Q1CM*********7893*********".hex(),
        "aim": "]Q1",
        "type": "QRCODE",
        "parsed": {
            "prefix": "CM",
            "card_number": "…7893",
            "card_session_present": True,
            "password_present": True,
        },
    }
    assert retail == {"raw_hex": b"]E446012340".hex(), "aim": "]E4", "type": "EAN8", "parsed": None}


def test_the_tills_own_scanner_and_templates_are_used(
    virtual: TcpScanner, till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    till.rewrite(
        devices=f'[devices.s1]\ncategory = "Scanner"\nprofile = "generic-serial"\nport = "{virtual.address}"\n'
    )
    words = ["--site", str(till.site), "--count", "1"]
    assert scan(virtual, b"]Q1" + WALLET + b"\r", *words) == 0
    (wallet,) = lines(capsys)
    assert wallet["parsed"]["card_number"] == "…7893"
    assert run(["scan", "--json", "--site", str(till.site), "--device", "s2"]) == 2
    assert "s1" in lines(capsys)[0]["remedy"]


def test_an_overlong_run_is_a_line_with_error_and_the_next_scan_comes(
    virtual: TcpScanner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(virtual, b"x" * 5000 + b"\r]C0good\r", "--port", virtual.address, "--count", "1") == 0
    overlong, good = lines(capsys)
    assert overlong == {"error": "a label longer than the profile allows was dropped"}
    assert bytes.fromhex(good["raw_hex"]) == b"]C0good"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--port", "/dev/ttyS999"], 1, "does not open"),
        (["--port", "/dev/ttyS9", "--profile", "generic-serail"], 1, "generic-serial"),
        (["--port", "/dev/ttyS9", "--device", "s"], 2, "one of them"),
    ],
)
def test_what_cannot_be_listened_to_says_why(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", "--json", *words]) == code
    (answer,) = lines(capsys)
    assert told in answer["message"] + answer["remedy"]


def test_devices_are_listed_with_the_profile_to_begin_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [ListPortInfo("/dev/ttyS0")])
    assert run(["devices", "--json"]) == 0
    (answer,) = lines(capsys)
    assert all(each.keys() == {"kind", "port", "name", "profile"} for each in answer["devices"])
    (serial,) = (each for each in answer["devices"] if each["kind"] == "serial")
    assert (serial["port"], serial["profile"]) == ("/dev/ttyS0", "generic-serial")


def test_profiles_are_listed_explained_made_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "list", "--json"]) == 0
    (listed,) = lines(capsys)
    assert {"kind": "scanner", "name": "zebra-ds2208-ssi"}.items() <= next(
        each for each in listed["profiles"] if each["name"] == "zebra-ds2208-ssi"
    ).items()
    assert run(["profiles", "explain", "cognex-serial", "--json"]) == 0
    (told,) = lines(capsys)
    assert (told["serial"]["baud_rate"], told["framing"]["terminators"]) == (115_200, "0D 0A")
    assert run(["profiles", "explain", "cognex-serail", "--json"]) == 2
    assert "cognex-serial" in lines(capsys)[0]["remedy"]

    made = tmp_path / "acme-1.toml"
    assert run(["profiles", "new", str(made), "--inherits", "generic-ssi"]) == 0
    assert run(["profiles", "new", str(made)]) == 2
    capsys.readouterr()
    assert run(["profiles", "validate", str(made), "--json"]) == 0
    assert lines(capsys) == [{"valid": True, "problems": {}}]
    made.write_text(made.read_text().replace("description", "descripton"))
    assert run(["profiles", "validate", str(made), "--json"]) == 1
    (checked,) = lines(capsys)
    assert "unknown key 'descripton'" in checked["problems"][str(made)]


def test_a_site_file_without_a_scanner_is_told_how_to_add_one(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.rewrite(devices="")
    assert run(["scan", "--site", str(till.site)]) == 2
    said = capsys.readouterr().err
    assert "has no scanner" in said
    assert "[devices.NAME]" in said
