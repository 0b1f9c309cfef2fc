"""Text that a printer's code page can hold."""

from __future__ import annotations

import unicodedata

_SUBSTITUTES = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{RUBLE SIGN}": "руб.",
        "\N{EURO SIGN}": "EUR",
        "\N{MULTIPLICATION SIGN}": "x",
    }
)
"""Substitutes for characters that no Russian code page of printers has."""


def printable(text: str, codec: str) -> str:
    """Return the text as a code page can print it, without control characters.

    Characters that the code page lacks become substitutes or "?". Bytes that a customer or a shop typed can therefore
    never become printer commands.
    """
    plain = unicodedata.normalize("NFC", text).translate(_SUBSTITUTES)
    visible = plain if plain.isprintable() else _without_controls(plain)
    return visible.encode(codec, errors="replace").decode(codec)


def _without_controls(text: str) -> str:
    return "".join(" " if unicodedata.category(char).startswith(("C", "Z")) else char for char in text)
