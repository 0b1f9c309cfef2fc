"""kill -9 of a program in the middle of its transactions and pages: each comes whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from koshelek_driver.config import profile
from koshelek_driver.printer.preview import faces_of
from koshelek_driver.sandbox.printer.server import VirtualPrinter

pytestmark = pytest.mark.system

MODEL = "epson-tm-t88v"
LINES = 12
PROGRAM = f"""
import sys
from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.upos.printer_codes import PageModeControl, Station, TransactionControl

printer = POSPrinter({{"p": DeviceEntry(category="POSPrinter", profile="{MODEL}", port=sys.argv[1])}})
printer.open("p")
printer.claim(5000)
printer.device_enabled = True
printer.page_mode_station = Station.RECEIPT
for number in range(int(sys.argv[2]), 10_000):
    as_page = number % 2
    if as_page:
        printer.page_mode_print(PageModeControl.PAGE_MODE)
    else:
        printer.transaction_print(Station.RECEIPT, TransactionControl.TRANSACTION)
    for line in range({LINES}):
        printer.print_normal(Station.RECEIPT, f"{{number}}/{{line}}\\n")
    if as_page:
        printer.page_mode_print(PageModeControl.NORMAL)
        printer.cut_paper(100)
    else:
        printer.cut_paper(100)
        printer.transaction_print(Station.RECEIPT, TransactionControl.NORMAL)
    print(number, flush=True)
"""


def slip(number: int) -> list[str]:
    return [f"{number}/{line}" for line in range(LINES)]


def test_transactions_and_pages_come_whole_or_not_at_all(tmp_path: Path) -> None:
    found = profile.printer(MODEL)
    virtual = VirtualPrinter(tmp_path, dots=found.dots, faces=faces_of(found))
    told: list[int] = []
    try:
        for round_ in range(8):
            begun = told[-1] + 2 if told else 0  # the one that was cut short may be on paper, untold
            words = [sys.executable, "-c", PROGRAM, f"tcp://127.0.0.1:{virtual.port}", str(begun)]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                told += [int(process.stdout.readline()) for _ in range(3 + round_)]
                virtual.wait_for_receipts(len(virtual.receipts) + round_ % 2, 1.0)
                process.kill()
                told += [int(line) for line in process.stdout]
        virtual.settle()
        papers = [[line for part in receipt.lines for line in part.split("\n")] for receipt in virtual.receipts]
    finally:
        virtual.close()
    numbers = [int(paper[0].partition("/")[0]) for paper in papers]
    assert papers == [slip(number) for number in numbers]
    assert len(set(numbers)) == len(numbers)
    assert set(told) <= set(numbers)
