"""A device on the network, such as a receipt printer on port 9100."""

from __future__ import annotations

import socket
from contextlib import suppress

from koshelek_driver.errors import PortLost, PortNotOpened

_READ_SIZE = 4096


class TcpPort:
    """One TCP connection. Raises PortNotOpened if no address of the host accepts it in time."""

    report_descriptor = b""

    def __init__(self, host: str, port: int, connect_timeout_s: float) -> None:
        self._name = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=connect_timeout_s)
        except OSError as problem:
            raise PortNotOpened(
                f"{self._name} does not answer: {problem.strerror or problem}",
                "check that the device is on, its network cable, and its address in the site file",
            ) from problem
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, timeout_s: float) -> bytes:
        """See Port."""
        self._socket.settimeout(max(timeout_s, 0.001))
        try:
            data = self._socket.recv(_READ_SIZE)
        except TimeoutError:
            return b""
        except OSError as problem:
            raise self._lost(problem.strerror or str(problem)) from problem
        if not data:
            raise self._lost("the device closed the connection")
        return data

    def write(self, data: bytes, timeout_s: float) -> None:
        """See Port."""
        self._socket.settimeout(timeout_s)
        try:
            self._socket.sendall(data)
        except OSError as problem:
            raise self._lost(problem.strerror or str(problem)) from problem

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """See StreamPort."""
        self._socket.settimeout(max(timeout_s, 0.001))
        try:
            return self._socket.send(data)
        except TimeoutError:
            return 0
        except OSError as problem:
            raise self._lost(problem.strerror or str(problem)) from problem

    def wake(self) -> None:
        """See Port."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """See Port."""
        self._socket.close()

    def _lost(self, reason: str) -> PortLost:
        return PortLost(f"{self._name} was lost: {reason}", "check that the device is on and its network cable")
