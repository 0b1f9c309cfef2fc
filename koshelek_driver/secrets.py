"""Secrets: a type that cannot be printed, and the sources they are read from."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import msgspec

from koshelek_driver.errors import SecretError


class Secret:
    """Text that must not reach a log, an exception or a screen. Only `reveal()` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the wire."""
        return self._text

    def masked(self) -> str:
        """Return the last four characters, for people; nothing of a text shorter than eight."""
        return "…" + self._text[-4:] if len(self._text) >= 8 else "…"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not to be copied out of this process")


class SecretSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The source of a secret; exactly one of these is set."""

    env: str = ""
    file: str = ""
    credential: str = ""
    keyring: str = ""

    def load(self, base: Path, key: str) -> Secret:
        """Read the secret. `base` is the folder of the site file, `key` the setting's name for errors.

        Raises:
            SecretError: it cannot be read; the message names key and source, never the secret.
        """
        given = [name for name in self.__struct_fields__ if getattr(self, name)]
        if len(given) != 1:
            raise SecretError(
                f"{key}: {len(given)} sources given, expected one",
                "write one of { env = … }, { file = … }, { credential = … }, { keyring = … }",
            )
        text = _READERS[given[0]](getattr(self, given[0]), base, key)
        if not text:
            raise SecretError(f"{key}: the {given[0]} '{getattr(self, given[0])}' is empty", "put the value there")
        return Secret(text)


def _from_env(name: str, _base: Path, key: str) -> str:
    if name not in os.environ:
        raise SecretError(f"{key}: the environment variable {name} is not set", f"set {name}, or name another source")
    return os.environ[name].strip()


def _from_file(name: str, base: Path, key: str) -> str:
    path = base / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "not UTF-8 text"
        raise SecretError(
            f"{key}: cannot read {path}: {reason}", "create the file, readable by the till's user only"
        ) from problem


def _from_credential(name: str, base: Path, key: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            f"{key}: no service manager gave credentials (CREDENTIALS_DIRECTORY is not set)",
            f"start the driver as a service with LoadCredential={name}:…, or name another source",
        )
    return _from_file(str(Path(folder) / name), base, key)


def _from_keyring(name: str, _base: Path, key: str) -> str:
    service, _, user = name.partition("/")
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]
    except ImportError as problem:
        raise SecretError(
            f"{key}: the package keyring is not installed",
            "pip install 'koshelek-driver[keyring]', or name another source",
        ) from problem
    found: str | None = keyring.get_password(service, user)
    if found is None:
        raise SecretError(f"{key}: the keyring has no entry '{name}'", f"keyring set {service} {user}")
    return found


_READERS = {"env": _from_env, "file": _from_file, "credential": _from_credential, "keyring": _from_keyring}
