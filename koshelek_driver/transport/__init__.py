"""Ports: open, read, write, close. Every wait is bounded and foreign exceptions end here."""

from __future__ import annotations

from koshelek_driver.transport.port import (
    Port,
    StreamPort,
    check_address,
    hardware_of,
    is_serial,
    open_port,
    open_stream,
)

__all__ = ["Port", "StreamPort", "check_address", "hardware_of", "is_serial", "open_port", "open_stream"]
