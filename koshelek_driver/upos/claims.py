"""Exclusive claims of devices over all programs of a machine.

A claim is a lock file: the operating system frees it when the program that holds it dies.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError

_POLL_S = 0.02
_GATE_WAIT_S = 1.0
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def default_folder() -> Path:
    """Return the folder of claims that all programs of this machine share.

    `$KOSHELEK_CLAIMS` if set, else a folder in /run/lock, or among temporary files if /run/lock is not writable.
    """
    named = os.environ.get("KOSHELEK_CLAIMS")
    shared = Path("/run/lock")
    base = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    return Path(named) if named else base / "koshelek-driver"


def claim_within(attempt: Callable[[], bool], timeout_ms: int, changed: threading.Condition) -> bool:
    """Repeat an attempt to claim until it succeeds or the timeout ends; FOREVER never ends.

    Blocks. An attempt is repeated every 20 ms, and whenever `changed` is notified. Returns False at the timeout.
    """
    deadline_s = math.inf if timeout_ms == FOREVER else time.monotonic() + timeout_ms / 1000
    while not attempt():
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            return False
        with changed:
            changed.wait(min(left_s, _POLL_S))
    return True


class Claim:
    """The claim of one physical device by one instance: a lock file.

    `key` names the hardware, not the logical device. Not reentrant and not thread-safe: the device model calls it
    under its own lock.
    """

    def __init__(self, key: str, folder: Path) -> None:
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        _make_folder(folder)
        # One program at a time tries the lock: `held_elsewhere` takes it for a moment, and must not make another
        # program's `take` fail by that.
        self._gate = FileLock(folder / f"{name}.gate", mode=0o666, thread_local=False)
        self._lock = FileLock(folder / f"{name}.lock", mode=0o666, thread_local=False)
        self._holder = folder / f"{name}.holder"

    def take(self) -> bool:
        """Take the claim if it is free; never waits for its holder.

        Raises:
            UposError: E_FAILURE when lock files do not work in the folder.
        """
        return self._through_gate(self._try_lock)

    def drop(self) -> None:
        """Release the claim."""
        self._lock.release()

    def held_elsewhere(self) -> bool:
        """Return True if another instance or program holds the claim now."""
        return not self._through_gate(self._try_and_release)

    def holder(self) -> str:
        """Return the program that took the claim last, for error texts."""
        try:
            return f"process {int(self._holder.read_text(encoding='ascii'))}"
        except (OSError, ValueError):
            return "another program"

    def _through_gate(self, attempt: Callable[[], bool]) -> bool:
        try:
            with self._gate.acquire(timeout=_GATE_WAIT_S, poll_interval=0.001):
                return attempt()
        except Timeout:
            return False
        except OSError as problem:
            raise _unusable(self._holder.parent, problem) from problem

    def _try_lock(self) -> bool:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        with contextlib.suppress(OSError):  # the name of the holder is only for error texts
            self._write_holder()
        return True

    def _write_holder(self) -> None:
        file = os.open(self._holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _O_NOFOLLOW, 0o666)
        with os.fdopen(file, "w", encoding="ascii") as holder:
            holder.write(str(os.getpid()))
            holder.flush()
            self._holder.chmod(0o666)  # the next holder may be another user

    def _try_and_release(self) -> bool:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        self._lock.release()
        return True


def _make_folder(folder: Path) -> None:
    """Make the folder, writable for every user.

    Programs of a cashier and of a service must see each other's claims.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "no right to write")
        if folder.stat().st_uid == getattr(os, "getuid", lambda: 0)():
            folder.chmod(0o777)
    except OSError as problem:
        raise _unusable(folder, problem) from problem


def _unusable(folder: Path, problem: OSError) -> UposError:
    what = f"claims cannot be kept in {folder}: {problem.strerror or problem}"
    return UposError(ErrorCode.E_FAILURE, what, "make that folder writable, or name another in KOSHELEK_CLAIMS")
