"""`reconcile`: its keys, exit codes and words, against a till that really paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.shell import Shell
from tests.support.tills import Till

HEADING = "orderId,transactionId,amount,type,date"
KEYS = {"matched", "only_ours", "only_theirs", "amount_differs", "unknown"}


def line_of(row: dict[str, Any], **other: Any) -> str:
    """A row of the till's own report as a provider would write it."""
    told = {**row, "id": row["refund_transaction_id"] or row["payment_transaction_id"], **other}
    return "{order_id},{id},{amount},{kind},{at}".format(**told)


def reconciled(shell: Shell, till: Till, file: Path, lines: list[str], *more: str) -> tuple[int, dict[str, Any]]:
    file.write_text("\n".join([HEADING, *lines]), encoding="utf-8")
    return shell.document("reconcile", str(file), "--site", str(till.site), *more)


def day(shell: Shell, till: Till) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = shell.document("report", "x", "--site", str(till.site))[1]["rows"]
    return rows


@pytest.mark.scenario(72)
def test_four_buckets_and_the_exit_code_for_cron(shell: Shell, till: Till, tmp_path: Path) -> None:
    for number in range(1, 5):
        shell.pay(f"A-{number}")
    shell.document("refund", "--order-id", "A-1", "--amount", "345", "--site", str(till.site))
    rows, file = day(shell, till), tmp_path / "registry.csv"
    code, made = reconciled(shell, till, file, [line_of(row) for row in rows])
    assert (code, len(made["matched"]), set(made)) == (0, 5, KEYS)
    assert not any(made[key] for key in KEYS - {"matched"})

    lines = [
        line_of(rows[0]),
        line_of(rows[1], amount=1),
        line_of(rows[4]),
        "B-1,t-strange,500,payment,",
        line_of(rows[0]),
    ]
    code, made = reconciled(shell, till, file, lines)
    assert code == 1
    assert [row["line"] for row in made["matched"]] == [2, 4]
    assert [(row["line"], row["amount"], row["our_amount"]) for row in made["amount_differs"]] == [
        (3, 1, rows[1]["amount"])
    ]
    assert [(row["line"], row["repeats_line"]) for row in made["only_theirs"]] == [(5, None), (6, 2)]
    assert [row["order_id"] for row in made["only_ours"]] == ["A-3", "A-4"]
    assert {row["request_id"] for row in made["only_ours"]} == {rows[2]["request_id"], rows[3]["request_id"]}
    _code, words, _errors = shell.text("reconcile", str(file), "--site", str(till.site))
    assert "matched 2, amount differs 1, only theirs 2, only ours 2, unknown 0" in words


def test_what_the_provider_took_unasked_says_what_to_do(shell: Shell, till: Till, tmp_path: Path) -> None:
    canceled = shell.pay("A-1", AMOUNTS["canceled"])[1]
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_window_s = 0")
    unknown = shell.pay("A-2", AMOUNTS["lost-always"])[1]
    taken = [f"A-1,{canceled['payment_transaction_id']},{canceled['amount']},payment,2026-01-01"]
    code, made = reconciled(shell, till, tmp_path / "r.csv", [*taken, f"A-2,,{unknown['amount']},payment,2026-01-01"])
    first, second = made["only_theirs"]
    assert (code, first["our_outcome"], second["our_outcome"]) == (1, "canceled", "unknown")
    assert f"refund --transaction-id {canceled['payment_transaction_id']}" in first["why"]
    assert "journal close --order-id A-2 --as paid" in second["why"]


def test_an_unknown_that_nobody_took_leaves_with_three(shell: Shell, till: Till, tmp_path: Path) -> None:
    shell.pay("A-1")
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_window_s = 0")
    shell.pay("A-2", AMOUNTS["lost-always"])
    code, made = reconciled(shell, till, tmp_path / "r.csv", [line_of(row) for row in day(shell, till)])
    assert (code, [row["order_id"] for row in made["unknown"]]) == (3, ["A-2"])


def test_a_layout_of_the_site_file_is_used_by_its_name(shell: Shell, till: Till, tmp_path: Path) -> None:
    shell.pay("A-1", 123_450)
    (row,) = day(shell, till)
    till.edit(
        "[totp]",
        '[registries.bank]\nencoding = "windows-1251"\namount_in = "roubles"\ndate_format = "%d.%m.%Y"\n'
        'payment_types = ["SBP"]\n[registries.bank.columns]\norder_id = ""\ntransaction_id = "Операция"\n'
        'amount = "Сумма"\ntype = "Вид"\ndate = "Дата"\n[registries.bank.types]\npayment = ["Оплата"]\n[totp]',
    )
    file = tmp_path / "bank.csv"
    text = f"Дата;Вид;Операция;Сумма\n22.11.2026;оплата;{row['payment_transaction_id']};1 234,50\n"
    file.write_bytes(text.encode("windows-1251"))
    words = ("reconcile", str(file), "--site", str(till.site))
    code, made = shell.document(*words, "--registry", "bank")
    assert (code, len(made["matched"])) == (0, 1)
    code, answer = shell.document(*words, "--registry", "bnk")
    assert (code, answer["remedy"]) == (2, "did you mean 'bank'?")
    code, answer = shell.document(*words)
    assert (code, "is not utf-8" in answer["message"]) == (2, True)


def test_what_cannot_be_meant_is_said(shell: Shell, till: Till, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    assert reconciled(shell, till, file, [])[0] == 2
    assert reconciled(shell, till, file, [], "--since", "2026-11-22")[0] == 0
    code, answer = reconciled(shell, till, file, [], "--since", "yesterday")
    assert (code, answer["remedy"]) == (2, "write a day as 2026-11-22")
    assert shell.document("reconcile", str(tmp_path / "none.csv"), "--site", str(till.site))[0] == 2
    assert "registries.NAME" in shell.text("reconcile", "--help")[1]
