"""Real processes whose reader, console or service manager goes away: the exit code is that of the money."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.tills import Till

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.name != "posix", reason="descriptors and signals of POSIX"),
]

DRIVER = [sys.executable, "-m", "koshelek_driver"]
LIMIT_S = 60
STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def pay_words(till: Till, order_id: str, amount: int = 12_345) -> list[str]:
    words = ["pay", "--site", str(till.site), "--order-id", order_id, "--amount", str(amount)]
    return [*words, "--label", till.label()]


def start(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    return subprocess.Popen([*DRIVER, *words], **given)


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    turns = 0
    while not is_so() and process.poll() is None:
        threading.Event().wait(0.005)
        turns += 1
        assert turns < 200 * LIMIT_S


def requests(till: Till, call: str) -> int:
    return [request["call"] for request in till.host.host.requests].count(call)


def in_shell(words: list[str], redirection: str) -> int:
    """The exit code of the driver itself, whatever stands behind it in the line of a shell."""
    line = f'"$0" "$@" {redirection}'
    shell = subprocess.run(["bash", "-o", "pipefail", "-c", line, *DRIVER, *words], timeout=LIMIT_S, check=False)
    return shell.returncode


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize(
    "redirection",
    [
        "| head -1 >/dev/null",
        "| true",
        "2>&1 | true",
        "2> >(true) | true",
        ">/dev/full",
        ">/dev/full 2>&1",
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
    ],
)
def test_a_sale_and_a_refund_end_as_the_host_has_them(till: Till, redirection: str, more: list[str]) -> None:
    assert in_shell([*pay_words(till, "A-1"), *more], redirection) == 0
    assert till.charges("A-1") == 1
    refund = ["refund", "--site", str(till.site), "--order-id", "A-1", *more]
    assert in_shell(refund, redirection) == 0
    till.host.host.take_changes()
    assert [each.status for each in till.host.host.ledger.transactions.values()] == ["refunded"]
    assert in_shell(["recover", "--site", str(till.site), *more], redirection) == 0
    assert in_shell(["status", "--site", str(till.site), "--order-id", "A-9", *more], redirection) == 1


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_while_the_host_decides_cancels_the_sale(till: Till, number: signal.Signals) -> None:
    process = start([*pay_words(till, "A-1", AMOUNTS["undecided"]), "--json"])
    wait_until(lambda: requests(till, "status") > 0, process)
    process.send_signal(number)
    out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, json.loads(out)["outcome"]) == (1, "canceled")
    assert till.charges("A-1") == 0


def test_a_storm_of_signals_leaves_one_document_and_the_code_of_the_ledger(till: Till) -> None:
    for turn in range(6):
        process = start([*pay_words(till, f"A-{turn}", AMOUNTS["slow"]), "--json"])
        wait_until(lambda turn=turn: requests(till, "checkout") > turn, process)  # type: ignore[misc]
        pause = threading.Event()
        while process.poll() is None:
            for number in STOPPING:
                process.send_signal(number)
                pause.wait(0.003)
        out, _ = process.communicate(timeout=LIMIT_S)
        assert out.count(b"\n") == 1
        outcome = json.loads(out)["outcome"]
        assert process.returncode == {"paid": 0, "canceled": 1, "unknown": 3}[outcome]
        assert till.charges(f"A-{turn}") == int(outcome == "paid") or outcome == "unknown"


@pytest.mark.parametrize("number", STOPPING)
def test_a_refund_goes_on_to_its_end(till: Till, number: signal.Signals) -> None:
    start(pay_words(till, "A-1")).communicate(timeout=LIMIT_S)
    till.play("refund", "slow")
    process = start(["refund", "--site", str(till.site), "--order-id", "A-1", "--json"])
    wait_until(lambda: requests(till, "refund") > 0, process)
    while process.poll() is None:
        process.send_signal(number)
        threading.Event().wait(0.01)
    out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, json.loads(out)["outcome"]) == (0, "refunded")


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_before_the_label_has_come_ends_as_canceled(till: Till, number: signal.Signals) -> None:
    words = [*pay_words(till, "A-1")[:-1], "-", "--json"]
    process = start(words, stdin=subprocess.PIPE)
    wait_until((till.site.parent / "journal.db").exists, process)
    threading.Event().wait(0.5)  # until it reads; before that it is a cancel as well
    process.send_signal(number)
    out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, json.loads(out)["outcome"]) == (1, "canceled")
    assert till.host.host.requests == []


def test_a_verb_that_moves_no_money_ends_by_a_signal_with_its_document(till: Till) -> None:
    process = start(["printer", "preview", "--json"], stdin=subprocess.PIPE)
    threading.Event().wait(2.0)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, json.loads(out)["error"]) == (1, "CallCanceled")


def test_an_ignored_signal_stays_ignored(till: Till) -> None:
    words = [*pay_words(till, "A-1", AMOUNTS["slow"]), "--json"]
    process = start(words, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_until(lambda: requests(till, "checkout") > 0, process)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, json.loads(out)["outcome"]) == (0, "paid")
