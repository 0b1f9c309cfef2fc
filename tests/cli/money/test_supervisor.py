"""`refund --supervisor`: above the limit nothing leaves the till without the second secret."""

from __future__ import annotations

import getpass
import io
import json
from typing import Any

import pytest

from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.secrets import Secret
from koshelek_driver.till.terminal import Terminal
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from tests.support.shell import Shell
from tests.support.tills import Till

WORD = "ключ-1974"


@pytest.fixture
def limited(till: Till) -> Till:
    """A till that gives back at most 5000 kopecks of a payment without the supervisor."""
    till.rewrite(devices='\n[devices.wallet]\ncategory = "CAT"\n')
    till.edit("[driver]\n", '[driver]\nrefund_limit = 5000\nsupervisor = { file = "supervisor.txt" }\n')
    (till.site.parent / "supervisor.txt").write_text(f"{WORD}\n", encoding="utf-8")
    return till


class Console(io.StringIO):
    """Standard input at a terminal."""

    def isatty(self) -> bool:
        return True


def refund(shell: Shell, till: Till, *words: str) -> tuple[int, dict[str, Any]]:
    return shell.document("refund", "--site", str(till.site), "--order-id", "A-1", *words)


def asked_for_refunds(till: Till) -> int:
    return sum(len(each.reversals) for each in till.host.host.ledger.transactions.values())


def test_a_refund_above_the_limit_needs_the_secret_of_the_site_file(
    shell: Shell, limited: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.pay("A-1")
    code, refused = refund(shell, limited)
    assert (code, refused["error"], "--supervisor" in refused["remedy"]) == (2, "UsageError", True)
    for line in ("ключ-1975\n", "\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(line))
        assert refund(shell, limited, "--supervisor")[0] == 2
    assert asked_for_refunds(limited) == 0
    assert refund(shell, limited, "--amount", "5000")[1]["outcome"] == "refunded"
    assert refund(shell, limited, "--amount", "1")[0] == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(f"\ufeff{WORD}\r\nmore"))
    code, done = refund(shell, limited, "--supervisor")
    assert (code, done["outcome"], done["amount"]) == (0, "refunded", 7345)
    assert WORD not in shell.all_output


def test_at_a_terminal_the_secret_is_asked_for_without_echo(
    shell: Shell, limited: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.pay("A-1")
    monkeypatch.setattr("sys.stdin", Console("never read\n"))
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: WORD)
    assert refund(shell, limited, "--supervisor")[1]["outcome"] == "refunded"


@pytest.mark.parametrize(
    "problem", [EOFError(), OSError(), getpass.GetPassWarning(), UnicodeDecodeError("x", b"", 0, 1, "")]
)
def test_a_secret_that_cannot_be_asked_for_sends_nothing(
    shell: Shell, limited: Till, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fail(_prompt: str) -> str:
        raise problem

    shell.pay("A-1")
    monkeypatch.setattr("sys.stdin", Console())
    monkeypatch.setattr(getpass, "getpass", fail)
    assert refund(shell, limited, "--supervisor")[0] == 2
    assert asked_for_refunds(limited) == 0


def test_terminal_and_cat_take_the_secret(limited: Till) -> None:
    with Terminal.open(limited.site) as terminal:
        cat = terminal.cat
        cat.open("wallet")
        cat.claim(1000)
        cat.device_enabled = True
        for order_id in ("C-1", "C-2", "C-3"):
            terminal.pay(terminal.new_order(order_id, 12_345), label=limited.label())
        for call, order_id in ((cat.authorize_refund, "C-1"), (cat.authorize_void, "C-2")):
            for keys in ({}, {"supervisor": "ключ-1975"}):
                cat.additional_security_information = json.dumps({"originalOrderId": order_id, **keys})
                with pytest.raises(UposError, match="the limit is 5000|secret is wrong") as refused:
                    call(1, 1_234_500, 0, 60_000)
                assert refused.value.error_code == ErrorCode.E_ILLEGAL
            assert asked_for_refunds(limited) == (0 if order_id == "C-1" else 1)
            cat.additional_security_information = json.dumps({"originalOrderId": order_id, "supervisor": WORD})
            call(1, 1_234_500, 0, 60_000)
            assert WORD not in cat.additional_security_information
        assert terminal.refund(RefundWanted("C-3"), supervisor=Secret(WORD)).amount == 12_345


def test_a_limit_below_zero_is_no_limit_that_can_be_meant(shell: Shell, limited: Till) -> None:
    limited.edit("refund_limit = 5000", "refund_limit = -1")
    code, refused = refund(shell, limited)
    assert (code, "driver.refund_limit" in refused["message"]) == (2, True)
