"""Files that no other user can read, redirect, or swap for a pipe or a device.

Whoever may write into a folder may put a link, a pipe or a directory in place of a file that a program expects there.
So a file is opened without following links and without waiting, and then looked at. A file that may hold something of a
customer, or a secret, is readable by its user alone from its first byte, whatever the umask is.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
_GUARDS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
"""Do not follow a link, wait for a pipe's other end or take a terminal; and do not hand the file to a child."""
_MOST_TRIES = 20
"""A file that vanishes and comes back that often is a game of another program."""


class UnsafeFileError(OSError):
    """A file is no regular file, has a second name, or belongs to another user."""


def open_plain(path: Path, flags: int) -> int:
    """Open an existing regular file and return its descriptor; never waits.

    Raises:
        UnsafeFileError: it is a link, a pipe, a directory or the like, or has a second name.
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | _GUARDS)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENODEV):
            raise _unsafe(path, "is no regular file") from problem
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _unsafe(path, "is no regular file")
        if found.st_nlink > 1:
            raise _unsafe(path, "has a second name, a hard link")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_or_create(path: Path, flags: int, mode: int) -> int:
    """Open a regular file, or create it with exactly that mode; return its descriptor.

    Opening and creating are two calls: Linux refuses to open another user's file in a shared folder with O_CREAT.

    Raises:
        UnsafeFileError: as `open_plain`.
        OSError: it can be neither opened nor created.
    """
    for _ in range(_MOST_TRIES):
        try:
            return open_plain(path, flags)
        except FileNotFoundError:
            pass
        try:
            return _create(path, flags, mode)
        except FileExistsError:
            pass
    raise OSError(errno.EAGAIN, "another program makes and removes it all the time", os.fspath(path))


def open_private(path: Path, flags: int) -> int:
    """Open or create a file of this user's that nobody else can read; return its descriptor.

    Raises:
        UnsafeFileError: as `open_plain`, or the file belongs to another user.
        OSError: it can be neither opened nor created.
    """
    descriptor = open_or_create(path, flags, PRIVATE)
    try:
        found = os.fstat(descriptor)
        if not is_trusted(found.st_uid):
            raise _unsafe(path, "belongs to another user")
        if os.name == "posix" and found.st_mode & 0o077 and found.st_uid == own_user():
            _set_mode(descriptor, PRIVATE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def create_private(path: Path) -> None:
    """Make an empty private file in place of whatever is there. Raises OSError."""
    path.unlink(missing_ok=True)
    os.close(_create(path, os.O_WRONLY, PRIVATE))


def write_private(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Replace the content of a private file, in place; `synced`: and wait for the disk. Raises OSError."""
    with os.fdopen(open_private(path, os.O_WRONLY), "wb") as file:
        file.truncate(0)
        file.write(content)
        if synced:
            file.flush()
            os.fsync(file.fileno())


def copy_private(source: Path, target: Path) -> None:
    """Copy a file into a new private file in place of whatever is there. Raises OSError."""
    with source.open("rb") as content:
        create_private(target)
        with os.fdopen(open_private(target, os.O_WRONLY), "wb") as file:
            while block := content.read(1 << 20):
                file.write(block)


def own_user() -> int:
    """Return the id of this program's user; 0 where the system has no such ids."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def is_trusted(user: int) -> bool:
    """Return True for this program's user and for root, who may do everything anyway."""
    return user in (0, own_user())


def _create(path: Path, flags: int, mode: int) -> int:
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | _GUARDS, PRIVATE)
    _set_mode(descriptor, mode)  # not left to the umask
    return descriptor


def _set_mode(descriptor: int, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def _unsafe(path: Path, what: str) -> UnsafeFileError:
    return UnsafeFileError(errno.EINVAL, what, os.fspath(path))
