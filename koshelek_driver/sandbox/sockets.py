"""Socket helpers of the simulated peers."""

from __future__ import annotations

import socket
from contextlib import suppress


def hang_up(endpoint: socket.socket) -> None:
    """Shut down a connection, and wake the threads that wait on it; `close` does not wake them."""
    with suppress(OSError):
        endpoint.shutdown(socket.SHUT_RDWR)
