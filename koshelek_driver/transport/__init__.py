"""Ports of devices: open, read, write, close. Every wait has a limit.

Exceptions of the operating system and of libraries are translated here.
"""

from __future__ import annotations

from koshelek_driver.transport.address import check_address, hardware_of, is_serial
from koshelek_driver.transport.opening import open_port, open_stream
from koshelek_driver.transport.port import Port, StreamPort

__all__ = ["Port", "StreamPort", "check_address", "hardware_of", "is_serial", "open_port", "open_stream"]
