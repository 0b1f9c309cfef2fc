"""A recording keeps the shape of what a scanner sends, and nothing of what was scanned."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol import ssi
from koshelek_driver.cli.main import run
from koshelek_driver.config import profile
from koshelek_driver.diagnostics.recording import record
from koshelek_driver.errors import PortLost
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.scanner.replay import labels_of
from koshelek_driver.transport.transcript import ReplayPort, Transcript, parse
from tests.support.hid_pos import DESCRIPTOR, report
from tests.support.ibm_oem import report as oem_report
from tests.support.paths import TESTS

FOLDER = TESTS / "transcripts"


def recorded(name: str, transcript: Transcript) -> str:
    port, lines = ReplayPort(transcript), list[str]()
    with contextlib.suppress(PortLost):
        record(port, profile.scanner(name), 1000.0, lambda: port.now_s, lines.append)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", profile.names("scanners"))
def test_a_recording_of_any_profile_has_the_same_labels_without_their_contents(name: str) -> None:
    original = parse((FOLDER / f"{name}.txt").read_text(encoding="ascii"))
    text = recorded(name, original)
    labels = labels_of(parse(text), profile.scanner(name))
    assert [(kind, len(label)) for kind, label in labels] == [(kind, len(label)) for kind, label in original.labels]
    assert all(re.fullmatch(r"[^1-9B-Zb-z]*|line.*|aaaa.*", label, re.DOTALL) for _, label in labels), labels
    assert not any(secret in "".join(label for _, label in labels) for secret in ("4601234", "A1B2C3", "782"))


@given(st.text(alphabet="0123456789", min_size=8, max_size=56))
def test_no_digit_of_a_label_is_recorded(digits: str) -> None:
    frames = {
        "generic-serial": f"]Q1{digits}\r".encode(),
        "honeywell-serial": f"{digits}\r".encode(),
        "generic-ssi": ssi.build_packet(ssi.Packet(0xF3, 0, 0, b"\x1c" + digits.encode())),
        "zebra-ds2208-ssi": ssi.build_packet(ssi.Packet(0xF3, 0, 0, bytes([28, 0, 0, len(digits)]) + digits.encode())),
        "generic-hid-pos": report(digits.encode()),
        "generic-ibm-oem": oem_report(digits.encode() + bytes.fromhex("00330B")),
    }
    for name, frame in frames.items():
        descriptor = DESCRIPTOR if name == "generic-hid-pos" else b""
        text = recorded(name, Transcript(((0.0, frame),), (), (), descriptor))
        assert [label for _, label in labels_of(parse(text), profile.scanner(name))] == ["0" * len(digits)]


def test_record_and_replay_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    virtual = VirtualScanner(baud_rate=10_000_000, chunk=4096)
    file = tmp_path / "scan.txt"
    virtual.send(b"")
    import threading

    later = threading.Timer(1.0, virtual.send, args=(b"]Q1CM4601234567893A1B2C3782\r",))
    later.start()
    assert run(["record", str(file), "--port", virtual.port, "--seconds", "3", "--json"]) == 0
    later.join()
    virtual.close()
    assert "\n= QRCODE AA0000000000000A0A0A0000\n" in file.read_text()
    assert '"labels": 1' in capsys.readouterr().out
    assert run(["replay", str(file)]) == 0
    assert run(["replay", str(file), "--profile", "generic-ssi"]) == 1
    assert run(["record", str(file), "--port", "/dev/null"]) == 2
    assert run(["replay", str(tmp_path / "none.txt")]) == 2
