"""The process of a verb that holds secrets leaves no core dump. Best effort: not every system can."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""`linux/prctl.h`."""


def forbid_core_dumps() -> None:
    """Have the kernel write no memory of this process to disk if it crashes; other users cannot attach to it."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
