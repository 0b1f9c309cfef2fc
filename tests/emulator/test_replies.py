"""A virtual printer says who it is, how its paper is, and when everything is printed."""

from __future__ import annotations

import pytest

from tests.support.emulated_printer import EmulatedPrinter


@pytest.mark.parametrize(
    ("number", "reply"),
    [
        (65, b"_1.00 SANDBOX\x00"),
        (66, b"_KOSHELEK\x00"),
        (67, b"_VIRTUAL-80\x00"),
        (68, b"_0000000001\x00"),
        (69, b"_CYRILLIC\x00"),
        (1, b"\x02"),
        (2, b"\x02"),
        (3, b"\x02"),
        (49, b"\x02"),
    ],
)
def test_it_identifies_itself(number: int, reply: bytes) -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1dI" + bytes([number]))
    assert printer.replies == [reply]


@pytest.mark.parametrize("number", [0, 4, 64, 70])
def test_it_says_nothing_to_a_question_that_it_does_not_know(number: int) -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1dI" + bytes([number]))
    assert printer.replies == []


def test_it_acknowledges_what_is_printed_with_the_number_of_the_request() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1d(H\x06\x00\x30\x300042")
    assert printer.replies == [b"\x37\x220042\x00"]
    printer.feed(b"\x1d(H\x06\x00\x31\x300042")
    assert len(printer.replies) == 1


@pytest.mark.parametrize("paper_status", [0x00, 0x03, 0x0C])
def test_it_tells_its_paper_and_nothing_of_its_drawer(paper_status: int) -> None:
    printer = EmulatedPrinter()
    printer.machine.paper_status = paper_status
    printer.feed(b"\x1dr\x01\x1dr1\x1dr\x02")
    assert printer.replies == [bytes([paper_status]), bytes([paper_status]), b"\x00"]


def test_it_remembers_what_it_is_to_report() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1da\x0e")
    assert printer.machine.status_mask == 0x0E


def test_a_new_printer_has_paper_and_reports_nothing_by_itself() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1dr\x01")
    assert printer.replies == [b"\0"]
    assert printer.machine.status_mask == 0
