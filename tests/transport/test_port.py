"""Ports on real sockets and pseudo-terminals, and what cannot be opened."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from koshelek_driver.config.profile import SerialLine
from koshelek_driver.errors import PortLost, PortNotOpened, SiteError
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.transport import Port, check_address, open_port

LINE = SerialLine()


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


def opened(peer: socket.socket) -> tuple[Port, socket.socket]:
    port = open_port(f"tcp://127.0.0.1:{peer.getsockname()[1]}", LINE, 1.0)
    other, _ = peer.accept()
    return port, other


def test_bytes_go_both_ways(peer: socket.socket) -> None:
    port, other = opened(peer)
    with other:
        port.write(b"hello", 1.0)
        assert other.recv(10) == b"hello"
        other.sendall(b"answer")
        assert port.read(1.0) == b"answer"
        assert port.read(0.01) == b""
        port.close()
        port.close()


def test_a_peer_that_hangs_up_is_a_lost_port(peer: socket.socket) -> None:
    port, other = opened(peer)
    other.close()
    with pytest.raises(PortLost, match="closed the connection"):
        port.read(1.0)
    port.close()


def test_a_peer_that_does_not_read_ends_the_write_in_time(peer: socket.socket) -> None:
    port, other = opened(peer)
    with other, pytest.raises(PortLost, match="timed out"):
        port.write(bytes(50_000_000), 0.2)
    port.close()


def test_a_closed_port_number_is_not_opened(peer: socket.socket) -> None:
    number = peer.getsockname()[1]
    peer.close()
    with pytest.raises(PortNotOpened, match="does not answer") as caught:
        open_port(f"tcp://127.0.0.1:{number}", LINE, 1.0)
    assert "address in the site file" in caught.value.remedy


def test_a_missing_serial_port_is_not_opened() -> None:
    with pytest.raises(PortNotOpened, match="/dev/ttyNONE"):
        open_port("/dev/ttyNONE", LINE, 1.0)


def test_a_serial_port_writes_to_the_other_end() -> None:
    scanner = VirtualScanner()
    port = open_port(scanner.port, LINE, 1.0)
    port.write(b"\x07", 1.0)
    assert os.read(scanner._master, 10) == b"\x07"
    port.close()
    scanner.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1", "tcp://:9100", "tcp://host:x", "tcp:9100", "tcp://h:99999"])
def test_a_malformed_address_says_how_to_write_it(address: str) -> None:
    with pytest.raises(SiteError, match="expected a host and a port number"):
        check_address(address)


@pytest.mark.parametrize("address", ["hidraw:0c2e:0b87", "evdev:/dev/input/event3", "file:relative", "usb:nonsense"])
def test_a_kind_of_port_that_no_printer_has_is_said_before_a_sale(address: str) -> None:
    with pytest.raises(SiteError, match="a printer is no|expected"):
        check_address(address, of_printer=True)


def test_a_serial_port_on_a_socket_is_read_by_the_library() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = open_port(f"socket://127.0.0.1:{listener.getsockname()[1]}", LINE, 1.0)
    scanner, _ = listener.accept()
    scanner.sendall(b"46012345\r")
    assert read_label(port) == b"46012345\r"
    port.write(b"\x07", 1.0)
    assert scanner.recv(10) == b"\x07"
    port.wake()
    assert port.read(0.01) == b""
    scanner.close()
    with pytest.raises(PortLost):
        port.read(1.0)
    port.close()
    listener.close()


def read_label(port: Port) -> bytes:
    got = b""
    while not got.endswith(b"\r"):
        got += port.read(1.0)
    return got
