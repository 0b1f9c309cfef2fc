"""`--events`: progress as JSON lines on standard error, and nothing else there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from tests.support.shell import Shell
from tests.support.tills import PRINTER_DEVICES, Till


def events(text: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    assert [each["at_ms"] for each in found] == sorted(each["at_ms"] for each in found)
    return found


def pay(till: Till, order_id: str, amount: int, *more: str) -> list[str]:
    words = ["pay", "--site", str(till.site), "--order-id", order_id, "--amount", str(amount)]
    return [*words, "--label", till.label(), "--events", *more]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_sale_tells_its_steps(shell: Shell, till: Till, more: tuple[str, ...]) -> None:
    code, _, errors = shell.text(*pay(till, "A-1", AMOUNTS["accepted"], *more))
    told = events(errors)
    assert code == 0
    assert [each["event"] for each in told][:2] == ["scanned", "called"]
    assert told[0]["result_code"] == "CARDSESSION_AVAILABLE"
    assert (told[1]["call"], told[-1]["reply"]) == ("checkout", "accepted")
    assert told[1]["took_ms"] > 0
    assert CARD_NUMBER not in errors


def test_a_printer_that_cannot_print_is_told_in_events_alone(shell: Shell, till: Till, tmp_path: Path) -> None:
    printer = VirtualPrinter(tmp_path / "receipts", fault=Fault.PAPER_OUT)
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=printer.port))
    _, _, errors = shell.text(*pay(till, "A-1", 500))
    printer.close()
    told = {each["event"]: each for each in events(errors)}
    assert told["printed"]["printed"] == "not_sent"
    assert "out of paper" in told["warning"]["message"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["refund", "--order-id", "A-1", "--amount", "5"], 0),
        (["refund", "--order-id", "A-9"], 2),
        (["cancel", "--order-id", "A-1"], 1),
        (["recover"], 0),
        (["pay", "--amount", "x"], 2),
    ],
)
def test_every_verb_that_moves_money_has_events(shell: Shell, till: Till, words: list[str], code: int) -> None:
    shell.text(*pay(till, "A-1", 500))
    got, _, errors = shell.text(*words, "--site", str(till.site), "--events")
    assert got == code
    told = {each["event"] for each in events(errors)}
    assert told == ({"error"} if code == 2 else {"called"} if words[0] == "refund" else set())


def test_a_test_till_says_so_on_the_screen(shell: Shell, till: Till) -> None:
    assert "TEST / ТЕСТ" in shell.text(*pay(till, "A-1", 500))[1]
    for words in (["refund", "--order-id", "A-1"], ["cancel", "--order-id", "A-1"], ["recover"], ["status"]):
        assert "TEST / ТЕСТ" in shell.text(*words, "--site", str(till.site))[1]
