"""`payload test`, `methods`, `doctor`: keys, exit codes, words; and nothing of the customer's."""

from __future__ import annotations

import hmac
import io
import time
from typing import Any

import pytest

from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session
from tests.support.shell import Shell
from tests.support.tills import Till

WALLET = "{prefix:CM}{card_number:13d}{card_session:6an}{password:3d}"
LABEL = f"CM{CARD_NUMBER}A1B2C3782"


# -- payload test --------------------------------------------------------------------------------------------------


def test_a_template_tells_what_it_makes_of_a_label(shell: Shell) -> None:
    code, report = shell.document("payload", "test", "--template", WALLET, LABEL)
    assert code == 0
    assert report == {
        "accepted": True,
        "kind": "Wallet card",
        "prefix": "CM",
        "card_number": "…7893",
        "card_session": "******",
        "password_present": True,
        "type": "UNKNOWN",
        "refusals": [],
    }


@pytest.mark.parametrize(
    ("label", "kind", "password", "symbology"),
    [
        (f"]C0CM{CARD_NUMBER}782", "Card of an older app", True, "CODE128"),
        (CARD_NUMBER, "Plain card", False, "UNKNOWN"),
        (f"cm{CARD_NUMBER}a1b2c3782", "Wallet card", True, "UNKNOWN"),
    ],
)
def test_the_tills_own_templates_are_tried_when_none_is_given(
    shell: Shell, till: Till, label: str, kind: str, password: bool, symbology: str
) -> None:
    code, report = shell.document("payload", "test", "--site", str(till.site), label)
    assert (code, report["kind"], report["password_present"], report["type"]) == (0, kind, password, symbology)


def test_a_label_that_no_template_takes_is_a_no_with_the_place(shell: Shell) -> None:
    code, report = shell.document("payload", "test", "--template", WALLET, f"CM{CARD_NUMBER}A1B2C37")
    assert (code, report["accepted"], report["kind"]) == (1, False, "Not a Koshelek card")
    (refusal,) = report["refusals"]
    assert refusal == {
        "template": WALLET,
        "why": "the label ends after 22 characters; expected a digit of password next",
    }


def test_a_label_may_come_unseen_and_be_typed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("4601 2345 67893\n"))
    code, report = shell.document("payload", "test", "--typed", "--template", "{card_number:13d}", "-")
    assert (code, report["card_number"]) == (0, "…7893")


@pytest.mark.parametrize("template", ["{card_number:13}", "{card_number:8-13d}{card_session:1-32an}"])
def test_a_template_that_cannot_be_meant_is_wrong_usage(shell: Shell, template: str) -> None:
    code, _, errors = shell.text("payload", "test", "--template", template, LABEL)
    assert code == 2
    assert template in errors


def test_overlapping_templates_of_a_site_are_a_wrong_file_unless_they_may(shell: Shell, till: Till) -> None:
    till.edit('  "{card_number:13d}",', '  "{card_number:18an}", "{card_number:13d}",')
    words = ("payload", "test", "--site", str(till.site), f"CM{CARD_NUMBER}782")
    code, _, errors = shell.text(*words)
    assert code == 2
    assert all(
        word in errors for word in ("{card_number:18an}", "both accept 'CM1111111111111111'", "templates_may_overlap")
    )
    till.edit("[totp]", "[totp]\ntemplates_may_overlap = true")
    assert shell.document(*words)[1]["kind"] == "Card of an older app"


def test_nothing_of_the_label_is_shown(shell: Shell, till: Till) -> None:
    for words in (["--template", WALLET], ["--template", "{card_number:13d}"], ["--site", str(till.site)]):
        shell.text("payload", "test", *words, LABEL)
        shell.text("payload", "test", "--json", *words, LABEL)
    assert not any(secret in shell.all_output for secret in (CARD_NUMBER, "A1B2C3", "782"))


# -- methods -------------------------------------------------------------------------------------------------------


def methods(shell: Shell, till: Till, label: str) -> tuple[int, dict[str, Any]]:
    return shell.document("methods", "--site", str(till.site), "--amount", "500", "--label", label)


def test_methods_names_the_providers_and_leaves_the_card_for_the_sale(shell: Shell, till: Till) -> None:
    label = till.label()
    code, found = methods(shell, till, label)
    assert (code, found["default"], found["error_code"]) == (0, True, "")
    assert found["providers"] == [
        {"payment_type": "SBP", "available": True, "message": ""},
        {"payment_type": "DOLYAME", "available": True, "message": ""},
    ]
    assert found["card"] == "Карта Кошелька …7893: оплата доступна"
    assert shell.pay("A-1", 500, "--label", label)[1]["outcome"] == "paid"
    assert methods(shell, till, label)[1]["error_code"] == "TOTP_REPLAYED"


def test_methods_for_a_card_that_cannot_pay_is_a_no_with_a_reason(shell: Shell, till: Till) -> None:
    code, found = methods(shell, till, CARD_NUMBER)
    assert (code, found["providers"], found["error_code"]) == (1, [], "LOYALTY_ONLY")
    assert found["card"].startswith("Обычная карта …7893: только лояльность")
    assert found["operator_tip"]
    assert till.host.host.requests == []


def test_methods_that_the_host_refuses_is_a_no_with_a_tip(shell: Shell, till: Till) -> None:
    till.play("methods", "refused-unknown-session-id")
    code, found = methods(shell, till, till.label())
    assert (code, found["error_code"]) == (1, "UNKNOWN_SESSION_ID")
    assert "Отсканируйте" in found["operator_tip"]


def test_methods_for_people(shell: Shell, till: Till) -> None:
    words = ("methods", "--site", str(till.site), "--amount", "500", "--label")
    assert "DOLYAME" in shell.text(*words, till.label())[1]
    assert "LOYALTY_ONLY" in shell.text(*words, CARD_NUMBER)[1]


# -- The line and the clock in pay -----------------------------------------------------------------------------------


def test_pay_shows_the_cashiers_line(shell: Shell, till: Till) -> None:
    words = ("pay", "--site", str(till.site), "--order-id", "A-1", "--amount", "500", "--label")
    assert "Обычная карта …7893: только лояльность" in shell.text(*words, CARD_NUMBER)[1]
    till.edit('language = "ru"', 'language = "en"')
    assert "Wallet card …7893: can pay" in shell.text(*words, till.label())[1]


@pytest.mark.scenario(38)
@pytest.mark.parametrize(("off_s", "way"), [(3600, "3600 s ahead of"), (-300, "300 s behind")])
def test_a_till_whose_clock_is_off_is_told_so(shell: Shell, till: Till, off_s: int, way: str) -> None:
    """To a till, a clock of its own that is an hour fast looks like a host and a phone that are an hour slow."""
    till.host._server.now = lambda: time.time() - off_s
    label = till.host.issuer.label(CARD_NUMBER, new_session(), time.time() - off_s)
    code, answer = shell.pay("A-1", 500, "--label", label)
    assert (code, answer["error_code"]) == (1, "CLOCK_WRONG")
    assert way.split(" s ")[1] in answer["details"]
    assert abs(int(answer["details"].split(" s ")[0].split()[-1]) - abs(off_s)) <= 2
    assert "время на кассе" in answer["operator_tip"]


# -- doctor ----------------------------------------------------------------------------------------------------------

CHECKS = ["site file", "templates", "devices", "slip", "journal", "one-time passwords", "left open", "host", "clock"]


def doctor(shell: Shell, till: Till) -> tuple[int, dict[str, tuple[str, str, str]]]:
    code, document = shell.document("doctor", "--site", str(till.site))
    assert [check["name"] for check in document["checks"]] == CHECKS
    checks = {each["name"]: (each["result"], each["detail"], each["remedy"]) for each in document["checks"]}
    assert all(bool(remedy) == (result in ("fail", "warn")) for result, _, remedy in checks.values())
    return code, checks


def test_a_healthy_till_passes_every_check(shell: Shell, till: Till) -> None:
    code, checks = doctor(shell, till)
    assert (code, {result for result, _, _ in checks.values()}) == (0, {"pass"})
    assert till.host.host.requests == []
    assert "clock" in shell.text("doctor", "--site", str(till.site))[1]


@pytest.mark.parametrize(
    ("old", "new", "failed", "skipped", "told"),
    [
        ("[totp]", "[totp", "site file", CHECKS[1:], "not a TOML file"),
        ('  "{card_number:13d}",', '  "{card_number:18an}",', "templates", [], "both accept"),
        ('journal = "journal.db"', 'journal = "no/journal.db"', "journal", ["one-time passwords", "left open"], "cannot be opened"),
        ('retailer_key = { file = "retailer.key" }', 'retailer_key = { file = "ca.pem" }', "one-time passwords", [], "hexadecimal"),
        ('retailer_key = { file = "retailer.key" }', "", "one-time passwords", [], "totp.retailer_key: 0 sources"),
        ('password = { file = "password.txt" }', 'password = { file = "gone.txt" }', "host", ["clock"], "gone.txt"),
        ('ca_file = "ca.pem"', "", "host", ["clock"], "TLS: "),
        ("127.0.0.1", "127.0.0.9", "host", ["clock"], "127.0.0.9"),
    ],
)  # fmt: skip
def test_a_fault_is_found_with_its_remedy_and_nothing_else_is_blamed(
    shell: Shell, till: Till, old: str, new: str, failed: str, skipped: list[str], told: str
) -> None:
    (till.site.parent / "ca.pem").chmod(0o600)  # one of the faults names it as a secret
    till.edit(old, new)
    code, checks = doctor(shell, till)
    results = {name: result for name, (result, _, _) in checks.items()}
    templates = {"one-time passwords": "fail"} if failed == "templates" else {}
    expected = {**dict.fromkeys(CHECKS, "pass"), failed: "fail", **dict.fromkeys(skipped, "skip"), **templates}
    assert (code, results) == (1, expected)
    assert told in checks[failed][1]


@pytest.mark.parametrize(
    ("off_s", "result"), [(0, "pass"), (-10, "pass"), (20, "warn"), (-100, "fail"), (4000, "fail")]
)
def test_the_clock_is_compared_with_the_hosts(shell: Shell, till: Till, off_s: int, result: str) -> None:
    till.host.shift_date_header(-off_s)
    code, checks = doctor(shell, till)
    assert (code, checks["clock"][0]) == (int(result == "fail"), result)


def test_a_fault_of_our_own_is_a_failed_check(shell: Shell, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(hmac, "digest", fail)
    code, checks = doctor(shell, till)
    assert (code, checks["one-time passwords"][:2]) == (1, ("fail", "ZeroDivisionError: ours"))
