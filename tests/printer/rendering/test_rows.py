"""Lines of several looks and alignments are broken where the paper ends, and stand where they are put."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware_protocol.escpos.commands import Align
from koshelek_driver.printer.rendering.style_encoder import (
    CodePage,
    Font,
    StyleEncoder,
    TextRun,
    TextStyle,
    places,
    rows_of,
)

LOOK = TextStyle(Font(0, 10, 12, 24), CodePage("cp866", 17))
WIDE = replace(LOOK, width=2)
ROOM = 120


def run(text: str, align: Align = Align.LEFT, look: TextStyle = LOOK) -> TextRun:
    return TextRun(text, look, align)


def raw(takes: int) -> TextRun:
    return TextRun("", LOOK, raw=b"\x1b!", takes=takes)


@pytest.mark.parametrize(
    ("pieces", "rows"),
    [
        ([], [[]]),
        ([run("a" * 10)], [[run("a" * 10)]]),
        ([run("a" * 10), run("b")], [[run("a" * 10)], [run("b")]]),
        ([run("a" * 25)], [[run("a" * 10)], [run("a" * 10)], [run("a" * 5)]]),
        ([run("a" * 9), run("bc", look=WIDE)], [[run("a" * 9)], [run("bc", look=WIDE)]]),
        ([run("a" * 8), run("bc", look=WIDE)], [[run("a" * 8), run("b", look=WIDE)], [run("c", look=WIDE)]]),
        ([run("ab", look=replace(LOOK, width=11))], [[]]),
        ([run("ab", look=replace(LOOK, width=10))], [[run("a", look=replace(LOOK, width=10))], [run("b", look=replace(LOOK, width=10))]]),
        ([raw(60), run("a" * 6)], [[raw(60), run("a" * 5)], [run("a")]]),
        ([run("ab"), run("cd", Align.RIGHT)], [[run("ab"), run("cd", Align.RIGHT)]]),
        ([run("a" * 8), run("cd", Align.RIGHT)], [[run("a" * 8), run("cd", Align.RIGHT)]]),
        ([run("a" * 9), run("cd", Align.RIGHT)], [[run("a" * 9)], [run("cd", Align.RIGHT)]]),
        ([run("cd", Align.RIGHT), run("a")], [[run("cd", Align.RIGHT)], [run("a")]]),
    ],
)  # fmt: skip
def test_a_line_is_broken_where_the_paper_ends(pieces: list[TextRun], rows: list[list[TextRun]]) -> None:
    assert rows_of(pieces, ROOM) == rows


@pytest.mark.parametrize(
    ("pieces", "at"),
    [
        ([run("ab")], [0]),
        ([run("ab", Align.CENTER)], [48]),
        ([run("ab", Align.RIGHT)], [96]),
        ([run("ab"), run("cd", Align.CENTER), run("ef", Align.RIGHT)], [0, 48, 96]),
        ([run("abcdefg"), run("hi", Align.CENTER)], [0, 84]),
        ([run("a", look=WIDE), run("b"), run("c", Align.RIGHT)], [0, 108]),
    ],
)
def test_parts_of_a_row_stand_by_their_alignment_and_never_over_each_other(
    pieces: list[TextRun], at: list[int]
) -> None:
    assert [x for x, _ in places(pieces, ROOM)] == at


def test_a_pen_says_nothing_twice() -> None:
    pen = StyleEncoder(LOOK)
    bold = replace(LOOK, bold=True, underline=2, inverse=True, width=2)
    assert pen.row([run("a")], ROOM) == b"a\n"
    assert pen.row([run("a", Align.CENTER, bold)], ROOM) == b"\x1ba\x01\x1bE\x01\x1b-\x02\x1dB\x01\x1d!\x10a\n"
    assert pen.row([run("b", Align.CENTER, bold)], ROOM) == b"b\n"
    assert pen.rest() == b"\x1ba\x00\x1bE\x00\x1b-\x00\x1dB\x00\x1d!\x00"
    assert pen.rest() == b""


def test_another_font_or_page_is_chosen_with_its_number() -> None:
    pen = StyleEncoder(LOOK)
    small = replace(LOOK, font=Font(1, 13, 9, 17))
    other = replace(LOOK, page=CodePage("cp1251", 46))
    nameless = replace(LOOK, page=CodePage("latin-1", None))
    assert pen.row([run("a", look=small)], ROOM) == b"\x1bM\x01\x1bt\x11a\n"
    assert pen.row([run("a", look=LOOK)], ROOM) == b"\x1bM\x00\x1bt\x11a\n"
    assert pen.row([run("Ж", look=other)], ROOM) == b"\x1bt\x2e\xc6\n"
    assert pen.row([run("\xe9", look=nameless)], ROOM) == b"\xe9\n"


def test_the_colour_of_a_line_is_that_of_its_first_piece() -> None:
    pen = StyleEncoder(LOOK)
    red = replace(LOOK, second_colour=True)
    assert pen.row([run("a", look=red), run("b")], ROOM) == b"\x1br\x01ab\n"
    assert pen.row([run("a", look=red)], ROOM) == b"a\n"
    assert pen.row([run("a"), run("b", look=red)], ROOM) == b"\x1br\x00ab\n"
    assert pen.row([], ROOM) == b"\n"


def test_parts_that_share_a_line_go_to_their_columns() -> None:
    pen = StyleEncoder(LOOK)
    shared = [run("ab"), run("cd", Align.CENTER), run("ef", Align.RIGHT)]
    assert pen.row(shared, ROOM) == b"ab\x1b$\x30\x00cd\x1b$\x60\x00ef\n"
    assert pen.row([run("a" * 8), run("ef", Align.RIGHT)], ROOM) == b"aaaaaaaaef\n"


def test_in_a_page_every_line_goes_to_its_column() -> None:
    pen = StyleEncoder(LOOK, by_place=True)
    assert pen.row([run("ab", Align.RIGHT)], ROOM) == b"\x1b$\x60\x00ab\n"
    assert pen.row([run("ab")], ROOM) == b"ab\n"
    assert pen.aligned(Align.RIGHT) == b""
