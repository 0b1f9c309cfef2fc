"""Every write of every verb fails in turn: the exit code stays that of the money, as the host's ledger has it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from koshelek_driver.cli.main import run
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.failing_streams import FAILURES, Countdown, failing_streams
from tests.support.tills import Till

MOST_WRITES = 60
Attempt = Callable[[int], list[str]]
"""Makes the command line of the n-th attempt; what it needs is done first."""


def codes(words: Attempt, failure: str = "reader gone", which: str = "both") -> list[int]:
    """The exit codes with the first write failing, the second, and so on, until none fails."""
    found: list[int] = []
    for number in count(1):
        assert number < MOST_WRITES
        countdown, line = Countdown(number, failure), words(number)
        with failing_streams(countdown, which):
            found.append(run(line))
        if countdown.done < number:
            return found
    raise AssertionError


def quietly(*words: str) -> int:
    with failing_streams(Countdown(1, "reader gone")):
        return run(words)


def pay(till: Till, order_id: str, amount: int, *more: str) -> list[str]:
    site = str(till.site)
    return ["pay", "--site", site, "--order-id", order_id, "--amount", str(amount), "--label", till.label(), *more]


def hurry(till: Till) -> None:
    """Have the till give up soon."""
    till.edit("decision_timeout_s", "settle_timeout_s = 0.2\nresend_attempts = 1\ndecision_timeout_s")


def refunded(till: Till, order_id: str) -> int:
    till.host.host.take_changes()
    transactions = till.host.host.ledger.transactions.values()
    return sum(each.refunded for each in transactions if each.order_id == order_id)


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_sale_is_paid_whatever_becomes_of_its_streams(till: Till, failure: str, more: tuple[str, ...]) -> None:
    found = codes(lambda number: pay(till, f"A-{number}", 12_345, *more), failure)
    assert len(found) > 1
    assert set(found) == {0}
    assert [till.charges(f"A-{number}") for number in range(1, len(found) + 1)] == [1] * len(found)


@pytest.mark.parametrize("which", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("script", "code", "charges"), [("rejected", 1, 0), ("canceled", 1, 0), ("lost-always", 3, None)]
)
def test_no_other_outcome_changes_either(till: Till, which: str, script: str, code: int, charges: int | None) -> None:
    hurry(till)
    found = codes(lambda number: pay(till, f"A-{number}", AMOUNTS[script]), which=which)
    assert set(found) == {code}
    if charges is not None:
        assert [till.charges(f"A-{number}") for number in range(1, len(found) + 1)] == [charges] * len(found)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_refund_gives_back_once_whatever_becomes_of_its_streams(till: Till, more: tuple[str, ...]) -> None:
    quietly(*pay(till, "A-1", 90_000))
    found = codes(lambda _number: ["refund", "--site", str(till.site), "--order-id", "A-1", "--amount", "100", *more])
    assert set(found) == {0}
    assert refunded(till, "A-1") == 100 * len(found)


@pytest.mark.parametrize("verb", ["cancel", "recover"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_was_left_open_is_ended_whatever_becomes_of_the_streams(
    till: Till, verb: str, more: tuple[str, ...]
) -> None:
    hurry(till)

    def words(number: int) -> list[str]:
        assert quietly(*pay(till, f"A-{number}", AMOUNTS["lost-answer"])) in (0, 3)
        which = ["--order-id", f"A-{number}"] if verb == "cancel" else []
        return [verb, "--site", str(till.site), *which, *more]

    found = codes(words)
    for number, code in enumerate(found, 1):
        charges = till.charges(f"A-{number}")
        assert code == ({1: 1, 0: 0}[charges] if verb == "cancel" else 0)


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["status", "--order-id", "A-9"],
        ["doctor"],
        ["journal", "list"],
        ["journal", "show", "--order-id", "A-1"],
        ["journal", "verify"],
        ["report", "x"],
        ["slip", "show", "--order-id", "A-1"],
        ["slip", "show", "--order-id", "A-9"],
        ["methods", "--amount", "x"],
        ["payload", "test", "nonsense"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_verb_that_moves_no_money_keeps_its_code(till: Till, words: list[str], more: list[str]) -> None:
    quietly(*pay(till, "A-1", 12_345))
    line = [*words, "--site", str(till.site), *more]
    found = codes(lambda _number: line)
    assert set(found) == {found[-1]}
    assert found[-1] in (0, 1, 2)


def test_the_help_and_the_version_keep_their_code() -> None:
    for words in (["--help"], ["pay", "--help"], ["--version"]):
        assert set(codes(lambda _number, words=words: words)) == {0}  # type: ignore[misc]
    assert set(codes(lambda _number: [])) == {2}


def test_a_process_without_streams_pays(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    assert [run(pay(till, "A-1", 12_345)), run(pay(till, "A-2", 12_345, "--json"))] == [0, 0]
    assert till.charges("A-1") + till.charges("A-2") == 2


def test_a_fault_of_ours_in_a_verb_that_moves_no_money_is_a_no(
    till: Till, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError("-".join(("4601", "2345")))

    quietly(*pay(till, "A-1", 12_345))
    monkeypatch.setattr("msgspec.json.decode", fail)
    assert run(["journal", "show", "--site", str(till.site), "--order-id", "A-1", "--json"]) == 1
    out, errors = capsys.readouterr()
    assert out.startswith('{"error": "InternalError"')
    assert "ZeroDivisionError" in errors
    assert "4601-2345" not in out + errors
