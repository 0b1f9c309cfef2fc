"""Whose a device is, over all programs of a machine: a lock file each, which the system frees when the holder dies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

_GATE_WAIT_S = 1.0
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def default_folder() -> Path:
    """Where all programs of this machine meet: `$KOSHELEK_CLAIMS`, /run/lock, else the folder for temporary files."""
    named = os.environ.get("KOSHELEK_CLAIMS")
    shared = Path("/run/lock")
    base = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    return Path(named) if named else base / "koshelek-driver"


class Claim:
    """One physical device, as one instance sees it. `key` names the hardware, not the logical device.

    Not reentrant and not for several threads at once: the device model calls it under its own lock.
    """

    def __init__(self, key: str, folder: Path) -> None:
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        _make(folder)
        # One asker at a time, so that `held_elsewhere` never makes another's `take` fail.
        self._gate = FileLock(folder / f"{name}.gate", mode=0o666, thread_local=False)
        self._lock = FileLock(folder / f"{name}.lock", mode=0o666, thread_local=False)
        self._holder = folder / f"{name}.holder"

    def take(self) -> bool:
        """Take it if it is free; never waits for the holder. Raises UposError E_FAILURE when lock files do not work."""
        return self._asked(self._try_lock)

    def drop(self) -> None:
        """Let it go."""
        self._lock.release()

    def held_elsewhere(self) -> bool:
        """Whether another instance or program holds it now."""
        return not self._asked(self._try_and_release)

    def holder(self) -> str:
        """Who took it last, for people."""
        try:
            return f"process {int(self._holder.read_text(encoding='ascii'))}"
        except (OSError, ValueError):
            return "another program"

    def _asked(self, question: Callable[[], bool]) -> bool:
        try:
            with self._gate.acquire(timeout=_GATE_WAIT_S, poll_interval=0.001):
                return question()
        except Timeout:
            return False
        except OSError as problem:
            raise _unusable(self._holder.parent, problem) from problem

    def _try_lock(self) -> bool:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        with contextlib.suppress(OSError):  # the claim holds without it
            self._write_holder()
        return True

    def _write_holder(self) -> None:
        file = os.open(self._holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _O_NOFOLLOW, 0o666)
        with open(file, "w", encoding="ascii") as holder:
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


def _make(folder: Path) -> None:
    """Open to every user of the machine: a cashier's program and a service must see each other's claims."""
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
