r"""Decode Extended Channel Interpretations (ECI), the character sets of two-dimensional symbols.

A scanner that announces them doubles every `\` of the data and writes `\nnnnnn` before bytes of another
interpretation. Source: AIM ITS/04-001.
"""

from __future__ import annotations

import codecs
import re

_ESCAPE = re.compile(rb"\\(?:\\|(\d{6}))")
_LATIN_1 = 3
_CODECS = {
    **dict.fromkeys((0, 2), "cp437"),
    1: "iso8859-1",
    **{number: f"iso8859-{number - 2}" for number in (*range(3, 14), *range(15, 19))},
    20: "shift_jis",
    21: "cp1250",
    22: "cp1251",
    23: "cp1252",
    24: "cp1256",
    25: "utf-16-be",
    26: "utf-8",
    27: "ascii",
    28: "big5",
    29: "gb2312",
    30: "euc-kr",
    31: "gbk",
    32: "gb18030",
    33: "utf-16-le",
    34: "utf-32-be",
    35: "utf-32-le",
    170: "ascii",
}


def decode(data: bytes) -> bytes:
    r"""Remove the escapes: UTF-8 if the interpretations name character sets, else the bytes unchanged.

    A single `\\` that begins no escape stays: some scanners announce escapes and send none.
    """
    parts = _parts(data)
    if len(parts) == 1:
        return parts[0][1]
    try:
        return "".join(codecs.decode(piece, _CODECS[number]) for number, piece in parts).encode()
    except (KeyError, ValueError):
        return b"".join(piece for _, piece in parts)


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    parts = [(_LATIN_1, b"")]
    at = 0
    for escape in _ESCAPE.finditer(data):
        number, piece = parts[-1]
        parts[-1] = (number, piece + data[at : escape.start()] + (b"\\" if escape[1] is None else b""))
        if escape[1] is not None:
            parts.append((int(escape[1]), b""))
        at = escape.end()
    number, piece = parts[-1]
    parts[-1] = (number, piece + data[at:])
    return parts
