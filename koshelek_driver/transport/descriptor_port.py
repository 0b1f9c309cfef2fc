"""The base of ports on a Linux file descriptor: timeouts, a read that can be woken, translated errors."""

from __future__ import annotations

import contextlib
import os
import select

from koshelek_driver.errors import PortLost, PortNotOpened

_READ_SIZE = 4096


class DescriptorPort:
    """A character device. Raises PortNotOpened, with a remedy, if it cannot be opened."""

    report_descriptor = b""

    def __init__(self, path: str, name: str, remedy: str) -> None:
        self._name = name
        self._remedy = remedy
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise PortNotOpened(f"{name} does not open: {problem.strerror}", remedy) from problem
        self._wake_read, self._wake_write = os.pipe()
        self._is_open = True

    def read(self, timeout_s: float) -> bytes:
        """See Port. Does one read of the device, which is one report if it has reports."""
        try:
            ready, _, _ = select.select([self._file, self._wake_read], [], [], timeout_s)
            data = os.read(self._file, _READ_SIZE) if self._file in ready else b""
            if self._file in ready and not data:  # the end of a plain file: it has nothing to say, ever
                select.select([self._wake_read], [], [], timeout_s)
            return data
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as problem:  # ValueError: closed under our hands
            raise self._lost(problem) from problem

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """See StreamPort."""
        try:
            _, ready, _ = select.select([], [self._file], [], timeout_s)
            return os.write(self._file, data) if ready else 0
        except BlockingIOError:
            return 0
        except (OSError, ValueError) as problem:
            raise self._lost(problem) from problem

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port. The device takes all of it or none."""
        written = self.write_some(data, timeout_s)
        if written != len(data):
            raise PortLost(f"{self._name} took {written} of {len(data)} bytes", self._remedy)

    def wake(self) -> None:
        """See Port."""
        os.write(self._wake_write, b"x")

    def close(self) -> None:
        """See Port."""
        if self._is_open:
            self._is_open = False
            for file in (self._file, self._wake_read, self._wake_write):
                with contextlib.suppress(OSError):
                    os.close(file)

    def _lost(self, problem: Exception) -> PortLost:
        reason = getattr(problem, "strerror", None) or problem
        return PortLost(f"{self._name} was lost: {reason}", "check the cable; unplug it and plug it in again")
