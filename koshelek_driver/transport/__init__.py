"""Ports: open, read, write, close. Every wait is bounded and foreign exceptions end here."""

from __future__ import annotations

from koshelek_driver.transport.port import Port, check_address, hardware_of, open_port

__all__ = ["Port", "check_address", "hardware_of", "open_port"]
