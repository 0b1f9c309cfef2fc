"""`printer` and `slip`: what a technician and a cashier get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from tests.support.shell import Shell
from tests.support.tills import PRINTER_DEVICES, Till


@pytest.fixture
def printer(till: Till, tmp_path: Path) -> Iterator[VirtualPrinter]:
    made = VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=made.port))
    yield made
    made.close()


def ask(shell: Shell, till: Till, *words: str) -> tuple[int, dict[str, Any]]:
    return shell.document(*words, "--site", str(till.site))


@pytest.mark.parametrize(
    ("fault", "code", "problem", "near_end"),
    [
        (Fault.NONE, 0, "", False),
        (Fault.NEAR_END, 0, "", True),
        (Fault.PAPER_OUT, 1, "the printer is out of paper", True),
        (Fault.COVER_OPEN, 1, "the printer's cover is open", False),
        (Fault.OFFLINE, 1, "the printer is offline", False),
    ],
)
def test_status_is_decoded(
    shell: Shell, till: Till, printer: VirtualPrinter, fault: Fault, code: int, problem: str, near_end: bool
) -> None:
    printer.set_fault(fault)
    got, said = ask(shell, till, "printer", "status", "--device", "printer1")
    assert (got, said["online"], said["problem"], said["near_end"]) == (code, code == 0, problem, near_end)
    assert bool(said["remedy"]) == bool(code)
    printer.set_fault(Fault.NONE)


def test_a_printer_that_is_not_there_or_not_named(shell: Shell, till: Till, printer: VirtualPrinter) -> None:
    printer.close()
    assert ask(shell, till, "printer", "status")[0] == 1
    code, _, errors = shell.text("printer", "status", "--device", "printer2", "--site", str(till.site))
    assert (code, "printer1" in errors) == (2, True)


def test_the_test_slip_has_every_letter_and_fits(shell: Shell, till: Till, printer: VirtualPrinter) -> None:
    code, said = ask(shell, till, "printer", "test")
    assert (code, said["printed"], said["evidence"]) == (0, "on_paper", "process_id")
    paper = "\n".join(printer.receipts[0].lines)
    assert set("съешьжеещёэтихмягкихфранцузскихбулокдавыпейчаю") <= set(paper.casefold())
    assert '№ 1 Ёё - "кавычки" ... 100 руб.' in paper
    assert "123456789012345678901234567890123456789012345678" in paper


def test_the_slip_of_code_pages_reads_right_where_the_number_is_right(
    shell: Shell, till: Till, printer: VirtualPrinter
) -> None:
    assert ask(shell, till, "printer", "codepages")[0] == 0
    right = [line.strip() for line in printer.receipts[0].lines if line.endswith("Привет Ёё №")]
    assert right == ["17 cp866 Привет Ёё №", "46 cp1251 Привет Ёё №"]


def test_a_slip_is_shown_drawn_and_printed_again_as_a_copy(
    shell: Shell, till: Till, printer: VirtualPrinter, tmp_path: Path
) -> None:
    shell.pay("A-1")
    code, shown = ask(shell, till, "slip", "show", "--order-id", "A-1", "--png", str(tmp_path / "slip.png"))
    assert (code, shown["lines"]) == (0, [line.rstrip() for line in shown["lines"]])
    assert (tmp_path / "slip.png").stat().st_size > 1000
    assert not any("КОПИЯ" in line for line in shown["lines"])
    assert any("КОПИЯ" in line for line in ask(shell, till, "slip", "show", "--order-id", "A-1", "--copy")[1]["lines"])
    code, again = ask(shell, till, "slip", "print", "--order-id", "A-1")
    assert (code, again["printed"]) == (0, "on_paper")
    first, second = printer.receipts
    assert not any("КОПИЯ" in line for line in first.lines)
    assert any("КОПИЯ" in line for line in second.lines)
    assert till.charges("A-1") == 1


def test_a_slip_that_waits_is_printed_as_the_first(shell: Shell, till: Till, printer: VirtualPrinter) -> None:
    printer.set_fault(Fault.PAPER_OUT)
    shell.pay("A-1")
    code, refused = ask(shell, till, "slip", "print", "--order-id", "A-1")
    assert (code, refused["problem"]) == (1, "the printer is out of paper")
    printer.set_fault(Fault.NONE)
    assert ask(shell, till, "slip", "print", "--order-id", "A-1")[1]["printed"] == "on_paper"
    (only,) = printer.receipts
    assert not any("КОПИЯ" in line for line in only.lines)
    assert ask(shell, till, "status")[1]["payments"] == []


def test_a_refund_has_a_slip_of_its_own(shell: Shell, till: Till, printer: VirtualPrinter) -> None:
    shell.pay("A-1")
    refund = ask(shell, till, "refund", "--order-id", "A-1", "--amount", "500")[1]
    words = ("slip", "show", "--refund-transaction-id", refund["refund_transaction_id"])
    assert any("ВОЗВРАТ" in line for line in ask(shell, till, *words)[1]["lines"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--order-id", "A-9"), 2),
        ((), 2),
        (("--order-id", "A-1", "--refund-transaction-id", "x"), 2),
        (("--order-id", "A-2"), 1),
    ],
)
def test_a_slip_that_is_not_there(
    shell: Shell, till: Till, printer: VirtualPrinter, words: tuple[str, ...], code: int
) -> None:
    till.play("checkout", "rejected")
    shell.pay("A-2")
    assert ask(shell, till, "slip", "show", *words)[0] == code
    if code == 1:
        assert ask(shell, till, "slip", "print", *words)[0] == 2


def test_print_data_are_shown_without_a_printer(shell: Shell, till: Till, tmp_path: Path) -> None:
    data, png = tmp_path / "slip.txt", tmp_path / "slip.png"
    data.write_text("\\e|cA\\e|bCСпасибо!\n\\e|NЧай\\e|rA120.00\n", encoding="utf-8")
    code, said = shell.document("printer", "preview", str(data), "--profile", "generic-escpos-58mm", "--png", str(png))
    assert (code, said["doubt"], said["png"]) == (0, "", str(png))
    assert said["lines"][:2] == ["            Спасибо!", "Чай" + " " * 23 + "120.00"]
    assert png.read_bytes().startswith(b"\x89PNG")
    data.write_text("\\e|iCкурсив\n", encoding="utf-8")
    code, said = shell.document("printer", "preview", str(data))
    assert (code, said["doubt"]) == (1, "this printer has no 'iC'")


def test_a_site_file_without_a_printer_is_told_how_to_add_one(shell: Shell, till: Till) -> None:
    till.rewrite(devices="")
    code, _, said = shell.text("printer", "status", "--site", str(till.site))
    assert code == 2
    assert "has no printer" in said
    assert "[devices.NAME]" in said
