"""TOML files to values, with errors that a technician can act on over the telephone.

Every error names the file, the line, the key, the value that was found and the values that are allowed.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from koshelek_driver.errors import SiteError, nearest

T = TypeVar("T")
Key = tuple[str, ...]

_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$")


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base class of one table of a TOML file; unknown keys are errors."""


def read(
    path: Path,
    kind: type[T],
    error: type[SiteError],
    defaults: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {},
) -> T:
    """Read the TOML file `path` as a value of type `kind`.

    `defaults` receives the tables of the file and returns those that supply its missing keys, table by table.

    Raises:
        error: the file is missing or no TOML, a key is unknown, or a value has the wrong type.
    """
    file = _File(path, error)
    file.refuse_unknown_keys(kind)
    return file.convert(kind, defaults(file.data))


def table(path: Path, error: type[SiteError]) -> dict[str, Any]:
    """Return the tables of a TOML file, without checking keys or values."""
    return _File(path, error).data


def place(path: Path, key: str) -> str:
    """Return the file and the line of a dotted key, for errors found after reading."""
    return _place(path, path.read_text(encoding="utf-8-sig"), tuple(key.split(".")))


class _File:
    def __init__(self, path: Path, error: type[SiteError]) -> None:
        self._path = path
        self._error = error
        try:
            self._text = path.read_text(encoding="utf-8-sig")
            self.data: dict[str, Any] = tomllib.loads(self._text)
        except FileNotFoundError as problem:
            raise error(f"{path}: no such file", "name the file with --site, or set KOSHELEK_SITE") from problem
        except OSError as problem:
            raise error(f"{path}: cannot be read: {problem.strerror}", "check the file's owner and rights") from problem
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            what = f"{path}: not a TOML file in UTF-8: {problem}"
            raise error(what, "mend that place; every text needs quotes") from problem

    def refuse_unknown_keys(self, kind: type) -> None:
        for key, known in _unknown_keys(self.data, kind, ()):
            raise self._error(f"{self._place(key)}: unknown key '{'.'.join(key)}'", nearest(key[-1], known))

    def convert(self, kind: type[T], defaults: dict[str, Any]) -> T:
        try:
            return msgspec.convert(_merged(self.data, defaults), kind)
        except msgspec.ValidationError as problem:
            raise self._wrong_value(kind, str(problem)) from problem

    def _wrong_value(self, kind: type, message: str) -> SiteError:
        at = _AT.search(message)
        key = _key(self.data, kind, at["path"]) if at else ()
        came = _value_at(self.data, key)
        shown = f" = {came!r}" if isinstance(came, str | int | float | bool) else ""
        choices = _choices(kind, key)
        remedy = nearest(str(came), choices) if choices else "correct the value"
        expected = f"expected one of {', '.join(choices)}" if choices else message[: at.start() if at else None]
        return self._error(f"{self._place(key)}: {'.'.join(key)}{shown}: {expected}", remedy)

    def _place(self, key: Key) -> str:
        return _place(self._path, self._text, key)


def _merged(data: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Fill the missing keys of a table, and of the tables in it, with defaults."""
    merged = {**defaults, **data}
    for key in data.keys() & defaults.keys():
        if isinstance(data[key], dict) and isinstance(defaults[key], dict):
            merged[key] = _merged(data[key], defaults[key])
    return merged


def _key(data: Any, kind: Any, path: str) -> Key:
    """Return the key that a path of msgspec means.

    msgspec writes `[...]` for any entry of a dict, so the entry that is wrong is searched for.
    """
    key: Key = ()
    for part in re.findall(r"\[\.\.\.\]|[^.\[\]]+", path):
        name = _wrong_entry(data, kind) if part == "[...]" else part
        key, kind = (*key, name), _inside(kind, name)
        data = data.get(name) if isinstance(data, dict) else None
    return key


def _wrong_entry(table: dict[str, Any], kind: Any) -> str:
    return next(name for name, value in table.items() if not _converts(value, _inside(kind, name)))


def _converts(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _unknown_keys(data: Any, kind: Any, at: Key) -> list[tuple[Key, list[str]]]:
    """List every unknown key of `data`, each with the keys that are allowed in its place."""
    if not isinstance(data, dict):
        return []
    found: list[tuple[Key, list[str]]] = []
    for key, value in data.items():
        if _has_key(kind, key):
            found += _unknown_keys(value, _inside(kind, key), (*at, key))
        else:
            found.append(((*at, key), sorted(_keys(kind))))
    return found


def _has_key(kind: Any, key: str) -> bool:
    return not _is_struct(kind) or key in _keys(kind)


def _keys(kind: Any) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _inside(kind: Any, key: str) -> Any:
    """Return the type of the value at a key; None if `kind` does not define it."""
    if typing.get_origin(kind) is dict:
        return typing.get_args(kind)[1]
    inner = _keys(kind).get(key) if _is_struct(kind) else None
    if isinstance(inner, types.UnionType):
        return next(option for option in typing.get_args(inner) if option is not types.NoneType)
    return inner


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _choices(kind: Any, key: Key) -> list[str]:
    """Return the values that are allowed at a key, if its type is a Literal."""
    for part in key:
        kind = _inside(kind, part)
    return [str(word) for word in typing.get_args(kind)] if typing.get_origin(kind) is typing.Literal else []


def _value_at(data: Any, key: Key) -> Any:
    for part in key:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _place(path: Path, text: str, key: Key) -> str:
    """Return the file, with the line of the last part of the key if it can be found."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+([^\]]+)\]", line)
        table = header[1].strip() if header else table
        name = re.match(r"\s*([\w-]+)\s*=", line)
        here = f"{table}.{name[1]}".lstrip(".") if name else table
        if key and here == ".".join(key):
            return f"{path}, line {number}"
    return str(path)
