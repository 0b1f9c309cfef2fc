"""Page mode: areas are filled in any order and direction, and come out at once."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from tests.support.emulated_printer import EmulatedPrinter, same

ENTER, LEAVE, PRINT, PRINT_AND_LEAVE, CLEAR = b"\x1bL", b"\x1bS", b"\x1b\x0c", b"\x0c", b"\x18"


def area(x: int, y: int, width: int, height: int) -> bytes:
    return b"\x1bW" + b"".join(value.to_bytes(2, "little") for value in (x, y, width, height))


def row(y: int) -> bytes:
    return b"\x1d$" + y.to_bytes(2, "little")


def direction(number: int) -> bytes:
    return b"\x1bT" + bytes([number])


def paper(data: bytes) -> Image.Image:
    return EmulatedPrinter().paper(data)


TEXT = paper(b"Ag\n")
"""A line of 120 x 30 dots."""


def placed(x: int, y: int, rows: int) -> Image.Image:
    """The line on white paper, as much of it as there is room for."""
    white = Image.new("L", (120, rows), 255)
    white.paste(TEXT, (x, y))
    return white


def test_a_page_is_nothing_until_it_is_printed() -> None:
    printer = EmulatedPrinter()
    printer.feed(ENTER + b"one\ntwo\n")
    assert printer.machine.lines_printed == 0
    printer.feed(PRINT_AND_LEAVE)
    assert printer.machine.lines_printed == 2
    receipt = printer.receipt(b"three\n")
    assert receipt.lines == ("one\ntwo", "three")


def test_a_page_may_be_printed_more_than_once() -> None:
    printer = EmulatedPrinter()
    assert printer.lines(ENTER + b"one\n" + PRINT + b"two" + PRINT_AND_LEAVE + b"three\n") == (
        "one",
        "one\ntwo",
        "three",
    )
    assert printer.machine.lines_printed == 0


def test_a_page_that_is_left_is_gone() -> None:
    printer = EmulatedPrinter()
    assert printer.lines(b"before\n" + ENTER + b"one\nhalf" + LEAVE + b"after\n") == ("before", "after")


def test_a_page_begins_at_the_start_of_a_line_only_and_once() -> None:
    assert EmulatedPrinter().lines(b"a" + ENTER + b"b\n") == ("ab",)
    assert EmulatedPrinter().lines(ENTER + b"a\n" + ENTER + b"b\n" + PRINT_AND_LEAVE) == ("a\nb",)


@pytest.mark.parametrize("command", [area(0, 0, 24, 24), direction(2), row(60), CLEAR])
def test_commands_of_a_page_are_ignored_outside_of_one(command: bytes) -> None:
    assert same(paper(b"A" + command + b"g\n"), TEXT)


def test_a_page_without_an_area_is_the_whole_width_and_read_as_usual() -> None:
    shown = paper(ENTER + b"Ag" + PRINT_AND_LEAVE)
    assert shown.size == (120, 1200)
    assert same(shown.crop((0, 0, 120, 30)), TEXT)


def test_an_area_stands_where_it_is_put() -> None:
    shown = paper(ENTER + area(0, 40, 120, 30) + b"Ag" + PRINT_AND_LEAVE)
    assert same(shown, placed(0, 40, 70))
    moved = paper(ENTER + area(24, 10, 96, 30) + b"Ag" + PRINT_AND_LEAVE)
    assert same(moved, placed(24, 10, 40))


def test_an_area_ends_at_the_edge_of_the_paper() -> None:
    printer = EmulatedPrinter()
    assert printer.lines(ENTER + area(96, 0, 500, 60) + b"abcd\n" + PRINT_AND_LEAVE) == ("ab\ncd",)


def test_an_empty_area_has_a_dot() -> None:
    printer = EmulatedPrinter()
    assert printer.receipt(ENTER + area(0, 0, 0, 0) + b"a" + PRINT_AND_LEAVE).picture.height == 1 + 48


@pytest.mark.parametrize(
    ("number", "turn", "size"),
    [
        (0, None, (120, 30)),
        (1, Image.Transpose.ROTATE_90, (30, 120)),
        (2, Image.Transpose.ROTATE_180, (120, 30)),
        (3, Image.Transpose.ROTATE_270, (30, 120)),
        (49, Image.Transpose.ROTATE_90, (30, 120)),
    ],
)
def test_an_area_is_read_in_its_direction(number: int, turn: Image.Transpose | None, size: tuple[int, int]) -> None:
    shown = paper(ENTER + area(0, 0, *size) + direction(number) + b"Ag" + PRINT_AND_LEAVE)
    wanted = TEXT if turn is None else TEXT.transpose(turn)
    assert shown.size == (120, size[1])
    assert same(shown.crop((0, 0, *size)), wanted)


def test_a_row_is_chosen_inside_the_area() -> None:
    assert same(paper(ENTER + area(0, 0, 120, 100) + row(50) + b"Ag" + PRINT_AND_LEAVE), placed(0, 50, 100))


def test_a_feed_goes_down_inside_the_area() -> None:
    shown = paper(ENTER + area(0, 0, 120, 100) + b"Ag\n\x1bJ\x14Ag" + PRINT_AND_LEAVE)
    assert same(shown, ImageChops.darker(placed(0, 0, 100), placed(0, 50, 100)))


def test_what_is_printed_over_another_is_added_to_it() -> None:
    twice = paper(ENTER + area(0, 0, 120, 30) + b"A" + row(0) + b"\n" + row(0) + b"\x1b$\x0c\x00g\n" + PRINT_AND_LEAVE)
    assert same(twice, TEXT)
    areas = ENTER + area(0, 0, 120, 30) + b"A" + area(12, 0, 108, 30) + b"g" + PRINT_AND_LEAVE
    assert same(paper(areas), TEXT)


def test_a_new_area_takes_the_line_that_waits_before_it() -> None:
    printer = EmulatedPrinter()
    assert printer.lines(ENTER + b"one" + area(0, 60, 120, 30) + b"two" + PRINT_AND_LEAVE) == ("one\ntwo",)


def test_clearing_forgets_the_present_area_and_no_other() -> None:
    printer = EmulatedPrinter()
    first = ENTER + area(0, 0, 120, 30) + b"one\n" + area(0, 30, 120, 30)
    assert printer.lines(first + b"two\nhalf" + CLEAR + b"x" + PRINT_AND_LEAVE) == ("one\nx",)


def test_alignment_has_no_effect_in_a_page() -> None:
    assert EmulatedPrinter().lines(b"\x1ba\x02" + ENTER + b"ab" + PRINT_AND_LEAVE + b"cd\n") == ("ab", " " * 8 + "cd")


def test_a_line_of_an_area_is_as_wide_as_the_area_is_read() -> None:
    upwards = ENTER + area(0, 0, 30, 48) + direction(1) + b"abcdef" + PRINT_AND_LEAVE
    assert EmulatedPrinter().lines(upwards) == ("abcd\nef",)
