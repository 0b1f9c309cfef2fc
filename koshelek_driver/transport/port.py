"""The narrow waist between devices and everything above: protocols, and nothing else."""

from __future__ import annotations

from typing import Protocol


class SerialLine(Protocol):
    """Line settings of an RS-232 port, as a profile has them."""

    @property
    def baud_rate(self) -> int:
        """Bits a second."""
        ...

    @property
    def data_bits(self) -> int:
        """7 or 8."""
        ...

    @property
    def parity(self) -> str:
        """none, even or odd."""
        ...

    @property
    def stop_bits(self) -> int:
        """1 or 2."""
        ...

    @property
    def flow(self) -> str:
        """Who stops a sender that is too fast: none, xonxoff or rtscts."""
        ...


class Port(Protocol):
    """Bytes to and from one device, or whole reports where it has reports."""

    @property
    def report_descriptor(self) -> bytes:
        """What a HID device says of its reports; empty for any other."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What arrived, waiting at most `timeout_s`; empty when nothing came. Raises PortLost."""
        ...

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write all of it. Raises PortLost when that cannot be done within `timeout_s`."""
        ...

    def wake(self) -> None:
        """Make a read that another thread waits in end soon; only before close. Not every kind of port can."""
        ...

    def close(self) -> None:
        """Close it; closing twice is quiet."""
        ...


class StreamPort(Port, Protocol):
    """A port without reports: a device may take a part of what is written."""

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """Write what the device takes now, waiting at most `timeout_s` for it to take anything; how much it took.

        Raises PortLost.
        """
        ...
