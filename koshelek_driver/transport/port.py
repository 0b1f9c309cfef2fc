"""The protocols by which everything above uses devices, and nothing else."""

from __future__ import annotations

from typing import Protocol


class SerialLine(Protocol):
    """The settings of an RS-232 line, as in a profile."""

    @property
    def baud_rate(self) -> int:
        """Bits per second."""
        ...

    @property
    def data_bits(self) -> int:
        """Bits per character: 7 or 8."""
        ...

    @property
    def parity(self) -> str:
        """Parity: none, even or odd."""
        ...

    @property
    def stop_bits(self) -> int:
        """Stop bits: 1 or 2."""
        ...

    @property
    def flow(self) -> str:
        """Flow control: none, xonxoff or rtscts."""
        ...


class Port(Protocol):
    """Bytes to and from one device; whole reports if the device has reports."""

    @property
    def report_descriptor(self) -> bytes:
        """The report descriptor of a HID device; empty for any other."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """Read the bytes that have arrived, waiting at most `timeout_s`; empty if none did.

        Raises:
            PortLost: the port broke.
        """
        ...

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write all bytes.

        Raises:
            PortLost: the port broke, or not all was written within `timeout_s`.
        """
        ...

    def wake(self) -> None:
        """End a read in which another thread waits; call it only before close.

        Not every kind of port can do that.
        """
        ...

    def close(self) -> None:
        """Close the port. Closing it twice is allowed."""
        ...


class StreamPort(Port, Protocol):
    """A port without reports: a device may accept only a part of the bytes."""

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """Write as much as the device accepts now; return the number of bytes.

        Waits at most `timeout_s` until the device accepts anything.

        Raises:
            PortLost: the port broke.
        """
        ...
