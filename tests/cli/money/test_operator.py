"""`--operator`: kept with everything that moves money, and shown wherever the money is."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.till.terminal import Terminal
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from tests.support.shell import Shell
from tests.support.tills import Till


def ask(shell: Shell, till: Till, *words: str) -> tuple[int, dict[str, Any]]:
    return shell.document(*words, "--site", str(till.site))


def rows(shell: Shell, till: Till) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["operator"], row["ended_by"]) for row in ask(shell, till, "report", "x")[1]["rows"]]


def test_the_operator_of_a_sale_and_of_a_refund_is_in_every_view(shell: Shell, till: Till, tmp_path: Path) -> None:
    assert shell.pay("A-1", 12_345, "--operator", "Анна")[1]["operator"] == "Анна"
    done = ask(shell, till, "refund", "--order-id", "A-1", "--amount", "345", "--operator", "Борис")[1]
    assert done["operator"] == "Борис"
    assert rows(shell, till) == [("payment", "Анна", ""), ("refund", "Борис", "")]
    file = tmp_path / "day.csv"
    ask(shell, till, "report", "z", "--csv", str(file))
    table = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";")
    assert [row["operator"] for row in table] == ["Анна", "Борис"]
    listed = ask(shell, till, "journal", "list")[1]
    assert [listed[kind][0]["operator"] for kind in ("payments", "refunds")] == ["Анна", "Борис"]
    events = ask(shell, till, "journal", "show", "--order-id", "A-1")[1]["events"]
    named = {event["kind"]: event["data"]["operator"] for event in events if "operator" in event["data"]}
    assert named == {"intent": "Анна", "refund intent": "Борис"}
    assert "Анна" in shell.text("journal", "list", "--site", str(till.site))[1]
    assert ask(shell, till, "journal", "verify")[0] == 0


def test_a_cancel_is_answered_for_by_who_cancelled(shell: Shell, till: Till) -> None:
    shell.pay("A-1", AMOUNTS["lost-always"], "--operator", "Анна")
    code, ended = ask(shell, till, "cancel", "--order-id", "A-1", "--operator", "Борис")
    assert (code, ended["outcome"], ended["operator"], ended["ended_by"]) == (3, "unknown", "Анна", "Борис")
    code, closed = ask(
        shell, till, "journal", "close", "--order-id", "A-1", "--as", "canceled", "--reason", "r", "--operator", "Вера"
    )
    assert (code, closed["operator"], closed["ended_by"]) == (0, "Вера", "Вера")
    assert rows(shell, till) == [("cancel", "Вера", "Вера")]
    events = ask(shell, till, "journal", "show", "--order-id", "A-1")[1]["events"]
    acted = [(each["kind"], each["data"].get("operator")) for each in events if "operator" in each["data"]]
    assert acted == [("intent", "Анна"), ("cancel wanted", "Борис"), ("operator", "Вера")]


def test_a_recovery_keeps_its_operator_with_a_refund_and_with_a_payment(shell: Shell, till: Till) -> None:
    shell.pay("A-1", 12_345, "--operator", "Анна")
    till.play("refund", "lost-always", 4)
    ask(shell, till, "refund", "--order-id", "A-1", "--operator", "Борис")
    recovered = ask(shell, till, "recover", "--operator", "Вера")[1]["settled"]
    assert [(each["operator"], each["ended_by"]) for each in recovered] == [("Борис", "Вера")]
    shell.pay("A-2", AMOUNTS["lost-always"], "--operator", "Анна")
    ask(shell, till, "recover", "--operator", "Глеб")
    events = ask(shell, till, "journal", "show", "--order-id", "A-2")[1]["events"]
    assert {"action": "recover", "operator": "Глеб"} in [event["data"] for event in events]


def test_a_button_pressed_again_keeps_who_pressed_it(shell: Shell, till: Till) -> None:
    shell.pay("A-1", AMOUNTS["lost-always"], "--operator", "Анна")
    again = shell.pay("A-1", AMOUNTS["lost-always"], "--operator", "Борис")[1]
    assert (again["operator"], again["ended_by"]) == ("Анна", "Борис")


@pytest.mark.parametrize("name", ["x" * 65, "Анна\n", "\u202eannA", "\x1b[31m", " "])
def test_a_name_that_cannot_be_printed_moves_no_money(shell: Shell, till: Till, name: str) -> None:
    assert shell.pay("A-1", 12_345, "--operator", name)[0] == 2
    assert till.charges("A-1") == 0
    shell.pay("A-1")
    for words in (
        ("refund", "--order-id", "A-1"),
        ("cancel", "--order-id", "A-1"),
        ("recover",),
        ("journal", "close", "--order-id", "A-1", "--as", "paid", "--reason", "r"),
    ):
        code, answer = ask(shell, till, *words, "--operator", name)
        assert (code, answer["error"]) == (2, "UsageError")


def test_a_card_that_is_refused_here_names_the_operator(shell: Shell, till: Till) -> None:
    refused = shell.pay("A-1", 1, "--operator", "Анна")[1]
    assert (refused["outcome"], refused["operator"]) == ("rejected", "Анна")


def test_the_cats_json_names_the_operator_of_sale_void_and_refund(till: Till) -> None:
    till.rewrite(devices='\n[devices.wallet]\ncategory = "CAT"\n')
    with Terminal.open(till.site) as terminal:
        cat = terminal.cat
        cat.open("wallet")
        cat.claim(1000)
        cat.device_enabled = True

        def given(**keys: str) -> None:
            cat.additional_security_information = json.dumps(keys)

        for order_id in ("C-1", "C-2"):
            given(orderId=order_id, label=till.label(), operator="Анна")
            cat.authorize_sales(1, 1_000_000, 0, 60_000)
        given(originalOrderId="C-1", operator="Борис")
        cat.authorize_void(2, 1_000_000, 0, 60_000)
        given(originalOrderId="C-2", operator="Вера")
        cat.authorize_refund(3, 500_000, 0, 60_000)
        found = [(row.kind, row.operator) for row in terminal.report().rows]
        assert found == [("payment", "Анна"), ("payment", "Анна"), ("refund", "Борис"), ("refund", "Вера")]
        cat.async_mode = True  # a wrong name is refused before the call is queued
        for call in (cat.authorize_sales, cat.authorize_void, cat.authorize_refund):
            given(orderId="C-3", originalOrderId="C-2", operator="x\n")
            with pytest.raises(UposError) as refused:
                call(4, 1_000_000, 0, 60_000)
            assert refused.value.error_code == ErrorCode.E_ILLEGAL
        assert till.charges("C-3") == 0
