"""Slips for a technician: a test of letters and styles, a test of code pages."""

from __future__ import annotations

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.commands import Align
from koshelek_driver.printer.rendering.layout import Line, pair, rule, title

CANDIDATES = {
    "cp866": (7, 10, 12, 17, 37, 59),
    "cp1251": (6, 13, 18, 23, 28, 34, 46, 51, 73),
}
"""The numbers of ESC t that makers give to the Russian code pages."""
_RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю"


def sample_slip(columns: int) -> list[Line]:
    """Return lines with every letter, width and style, none wider than the paper."""
    ruler = "".join(str(column % 10) for column in range(1, columns + 1))
    words = _RUSSIAN.split()
    return [
        *title("ТЕСТ", columns, large=True),
        Line(ruler),
        *(Line(" ".join(part)) for part in (words[:4], words[4:7], words[7:])),
        Line("№ 1 Ёё — «кавычки» … 100 ₽"),
        Line("жирно", bold=True),
        Line("по центру", Align.CENTER),
        Line("справа", Align.RIGHT),
        *pair("Сумма, руб.", "1234.50", columns),
        *rule(columns),
    ]


def code_page_units() -> list[bytes]:
    """Return one line for each candidate: its number and Russian in its encoding."""
    return [
        commands.code_page(number) + f"{number:>3} {codec} ".encode("ascii") + "Привет Ёё №".encode(codec) + b"\n"
        for codec, numbers in CANDIDATES.items()
        for number in numbers
    ]
