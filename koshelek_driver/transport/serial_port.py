"""Serial ports over pyserial: RS-232, USB virtual COM ports, pseudo-terminals, RFC 2217 and socket URLs."""

from __future__ import annotations

import contextlib
import os
import select

import serial

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.transport.port import SerialLine

_READ_SIZE, _PIECE = 4096, 512
_FOREIGN: tuple[type[Exception], ...] = (serial.SerialException, OSError, ValueError)
"""Exceptions that pyserial lets through; ValueError if the port was closed meanwhile."""
with contextlib.suppress(ImportError):  # Windows has none
    import termios

    _FOREIGN = (*_FOREIGN, termios.error)
_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialPort:
    """One serial port, opened exclusively. Raises PortNotOpened."""

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
                xonxoff=line.flow == "xonxoff",
                rtscts=line.flow == "rtscts",
                exclusive=True,
            )
        except _FOREIGN as problem:
            raise PortNotOpened(
                f"serial port {address} does not open: {problem}",
                "check the cable, the port's name in the site file, and that no other program uses it",
            ) from problem

        by_descriptor = hasattr(self._serial, "pipe_abort_read_r")
        self._read = self._read_by_descriptor if by_descriptor else self._read_by_library
        self._write_some = self._write_by_descriptor if by_descriptor else self._write_by_library

    def read(self, timeout_s: float) -> bytes:
        """See Port. Takes everything that has arrived in one read, not one byte at a time."""
        try:
            return self._read(timeout_s)
        except _FOREIGN as problem:
            raise self._lost(problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port."""
        try:
            self._serial.write_timeout = timeout_s
            self._serial.write(data)
        except _FOREIGN as problem:
            raise self._lost(problem) from problem

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """See StreamPort."""
        try:
            return self._write_some(data, timeout_s)
        except _FOREIGN as problem:
            raise self._lost(problem) from problem

    def wake(self) -> None:
        """See Port. Does nothing for network URLs of pyserial."""
        cancel = getattr(self._serial, "cancel_read", None)
        if cancel is not None:
            cancel()

    def close(self) -> None:
        """See Port."""
        self._serial.close()

    def _read_by_library(self, timeout_s: float) -> bytes:
        self._serial.timeout = timeout_s
        return bytes(self._serial.read(max(1, self._serial.in_waiting)))

    def _read_by_descriptor(self, timeout_s: float) -> bytes:
        """Read with one wait and one read: on POSIX faster than pyserial's own."""
        file, woken = self._serial.fd, self._serial.pipe_abort_read_r
        if file is None or woken is None:
            raise OSError("the port is closed")
        ready, _, _ = select.select([file, woken], [], [], timeout_s)
        if woken in ready:
            os.read(woken, 1)
        if file not in ready:
            return b""
        data = os.read(file, _READ_SIZE)
        if not data:
            raise OSError("the device is gone")
        return data

    def _write_by_library(self, data: bytes, timeout_s: float) -> int:
        """Write one piece. The library does not report partial writes, so a piece not taken in time is a lost port."""
        self._serial.write_timeout = timeout_s
        return int(self._serial.write(data[:_PIECE]) or 0)

    def _write_by_descriptor(self, data: bytes, timeout_s: float) -> int:
        file = self._serial.fd
        if file is None:
            raise OSError("the port is closed")
        _, ready, _ = select.select([], [file], [], timeout_s)
        try:
            return os.write(file, data) if ready else 0
        except BlockingIOError:
            return 0

    def _lost(self, problem: Exception) -> PortLost:
        return PortLost(
            f"serial port {self._address} was lost: {problem}",
            "check the cable; unplug it and plug it in again",
        )
