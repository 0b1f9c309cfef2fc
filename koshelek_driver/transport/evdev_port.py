"""Scanners that type, on Linux: keys are read from the kernel, so no other program receives them."""

from __future__ import annotations

import fcntl
import struct

from koshelek_driver.errors import PortNotOpened
from koshelek_driver.transport.descriptor_port import DescriptorPort

_EVENT = struct.Struct("llHHi")  # struct input_event: seconds, microseconds, type, code, value
_EV_KEY = 1
_REPEAT = 2
_EVIOCGRAB = 0x40044590
_RIGHTS = "check the path (/dev/input/by-id/…-event-kbd), and that this user is in the group input"


class EvdevPort(DescriptorPort):
    """One keyboard, grabbed for this driver alone while it is open.

    A read returns pairs of bytes: the code of a key, and 1 for pressed or 0 for released. Repeats are left out.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, f"keyboard scanner {path}", _RIGHTS)
        self._rest = b""
        try:
            fcntl.ioctl(self._file, _EVIOCGRAB, 1)
        except OSError as problem:
            self.close()
            what = f"keyboard scanner {path} cannot be taken alone: {problem.strerror}"
            raise PortNotOpened(
                what, "close the program that has it; name an event device, not a hidraw one"
            ) from problem

    def read(self, timeout_s: float) -> bytes:
        """See Port."""
        data = self._rest + super().read(timeout_s)
        whole = len(data) - len(data) % _EVENT.size
        self._rest = data[whole:]
        pairs = bytearray()
        for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            if kind == _EV_KEY and code < 256 and value != _REPEAT:
                pairs += bytes([code, value])
        return bytes(pairs)
