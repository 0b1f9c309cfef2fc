"""kill -9 at system calls of pay, refund and cancel, then recover: at most one charge, a row for each, nothing doubled.

strace kills the real program at the N-th call of one kind. All N would take an hour, so some are taken, evenly; how many is
`KOSHELEK_KILLS` a verb and kind of call (`.ci/run` sets it; without it nothing is killed here).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from koshelek_driver import Outcome, RefundWanted, Terminal
from koshelek_driver.sandbox.ledger import Transaction
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.tills import Till

KILLS = int(os.environ.get("KOSHELEK_KILLS", "0"))
STRACE = shutil.which("strace")
CALLS = ("pwrite64", "fdatasync", "fsync", "write", "read", "unlink", "openat")
VERBS = ("pay", "refund", "cancel")
LIMIT_S = 60
pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not KILLS, reason="KOSHELEK_KILLS is not set"),
    pytest.mark.skipif(STRACE is None, reason="no strace on this machine"),
]


class Case:
    """One order, ready for its verb."""

    def __init__(self, till: Till, verb: str, order_id: str) -> None:
        self.till = till
        self.verb = verb
        self.order_id = order_id
        amount = AMOUNTS["undecided" if verb == "cancel" else "at-once"]
        if verb != "pay":
            self._sell(amount)
        self.words = [verb, "--site", str(till.site), "--order-id", order_id, "--json"]
        if verb == "pay":
            self.words += ["--amount", str(amount), "--label", till.label()]

    def _sell(self, amount: int) -> None:
        """Paid at once; or, to be cancelled, left open by a lost answer."""
        if self.verb == "cancel":
            plan = {"call": "checkout", "outcome": "undecided", "wire": "lost-answer"}
            self.till.host.host._director.plan(plan, ("checkout",))
        with Terminal.open(self.till.site) as terminal:
            terminal.pay(terminal.new_order(self.order_id, amount), label=self.till.label())

    def run(self, *strace: str) -> None:
        command = [str(STRACE), "-f", *strace, sys.executable, "-m", "koshelek_driver", *self.words]
        subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)

    def check_after_recovery(self) -> None:
        with Terminal.open(self.till.site) as terminal:
            terminal.recover()
            payment, refunds = terminal.find(self.order_id), terminal._journal.refunds.of_order(self.order_id)
            assert terminal._journal.verify() == []
        charges = self.till.charges(self.order_id)
        assert charges <= 1
        if payment is None:
            assert charges == 0
            return
        assert (payment.outcome is Outcome.PAID) == (charges == 1), payment
        assert payment.verdict.slip is not None or not charges
        given = sum(each.refunded for each in self._transactions())
        assert given == sum(each.amount for each in refunds if each.outcome is Outcome.REFUNDED) <= payment.amount
        assert all(each.outcome is not Outcome.UNKNOWN for each in refunds)

    def _transactions(self) -> list[Transaction]:
        self.till.host.host.take_changes()
        found = self.till.host.host.ledger.transactions.values()
        return [each for each in found if each.order_id == self.order_id]


def numbers_of_calls(case: Case, folder: Path) -> Counter[str]:
    """How often the verb makes each call, from beginning to end."""
    log = folder / "calls.txt"
    case.run("-o", str(log), "-e", f"trace={','.join(CALLS)}")
    case.check_after_recovery()
    return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(errors="replace"), re.MULTILINE))


def some_of(total: int) -> list[int]:
    """So many numbers up to the total, evenly, the last ones among them: they are where the money is."""
    step = max(1, total // KILLS)
    return sorted({*range(1, total + 1, step), *range(max(1, total - KILLS // 2), total + 1)})


@pytest.mark.scenario(41, 42, 43, 44, 45, 48)
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_call_it_is_settled_once(till: Till, tmp_path: Path, verb: str) -> None:
    if verb == "cancel":
        till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_attempts = 0")
    counted = numbers_of_calls(Case(till, verb, f"{verb}-whole"), tmp_path)
    kills = 0
    for call in CALLS:
        for number in some_of(counted[call]):
            case = Case(till, verb, f"{verb}-{call}-{number}")
            case.run("-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}")
            case.check_after_recovery()
            kills += 1
    assert kills >= KILLS


def test_the_check_settles_a_refund_that_was_open_before_it(till: Till) -> None:
    case = Case(till, "refund", "R-1")
    till.host.host._director.plan({"call": "refund", "outcome": "lost-always", "times": 4}, ("refund",))
    with Terminal.open(till.site) as terminal:
        assert terminal.refund(RefundWanted("R-1")).outcome is Outcome.UNKNOWN
    case.check_after_recovery()
