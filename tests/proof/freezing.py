"""The whole state of a conversation as bytes: two that are equal have the same future.

A suspended generator is its chain of frames: where each one stands, and the local variables that it still reads. Times are counted from now
and ids by the order of their appearance, for the conversations see neither dates nor the letters of an id.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from types import GeneratorType
from typing import Any

import msgspec

from koshelek_driver.pay_api.requests import Merchant
from koshelek_driver.payment.conversation.effects import Rules
from koshelek_driver.secrets import Secret
from tests.proof.liveness import read_later
from tests.proof.moments import Moment

FRESH_ID = re.compile(r"id-\d+")


class Ids:
    """Request ids that no one used before: id-0, id-1 and so on."""

    def __init__(self, first: int = 0) -> None:
        self.following = first

    def __iter__(self) -> Ids:
        return self

    def __next__(self) -> str:
        self.following += 1
        return f"id-{self.following - 1}"


_SETTINGS = (Ids, Merchant, Rules, Secret)
"""Values that are the same in every state, or that only give ids."""


def digest(now_s: Moment, oldest_s: float, *parts: object) -> bytes:
    """Return the state that these parts are, in 16 bytes; what is longer ago than `oldest_s` is long ago."""
    return blake2b(marshal.dumps(_Freezer(now_s, oldest_s).all(parts), 2), digest_size=16).digest()


class _Freezer:
    """Turns values into tuples of plain values."""

    def __init__(self, now_s: Moment, oldest_s: float) -> None:
        self._now_s = now_s
        self._oldest_s = oldest_s
        self._ids: dict[str, str] = {}
        self._seen: set[int] = set()

    def all(self, values: Any) -> tuple[Any, ...]:
        return tuple(self.one(value) for value in values)

    def one(self, value: Any) -> Any:
        kind = type(value)
        freeze = _BY_KIND.get(kind)
        if freeze is not None:
            return freeze(self, value)
        if isinstance(value, _SETTINGS):
            return kind.__name__
        if isinstance(value, Enum):
            return value.value
        if is_dataclass(value):
            return (kind.__name__, *(self.one(getattr(value, field.name)) for field in fields(value)))
        if isinstance(value, msgspec.Struct):
            return (kind.__name__, *(self.one(getattr(value, name)) for name in kind.__struct_fields__))
        return self._object(value)

    def moment(self, value: Moment) -> tuple[str, float]:
        return "at", max(value - self._now_s, -self._oldest_s)

    def text(self, value: str) -> str:
        return FRESH_ID.sub(lambda found: self._ids.setdefault(found[0], f"#{len(self._ids)}"), value)

    def raw(self, value: bytes) -> str:
        return self.text(value.decode())

    def mapping(self, value: dict[Any, Any]) -> tuple[Any, ...]:
        return tuple((key, self.one(inner)) for key, inner in value.items())

    def generator(self, value: GeneratorType[Any, Any, Any]) -> tuple[Any, ...]:
        frames: list[Any] = []
        at: object = value
        while isinstance(at, GeneratorType) and at.gi_frame is not None:
            frame, names = at.gi_frame, read_later(at.gi_code, at.gi_frame.f_lasti)
            read = {name: value for name, value in frame.f_locals.items() if name in names}
            frames.append((at.gi_code.co_qualname, frame.f_lasti, self.mapping(read)))
            at = at.gi_yieldfrom
        return tuple(frames)

    def _object(self, value: object) -> Any:
        """Freeze an object by its attributes; where it appears again, its name is enough."""
        name = type(value).__name__
        if id(value) in self._seen:
            return name
        self._seen.add(id(value))
        return name, self.mapping(vars(value))


def _itself(_freezer: _Freezer, value: Any) -> Any:
    return value


_BY_KIND: dict[type, Callable[[_Freezer, Any], Any]] = {
    type(None): _itself,
    bool: _itself,
    int: _itself,
    float: _itself,
    Moment: _Freezer.moment,
    str: _Freezer.text,
    bytes: _Freezer.raw,
    dict: _Freezer.mapping,
    tuple: _Freezer.all,
    list: _Freezer.all,
    GeneratorType: _Freezer.generator,
}
