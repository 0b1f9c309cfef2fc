"""What the sandbox's servers share."""

from __future__ import annotations

import socket
from contextlib import suppress


def hang_up(endpoint: socket.socket) -> None:
    """End it in both directions, and wake whoever waits on it; closing alone does not."""
    with suppress(OSError):
        endpoint.shutdown(socket.SHUT_RDWR)
