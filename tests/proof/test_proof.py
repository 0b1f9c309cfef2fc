"""The conversations keep their laws in every state of the quick walk, and each kind of fault would be found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from koshelek_driver.payment.conversation.effects import Turn
from tests.proof.__main__ import law_of, laws
from tests.proof.alphabet import Step
from tests.proof.freezing import digest
from tests.proof.moments import NEVER, Moment
from tests.proof.plants import PLANTS, REFUND_PLANTS, Plant
from tests.proof.walk import Law, Node, Walk, replayed

QUICK = dict(laws(quick=True))
FOUND_BY_THE_WHOLE_WALK = (
    "polls are counted from the asking",
    "a host that is not trusted any more says no",
    "a proxy's refusal of a repeat is a no",
)


@pytest.mark.parametrize("name", ["sale", "refund"])
def test_every_rule_holds_in_every_state(name: str) -> None:
    found = Walk(QUICK[name]).go()
    assert {rule: seen.story for rule, seen in found.broken.items()} == {}
    assert found.states > 1000
    assert found.longest_run < 30


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.module.__name__[-6:]}: {plant.name}")
def test_a_planted_fault_can_still_be_planted(plant: Plant) -> None:
    assert plant.grown() is not plant.module


@pytest.mark.parametrize("plant", [*PLANTS[:8], *REFUND_PLANTS], ids=lambda plant: plant.name)
def test_a_planted_fault_is_found(plant: Plant) -> None:
    law = law_of(plant, quick=plant.name not in FOUND_BY_THE_WHOLE_WALK)
    assert plant.rule in Walk(law).go(until=plant.rule).broken


@pytest.mark.parametrize("name", ["sale", "refund"])
def test_two_ways_to_one_state_have_the_same_future(name: str) -> None:
    """A variable that the digest does not see would tell the two ways apart sooner or later."""
    law, chance = QUICK[name], random.Random(19)
    found = Walk(law, keep_twins=50_000).go()
    for known, before, step in chance.sample(found.twins, 300):
        seed = chance.random()
        first, second = Way(law, known), Way(law, before)
        second.take(step)
        assert list(first.future(random.Random(seed))) == list(second.future(random.Random(seed)))


def test_a_variable_that_is_never_read_again_is_no_part_of_a_state() -> None:
    def forgets(number: int) -> Iterator[int]:
        yield number
        for turn in range(3):
            yield turn * 2
        number = 7
        yield number

    def reads(number: int) -> Iterator[int]:
        yield 0
        yield number

    assert _state(forgets(1)) == _state(forgets(2))
    assert _state(reads(1)) != _state(reads(2))
    assert len({_state(forgets(1), steps) for steps in range(1, 6)}) == 5


def test_a_state_has_no_date_and_no_letters_of_ids() -> None:
    early, late = Moment(100.0), Moment(900.0)
    assert digest(early, 5.0, early - 1.0, "id-3", "id-4") == digest(late, 5.0, late - 1.0, "id-8", "id-9")
    assert digest(early, 5.0, "id-3", "id-3") != digest(early, 5.0, "id-3", "id-4")
    assert digest(early, 5.0, early - 6.0) == digest(early, 5.0, NEVER)
    assert digest(early, 5.0, early - 6.0) != digest(early, 5.0, early - 4.0)


def _state(made: Iterator[int], steps: int = 1) -> bytes:
    for _ in range(steps):
        next(made)
    return digest(Moment(0.0), 1.0, made)


class Way:
    """A conversation on its way, with what the onlooker knows."""

    def __init__(self, law: Law, node: Node) -> None:
        self.law = law
        self.facts: Any = node.facts
        self.effect: object = node.effect
        self.turn: Turn = node.turn
        self.conversation, _ = replayed(law, node)

    def take(self, step: Step) -> bool:
        """Take a step; return False if it was the last one."""
        self.facts = self.law.happened(self.facts, self.effect, step)
        self.turn = step.turn
        try:
            self.effect = self.conversation.send(step.turn)
        except StopIteration as end:
            self.effect = end.value
            return False
        self.facts = self.law.asks(self.facts, self.effect, Moment(step.turn.now_s), lambda _rule: None)
        return True

    def future(self, chance: random.Random) -> Iterator[tuple[str, bytes]]:
        """Go on by chance to the end, and give every step with what it led to."""
        goes_on = True
        while goes_on:
            step = chance.choice(list(self.law.alphabet.steps(self.effect, self.turn)))
            goes_on = self.take(step)
            yield step.name, digest(Moment(self.turn.now_s), self.law.oldest_s, self.facts, self.effect)
