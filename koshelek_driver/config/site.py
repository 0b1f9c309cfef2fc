"""The site of one till: a whole site file and the folder that its paths are relative to.

`load` reads a file, refuses what `checks` refuses, and returns a `Site`.
"""

from __future__ import annotations

import os
from datetime import time, tzinfo
from pathlib import Path
from typing import Literal

from koshelek_driver.config import toml
from koshelek_driver.config.checks import SiteChecks
from koshelek_driver.config.sections import DeviceEntry, SiteFile
from koshelek_driver.errors import SiteError
from koshelek_driver.secrets import Secret, SecretSource

_DEFAULT_NAME = "site.toml"


class Site(SiteFile, frozen=True, kw_only=True):
    """A whole site file and its path. Get one from `load`."""

    path: Path

    @property
    def base(self) -> Path:
        """The folder of the site file, to which all relative paths in it are relative."""
        return self.path.parent

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.base / self.driver.journal

    @property
    def backup(self) -> Path | None:
        """The file of the journal's daily copy; None: no copy is made."""
        return self.base / self.driver.backup if self.driver.backup else None

    @property
    def closes_at(self) -> time | None:
        """The local time when the business day ends; None when no rule ends it."""
        return time.fromisoformat(self.business_day.closes_at) if self.business_day.closes_at else None

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of the shop; None for the machine's."""
        return self.business_day.zone

    @property
    def ca_file(self) -> Path | None:
        """The certificate authority to trust; None for the system's."""
        return self.base / self.pay_api.ca_file if self.pay_api.ca_file else None

    @property
    def wallet(self) -> DeviceEntry | None:
        """The payment terminal (category CAT), if the file has one."""
        return next((device for device in self.devices.values() if device.category == "CAT"), None)

    def device_of(self, category: Literal["Scanner", "POSPrinter"]) -> DeviceEntry | None:
        """Return the scanner or printer that the payment terminal names; None if it names none."""
        wallet = self.wallet
        name = "" if wallet is None else wallet.scanner if category == "Scanner" else wallet.printer
        return self.devices[name] if name else None

    def secret_if_given(self, source: SecretSource, key: str) -> Secret | None:
        """Fetch an optional secret; None when the file names no source for it. Raises SecretError."""
        return None if source == SecretSource() else self.secret(source, key)

    def secret(self, source: SecretSource, key: str) -> Secret:
        """Fetch a secret that the site file names. Raises SecretError.

        `key` is the dotted key of the source, for the error.
        """
        return source.load(self.base, f"{self.path}: {key}")


def find(path: str | Path | None) -> Path:
    """Return the site file to use: `path`, else `$KOSHELEK_SITE`, else `./site.toml`."""
    return Path(path or os.environ.get("KOSHELEK_SITE") or _DEFAULT_NAME)


def load(path: str | Path | None = None) -> Site:
    """Read and check a site file.

    Secrets are not fetched here: a verb that needs none works without them.

    Raises:
        SiteError: the file is missing, is no TOML, or a key or a value in it is wrong.
    """
    where = find(path)
    file = toml.read(where, SiteFile, SiteError)
    resolved = where.resolve()
    SiteChecks(resolved, file).run()
    return Site(path=resolved, **{name: getattr(file, name) for name in file.__struct_fields__})
