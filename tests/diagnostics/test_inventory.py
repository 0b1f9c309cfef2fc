"""The ports that a scanner may be on, as Linux lists them."""

from __future__ import annotations

from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from koshelek_driver.diagnostics import inventory
from tests.support.hid_devices import add_hidraw_device


def test_devices_are_listed_with_the_profile_to_begin_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inputs, hidraw = tmp_path / "by-id", tmp_path / "hidraw"
    inputs.mkdir()
    (inputs / "usb-Tera_Scanner-event-kbd").touch()
    add_hidraw_device(hidraw / "hidraw0", "0003:00000C2E:00000B87", "A-1")
    zebra = ListPortInfo("/dev/ttyACM0")
    zebra.description, zebra.vid, zebra.pid = "Zebra", 0x05E0, 0x1701
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [zebra, ListPortInfo("/dev/ttyS0")])
    listed = inventory.ports(inputs, hidraw)
    assert [(each.kind, each.port, each.profile) for each in listed] == [
        ("hid", "hidraw:0c2e:0b87", "honeywell-hid-pos"),
        ("serial", "/dev/ttyACM0", "zebra-cdc"),
        ("serial", "/dev/ttyS0", "generic-serial"),
        ("keyboard", f"evdev:{inputs}/usb-Tera_Scanner-event-kbd", "generic-keyboard"),
    ]
