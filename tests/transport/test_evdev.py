"""A keyboard scanner on Linux: taken alone, key events into pairs of bytes."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from koshelek_driver.errors import PortNotOpened
from koshelek_driver.transport import hardware_of, open_port

LINE = SimpleNamespace(baud_rate=9600, data_bits=8, parity="none", stop_bits=1)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "event3")
    return tmp_path / "event3"


@pytest.fixture
def grabs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr("fcntl.ioctl", lambda _file, request, value: seen.append((request, value)))
    return seen


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("llHHi", 1, 2, kind, code, value)


def test_keys_come_as_pairs_and_nothing_else(node: Path, grabs: list[Any]) -> None:
    port = open_port(f"evdev:{node}", LINE, 1.0)
    assert grabs == [(0x40044590, 1)]
    keyboard = os.open(node, os.O_WRONLY)
    press = event(1, 30, 1) + event(0, 0, 0) + event(1, 30, 2) + event(1, 30, 0) + event(4, 4, 30) + event(1, 300, 1)
    os.write(keyboard, press[:30])
    assert port.read(1.0) == bytes([30, 1])
    os.write(keyboard, press[30:])
    assert port.read(1.0) == bytes([30, 0])
    os.close(keyboard)
    port.close()


def test_a_keyboard_that_cannot_be_taken_alone_is_refused(node: Path) -> None:
    with pytest.raises(PortNotOpened, match="cannot be taken alone"):
        open_port(f"evdev:{node}", LINE, 1.0)


def test_a_path_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(PortNotOpened, match="does not open") as refused:
        open_port("evdev:/dev/input/event999", LINE, 1.0)
    assert "group input" in refused.value.remedy


def test_two_names_of_one_keyboard_are_one_device(node: Path) -> None:
    link = node.parent / "by-id"
    link.symlink_to(node)
    assert hardware_of(f"evdev:{link}") == hardware_of(f"evdev:{node}") == str(node)
