"""HID report descriptors: the fields of each report and their bit offsets.

Sources: USB HID 1.11, 6.2.2, and the HID Usage Tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from firmware_protocol.errors import Fault, FrameError

_LONG_ITEM = 0xFE
_SIZES = (0, 1, 2, 4)
_LONGEST = 65_536
_MOST_FIELDS = 4096


class ReportKind(Enum):
    """The direction of a report."""

    INPUT = "input"
    OUTPUT = "output"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Usage:
    """A usage: its page and its number on that page."""

    page: int
    number: int


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a report: `count` values of `size` bits each.

    `offset` is the first bit, counted from the byte after the report id. `usages` names the values in order; if there
    are fewer usages than values, the last one names the rest.
    """

    kind: ReportKind
    report_id: int
    offset: int
    size: int
    count: int
    usages: tuple[Usage, ...]
    is_constant: bool
    collection: Usage

    def usage_of(self, place: int) -> Usage | None:
        """Return the usage of one value; the last usage is that of all further values."""
        return self.usages[min(place, len(self.usages) - 1)] if self.usages else None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The content of all reports of a device. The top-level `collections` tell the kind of device."""

    fields: tuple[Field, ...]
    collections: tuple[Usage, ...]
    has_report_ids: bool

    def find(self, kind: ReportKind, usage: Usage) -> tuple[Field, int] | None:
        """Return the field with a usage and the index of its value; else None."""
        for each in self.fields:
            if each.kind is kind and usage in each.usages:
                return each, each.usages.index(usage)
        return None


@dataclass(frozen=True, slots=True)
class _Globals:
    page: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0


@dataclass(slots=True)
class _State:
    globals: _Globals = field(default_factory=_Globals)
    stack: list[_Globals] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    minimum: int | None = None
    path: list[Usage] = field(default_factory=list)
    top: list[Usage] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    ends: dict[tuple[ReportKind, int], int] = field(default_factory=dict)
    has_ids: bool = False


_Action = Callable[[_State, int, int], None]


def parse_descriptor(descriptor: bytes) -> Descriptor:
    """Parse a report descriptor. Raises FrameError if it is cut off or invalid."""
    if len(descriptor) > _LONGEST:
        raise FrameError(Fault.UNEXPECTED, f"a report descriptor of at most {_LONGEST} bytes", descriptor)
    state, at = _State(), 0
    while at < len(descriptor):
        head = descriptor[at]
        size = _long_size(descriptor, at) if head == _LONG_ITEM else _SIZES[head & 3]
        data = descriptor[at + 1 : at + 1 + size]
        if len(data) < size:
            raise FrameError(Fault.TRUNCATED, f"{size} bytes behind byte {at} of a report descriptor", data)
        if head != _LONG_ITEM:
            _item(state, head >> 2, data)
        at += 1 + size
    return Descriptor(tuple(state.fields), tuple(state.top), state.has_ids)


def _long_size(descriptor: bytes, at: int) -> int:
    return 2 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)


def _item(state: _State, tag: int, data: bytes) -> None:
    value = int.from_bytes(data, "little")
    action = _ITEMS.get(tag)
    if action is not None:
        action(state, value, len(data))


def _main(kind: ReportKind) -> _Action:
    def add(state: _State, value: int, _size: int) -> None:
        now = state.globals
        key = (kind, now.report_id)
        offset = state.ends.get(key, 0)
        bits = now.size * now.count
        if bits > _LONGEST * 8 or len(state.fields) >= _MOST_FIELDS:
            raise FrameError(Fault.UNEXPECTED, "a report of at most 64 KiB", b"")
        inside = state.path[0] if state.path else Usage(0, 0)
        usages = tuple(state.usages[: now.count])
        state.fields.append(Field(kind, now.report_id, offset, now.size, now.count, usages, bool(value & 1), inside))
        state.ends[key] = offset + bits
        _forget_locals(state)

    return add


def _collection(state: _State, _value: int, _size: int) -> None:
    usage = state.usages[0] if state.usages else Usage(state.globals.page, 0)
    if not state.path:
        state.top.append(usage)
    state.path.append(usage)
    _forget_locals(state)


def _end_collection(state: _State, _value: int, _size: int) -> None:
    if not state.path:
        raise FrameError(Fault.UNEXPECTED, "a collection that began before it ends", b"\xc0")
    state.path.pop()
    _forget_locals(state)


def _forget_locals(state: _State) -> None:
    state.usages.clear()
    state.minimum = None


def _usage(state: _State, value: int, size: int) -> None:
    state.usages.append(_usage_of(state, value, size))


def _usage_of(state: _State, value: int, size: int) -> Usage:
    return Usage(value >> 16, value & 0xFFFF) if size == 4 else Usage(state.globals.page, value)


def _usage_minimum(state: _State, value: int, _size: int) -> None:
    state.minimum = value & 0xFFFF


def _usage_maximum(state: _State, value: int, size: int) -> None:
    page = _usage_of(state, value, size).page
    first = state.minimum if state.minimum is not None else 0
    last = min(value & 0xFFFF, first + 1023)
    state.usages += [Usage(page, number) for number in range(first, last + 1)]


def _global(name: str) -> _Action:
    def change(state: _State, value: int, _size: int) -> None:
        state.globals = replace(state.globals, **{name: value})
        state.has_ids = state.has_ids or name == "report_id"

    return change


def _push(state: _State, _value: int, _size: int) -> None:
    if len(state.stack) >= 64:
        raise FrameError(Fault.UNEXPECTED, "at most 64 pushes", b"\xa4")
    state.stack.append(state.globals)


def _pop(state: _State, _value: int, _size: int) -> None:
    if not state.stack:
        raise FrameError(Fault.UNEXPECTED, "a push before each pop", b"\xb4")
    state.globals = state.stack.pop()


_ITEMS: dict[int, _Action] = {
    0b1000_00: _main(ReportKind.INPUT),
    0b1001_00: _main(ReportKind.OUTPUT),
    0b1011_00: _main(ReportKind.FEATURE),
    0b1010_00: _collection,
    0b1100_00: _end_collection,
    0b0000_01: _global("page"),
    0b0111_01: _global("size"),
    0b1000_01: _global("report_id"),
    0b1001_01: _global("count"),
    0b1010_01: _push,
    0b1011_01: _pop,
    0b0000_10: _usage,
    0b0001_10: _usage_minimum,
    0b0010_10: _usage_maximum,
}
