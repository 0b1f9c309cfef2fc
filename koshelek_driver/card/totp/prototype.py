"""C prototypes of the site file, and calls that fill parameters by name.

    int pv_verify(const char *full_barcode, char *result_code, size_t result_code_size)

A `const char *` or a number gets the value of its name. A `char *` is a buffer that the library fills, and a number
named like a buffer with `_size` gets the size of that buffer in bytes. Texts are UTF-8 and end with a zero byte.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BUFFER_SIZE = 4096
_TEXT = "const char *"
_BUFFER = "char *"
_NUMBERS: dict[str, Any] = {
    "bool": ctypes.c_bool,
    "int": ctypes.c_int,
    "unsigned": ctypes.c_uint,
    "unsigned int": ctypes.c_uint,
    "long": ctypes.c_long,
    "unsigned long": ctypes.c_ulong,
    "long long": ctypes.c_longlong,
    "unsigned long long": ctypes.c_ulonglong,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
}
_TYPES = {**_NUMBERS, _TEXT: ctypes.c_char_p, _BUFFER: ctypes.c_char_p}
_RETURNED = {**_NUMBERS, _TEXT: ctypes.c_char_p, "void": None}
_FUNCTION = re.compile(r"\s*(?P<returned>[\w\s*]*?[\s*])(?P<symbol>[A-Za-z_]\w*)\s*\((?P<parameters>[^()]*)\)\s*;?\s*")
_PARAMETER = re.compile(r"\s*(?P<kind>[\w\s*]*?[\s*])(?P<name>[A-Za-z_]\w*)\s*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its C type, in normalised spelling, and its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Prototype:
    """The prototype of one function, made by `parse`."""

    symbol: str
    returned: str
    parameters: tuple[Parameter, ...]

    @property
    def buffers(self) -> list[str]:
        """The names of the buffers that the library fills."""
        return [each.name for each in self.parameters if each.kind == _BUFFER]

    @property
    def inputs(self) -> list[str]:
        """The names of the values that the function must be given."""
        sizes = {f"{name}_size" for name in self.buffers}
        return [each.name for each in self.parameters if each.kind != _BUFFER and each.name not in sizes]

    def bind(self, library: ctypes.CDLL) -> Function:
        """Return the function of a loaded library. Raises AttributeError if the library has no such function."""
        function = getattr(library, self.symbol)
        function.argtypes = [_TYPES[each.kind] for each in self.parameters]
        function.restype = _RETURNED[self.returned]
        return Function(self, function)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a loaded library, with its prototype."""

    prototype: Prototype
    _function: Any

    def call(self, values: Mapping[str, str | int]) -> tuple[str | int | None, dict[str, str]]:
        """Call the function; return its return value and the texts in its buffers.

        Raises:
            UnicodeDecodeError: a text is not UTF-8.
        """
        buffers = {name: ctypes.create_string_buffer(BUFFER_SIZE) for name in self.prototype.buffers}
        sizes = {f"{name}_size": BUFFER_SIZE for name in buffers}
        given = [
            buffers[each.name] if each.kind == _BUFFER else _as_c(each, {**values, **sizes}[each.name])
            for each in self.prototype.parameters
        ]
        returned = self._function(*given)
        text = returned.decode() if isinstance(returned, bytes) else returned
        return text, {name: buffer.value.decode() for name, buffer in buffers.items()}


def parse(declaration: str) -> Prototype:
    """Parse one C prototype. Raises ValueError that names the part that is not understood."""
    found = _FUNCTION.fullmatch(declaration)
    if found is None:
        raise ValueError(f"'{declaration}' is not a C prototype such as int verify(const char *full_barcode)")
    inside = found["parameters"].strip()
    pieces = [] if inside in ("", "void") else inside.split(",")
    returned = _kind(found["returned"], _RETURNED)
    return Prototype(found["symbol"], returned, tuple(_parameter(piece) for piece in pieces))


def _parameter(text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if found is None:
        raise ValueError(f"parameter '{text.strip()}' has no type or no name")
    return Parameter(_kind(found["kind"], _TYPES), found["name"])


def _kind(text: str, known: Mapping[str, Any]) -> str:
    kind = " ".join(text.replace("*", " * ").split())
    if kind not in known:
        raise ValueError(f"C type '{kind}' is not one of {', '.join(known)}")
    return kind


def _as_c(parameter: Parameter, value: str | int) -> bytes | int:
    return str(value).encode() if parameter.kind == _TEXT else int(value)
