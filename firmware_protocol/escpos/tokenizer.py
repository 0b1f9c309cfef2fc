"""Parse an ESC/POS stream into text and commands, as a printer's firmware does.

The grammar is data: a prefix, the name of the command in the manuals, and a shape that gives the number of parameter
bytes. Any split of the stream gives the same tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Shape = Callable[[bytes], int | None]
"""Given the bytes after a prefix, returns how many belong to the command; None if more bytes are needed to know."""

_MAX_TABS = 32


@dataclass(frozen=True, slots=True)
class Text:
    """Printable bytes, in the code page that is selected."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """One whole command: its name in the manuals ("ESC a") and the bytes after the prefix."""

    name: str
    params: bytes = b""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An introducer and a byte that form no known command; a printer ignores them."""

    data: bytes


Token = Text | Command | Unknown


def _fixed(count: int) -> Shape:
    return lambda _rest: count


def _counted(header: int, at: int, width: int, unit: int = 1) -> Shape:
    """`header` bytes first, among them a little-endian count of `width` bytes at `at`."""

    def needed(rest: bytes) -> int | None:
        if len(rest) < header:
            return None
        return header + unit * int.from_bytes(rest[at : at + width], "little")

    return needed


def _until_nul(limit: int) -> Shape:
    def needed(rest: bytes) -> int | None:
        end = rest.find(b"\x00", 0, limit)
        if end >= 0:
            return end + 1
        return limit if len(rest) >= limit else None

    return needed


def _raster(rest: bytes) -> int | None:
    """GS v 0: m, bytes a row, rows."""
    if len(rest) < 5:
        return None
    return 5 + int.from_bytes(rest[1:3], "little") * int.from_bytes(rest[3:5], "little")


def _bit_image(rest: bytes) -> int | None:
    """ESC *: m, columns; modes 32 and 33 have three bytes a column."""
    if len(rest) < 3:
        return None
    return 3 + int.from_bytes(rest[1:3], "little") * (3 if rest[0] in (32, 33) else 1)


def _barcode(rest: bytes) -> int | None:
    """GS k: with m 0 to 6 the data end with NUL, with m from 65 on they are counted."""
    if not rest:
        return None
    if rest[0] <= 6:
        data = _until_nul(255)(rest[1:])
        return None if data is None else 1 + data
    return 2 + rest[1] if len(rest) > 1 else None


def _with_option(first: frozenset[int], extra: int) -> Shape:
    """One byte, and `extra` more where the first is one of `first`."""
    return lambda rest: (1 + extra if rest[0] in first else 1) if rest else None


def _real_time_request(rest: bytes) -> int | None:
    """DLE DC4: the number of the function decides; function 8 is a seven-byte password."""
    return {1: 3, 2: 3, 7: 2, 8: 8}.get(rest[0], 1) if rest else None


def _downloaded_image(rest: bytes) -> int | None:
    """GS * x y: x times eight columns of y bytes."""
    return 2 + rest[0] * rest[1] * 8 if len(rest) > 1 else None


_COUNTED_16 = _counted(header=2, at=0, width=2)

_ONE_BYTE_COMMANDS = {
    b"\x1b": "!-=ERTVaet{3 GJMrud",
    b"\x1d": "!BHIarfhwb",
    b"\x1c": "!-CW",
}
_BARE_COMMANDS = {b"\x1b": "@2LS\x0cv", b"\x1d": ":", b"\x1c": ".&"}
_TWO_BYTE_COMMANDS = {b"\x1b": "$\\B", b"\x1d": "LWP$\\", b"\x1c": "Sp"}
_INTRODUCERS = {b"\x1b": "ESC", b"\x1d": "GS", b"\x1c": "FS", b"\x10": "DLE"}


def _letters(table: dict[bytes, str], shape: Shape) -> dict[bytes, tuple[str, Shape]]:
    return {
        lead + letter.encode(): (f"{_INTRODUCERS[lead]} {letter}", shape)
        for lead, letters in table.items()
        for letter in letters
    }


_GRAMMAR: dict[bytes, tuple[str, Shape]] = {
    b"\n": ("LF", _fixed(0)),
    b"\r": ("CR", _fixed(0)),
    b"\t": ("HT", _fixed(0)),
    b"\x0c": ("FF", _fixed(0)),
    b"\x18": ("CAN", _fixed(0)),
    **_letters(_BARE_COMMANDS, _fixed(0)),
    **_letters(_ONE_BYTE_COMMANDS, _fixed(1)),
    **_letters(_TWO_BYTE_COMMANDS, _fixed(2)),
    b"\x1bp": ("ESC p", _fixed(3)),
    b"\x1bW": ("ESC W", _fixed(8)),
    b"\x1bD": ("ESC D", _until_nul(_MAX_TABS + 1)),
    b"\x1b*": ("ESC *", _bit_image),
    b"\x1bc0": ("ESC c 0", _fixed(1)),
    b"\x1bc1": ("ESC c 1", _fixed(1)),
    b"\x1bc3": ("ESC c 3", _fixed(1)),
    b"\x1bc4": ("ESC c 4", _fixed(1)),
    b"\x1bc5": ("ESC c 5", _fixed(1)),
    b"\x1bf": ("ESC f", _fixed(2)),
    b"\x1b(A": ("ESC ( A", _COUNTED_16),
    b"\x1dV": ("GS V", _with_option(frozenset((65, 66, 97, 98, 103, 104)), 1)),
    b"\x1dk": ("GS k", _barcode),
    b"\x1d*": ("GS *", _downloaded_image),
    b"\x1dv0": ("GS v 0", _raster),
    b"\x1dz0": ("GS z 0", _fixed(2)),
    b"\x1d(k": ("GS ( k", _COUNTED_16),
    b"\x1d(L": ("GS ( L", _COUNTED_16),
    b"\x1d(H": ("GS ( H", _COUNTED_16),
    b"\x1d(D": ("GS ( D", _COUNTED_16),
    b"\x1d(E": ("GS ( E", _COUNTED_16),
    b"\x1d(A": ("GS ( A", _COUNTED_16),
    b"\x1c(L": ("FS ( L", _COUNTED_16),
    b"\x1d8L": ("GS 8 L", _counted(header=4, at=0, width=4)),
    b"\x10\x04": ("DLE EOT", _with_option(frozenset((7, 8, 18)), 1)),
    b"\x10\x05": ("DLE ENQ", _fixed(1)),
    b"\x10\x14": ("DLE DC4", _real_time_request),
}
_CONTROLS = frozenset(prefix[0] for prefix in _GRAMMAR)


class Tokenizer:
    """Parses pieces of any size into whole tokens. An unfinished command waits for its last byte."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def pending(self) -> int:
        """The number of buffered bytes of an unfinished command."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Token]:
        """Add bytes and return every token that is complete."""
        self._buffer += data
        tokens: list[Token] = []
        while (found := _first_token(self._buffer)) is not None:
            token, size = found
            self._buffer = self._buffer[size:]
            tokens.append(token)
        return tokens


def _first_token(buffer: bytes) -> tuple[Token, int] | None:
    if not buffer:
        return None
    if buffer[0] not in _CONTROLS:
        return _text(buffer)
    size = 1
    while (entry := _GRAMMAR.get(buffer[:size])) is None:
        if size >= len(buffer):
            return None
        size += 1
        if not _is_prefix(buffer[:size]):
            return Unknown(buffer[:2]), 2
    return _command(buffer, size, *entry)


def _is_prefix(start: bytes) -> bool:
    return any(known.startswith(start) for known in _GRAMMAR)


def _text(buffer: bytes) -> tuple[Token, int]:
    size = next((at for at, byte in enumerate(buffer) if byte in _CONTROLS), len(buffer))
    return Text(buffer[:size]), size


def _command(buffer: bytes, prefix: int, name: str, shape: Shape) -> tuple[Token, int] | None:
    needed = shape(buffer[prefix:])
    if needed is None or len(buffer) < prefix + needed:
        return None
    return Command(name, buffer[prefix : prefix + needed]), prefix + needed
