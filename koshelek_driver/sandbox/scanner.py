"""A virtual scanner on a pseudo-terminal: pictures to bytes, at the speed of the line."""

from __future__ import annotations

import os
import pty
import threading
import tty

from PIL import Image

from koshelek_driver.sandbox.symbols import decode, photograph

_BITS_A_BYTE = 10
"""Start bit, eight data bits, stop bit."""


class VirtualScanner:
    """A scanner that is plugged in until `close`. `port` is the path that a driver opens."""

    def __init__(self, *, baud_rate: int = 9600, chunk: int = 16, suffix: bytes = b"\r", send_aim: bool = True) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._byte_s = _BITS_A_BYTE / baud_rate
        self._chunk = chunk
        self._suffix = suffix
        self._send_aim = send_aim
        self._unplugged = threading.Event()

    def show(self, screen: Image.Image) -> bytes:
        """Read the symbol on a screen and send it; return the bytes that were sent.

        Blocks as long as the line takes. Raises ValueError if there is no symbol in the picture.
        """
        seen = decode(photograph(screen))
        frame = (seen.aim if self._send_aim else b"") + seen.data + self._suffix
        self.send(frame)
        return frame

    def send(self, frame: bytes) -> None:
        """Send bytes unchanged at the speed of the line; blocks as long."""
        for at in range(0, len(frame), self._chunk):
            piece = frame[at : at + self._chunk]
            self._unplugged.wait(len(piece) * self._byte_s)
            os.write(self._master, piece)

    def close(self) -> None:
        """Unplug the scanner."""
        if not self._unplugged.is_set():
            self._unplugged.set()
            os.close(self._master)
            os.close(self._slave)
