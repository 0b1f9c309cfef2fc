"""The ledger by the command line: prepared, fed, asked, and reported."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from koshelek_driver.ledger.connection import Address
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.ledger_tills import Till as LedgerTill
from tests.support.postgres import Postgres
from tests.support.shell import Shell
from tests.support.tills import Till

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def shell(till: Till, capsys: pytest.CaptureFixture[str], address: Address) -> Shell:
    (till.site.parent / "owner.txt").write_text(address.login.reveal())
    till.edit(
        "[totp]",
        f'[ledger]\nhost = "{address.host}"\nport = {address.port}\ndatabase = "{address.database}"\n'
        'login = { file = "owner.txt" }\n[totp]',
    )
    return Shell(till, capsys)


@pytest.fixture
def ask(shell: Shell, till: Till) -> Ask:
    return lambda *words: shell.document(*words, "--site", str(till.site))


def test_a_shop_is_prepared_fed_and_reported(shell: Shell, ask: Ask, till: Till, tmp_path: Path) -> None:
    assert ask("ledger", "prepare") == (
        0,
        {"version": 2, "database": ask("ledger", "prepare")[1]["database"], "role": ""},
    )
    paid = shell.pay("A-1", 12_345, "--operator", "Анна")[1]
    till.play("checkout", "undecided")
    shell.pay("A-2", AMOUNTS["canceled"])
    assert ask("ledger", "status")[1]["behind"] > 0
    code, fed = ask("ledger", "feed")
    assert (code, fed["position"]) == (0, fed["last"])
    code, state = ask("ledger", "status")
    assert (code, state["behind"], state["tills"][0]["terminal_id"]) == (0, 0, "TILL-01")
    code, found = ask("ledger", "find", "--order-id", "A-1")
    assert (code, found["payments"][0]["payment_transaction_id"]) == (0, paid["payment_transaction_id"])
    code, made = ask("report", "shop", "--csv", str(tmp_path / "shop.csv"))
    own = ask("report", "x")[1]
    assert (code, made["totals"], made["unknown"]) == (0, own["totals"], own["unknown"])
    assert (made["grand_total"], made["rows"][0]["operator"]) == (own["grand_total"], "Анна")
    assert made["rows"] == [{**row, "till": "TILL-01"} for row in own["rows"]]
    assert made["tills"][0]["totals"] == own["totals"]
    table = list(csv.DictReader(io.StringIO((tmp_path / "shop.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [row["till"] for row in table] == ["TILL-01"] * len(own["rows"])


def test_a_day_of_the_shop_is_what_its_tills_closed_on_that_date(shell: Shell, ask: Ask) -> None:
    shell.pay("A-1")
    closed = ask("report", "z")[1]
    ask("ledger", "feed")
    made = ask("report", "shop", "--date", closed["date"])[1]
    assert [row["order_id"] for row in made["rows"]] == ["A-1"]
    assert ask("report", "shop")[1]["rows"] == []
    assert ask("report", "shop", "--date", "1999-01-01")[1]["rows"] == []
    assert ask("report", "shop", "--date", "yesterday")[0] == 2


def test_a_till_that_is_silent_is_named_beside_the_report(shell: Shell, ask: Ask, till: Till, address: Address) -> None:
    shell.pay("A-1")
    ask("ledger", "feed")
    assert "what it did since" not in shell.text("report", "shop", "--site", str(till.site))[2]
    with psycopg.connect(host=address.host, dbname=address.database, user="owner") as connection:
        connection.execute("UPDATE koshelek.till SET heard = now() - interval '2 hours'")
    _code, words, errors = shell.text("report", "shop", "--site", str(till.site))
    assert "till TILL-01 fed last at" in errors
    assert "all tills" in words


def test_what_cannot_be_meant_is_said(shell: Shell, ask: Ask, till: Till) -> None:
    assert ask("ledger", "find", "--order-id", "A-9") == (1, {"payments": []})
    assert ask("ledger", "find")[0] == 2
    words = ("ledger", "close", "--request-id", "x", "--reason", "y")
    assert ask(*words, "--as", "done")[0] == 2
    code, answer = ask(*words, "--as", "rejected")
    assert (code, answer["error"]) == (2, "UsageError")


def test_a_ledger_that_does_not_answer_is_no_reason_to_stop_selling(shell: Shell, ask: Ask, till: Till) -> None:
    text = till.site.read_text(encoding="utf-8")
    till.site.write_text(text.replace("host = ", 'host = "/nowhere" #'), encoding="utf-8")
    assert shell.pay("A-1")[0] == 0
    code, answer = ask("ledger", "feed")
    assert (code, answer["error"]) == (1, "LedgerError")
    found = {check["name"]: check for check in ask("doctor")[1]["checks"]}
    assert found["ledger"]["result"] == "fail"
    till.site.write_text(text, encoding="utf-8")
    found = {check["name"]: check for check in ask("doctor")[1]["checks"]}
    assert (found["ledger"]["result"], found["ledger"]["remedy"]) == ("warn", "ledger feed, or start: run")
    ask("ledger", "feed")
    found = {check["name"]: check for check in ask("doctor")[1]["checks"]}
    assert found["ledger"]["result"] == "pass"


def test_a_till_without_a_ledger_says_how_to_get_one(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("ledger", "feed"), ("report", "shop"), ("ledger", "prepare")):
        code, answer = Shell(till, capsys).document(*words, "--site", str(till.site))
        assert (code, answer["remedy"]) == (2, "add [ledger] with host, login and password")


def test_the_owner_prepares_for_a_role_of_tills(
    shell: Shell, ask: Ask, till: Till, server: Postgres, tmp_path: Path
) -> None:
    """At a desk that has no till's own login."""
    till.edit('login = { file = "owner.txt" }', 'login = { file = "gone.txt" }')
    with psycopg.connect(host=str(server.folder), dbname="postgres", user="owner", autocommit=True) as connection:
        connection.execute("CREATE ROLE tills LOGIN")
    (tmp_path / "password.txt").write_text("whatever\n")
    words = ("ledger", "prepare", "--owner", "owner", "--password-file", str(tmp_path / "password.txt"))
    assert ask(*words, "--role", "tills")[1]["role"] == "tills"
    code, answer = ask(*words, "--role", "nobody_at_all")
    assert (code, "does not exist" in answer["message"]) == (1, True)


def test_a_registry_of_the_whole_shop_is_compared_with_all_tills(
    shell: Shell, ask: Ask, till: Till, address: Address, tmp_path: Path
) -> None:
    """Another till's payment and refund are ours too; by this till's journal alone they are strange."""
    paid = shell.pay("A-1")[1]
    ask("ledger", "feed")
    other = LedgerTill(tmp_path, "TILL-77", address)
    other.clock.wall_s = time.time()
    sold = other.sell(900)
    back = other.wanted(sold.verdict.transaction_id, 300, 900)
    other.begin_refund(back)
    other.end_refund(back)
    other.ledger.feed()
    file, today = tmp_path / "r.csv", datetime.now(UTC).date()
    file.write_text(
        "orderId,transactionId,amount,type,date\n"
        f"A-1,{paid['payment_transaction_id']},{paid['amount']},payment,{today}\n"
        f"{sold.order_id},{sold.verdict.transaction_id},900,payment,{today}\n"
        f",{sold.verdict.transaction_id},300,refund,{today}\n"
    )
    assert [ask("reconcile", str(file))[0], ask("reconcile", str(file), "--shop")[0]] == [1, 0]
    made = ask("reconcile", str(file), "--shop")[1]
    assert [row["line"] for row in made["matched"]] == [2, 3, 4]
    other.close()


def test_doctor_says_where_the_ledgers_password_ought_to_be(shell: Shell, ask: Ask, till: Till) -> None:
    till.edit('login = { file = "owner.txt" }', 'login = { file = "gone.txt" }')
    found = {check["name"]: check for check in ask("doctor")[1]["checks"]}
    assert (found["ledger"]["result"], "gone.txt" in found["ledger"]["detail"]) == ("fail", True)
    assert found["host"]["result"] == "pass"
