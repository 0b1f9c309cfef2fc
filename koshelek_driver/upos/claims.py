"""Exclusive claims of devices over all programs of a machine.

A claim is a lock file: the operating system frees it when the program that holds it dies. All users of the machine may
write into the folder of claims, so nothing in it is believed before it was looked at; see `koshelek_driver.files`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import socket
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from koshelek_driver.files import UnsafeFileError, is_trusted, open_or_create, open_plain, own_user
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_POLL_S = 0.02
_GATE_WAIT_S = 1.0
_GATE_POLL_S = 0.001
_SHARED_FILE = 0o666
"""The next holder may be another user."""
_SHARED_FOLDER = 0o1777
"""Sticky: each user may remove and rename only his own files."""
_MOST_TRIES = 20
"""A lock file that is replaced that often in a row is a game of another program."""
_LONGEST_HOLDER = 20
"""Bytes of a process id; a longer text names nobody."""


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

    Raises:
        UposError: E_FAILURE when claims cannot be kept safely in the folder.
    """

    def __init__(self, key: str, folder: Path) -> None:
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        self._folder = folder
        place = _make_folder(folder)
        # One program at a time tries the lock: `held_elsewhere` takes it for a moment, and must not make another
        # program's `take` fail by that.
        self._gate = _LockFile(folder / f"{name}.gate")
        self._lock = _LockFile(folder / f"{name}.lock")
        self._kernel_name = _KernelName(f"{place}/{name}")
        self._holder = folder / f"{name}.holder"

    def take(self) -> bool:
        """Take the claim if it is free; never waits for its holder.

        Raises:
            UposError: E_FAILURE when lock files do not work in the folder.
        """
        return self._through_gate(self._try_lock)

    def drop(self) -> None:
        """Release the claim."""
        self._kernel_name.release()
        self._lock.release()

    def held_elsewhere(self) -> bool:
        """Return True if another instance or program holds the claim now."""
        return not self._lock.is_held and not self._through_gate(self._try_and_release)

    def holder(self) -> str:
        """Return the program that took the claim last, for error texts."""
        try:
            with os.fdopen(open_plain(self._holder, os.O_RDONLY), "rb") as file:
                return f"process {int(file.read(_LONGEST_HOLDER).decode('ascii'))}"
        except (OSError, ValueError):
            return "another program"

    def _through_gate(self, attempt: Callable[[], bool]) -> bool:
        give_up_s = time.monotonic() + _GATE_WAIT_S
        try:
            while not self._gate.acquire():
                if time.monotonic() > give_up_s:
                    return False
                time.sleep(_GATE_POLL_S)
            try:
                return attempt()
            finally:
                self._gate.release()
        except OSError as problem:
            raise _unusable(self._folder, problem) from problem

    def _try_lock(self) -> bool:
        if not self._lock_both():
            return False
        with contextlib.suppress(OSError):  # the name of the holder is only for error texts
            self._write_holder()
        return True

    def _lock_both(self) -> bool:
        if self._lock.acquire() and self._kernel_name.acquire():
            return True
        self.drop()
        return False

    def _write_holder(self) -> None:
        with os.fdopen(open_or_create(self._holder, os.O_WRONLY, _SHARED_FILE), "wb") as file:
            file.truncate(0)
            file.write(str(os.getpid()).encode("ascii"))

    def _try_and_release(self) -> bool:
        is_free = self._lock_both()
        self.drop()
        return is_free


class _LockFile:
    """A file that one program at a time has locked, as long as its name leads to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Lock the file if it is free; never waits. Raises OSError."""
        if self.is_held:
            return True
        for _ in range(_MOST_TRIES):
            descriptor = open_or_create(self._path, os.O_RDONLY, _SHARED_FILE)
            try:
                if not _lock(descriptor):
                    return False
                # It may have been removed since it was opened; then another program locks the file that has the name.
                if self._is_at_path(descriptor):
                    self._descriptor, descriptor = descriptor, -1
                    return True
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
        raise OSError(errno.EAGAIN, "another program replaces it all the time", os.fspath(self._path))

    def release(self) -> None:
        """Unlock the file; without a lock nothing happens."""
        if self._descriptor is not None:
            os.close(self._descriptor)  # which ends the lock
            self._descriptor = None

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self._path))
        except FileNotFoundError:
            return False

    def __del__(self) -> None:
        self.release()


class _KernelName:
    """A socket's name in Linux's memory that one program at a time has: no file, so nobody can delete it.

    With it a deleted lock file does not give the device to two programs. Systems without such names do without.
    """

    def __init__(self, name: str) -> None:
        self._name = f"\0koshelek-driver/{name}"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the name if it is free; True also where the system has no such names."""
        if sys.platform != "linux" or self._descriptor is not None:
            return True
        try:
            name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError:  # a service may be forbidden to make such sockets
            return True
        try:
            name.bind(self._name)
        except OSError as problem:
            name.close()
            return problem.errno != errno.EADDRINUSE
        self._descriptor = name.detach()
        return True

    def release(self) -> None:
        """Give the name back; without it nothing happens."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()


def _lock(descriptor: int) -> bool:
    """Lock a file for this program; return False if another one has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def _make_folder(folder: Path) -> str:
    """Make the folder, writable for every user; return a name that no other folder has.

    Programs of a cashier and of a service must see each other's claims. A stranger's folder is refused: its owner may
    remove or rename everything in it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        place = _share_folder(folder)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "no right to write", os.fspath(folder))
    except OSError as problem:
        raise _unusable(folder, problem) from problem
    return place


def _share_folder(folder: Path) -> str:
    if sys.platform == "win32":
        return ""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not is_trusted(found.st_uid):
            raise UnsafeFileError(errno.EPERM, "the folder belongs to another user", os.fspath(folder))
        if found.st_uid == own_user():
            os.fchmod(descriptor, _SHARED_FOLDER)
        elif found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
            raise UnsafeFileError(errno.EPERM, "every user may remove the files of others", os.fspath(folder))
        return f"{found.st_dev}-{found.st_ino}"
    finally:
        os.close(descriptor)


def _unusable(folder: Path, problem: OSError) -> UposError:
    named = Path(os.fsdecode(problem.filename)) if problem.filename else folder
    place = f"{folder}: {named.name}" if named.parent == folder else str(folder)
    what = f"claims cannot be kept in {place}: {problem.strerror or problem}"
    return UposError(ErrorCode.E_FAILURE, what, _remedy(folder, named, problem))


def _remedy(folder: Path, named: Path, problem: OSError) -> str:
    if isinstance(problem, UnsafeFileError) and named != folder:
        return f"remove {named}, and find out who put it there"
    if isinstance(problem, UnsafeFileError):
        return f"as an administrator: chown root {folder}; chmod 1777 {folder}; or name another in KOSHELEK_CLAIMS"
    return "make that folder writable, or name another in KOSHELEK_CLAIMS"
