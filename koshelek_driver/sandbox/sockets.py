"""Socket helpers of the simulated peers."""

from __future__ import annotations

import socket
from contextlib import suppress


def hang_up(endpoint: socket.socket) -> None:
    """Shut a connection down in both directions, which also wakes threads that wait on it; `close` alone does not."""
    with suppress(OSError):
        endpoint.shutdown(socket.SHUT_RDWR)
