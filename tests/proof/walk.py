"""The walk through every state that a law's alphabet reaches, breadth first, until nothing new appears."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from koshelek_driver.payment.conversation.effects import Turn
from koshelek_driver.payment.outcome import Outcome
from tests.proof.alphabet import Alphabet, Step
from tests.proof.freezing import Ids, digest
from tests.proof.moments import Moment
from tests.proof.sale_law import Break

NOON = Moment(4096.0)
MOST_TURNS = 200
"""A conversation that takes more in one run has no end; the longest there is takes a fraction of it."""
ENDS = "every conversation ends within a bound of turns"
RAISES = "a conversation raises nothing"


class Law(Protocol):
    """The rules of one kind of conversation; facts are opaque to the walk."""

    alphabet: Alphabet

    @property
    def oldest_s(self) -> float:
        """The age from which on a moment is only long ago."""
        ...

    def beginnings(self, now_s: Moment) -> Iterator[tuple[Any, Turn]]:
        """Give what is new."""
        ...

    def begin(self, facts: Any, turn: Turn, ids: Ids) -> Any:
        """Return the conversation that the engine would run."""
        ...

    def resumptions(self, facts: Any, now_s: Moment) -> Iterator[tuple[Any, Turn]]:
        """Give what later runs find."""
        ...

    def asks(self, facts: Any, effect: object, now_s: Moment, broken: Break) -> Any:
        """Judge an effect."""
        ...

    def happened(self, facts: Any, effect: object, step: Step) -> Any:
        """Return the facts after an effect."""
        ...

    def crashed(self, facts: Any, effect: object, now_s: Moment) -> Iterator[Any]:
        """Give the facts that a crash may leave during an effect."""
        ...

    def ends(self, facts: Any, verdict: object, broken: Break) -> None:
        """Judge a verdict."""
        ...


@dataclass(slots=True, eq=False)
class Run:
    """One run of a conversation: new, or resumed after `behind`."""

    facts: Any
    turn: Turn
    first_id: int
    behind: Node | None


@dataclass(slots=True, eq=False)
class Node:
    """A state: the conversation is suspended at `effect`, and this is the shortest way to it."""

    run: Run
    before: Node | None
    name: str
    turn: Turn
    facts: Any
    effect: object
    number: int
    turns: int
    following_id: int

    def way(self) -> list[Turn]:
        """Return the turns of this run up to here."""
        turns, at = list[Turn](), self
        while at.before is not None:
            turns.append(at.turn)
            at = at.before
        return turns[::-1]

    def story(self) -> list[str]:
        """Return every step from the very beginning, across crashes."""
        steps, at = [f"... {self.effect}"], self
        while at.before is not None or at.run.behind is not None:
            if at.before is None:
                assert at.run.behind is not None
                steps.append(f"-- crash, then resumed after {at.run.turn.now_s - at.run.behind.turn.now_s} s --")
                at = at.run.behind
                steps.append(f"... {at.effect}")
            else:
                steps.append(f"{at.before.effect}: {at.name}")
                at = at.before
        return steps[::-1]


@dataclass(slots=True)
class Broken:
    """A rule that does not hold: how often that was seen, and the shortest story."""

    story: list[str]
    times: int = 1


@dataclass(slots=True)
class Found:
    """The result of a walk."""

    states: int = 0
    transitions: int = 0
    runs: int = 0
    longest_run: int = 0
    ends: Counter[Outcome] = field(default_factory=Counter)
    broken: dict[str, Broken] = field(default_factory=dict)
    twins: list[tuple[Node, Node, Step]] = field(default_factory=list)
    """A sample of pairs of ways to the same state; the second way is a node and one more step."""


class Walk:
    """One walk; `keep_twins` is the size of the sample of twins."""

    def __init__(self, law: Law, *, keep_twins: int = 0) -> None:
        self._law = law
        self._keep_twins = keep_twins
        self._found = Found()
        self._nodes: dict[bytes, Node] = {}
        self._begun: set[bytes] = set()
        self._waiting: deque[Node] = deque()
        self._successors: list[set[int]] = []

    def go(self, *, until: str = "") -> Found:
        """Walk until nothing new appears, or the rule `until` is broken."""
        for facts, turn in self._law.beginnings(NOON):
            self._begin(facts, turn, 0, None)
        while self._waiting and until not in self._found.broken:
            self._expand(self._waiting.popleft())
        self._found.states = len(self._nodes)
        self._measure()
        return self._found

    def _begin(self, facts: Any, turn: Turn, first_id: int, behind: Node | None) -> None:
        now_s = Moment(turn.now_s)
        state = digest(now_s, self._law.oldest_s, facts)
        if state in self._begun:
            return
        self._begun.add(state)
        self._found.runs += 1
        run, ids = Run(facts, turn, first_id, behind), Ids(first_id)
        conversation = self._law.begin(facts, turn, ids)
        self._arrive(conversation, run, None, Step("begun", turn), facts, ids)

    def _expand(self, node: Node) -> None:
        for step in self._law.alphabet.steps(node.effect, node.turn):
            conversation, ids = replayed(self._law, node)
            facts = self._law.happened(node.facts, node.effect, step)
            self._found.transitions += 1
            self._arrive(conversation, node.run, node, step, facts, ids)
        now_s = Moment(node.turn.now_s)
        for facts in self._law.crashed(node.facts, node.effect, now_s):
            self._resume(facts, node, now_s, node.following_id)

    def _resume(self, facts: Any, behind: Node | None, now_s: Moment, following_id: int) -> None:
        for found, turn in self._law.resumptions(facts, now_s):
            self._found.transitions += 1
            self._begin(found, turn, following_id, behind)

    def _arrive(self, conversation: Any, run: Run, before: Node | None, step: Step, facts: Any, ids: Ids) -> None:
        """Take one step, judge what follows, and remember the state if it is new."""
        now_s, turns = Moment(step.turn.now_s), 0 if before is None else before.turns + 1
        node = Node(run, before, step.name, step.turn, facts, None, len(self._nodes), turns, 0)
        try:
            node.effect = conversation.send(None if before is None else step.turn)
        except StopIteration as end:
            self._end(node, end.value, now_s, ids)
            return
        except Exception as error:  # noqa: BLE001 - whatever a conversation raises is a broken rule
            node.effect = error
            self._break(RAISES, node)
            return
        node.facts = self._law.asks(facts, node.effect, now_s, lambda rule: self._break(rule, node))
        node.following_id = ids.following
        if turns > MOST_TURNS:
            self._break(ENDS, node)
            return
        self._remember(conversation, node, step)

    def _remember(self, conversation: Any, node: Node, step: Step) -> None:
        state = digest(Moment(step.turn.now_s), self._law.oldest_s, node.facts, node.effect, conversation)
        known = self._nodes.get(state)
        if known is None:
            self._nodes[state] = node
            self._successors.append(set())
            self._waiting.append(node)
        elif node.before is not None and len(self._found.twins) < self._keep_twins:
            self._found.twins.append((known, node.before, step))
        if node.before is not None:
            self._successors[node.before.number].add((known or node).number)

    def _end(self, node: Node, verdict: Any, now_s: Moment, ids: Ids) -> None:
        """Judge a verdict. One that is final is stored and never run again, unless a crash comes first."""
        node.effect, node.following_id = verdict, ids.following
        self._law.ends(node.facts, verdict, lambda rule: self._break(rule, node))
        self._found.ends[getattr(verdict, "outcome", None) or Outcome.UNKNOWN] += 1
        self._resume(node.facts, node, now_s, ids.following)

    def _break(self, rule: str, node: Node) -> None:
        known = self._found.broken.get(rule)
        if known is None:
            self._found.broken[rule] = Broken(node.story())
        else:
            known.times += 1

    def _measure(self) -> None:
        """Find the longest run; a circle among the states of a run would be a conversation without an end."""
        lengths: dict[int, int] = {}
        nodes = list(self._nodes.values())
        for first in range(len(nodes)):
            stack = [] if first in lengths else [(first, iter(self._successors[first]))]
            inside = {first}
            while stack:
                at, left = stack[-1]
                following = next((each for each in left if each not in lengths), None)
                if following is None:
                    lengths[at] = 1 + max((lengths[each] for each in self._successors[at]), default=0)
                    inside.discard(at)
                    stack.pop()
                elif following in inside:
                    self._break(ENDS, nodes[following])
                    return
                else:
                    inside.add(following)
                    stack.append((following, iter(self._successors[following])))
        self._found.longest_run = max(lengths.values(), default=0)


def replayed(law: Law, node: Node) -> tuple[Any, Ids]:
    """Return a conversation in the state of a node: a generator is cloned by replaying its turns."""
    ids = Ids(node.run.first_id)
    conversation = law.begin(node.run.facts, node.run.turn, ids)
    next(conversation)
    for turn in node.way():
        conversation.send(turn)
    return conversation, ids
