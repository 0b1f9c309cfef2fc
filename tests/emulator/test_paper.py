"""Pieces of paper: cut, torn off, ended by the roll, put in as a form, lost with the power."""

from __future__ import annotations

from tests.support.emulated_printer import EmulatedPrinter


def test_a_cut_ends_a_receipt_with_the_line_that_waits() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"one\ntwo\x1dV\x00three\n")
    assert [receipt.lines for receipt in printer.receipts] == [("one", "two")]
    assert printer.machine.lines_printed == 1
    printer.machine.finish()
    assert [receipt.lines for receipt in printer.receipts] == [("one", "two"), ("three",)]
    assert printer.machine.lines_printed == 0


def test_white_paper_is_no_receipt() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\n  \n\x1bd\x09\x1dV\x00")
    printer.machine.finish()
    assert printer.receipts == []


def test_a_roll_ends_after_2000_lines() -> None:
    printer = EmulatedPrinter(dots=12)
    printer.feed(b"x\n" * 1999)
    assert printer.receipts == []
    printer.feed(b"x\n" * 2)
    assert [len(receipt.lines) for receipt in printer.receipts] == [2000]
    assert printer.machine.lines_printed == 1


def test_a_receipt_counts_the_pulses_to_its_drawer() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1bp\x00\x19\xfa\x1bp\x01\x19\xfaone\n\x1dV\x00two\n\x1dV\x00")
    assert [receipt.drawer_pulses for receipt in printer.receipts] == [2, 0]


def test_a_form_is_ejected_by_a_form_feed_and_the_roll_is_not() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"roll\n\x0c")
    assert printer.receipts == []
    printer.feed(b"\x1bc0\x04form\n\x0c")
    assert [(receipt.lines, receipt.of_slip) for receipt in printer.receipts] == [(("form",), True)]
    printer.feed(b"\x1bc0\x01again\n\x1dV\x00")
    assert [(receipt.lines, receipt.of_slip) for receipt in printer.receipts][1:] == [(("roll", "again"), False)]


def test_a_page_that_is_printed_outside_of_page_mode_ejects_the_form_too() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"roll\n\x1b\x0c")
    assert printer.receipts == []
    printer.feed(b"\x1bc0\x04form\n\x1b\x0c")
    assert [(receipt.lines, receipt.of_slip) for receipt in printer.receipts] == [(("form",), True)]


def test_a_station_is_chosen_at_the_start_of_a_line_only() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"ro\x1bc0\x04ll\n\x1dV\x00")
    assert [(receipt.lines, receipt.of_slip) for receipt in printer.receipts] == [(("roll",), False)]


def test_roll_and_form_are_torn_off_together() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"roll\n\x1bc0\x04form\n")
    printer.machine.finish()
    assert [(receipt.lines, receipt.of_slip) for receipt in printer.receipts] == [(("roll",), False), (("form",), True)]


def test_power_that_comes_back_finds_paper_printed_and_memory_empty() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"\x1ba\x02\x1d!\x11\x1da\x0edone\n\x1bLpage\nhalf")
    assert printer.machine.status_mask == 0x0E
    printer.machine.restart()
    assert [receipt.lines for receipt in printer.receipts] == [("  done",)]
    assert printer.machine.status_mask == 0
    printer.receipts.clear()
    assert printer.lines(b"new\n") == ("new",)


def test_a_line_that_is_forgotten_leaves_nothing() -> None:
    printer = EmulatedPrinter()
    printer.feed(b"done\nhalf")
    printer.machine.forget_line()
    assert printer.lines(b"new\n") == ("done", "new")


def test_initializing_forgets_the_line_and_every_look() -> None:
    printer = EmulatedPrinter()
    assert printer.lines(b"\x1ba\x02\x1d!\x10\x1dL\x18\x00half\x1b@new\n") == ("new",)
