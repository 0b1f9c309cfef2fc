"""The command line as a contract: keys, exit codes, one clear line with a remedy, nothing secret."""

from __future__ import annotations

import json
import re
import signal
import threading
import uuid
from pathlib import Path

import pytest

from koshelek_driver.cli.sandbox.site_file import DEVICES
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.symbols import SYMBOLOGIES, decode
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from tests.support.ports import TcpScanner
from tests.support.shell import PAY_KEYS, Shell
from tests.support.tills import PRINTER_DEVICES, Till

DEMO_KEYS = {
    "outcome",
    "order_id",
    "payment_transaction_id",
    "symbology",
    "button_to_wire_ms",
    "slip",
    "slip_png",
    "journal",
}


def test_pay_answers_with_the_keys_of_the_contract(shell: Shell) -> None:
    code, paid = shell.pay("A-1")
    assert code == 0
    assert paid.keys() >= PAY_KEYS
    assert (paid["outcome"], paid["order_id"], paid["error_code"], paid["operator_tip"]) == ("paid", "A-1", "", "")
    assert any("ТЕСТ" in line for line in paid["slip"])
    assert paid["button_to_wire_ms"] > 0


def test_a_second_pay_of_the_same_order_answers_with_the_firsts_result(shell: Shell, till: Till) -> None:
    first = shell.pay("A-1")[1]
    code, again = shell.pay("A-1")
    assert (code, again.pop("repeated"), first.pop("repeated")) == (0, True, False)
    assert again == first
    assert till.charges("A-1") == 1


@pytest.mark.parametrize(
    ("name", "code", "outcome", "error_code"),
    [
        ("rejected-not-enough-limit-to-pay", 1, "rejected", "NOT_ENOUGH_LIMIT_TO_PAY"),
        ("refused-unknown-partner-id", 1, "rejected", "UNKNOWN_PARTNER_ID"),
        ("canceled", 1, "canceled", ""),
        ("lost-always", 3, "unknown", "OUTCOME_UNKNOWN"),
    ],
)
def test_each_outcome_has_its_exit_code_and_a_tip(
    shell: Shell, name: str, code: int, outcome: str, error_code: str
) -> None:
    got, answer = shell.pay("A-1", AMOUNTS[name])
    assert (got, answer["outcome"], answer["error_code"]) == (code, outcome, error_code)
    assert re.search("[а-я]", answer["operator_tip"])


def test_tips_follow_the_language_and_the_site_files_own_words(shell: Shell, till: Till) -> None:
    till.edit('language = "ru"', 'language = "en"')
    till.site.write_text(till.site.read_text() + '\n[operator_tips]\nUNKNOWN_PARTNER_ID = { en = "Ring Bob" }\n')
    assert shell.pay("A-1", AMOUNTS["refused-unknown-partner-id"])[1]["operator_tip"] == "Ring Bob"
    assert "cancelled" in shell.pay("A-2", AMOUNTS["canceled"])[1]["operator_tip"]


def test_a_wrong_password_is_a_no_with_a_remedy(shell: Shell, till: Till) -> None:
    till.host.files.password.write_text("wrong\n")
    code, answer = shell.pay("A-1")
    assert (code, answer["outcome"], answer["error_code"]) == (1, "rejected", "HTTP_401")
    assert "пароль" in answer["operator_tip"]


@pytest.mark.scenario(1)
def test_an_unreachable_host_is_a_no_and_loses_nothing(shell: Shell, till: Till) -> None:
    till.rewrite(base_url="https://127.0.0.1:9/partner")
    code, answer = shell.pay("A-1")
    assert (code, answer["error_code"], answer["button_to_wire_ms"]) == (1, "HOST_UNREACHABLE", None)
    assert "Деньги не списаны" in answer["operator_tip"]
    till.rewrite()
    assert shell.pay("A-1")[0] == 0


def test_a_dead_printer_is_a_warning_and_the_slip_waits(shell: Shell, till: Till, tmp_path: Path) -> None:
    printer = VirtualPrinter(tmp_path / "receipts", fault=Fault.PAPER_OUT)
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=printer.port))
    words = ("pay", "--site", str(till.site), "--order-id", "A-1", "--amount", "500", "--label", till.label())
    code, out, errors = shell.text(*words)
    assert code == 0
    assert "PAID" in out
    assert "out of paper" in errors
    assert "new roll; then repeat this same pay" in errors
    code, status = shell.document("status", "--site", str(till.site))
    assert (code, [row["slip_state"] for row in status["payments"]]) == (0, ["queued"])
    printer.set_fault(Fault.NONE)
    assert shell.pay("A-1", 500)[1]["slip_state"] == "printed"
    assert shell.document("status", "--site", str(till.site))[1] == {"payments": [], "refunds": [], "waiting": []}
    printer.close()


def test_an_invoice_of_the_pos_is_sent(shell: Shell, till: Till, tmp_path: Path) -> None:
    items = [{"name": "Хлеб", "article": "7", "price": 250, "quantity": 2, "totalAmount": 500, "tax": "vat10"}]
    file = tmp_path / "invoice.json"
    file.write_text(json.dumps({"orderId": "A-1", "totalAmount": 500, "items": items}), encoding="utf-8")
    assert shell.pay("A-1", 500, "--invoice", str(file))[0] == 0
    [payment] = till.host.host.ledger.transactions.values()
    assert payment.request["checkoutInvoice"]["items"] == items


def test_a_label_may_come_by_standard_input(shell: Shell, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.readline", lambda: till.label() + "\n", raising=False)
    assert shell.pay("A-1", 500, "--label", "-")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pay"], "order-id"),
        (["pay", "--order-id", "A", "--amount", "x"], "amount"),
        (["pay", "--order-id", "A", "--amount", "0", "--site", "{site}"], "amount 0"),
        (["pay", "--order-id", "x" * 37, "--amount", "5", "--site", "{site}"], "order id of 37"),
        (["pay", "--order-id", "A", "--amount", "5", "--site", "none.toml"], "none.toml: no such file"),
        (["pay", "--order-id", "A", "--amount", "5", "--site", "{site}", "--invoice", "none.json"], "none.json"),
        (["demo", "--outcome", "acepted"], "did you mean 'accepted'"),
        (["demo", "--fault", "paperout"], "did you mean 'paper-out'"),
        (["demo", "--symbology", "aztec"], "aztec"),
        (["sandbox", "printer", "--fault", "x"], "paper-out"),
        (["sandbox", "card", "--out", "/nowhere/card.png", "--site", "{site}"], "/nowhere/card.png"),
        (["sandbox", "serve", "--api-version", "1.2.2"], "did you mean '1.2.1'"),
        (["sandbox", "serve", "--postback-ca", "/nowhere/ca.pem"], "does not exist"),
        (["sandbox", "card", "--card", "карта", "--symbology", "code128", "--site", "{site}"], "--card"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_2_and_says_why(
    shell: Shell, till: Till, words: list[str], message: str
) -> None:
    code, out, errors = shell.text(*(word.replace("{site}", str(till.site)) for word in words))
    assert code == 2
    assert message in re.sub(r"\s+", " ", errors)
    assert out == ""


def test_an_error_as_json_names_what_and_what_to_do(shell: Shell) -> None:
    code, answer = shell.document("status", "--site", "none.toml")
    assert (code, answer["error"]) == (2, "SiteError")
    assert "no such file" in answer["message"]
    assert answer["remedy"]


def test_nobody_scanning_is_1(shell: Shell, till: Till) -> None:
    from koshelek_driver.sandbox.scanner import VirtualScanner

    scanner = VirtualScanner()
    devices = f'[devices.s]\ncategory = "Scanner"\nprofile = "generic-serial"\nport = "{scanner.port}"\n'
    till.rewrite(devices=devices + '[devices.w]\ncategory = "CAT"\nscanner = "s"\n')
    words = ["pay", "--site", str(till.site), "--order-id", "A-1", "--amount", "500", "--wait", "0.1"]
    code, _, errors = shell.text(*words)
    scanner.close()
    assert code == 1
    assert "nothing was scanned" in errors


def press_ctrl_c_once_it_listens(scanner: TcpScanner) -> None:
    """Wait until the program has opened the scanner and listens to Ctrl-C, too."""
    before, turn = signal.getsignal(signal.SIGINT), threading.Event()
    scanner.wait_until_open()
    for _ in range(1000):
        if signal.getsignal(signal.SIGINT) is not before:
            signal.raise_signal(signal.SIGINT)
            return
        turn.wait(0.01)


def test_ctrl_c_while_waiting_for_a_scan_charges_nothing(shell: Shell, till: Till) -> None:
    scanner = TcpScanner()
    till.rewrite(devices=DEVICES.format(scanner_port=scanner.address, printer_port=9100))
    before = signal.getsignal(signal.SIGINT)
    presses = threading.Thread(target=press_ctrl_c_once_it_listens, args=(scanner,))
    presses.start()
    code, _, errors = shell.text("pay", "--site", str(till.site), "--order-id", "A-1", "--amount", "500")
    signal.signal(signal.SIGINT, before)
    presses.join()
    scanner.close()
    assert code == 1
    assert "cancelled before a card was scanned" in errors
    assert till.host.host.requests == []


def test_status_knows_one_order_all_open_ones_and_none(shell: Shell, till: Till) -> None:
    site = ["--site", str(till.site)]
    assert shell.document("status", *site) == (0, {"payments": [], "refunds": [], "waiting": []})
    shell.pay("A-1")
    shell.pay("A-2", AMOUNTS["lost-always"])
    code, one = shell.document("status", *site, "--order-id", "A-1")
    assert (code, one["payments"][0]["outcome"], one["payments"][0]["slip"]["orderId"]) == (0, "paid", "A-1")
    code, open_ones = shell.document("status", *site)
    assert (code, [row["order_id"] for row in open_ones["payments"]]) == (3, ["A-2"])
    assert shell.document("status", *site, "--order-id", "A-9") == (1, {"payments": [], "refunds": [], "waiting": []})
    assert "A-2" in shell.text("status", *site)[1]


def test_status_makes_no_journal_where_there_is_none(shell: Shell, till: Till) -> None:
    shell.document("status", "--site", str(till.site))
    assert not (till.site.parent / "journal.db").exists()


@pytest.mark.shows_secrets
@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_card_is_valid_now_as_text_and_as_a_picture(shell: Shell, till: Till, tmp_path: Path, symbology: str) -> None:
    from PIL import Image

    words = ["sandbox", "card", "--site", str(till.site), "--symbology", symbology, "--out", str(tmp_path / "card.png")]
    code, card = shell.document(*words, "--card", "2990000000017")
    assert code == 0
    with Image.open(card["png"]) as picture:
        assert decode(picture).data.decode() == card["label"]
    assert shell.pay("A-1", 500, "--label", card["label"])[1]["outcome"] == "paid"


@pytest.mark.shows_secrets
def test_a_card_without_a_site_file_has_the_sandboxs_own_key(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KOSHELEK_SITE", raising=False)
    code, card = shell.document("sandbox", "card")
    assert code == 0
    assert shell.pay("A-1", 500, "--label", card["label"])[1]["outcome"] == "paid"


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_the_demo_sells_in_every_symbology(shell: Shell, tmp_path: Path, symbology: str) -> None:
    code, demo = shell.document("demo", "--dir", str(tmp_path / "demo"), "--symbology", symbology)
    assert code == 0
    assert demo.keys() >= DEMO_KEYS
    assert (demo["outcome"], demo["symbology"]) == ("paid", symbology)
    for key in ("slip_png", "symbol_png", "journal", "site"):
        assert Path(demo[key]).exists()
    printed = Path(demo["slip_png"]).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert printed == demo["slip"]
    assert any(demo["payment_transaction_id"] in line for line in demo["slip"])
    assert [call["call"] for call in demo["calls"]][:2] == ["checkout", "status"]


@pytest.mark.parametrize(
    ("outcome", "code", "ends"),
    [
        ("lost-answer", 0, "paid"),
        ("rejected", 1, "rejected"),
        ("undecided", 1, "canceled"),
        ("late-accept", 0, "paid"),
        ("lost-always", 3, "unknown"),
        ("refused-unknown-session-id", 1, "rejected"),
    ],
)
def test_the_demo_plays_the_outcome_that_is_asked_for(
    shell: Shell, tmp_path: Path, outcome: str, code: int, ends: str
) -> None:
    got, demo = shell.document("demo", "--dir", str(tmp_path / "demo"), "--outcome", outcome)
    assert (got, demo["outcome"]) == (code, ends)


def test_the_demo_for_people_shows_symbol_scan_calls_slip_and_places(shell: Shell, tmp_path: Path) -> None:
    code, out, errors = shell.text("demo", "--dir", str(tmp_path / "demo"))
    assert (code, errors) == (0, "")
    for part in (
        "█▀▀▀▀▀█",
        "QRCODE",
        "checkout",
        "accepted",
        "PAID",
        "button",
        "КОШЕЛЁК PAY",
        "journal.db",
        "receipt-0001.png",
    ):
        assert part in out


def test_the_demo_with_a_broken_printer_is_still_paid(shell: Shell, tmp_path: Path) -> None:
    code, demo = shell.document("demo", "--dir", str(tmp_path / "demo"), "--fault", "paper-out")
    assert (code, demo["outcome"], demo["slip_state"], demo["slip_png"]) == (0, "paid", "queued", None)
    assert demo["slip"]


def test_the_demo_names_every_outcome(shell: Shell) -> None:
    assert shell.document("demo", "--outcome", "list")[1]["outcomes"].keys() == AMOUNTS.keys()


@pytest.mark.scenario(74)
def test_no_secret_and_no_full_card_number_is_ever_shown(shell: Shell, till: Till, tmp_path: Path) -> None:
    label = till.label(session="SECRE7")
    site = ["--site", str(till.site)]
    for amount in (500, AMOUNTS["rejected"], AMOUNTS["lost-answer"]):
        shell.text("pay", *site, "--order-id", f"A-{amount}", "--amount", str(amount), "--label", label)
    shell.text("pay", *site, "--order-id", "B-1", "--amount", "5", "--label", "CM" + CARD_NUMBER)
    shell.text("status", *site)
    shell.text("demo", "--dir", str(tmp_path / "demo"))
    hidden = [CARD_NUMBER, "SECRE7", label, till.host.password, till.host.issuer.retailer_key]
    assert not [secret for secret in hidden if secret in shell.all_output]
    assert f"…{CARD_NUMBER[-4:]}" in shell.all_output


def test_a_missing_sandbox_package_says_how_to_install_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zxingcpp", None)
    monkeypatch.delitem(__import__("sys").modules, "koshelek_driver.sandbox.symbols", raising=False)
    monkeypatch.delitem(__import__("sys").modules, "koshelek_driver.sandbox.scanner", raising=False)
    code, _, errors = shell.text("sandbox", "card")
    assert code == 2
    assert "koshelek-driver[sandbox]" in errors


def test_the_version_is_shown(shell: Shell) -> None:
    code, out, _ = shell.text("--version")
    assert code == 0
    assert re.fullmatch(r"koshelek-driver \d+\.\d+\.\d+\n", out)


def test_a_fault_of_the_driver_itself_never_reads_as_no(
    shell: Shell, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: 1 / 0)
    words = ["pay", "--site", str(till.site), "--order-id", "A-1", "--amount", "500", "--label", till.label()]
    code, _, errors = shell.text(*words)
    assert code == 3
    assert "ZeroDivisionError" in errors
