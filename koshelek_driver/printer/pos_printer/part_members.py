"""Properties whose values are in a part of the open printer.

Functions reach the values, not names in strings, so that a type checker sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from koshelek_driver.printer.pos_printer.parts import PrinterParts
from koshelek_driver.upos.members import V1_2, ReadOnly, Stage, Writable

T = TypeVar("T")


class PartReadOnly(ReadOnly[T]):
    """A property that the application reads.

    `value` reads it from the parts of the open printer.
    """

    def __init__(
        self,
        name: str,
        kind: type[T],
        doc: str,
        value: Callable[[PrinterParts], T],
        *,
        read: Stage = Stage.OPEN,
        since: int = V1_2,
    ) -> None:
        super().__init__(name, kind, doc, read=read, since=since)
        self._read_from = value

    def _value(self, device: Any) -> T:
        return self._read_from(device.parts)


class PartWritable(Writable[T]):
    """A property that the application also writes.

    `take` hands a new value to the part that stores it.
    """

    def __init__(
        self,
        name: str,
        kind: type[T],
        doc: str,
        value: Callable[[PrinterParts], T],
        take: Callable[[PrinterParts, T], None],
        *,
        read: Stage = Stage.ENABLED_ONCE,
        write: Stage = Stage.ENABLED,
        since: int = V1_2,
    ) -> None:
        super().__init__(name, kind, doc, read=read, write=write, since=since)
        self._read_from = value
        self._take = take

    def _value(self, device: Any) -> T:
        return self._read_from(device.parts)

    def _keep(self, device: Any, value: T) -> None:
        self._take(device.parts, value)
