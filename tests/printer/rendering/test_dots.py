"""Picture files, drawn symbols and ruled lines as black dots; letters as dots; what is too large or no picture."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from koshelek_driver.config import profile
from koshelek_driver.errors import ProfileError
from koshelek_driver.printer.rendering import document, drawn_text
from koshelek_driver.printer.rendering.imaging import Picture, bytes_a_row, decoded, from_dots, placed, read_file
from koshelek_driver.printer.rendering.ruled_line import RuledLine, ruled_line
from koshelek_driver.printer.rendering.style_encoder import TextRun
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrinterExtended, Rotation

NORMAL = Rotation.NORMAL


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def drawing(*rows: str) -> Image.Image:
    """`#` is black, `+` is grey, `.` is white, a blank is transparent."""
    levels = {"#": (0, 0, 0, 255), "+": (127, 127, 127, 255), ".": (255, 255, 255, 255), " ": (0, 0, 0, 0)}
    image = Image.new("RGBA", (len(rows[0]), len(rows)))
    for y, row in enumerate(rows):
        for x, dot in enumerate(row):
            image.putpixel((x, y), levels[dot])
    return image


def rows_of(picture: Picture) -> list[str]:
    size = bytes_a_row(picture)
    rows = [picture.rows[at : at + size] for at in range(0, len(picture.rows), size)]
    assert len(rows) == picture.height
    return ["".join("#" if byte >> (7 - bit) & 1 else "." for byte in row for bit in range(8)) for row in rows]


L = drawing("#..", "#..", "##.", "...")


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (Rotation.NORMAL, ["#.......", "#.......", "##......", "........"]),
        (Rotation.LEFT90, ["........", "..#.....", "###....."]),
        (Rotation.ROTATE180, ["........", ".##.....", "..#.....", "..#....."]),
        (Rotation.RIGHT90, [".###....", ".#......", "........"]),
    ],
)
def test_a_file_becomes_dots_as_it_is_turned(turn: Rotation, shown: list[str]) -> None:
    picture = decoded(png(L), None, 100, turn)
    assert rows_of(picture) == shown
    assert (picture.width, picture.height) == ((3, 4) if turn in (Rotation.NORMAL, Rotation.ROTATE180) else (4, 3))


def test_what_is_transparent_is_white() -> None:
    assert rows_of(decoded(png(drawing("# # ")), None, 100, NORMAL)) == ["#.#....."]


def test_grey_is_some_black_and_some_white() -> None:
    black = rows_of(decoded(png(drawing(*["+" * 16] * 16)), None, 100, NORMAL))
    assert 100 < sum(row.count("#") for row in black) < 156


@pytest.mark.parametrize(("width", "size"), [(8, (8, 4)), (2, (2, 1)), (1, (1, 1)), (None, (4, 2))])
def test_a_width_scales_both_ways(width: int | None, size: tuple[int, int]) -> None:
    picture = decoded(png(drawing("####", "####")), width, 100, NORMAL)
    assert (picture.width, picture.height) == size
    assert rows_of(picture) == ["#" * size[0] + "." * (8 - size[0])] * size[1]


def test_a_picture_that_just_fits_is_taken_and_one_that_does_not_is_too_big() -> None:
    assert decoded(png(L), None, 3, NORMAL).width == 3
    with pytest.raises(UposError, match="the picture has 3 x 4 dots, the paper 2 x 10000") as caught:
        decoded(png(L), None, 2, NORMAL)
    assert caught.value.error_code is ErrorCode.E_EXTENDED
    assert caught.value.error_code_extended == PrinterExtended.TOOBIG
    with pytest.raises(UposError, match="the picture has 4 x 3 dots"):
        decoded(png(L), None, 3, Rotation.LEFT90)


def test_a_picture_is_at_most_10000_rows_high() -> None:
    assert decoded(png(Image.new("L", (1, 10_000))), None, 1, NORMAL).height == 10_000
    with pytest.raises(UposError, match="the picture has 1 x 10001 dots"):
        decoded(png(Image.new("L", (1, 10_001))), None, 1, NORMAL)


@pytest.mark.parametrize("data", [b"", b"BM", b"no picture", png(L)[:40]])
def test_what_is_no_picture_is_named(data: bytes) -> None:
    with pytest.raises(UposError, match="this is no picture") as caught:
        decoded(data, None, 100, NORMAL)
    assert caught.value.error_code is ErrorCode.E_EXTENDED
    assert caught.value.error_code_extended == PrinterExtended.BADFORMAT


def test_a_file_is_read_or_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"dots")
    assert read_file(str(tmp_path / "logo.png")) == b"dots"
    with pytest.raises(UposError, match="No such file") as caught:
        read_file(str(tmp_path / "none.png"))
    assert caught.value.error_code is ErrorCode.E_NOEXIST


def test_a_drawn_symbol_is_refused_when_it_is_wider_than_the_paper() -> None:
    symbol = L.convert("L")
    symbol.putpixel((2, 3), 0)
    turned = Image.new("L", (3, 4), 255)
    turned.putpixel((0, 0), 0)
    assert rows_of(from_dots(turned, 3, NORMAL)) == ["#.......", *["........"] * 3]
    assert rows_of(from_dots(turned, 4, Rotation.RIGHT90)) == ["...#....", "........", "........"]
    with pytest.raises(UposError, match="the bar code takes 4 dots, the paper has 3") as caught:
        from_dots(turned, 3, Rotation.RIGHT90)
    assert caught.value.error_code is ErrorCode.E_ILLEGAL


@pytest.mark.parametrize("x", [0, 1, 8, 13])
def test_a_picture_is_moved_to_its_place(x: int) -> None:
    moved = placed(Picture(3, 2, b"\xa0\x40"), x)
    assert (moved.width, moved.height) == (3 + x, 2)
    size = -(-(3 + x) // 8) * 8
    assert rows_of(moved) == [("." * x + "#.#").ljust(size, "."), ("." * x + ".#.").ljust(size, ".")]


# -- Ruled lines ---------------------------------------------------------------------------------------------------


def line(positions: str = "0,8", direction: int = 1, width: int = 1, style: int = 1) -> RuledLine:
    return RuledLine(positions, direction, width, style, 1)


def ruled(wanted: RuledLine, room: int = 24) -> list[str]:
    return rows_of(ruled_line(wanted, lambda units: units, room))


@pytest.mark.parametrize(
    ("positions", "shown"),
    [
        ("0,8", "########................"),
        ("3,2", "...##..................."),
        ("0,1;23,1", "#......................#"),
        ("20,100", "....................####"),
        ("24,1", "........................"),
        ("0,0", "........................"),
    ],
)
def test_a_ruled_line_has_its_spans_and_ends_with_the_paper(positions: str, shown: str) -> None:
    assert ruled(line(positions)) == [shown]


def test_positions_are_units_of_the_map_mode() -> None:
    assert rows_of(ruled_line(line("1,2"), lambda units: 4 * units, 16)) == ["....########...."]


@pytest.mark.parametrize("width", [1, 64])
def test_a_ruled_line_is_so_many_dots_high(width: int) -> None:
    assert ruled(line(width=width)) == ["#" * 8 + "." * 16] * width


def test_a_double_line_is_two_with_as_much_white_between() -> None:
    ink, white = "#" * 8 + "." * 16, "." * 24
    assert ruled(line(width=2, style=2)) == [ink, ink, white, white, ink, ink]


def test_broken_and_chain_lines_have_their_gaps() -> None:
    assert ruled(line("2,40", style=3), 40) == ["." * 2 + "#" * 12 + "." * 6 + "#" * 12 + "." * 6 + "##"]
    assert ruled(line("0,40", style=4), 40) == ["#" * 18 + "..." + "#" * 18 + "."]


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (line(direction=2), "direction 2, style 1, width 1"),
        (line(style=0), "style 0"),
        (line(style=5), "style 5"),
        (line(width=0), "width 0"),
        (line(width=65), "width 65"),
        (line(""), "positions ''"),
        (line("1"), "positions '1'"),
        (line("1,2,3"), "positions '1,2,3'"),
        (line("1,-2"), "positions '1,-2'"),
        (line("1,2;"), "positions '1,2;'"),
        (line("1,1234567"), "positions '1,1234567'"),
    ],
)
def test_a_ruled_line_that_cannot_be_is_named(wanted: RuledLine, what: str) -> None:
    with pytest.raises(UposError, match="ruled line") as caught:
        ruled(wanted)
    assert caught.value.error_code is ErrorCode.E_ILLEGAL
    assert what in caught.value.what


def test_attributes_in_the_text_are_a_ruled_line() -> None:
    assert RuledLine.from_attributes("p0,300;400,100d1w4s2c1") == RuledLine("0,300;400,100", 1, 4, 2, 1)
    assert RuledLine.from_attributes("") == RuledLine("", 1, 1, 1, 1)
    assert RuledLine.from_attributes("p1,2wsd") == RuledLine("1,2", 1, 1, 1, 1)
    with pytest.raises(UposError, match="the attributes of a ruled line") as caught:
        RuledLine.from_attributes("p1,2w3,4")
    assert caught.value.error_code is ErrorCode.E_ILLEGAL


# -- Letters as dots -----------------------------------------------------------------------------------------------

LOOK = document.plain_style(profile.printer("epson-tm-t88v"))


def letters(text: str, **changes: Any) -> Image.Image:
    width_bytes, rows = drawn_text.drawn([TextRun(text, replace(LOOK, **changes))], 48)
    return Image.frombytes("1", (width_bytes * 8, len(rows) // width_bytes), rows).convert("L")


def test_a_drawn_letter_is_underlined_as_thick_as_it_is_said() -> None:
    plain = letters("ТЕ")
    for thick in (1, 2):
        shown = letters("ТЕ", underline=thick)
        changed = [
            y for y in range(24) if shown.crop((0, y, 48, y + 1)).tobytes() != plain.crop((0, y, 48, y + 1)).tobytes()
        ]
        assert len(changed) == thick
        assert min(changed) >= 21
        assert shown.getpixel((23, changed[0])) == 255
        assert shown.getpixel((24, changed[0])) == 0


def test_a_drawn_letter_is_inverse_within_its_cell() -> None:
    plain, shown = letters("Т"), letters("Т", inverse=True)
    cell = (0, 0, LOOK.cell, 24)
    assert shown.crop(cell).tobytes() == plain.crop(cell).point(lambda dot: 255 - dot).tobytes()
    assert shown.crop((LOOK.cell, 0, 48, 24)).getbbox() is None


def test_a_drawn_row_is_as_high_as_its_highest_letter_and_letters_stand_below() -> None:
    row = [TextRun("Т", LOOK), TextRun("Т", replace(LOOK, height=3))]
    width_bytes, rows = drawn_text.drawn(row, 48)
    shown = Image.frombytes("1", (width_bytes * 8, len(rows) // width_bytes), rows).convert("L")
    assert shown.size == (48, 72)
    assert shown.crop((0, 48, LOOK.cell, 72)).tobytes() == letters("Т").crop((0, 0, LOOK.cell, 24)).tobytes()
    assert shown.crop((0, 0, LOOK.cell, 48)).getbbox() is None


def test_an_empty_drawn_row_is_one_line_of_white() -> None:
    assert drawn_text.drawn([], 50) == (6, bytes(6 * 24))


def test_letters_are_not_drawn_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ProfileError, match="draws letters") as caught:
        drawn_text.drawn([], 48)
    assert "koshelek-driver[drawn]" in caught.value.remedy
