"""Serial ports over pyserial: RS-232, USB virtual COM ports, pseudo-terminals, RFC 2217 and socket URLs."""

from __future__ import annotations

import serial

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.transport.port import SerialLine

_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialPort:
    """One serial port, held exclusively. Raises PortNotOpened when it cannot be had."""

    report_descriptor = b""

    def __init__(self, address: str, line: SerialLine) -> None:
        self._address = address
        try:
            self._serial = serial.serial_for_url(
                address,
                baudrate=line.baud_rate,
                bytesize=line.data_bits,
                parity=_PARITIES[line.parity],
                stopbits=line.stop_bits,
                exclusive=True,
            )
        except (serial.SerialException, OSError, ValueError) as problem:
            raise PortNotOpened(
                f"serial port {address} does not open: {problem}",
                "check the cable, the port's name in the site file, and that no other program uses it",
            ) from problem

    def read(self, timeout_s: float) -> bytes:
        """See Port. Takes all that is there in one read, not a byte at a time."""
        try:
            self._serial.timeout = timeout_s
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except (serial.SerialException, OSError, TypeError) as problem:  # TypeError: closed under our hands
            raise self._lost(problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port."""
        try:
            self._serial.write_timeout = timeout_s
            self._serial.write(data)
        except (serial.SerialException, OSError) as problem:
            raise self._lost(problem) from problem

    def wake(self) -> None:
        """See Port. Network URLs of pyserial cannot."""
        cancel = getattr(self._serial, "cancel_read", None)
        if cancel is not None:
            cancel()

    def close(self) -> None:
        """See Port."""
        self._serial.close()

    def _lost(self, problem: Exception) -> PortLost:
        return PortLost(
            f"serial port {self._address} was lost: {problem}",
            "check the cable; unplug it and plug it in again",
        )
