"""Rights of a till's files: other users may not read secrets, nor write what decides which code is loaded.

Windows has no such rights; there nothing is found.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from koshelek_driver.config.site import Site
from koshelek_driver.errors import SecretError, SiteError
from koshelek_driver.files import is_trusted
from koshelek_driver.secrets import SecretSource

_READ = stat.S_IRGRP | stat.S_IROTH
_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Exposure:
    """A file with too many rights, in words, and the command that takes them away."""

    what: str
    remedy: str


def exposed_secrets(site: Site) -> list[Exposure]:
    """Return the files of secrets that other users may read or write."""
    named = [(key, site.base / source.file) for key, source in _sources(site, "") if source.file]
    return [*_found(named, _READ | _WRITE, "600", "is a secret that other users may read")]


def exposed_code(site: Site) -> list[Exposure]:
    """Return the files and folders by which another user could change the site or load code of his own."""
    named = [("the site file", site.path), ("the folder of the site file", site.base)]
    if site.totp.native.library:
        library = site.base / site.totp.native.library
        named += [("totp.native.library", library), ("the folder of totp.native.library", library.parent)]
    return [*_found(named, _WRITE, "go-w", "may be changed by other users", owned=True)]


def exposed_copies(site: Site) -> list[Exposure]:
    """Return the private key of postbacks, the journal and its copies, where other users may read them."""
    postback, journal = site.pay_api.postback, site.journal
    pem = postback.key or postback.certificate
    named = [("pay_api.postback.key", site.base / pem)] if pem else []
    beside = sorted(journal.parent.glob(f"{journal.name}*")) if journal.parent.is_dir() else []
    copies = [*beside, *([site.backup, site.backup.with_name(f"{site.backup.name}.part")] if site.backup else [])]
    named += [("the journal or a copy of it", path) for path in copies if path.is_file()]
    return [*_found(named, _READ | _WRITE, "600", "may be read by other users")]


def refuse_exposed(site: Site) -> None:
    """Raise an error if a program that stays may not trust the till's files.

    Raises:
        SecretError: other users may read a secret.
        SiteError: other users may write the site file or the native library.
    """
    for found in exposed_secrets(site):
        raise SecretError(found.what, found.remedy)
    for found in exposed_code(site):
        raise SiteError(found.what, found.remedy)


def _found(
    named: list[tuple[str, Path]], rights: int, mode: str, why: str, *, owned: bool = False
) -> Iterator[Exposure]:
    for name, path in named if os.name == "posix" else ():
        try:
            status = path.stat()
        except OSError:  # whoever needs the file says that it is missing
            continue
        if owned and not is_trusted(status.st_uid):
            yield Exposure(f"{name}: {path} belongs to another user", f"chown root {path}")
        elif status.st_mode & rights and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
            yield Exposure(f"{name}: {path} {why}", f"chmod {mode} {path}")


def _sources(value: Any, key: str) -> Iterator[tuple[str, SecretSource]]:
    """Yield every source of a secret in a site file with its dotted key."""
    if isinstance(value, SecretSource):
        yield key, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _sources(getattr(value, name), f"{key}.{name}" if key else name)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _sources(inner, f"{key}.{name}")
