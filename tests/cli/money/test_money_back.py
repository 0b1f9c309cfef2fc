"""`cancel`, `refund`, `recover`, `journal`: keys, exit codes, words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from tests.support.receipts import INVOICE, RECEIPT
from tests.support.shell import PAY_KEYS, Shell
from tests.support.tills import Till


def ask(shell: Shell, till: Till, *words: str) -> tuple[int, dict[str, Any]]:
    return shell.document(*words, "--site", str(till.site))


def test_a_refund_answers_with_the_keys_of_the_contract(shell: Shell, till: Till) -> None:
    paid = shell.pay("A-1")[1]
    code, done = ask(shell, till, "refund", "--order-id", "A-1", "--amount", "345")
    assert code == 0
    assert done.keys() >= {*PAY_KEYS, "refund_transaction_id"}
    assert (done["outcome"], done["amount"], done["operator_tip"]) == ("refunded", 345, "")
    assert done["payment_transaction_id"] == paid["payment_transaction_id"]
    assert any("ВОЗВРАТ" in line for line in done["slip"])
    by_id = ask(shell, till, "refund", "--transaction-id", paid["payment_transaction_id"])[1]
    assert by_id["amount"] == 12_000
    assert shell.document("status", "--order-id", "A-1", "--site", str(till.site))[1]["refunds"][1]["amount"] == 12_000


def test_a_receipt_is_sent_or_waits_and_is_refused_by_name(shell: Shell, till: Till, tmp_path: Path) -> None:
    shell.pay("A-1")
    file = tmp_path / "receipt.json"
    file.write_bytes(INVOICE)
    words = ("receipt", "send", "--order-id", "A-1", "--invoice", str(file))
    till.play("receipt", "server-error")
    code, answer = ask(shell, till, *words)
    assert (code, answer["sent"], answer["queued"]) == (0, False, True)
    status = ask(shell, till, "status")[1]
    assert [(entry["kind"], entry["state"], entry["order_id"]) for entry in status["waiting"]] == [
        ("receipt", "waiting", "A-1")
    ]
    assert "receipt of order A-1 is waiting" in shell.text("status", "--site", str(till.site))[2]
    code, answer = ask(shell, till, *words)
    assert (code, answer["sent"], answer["queued"]) == (0, True, False)
    assert ask(shell, till, "status")[1]["waiting"] == []
    file.write_text(json.dumps({**RECEIPT, "receiptId": "F-8", "inn": "1"}))
    code, _, errors = shell.text(*words, "--site", str(till.site))
    assert (code, "inn of 1" in errors) == (2, True)
    file.write_text(json.dumps({**RECEIPT, "receiptId": "F-9"}))
    till.play("receipt", "refused-unknown-transaction-id")
    code, answer = ask(shell, till, *words)
    assert (code, answer["error_code"]) == (1, "UNKNOWN_TRANSACTION_ID")


def look_is_due(till: Till) -> None:
    """The time until the next look at a cancelled payment has gone by."""
    journal = apsw.Connection(str(till.site.parent / "journal.db"))
    journal.execute("UPDATE outbox SET due_s = 0")
    journal.close()


def test_an_alarm_is_shown_with_its_way_out_and_the_refund_ends_it(shell: Shell, till: Till) -> None:
    shell.pay("A-1", AMOUNTS["canceled"])
    (transaction,) = till.host.host.ledger.transactions.values()
    transaction.status = "accepted"
    look_is_due(till)
    ask(shell, till, "recover")
    errors = shell.text("status", "--site", str(till.site))[2]
    assert f"refund --transaction-id {transaction.id}" in errors
    code, answer = ask(shell, till, "doctor")
    assert [check["result"] for check in answer["checks"] if check["name"] == "left open"] == ["fail"]
    code, done = ask(shell, till, "refund", "--transaction-id", transaction.id)
    assert (code, done["outcome"], done["amount"]) == (0, "refunded", AMOUNTS["canceled"])
    look_is_due(till)
    ask(shell, till, "recover")
    assert ask(shell, till, "status")[1]["waiting"] == []


def test_a_damaged_journal_is_rebuilt_and_what_is_lost_is_named(shell: Shell, till: Till) -> None:
    shell.pay("A-1")
    journal, backup = till.site.parent / "journal.db", till.site.parent / "journal-backup.db"
    ask(shell, till, "journal", "backup", str(backup))
    shell.pay("A-2")
    whole = journal.read_bytes()
    journal.write_bytes(b"\x00" * len(whole))
    code, answer = ask(shell, till, "status")
    assert (code, answer["remedy"]) == (2, "stop; then: journal rebuild")
    code, answer = ask(shell, till, "journal", "rebuild")
    assert code == 1
    assert (Path(answer["put_aside"]) / "journal.db").read_bytes() == b"\x00" * len(whole)
    ((first, last),) = answer["events_lost"]
    assert answer["events_from_backup"] == first - 1 < last
    assert ask(shell, till, "status", "--order-id", "A-1")[1]["payments"][0]["outcome"] == "paid"
    code, _, errors = shell.text("journal", "rebuild", "--from", "none.db", "--site", str(till.site))
    assert (code, "--from none.db" in errors) == (2, True)


def test_items_come_from_a_file(shell: Shell, till: Till, tmp_path: Path) -> None:
    item = {"name": "x", "article": "1", "price": 500, "quantity": 2, "totalAmount": 1000, "tax": "none"}
    invoice, items = tmp_path / "invoice.json", tmp_path / "items.json"
    invoice.write_text(json.dumps({"orderId": "A-1", "totalAmount": 1000, "items": [item]}))
    items.write_text(json.dumps([{**item, "quantity": 1, "totalAmount": 500}]))
    shell.pay("A-1", 1000, "--invoice", str(invoice))
    assert ask(shell, till, "refund", "--order-id", "A-1", "--items", str(items))[1]["amount"] == 500
    code, _, errors = shell.text("refund", "--order-id", "A-1", "--items", "none.json", "--site", str(till.site))
    assert (code, "--items none.json" in errors) == (2, True)


def test_more_than_is_left_is_wrong_usage_and_a_refusal_is_a_no(shell: Shell, till: Till) -> None:
    shell.pay("A-1")
    code, _, errors = shell.text("refund", "--order-id", "A-1", "--amount", "99999", "--site", str(till.site))
    assert (code, "12345 of 12345 are left" in errors) == (2, True)
    till.play("refund", "refused-cancel-refunding-by-bank")
    code, refused = ask(shell, till, "refund", "--order-id", "A-1")
    assert (code, refused["outcome"], refused["error_code"]) == (1, "rejected", "CANCEL_REFUNDING_BY_BANK")
    assert "Банк отклонил возврат" in refused["operator_tip"]


def test_an_unknown_refund_is_exit_3_and_recover_settles_it(shell: Shell, till: Till) -> None:
    shell.pay("A-1")
    till.play("refund", "lost-always", 4)
    code, unknown = ask(shell, till, "refund", "--order-id", "A-1")
    assert (code, unknown["outcome"]) == (3, "unknown")
    assert "Не выдавайте деньги" in unknown["operator_tip"]
    assert ask(shell, till, "status")[0] == 3
    code, recovered = ask(shell, till, "recover")
    assert (code, recovered["still_unknown"]) == (0, [])
    assert [each["outcome"] for each in recovered["settled"]] == ["refunded"]
    assert ask(shell, till, "recover") == (0, {"settled": [], "still_unknown": []})


def test_recover_names_what_stays_unknown_with_what_to_do(shell: Shell, till: Till) -> None:
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_window_s = 0")
    shell.pay("A-1", AMOUNTS["lost-always"])
    code, recovered = ask(shell, till, "recover")
    assert (code, recovered["settled"]) == (3, [])
    (unknown,) = recovered["still_unknown"]
    assert (unknown["order_id"], unknown["error_code"]) == ("A-1", "OUTCOME_UNKNOWN")
    assert "Не берите оплату второй раз" in unknown["operator_tip"]


@pytest.mark.scenario(28)
@pytest.mark.parametrize(
    ("script", "code", "outcome", "tip"),
    [("accepted", 1, "paid", "Оформите возврат"), ("rejected", 0, "rejected", "Банк"), ("canceled", 0, "canceled", "отменена")],
)  # fmt: skip
def test_cancel_says_how_a_sale_has_ended(
    shell: Shell, till: Till, script: str, code: int, outcome: str, tip: str
) -> None:
    shell.pay("A-1", AMOUNTS[script])
    got, ended = ask(shell, till, "cancel", "--order-id", "A-1")
    assert (got, ended["outcome"], tip in ended["operator_tip"]) == (code, outcome, True)
    assert shell.text("cancel", "--order-id", "A-9", "--site", str(till.site))[0] == 2


def test_the_journal_is_listed_shown_verified_and_copied(shell: Shell, till: Till, tmp_path: Path) -> None:
    shell.pay("A-1")
    ask(shell, till, "refund", "--order-id", "A-1")
    listed = ask(shell, till, "journal", "list", "--count", "5")[1]
    assert [len(listed[kind]) for kind in ("payments", "refunds")] == [1, 1]
    code, shown = ask(shell, till, "journal", "show", "--order-id", "A-1")
    kinds = [event["kind"] for event in shown["events"]]
    assert (code, kinds[0], kinds[-1], kinds.count("end")) == (0, "intent", "end", 2)
    code, _, said = shell.text("journal", "show", "--order-id", "A-9", "--site", str(till.site))
    assert (code, "the journal has no order 'A-9'" in said) == (2, True)
    assert ask(shell, till, "journal", "verify") == (0, {"whole": True, "faults": []})
    copy = tmp_path / "copy.db"
    assert ask(shell, till, "journal", "backup", str(copy))[1]["bytes"] == copy.stat().st_size
    assert CARD_NUMBER not in shell.all_output


def test_a_journal_that_was_changed_is_a_fault(shell: Shell, till: Till) -> None:
    shell.pay("A-1")
    database = apsw.Connection(str(till.site.parent / "journal.db"))
    database.execute("UPDATE attempt SET amount = 1").fetchall()
    database.close()
    code, verified = ask(shell, till, "journal", "verify")
    assert (code, verified["whole"]) == (1, False)
    assert "the table says 1, paid; the events say 12345, paid" in verified["faults"][0]


def test_a_supervisor_closes_what_stays_unknown(shell: Shell, till: Till) -> None:
    shell.pay("A-1", AMOUNTS["lost-always"])
    words = ("journal", "close", "--order-id", "A-1", "--reason", "registry, line 7", "--as")
    assert shell.text(*words, "lost", "--site", str(till.site))[0] == 2
    code, closed = ask(shell, till, *words, "paid")
    assert (code, closed["outcome"], closed["error_code"]) == (0, "paid", "CLOSED_BY_SUPERVISOR")
    assert closed["details"] == "registry, line 7"
    assert ask(shell, till, "status")[0] == 0


def test_there_is_no_journal_before_the_first_sale(shell: Shell, till: Till) -> None:
    assert shell.text("journal", "list", "--site", str(till.site))[0] == 2


def test_x_and_z_have_the_keys_of_the_contract_and_z_closes_the_day(shell: Shell, till: Till, tmp_path: Path) -> None:
    site, rows = str(till.site), tmp_path / "day.csv"
    shell.document("pay", "--site", site, "--order-id", "A-1", "--amount", "12345", "--label", till.label())
    code, x = shell.document("report", "x", "--site", site, "--csv", str(rows))
    assert (code, x["closed"], x["unknown"], x["totals"]["SBP"]["paid"]) == (0, False, [], 12345)
    assert [row["order_id"] for row in x["rows"]] == ["A-1"]
    assert rows.read_bytes().startswith("\ufeffkind;at;order_id".encode())
    _, z = shell.document("report", "z", "--site", site)
    assert (z["closed"], z["rows"], z["day"]) == (True, x["rows"], 1)
    assert shell.document("report", "x", "--site", site)[1]["totals"] == {}
    assert shell.document("report", "z", "--day", "1", "--site", site)[1]["rows"] == x["rows"]
    code, out, _ = shell.text("report", "x", "--site", site)
    assert (code, "day 2" in out) == (0, True)
    assert z["grand_total"]["paid"] == 12345
    printed = f"{z['anchor']['event']}-{z['anchor']['link'][:16]}"
    assert f"journal anchor {printed}" in shell.text("report", "z", "--day", "1", "--site", site)[1]
    assert shell.document("journal", "verify", "--anchor", printed, "--site", site)[0] == 0
    assert shell.document("journal", "verify", "--anchor", printed[:-1] + "g", "--site", site)[0] == 2
    other = printed[:-1] + ("0" if printed[-1] != "0" else "1")
    assert shell.document("journal", "verify", "--anchor", other, "--site", site)[0] == 1
    assert shell.text("report", "x", "--paper", "--site", site)[0] == 2


@pytest.mark.parametrize("order_id", ["[/]", "[bold]7", "A\\"])
def test_an_order_of_any_name_is_in_the_report_for_people(shell: Shell, till: Till, order_id: str) -> None:
    shell.pay(order_id)
    code, words, _ = shell.text("report", "x", "--site", str(till.site))
    assert (code, order_id in words) == (0, True)
