"""A refund above the limit: the supervisor's secret or nothing is sent; wrong ones are kept and slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.payment.refund_limits import Paid, RefundPlan
from koshelek_driver.payment.staff.approval import RefundApproval
from koshelek_driver.payment.staff.operators import NOBODY, Staff
from koshelek_driver.secrets import Secret
from tests.support.shops import Clock

WORD = "ключ-1974"
GIVEN = Secret(WORD)
RIGHT, WRONG = Staff("Борис", Secret(WORD)), Staff("Борис", Secret("ключ-1975"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db")
    yield made
    made.close()


class Till:
    """A rule of 1000 kopecks over a journal, with a clock that a test sets."""

    def __init__(self, journal: Journal, limit: int | None = 1000, secret: Secret | None = GIVEN) -> None:
        self.journal, self.clock = journal, Clock()
        self.given_back: list[tuple[int, Outcome]] = []
        self.rule = RefundApproval(journal, self.clock, limit, secret)  # type: ignore[arg-type]

    def check(self, amount: int, staff: Staff = NOBODY) -> None:
        refunds = [Refund("A", "r", kopecks, 0.0, Verdict(end), "[]") for kopecks, end in self.given_back]
        self.rule.check("t-1", Paid("A", 100_000, None, refunds), RefundPlan(amount, ()), staff)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.journal.events("supervisor")]


@pytest.mark.parametrize(("limit", "amount", "passes"), [
    (None, 100_000, True), (1000, 1000, True), (1000, 1001, False), (0, 1, False),
])  # fmt: skip
def test_only_more_than_the_limit_needs_the_supervisor(
    journal: Journal, limit: int | None, amount: int, passes: bool
) -> None:
    till = Till(journal, limit)
    if passes:
        till.check(amount)
    else:
        with pytest.raises(UsageError, match=f"the limit is {limit}") as refused:
            till.check(amount)
        assert "--supervisor" in refused.value.remedy
        till.check(amount, RIGHT)
    assert till.kinds() == ([] if passes else ["supervisor approved"])


def test_parts_do_not_pass_below_the_limit(journal: Journal) -> None:
    till = Till(journal)
    till.given_back = [(600, Outcome.REFUNDED), (5000, Outcome.REJECTED)]
    till.check(400)
    with pytest.raises(UsageError, match="refund of 401 kopecks, with 600 given back before"):
        till.check(401)


def test_a_limit_without_a_secret_is_the_end(journal: Journal) -> None:
    with pytest.raises(UsageError) as refused:
        Till(journal, secret=None).check(1001, RIGHT)
    assert "driver.supervisor" in refused.value.remedy
    with pytest.raises(UsageError):
        Till(journal).check(1001, Staff("", Secret("")))


@pytest.mark.parametrize("wrong", ["", "ключ-197", "ключ-1974 ", "КЛЮЧ-1974", "\udcff", "x" * 10_000])
def test_a_wrong_secret_is_refused_kept_and_never_shown(journal: Journal, wrong: str) -> None:
    till = Till(journal)
    with pytest.raises(UsageError) as refused:
        till.check(1001, Staff("Борис", Secret(wrong)))
    assert WORD not in f"{refused.value} {refused.value.remedy}"
    assert till.kinds() == (["supervisor refused"] if wrong else [])
    for event in journal.events("supervisor"):
        assert event.data == '{"transaction_id":"t-1","amount":1001,"operator":"Борис"}'


def test_wrong_secrets_are_slowed_down_also_after_a_restart(journal: Journal) -> None:
    till = Till(journal)
    for _ in range(3):
        with pytest.raises(UsageError, match="secret is wrong"):
            till.check(1001, WRONG)
    again = Till(journal)
    for staff in (WRONG, RIGHT):
        with pytest.raises(UsageError, match="too often") as refused:
            again.check(1001, staff)
        assert refused.value.remedy == "wait 5 s"
    again.clock.wall_s += 5
    with pytest.raises(UsageError, match="secret is wrong"):
        again.check(1001, WRONG)
    again.clock.wall_s += 9
    with pytest.raises(UsageError, match="too often"):
        again.check(1001, RIGHT)
    again.clock.wall_s += 1
    again.check(1001, RIGHT)
    with pytest.raises(UsageError, match="secret is wrong"):
        again.check(1001, WRONG)
    again.check(1001, RIGHT)
    assert again.kinds() == [
        *["supervisor refused"] * 4,
        "supervisor approved",
        "supervisor refused",
        "supervisor approved",
    ]
    assert journal.verify() == []
