"""JSON that others wrote: responses of servers, postbacks, files of the point of sale.

This is the only reader of such bytes, so whatever is tolerated or refused at one door is so at all of them.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST = 1 << 24
"""Bytes. The largest file of a point of sale has some thousand lines of a few hundred bytes."""
_DEEPEST = 32
"""Levels of nesting. The API needs four; recursive code of Python ends at some hundred."""
_FAULTS = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError, MemoryError)
"""Everything that a decoder raises for what is in the bytes; UnicodeError is a ValueError."""


class ForeignJsonError(ValueError):
    """The bytes are no JSON that can be used. The message says why and shows names and positions, no values."""


def parse_json(data: bytes | str) -> Any:
    """Return the value of a JSON text, in UTF-8 if it is bytes; a byte order mark is ignored.

    A name that an object has twice with different values means neither: its value becomes the list of them, which no
    reader takes for a text or a number.

    Raises:
        ForeignJsonError: malformed, not UTF-8, longer than 16 MiB, or nested deeper than 32 levels.
    """
    if len(data) > _LONGEST:
        raise ForeignJsonError(f"longer than {_LONGEST} bytes")
    try:
        text = (data.encode() if isinstance(data, str) else bytes(data)).removeprefix(_BYTE_ORDER_MARK)
        msgspec.json.decode(text)  # stricter than json: refuses NaN, infinite numbers and lone surrogates
        value = json.loads(text.decode(), object_pairs_hook=_object)
    except RecursionError:
        raise ForeignJsonError(f"nested deeper than {_DEEPEST} levels") from None
    except _FAULTS as problem:
        raise ForeignJsonError(str(problem)) from None
    if _is_too_deep(value):
        raise ForeignJsonError(f"nested deeper than {_DEEPEST} levels")
    return value


def parse_json_as(data: bytes | str, kind: type[T]) -> T:
    """Return a JSON text in UTF-8 as a value of a type.

    Raises:
        ForeignJsonError: no usable JSON, or a value of another type; the message names its place.
    """
    try:
        return msgspec.convert(parse_json(data), kind)
    except ForeignJsonError:
        raise
    except _FAULTS as problem:
        raise ForeignJsonError(str(problem)) from None


def parse_json_object(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object in a text in UTF-8.

    Raises:
        ForeignJsonError: no usable JSON, or another value than an object.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise ForeignJsonError("not an object")
    return value


def read_fields(raw: dict[str, Any], kind: type[S]) -> S:
    """Return a struct whose fields are read one by one; a value of another type counts as absent.

    So an odd value never hides the fields beside it. Every field of `kind` must have a default.
    """
    known: dict[str, Any] = {}
    for name, encoded_name, type_ in _fields(kind):
        if encoded_name in raw:
            try:
                known[name] = msgspec.convert(raw[encoded_name], type_, strict=False)
            except _FAULTS:
                continue
    return kind(**known)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any], ...]:
    return tuple((field.name, field.encode_name, field.type) for field in msgspec.structs.fields(kind))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; see `parse_json` for a name that is there twice."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    said: dict[str, list[Any]] = {}
    for name, value in pairs:
        values = said.setdefault(name, [value])
        if value != values[0]:
            values.append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def _is_too_deep(value: Any) -> bool:
    """Look at one level after the other, because a recursive look would itself be too deep."""
    level = [value]
    for _ in range(_DEEPEST + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return True
