"""TOML files into values, with errors that a technician can act on by telephone."""

from __future__ import annotations

import re
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from koshelek_driver.errors import SiteError, nearest

T = TypeVar("T")

_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$")


def read(path: Path, kind: type[T], error: type[SiteError]) -> T:
    """Read the TOML file `path` as `kind`; raises `error` naming file, line, key, what came and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except FileNotFoundError as problem:
        raise error(f"{path}: no such file", "name the file with --site, or set KOSHELEK_SITE") from problem
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}", "check the file's owner and rights") from problem
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise error(
            f"{path}: not a TOML file in UTF-8: {problem}", "mend that place; every text needs quotes"
        ) from problem
    _refuse_unknown_keys(path, text, data, kind, error)
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as problem:
        raise _wrong_value(path, text, data, problem, error) from problem


def _refuse_unknown_keys(path: Path, text: str, data: dict[str, Any], kind: type, error: type[SiteError]) -> None:
    for key, known in _unknown_keys(data, kind, ()):
        raise error(f"{_place(path, text, key)}: unknown key '{'.'.join(key)}'", nearest(key[-1], known))


def _unknown_keys(data: Any, kind: Any, at: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Every key of `data` that `kind` does not have, with the keys that it has there."""
    kind = _struct_of(kind)
    if typing.get_origin(kind) is dict and isinstance(data, dict):
        value_kind = typing.get_args(kind)[1]
        return [found for key, value in data.items() for found in _unknown_keys(value, value_kind, (*at, key))]
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(data, dict)):
        return []
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    unknown = [((*at, key), list(fields)) for key in data if key not in fields]
    inside = [_unknown_keys(value, fields[key], (*at, key)) for key, value in data.items() if key in fields]
    return unknown + [found for found_inside in inside for found in found_inside]


def _struct_of(kind: Any) -> Any:
    """`Struct | None` is checked as Struct."""
    if isinstance(kind, types.UnionType):
        return next(option for option in typing.get_args(kind) if option is not types.NoneType)
    return kind


def _wrong_value(
    path: Path, text: str, data: dict[str, Any], problem: msgspec.ValidationError, error: type[SiteError]
) -> SiteError:
    message = str(problem)
    at = _AT.search(message)
    key = tuple(re.findall(r"[^.\[\]]+", at["path"])) if at else ()
    reason = message[: at.start()] if at else message
    came = _came(data, key)
    return error(f"{_place(path, text, key)}: {'.'.join(key)}{came}: {reason}", "correct the value")


def _came(data: Any, key: tuple[str, ...]) -> str:
    for part in key:
        if not isinstance(data, dict) or part not in data:
            return ""
        data = data[part]
    return f" = {data!r}" if isinstance(data, str | int | float | bool) else ""


def _place(path: Path, text: str, key: tuple[str, ...]) -> str:
    """The file, and the line where the last part of the key stands, if it can be found."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+([^\]]+)\]", line)
        table = header[1].strip() if header else table
        name = re.match(r"\s*([\w-]+)\s*=", line)
        here = f"{table}.{name[1]}".lstrip(".") if name else table
        if key and here == ".".join(key):
            return f"{path}, line {number}"
    return str(path)
