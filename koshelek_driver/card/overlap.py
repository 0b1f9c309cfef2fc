"""Find a label that two payload templates divide differently.

Both templates are walked at once. A template is a chain of parts, so it is a small automaton, and so are its check
digits. Both automata read a label from its end, where the weights of check digits begin. The walk is breadth-first, so
it finds a shortest label.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from koshelek_driver.card.checksum import weighted
from koshelek_driver.card.grammar import ANY, CLASSES, Form, Part, Sized, TemplateError, Text

MAX_STATES = 50_000
_OTHER = "~!#$%&*+@^_|;:,."
_LEGIBLE = CLASSES["d"][1:] + "0" + CLASSES["an"].replace(CLASSES["d"], "").swapcase()


class _Place(NamedTuple):
    """The position in a template, from its end: whole parts, and characters of the next part."""

    part: int
    taken: int
    sum: int


class _Both(NamedTuple):
    """The positions in both templates; `differ` is True once they put a character into different fields."""

    one: _Place
    other: _Place
    differ: bool


class _Chain:
    """One template as an automaton; check digits are left out when it is compared with itself."""

    def __init__(self, form: Form, *, checked: bool) -> None:
        self._parts = form.parts[::-1]
        self._checked = checked

    def begin(self) -> list[_Place]:
        """Return the possible positions before the first character."""
        return list(self._onward(_Place(0, 0, 0)))

    def field(self, place: _Place) -> str:
        """Return the field of the next character; empty in a delimiter."""
        return self._parts[place.part].field

    def is_end(self, place: _Place) -> bool:
        """Return True if the whole template has been read."""
        return place.part == len(self._parts)

    def after(self, place: _Place, character: str) -> list[_Place]:
        """Return the possible positions after one more character."""
        if self.is_end(place) or not _takes(self._parts[place.part], place.taken, character):
            return []
        total = (place.sum + self._weight(place, character)) % 10
        return list(self._onward(_Place(place.part, place.taken + 1, total)))

    def _onward(self, place: _Place) -> Iterator[_Place]:
        """Yield the position if its part can take more, and those behind it."""
        if self.is_end(place):
            yield place
            return
        part = self._parts[place.part]
        if place.taken < _most(part):
            yield place
        if self._may_leave(part, place):
            yield from self._onward(_Place(place.part + 1, 0, 0))

    def _may_leave(self, part: Part, place: _Place) -> bool:
        if isinstance(part, Text):
            return place.taken == len(part.text) or (part.optional and not place.taken)
        return place.taken >= part.low and not (self._checked and part.rule and place.sum)

    def _weight(self, place: _Place, character: str) -> int:
        part = self._parts[place.part]
        if not (self._checked and isinstance(part, Sized) and part.rule):
            return 0
        return weighted(part.rule, int(character), place.taken)


@lru_cache(maxsize=256)
def common_label(one: Form, other: Form) -> str | None:
    """Return a shortest label that both accept and divide differently; None if there is none.

    If both are the same form: a label that it divides in two ways, whatever its check digits are.

    Raises:
        TemplateError: the templates are too wide to be compared.
    """
    checked = one != other
    if _longest(one) < _shortest(other) or _longest(other) < _shortest(one):
        return None
    chains = _Chain(one, checked=checked), _Chain(other, checked=checked)
    alphabet = _alphabet(one, other, checked=checked)
    came_from: dict[_Both, tuple[_Both, str] | None] = {
        _Both(here, there, False): None for here in chains[0].begin() for there in chains[1].begin()
    }
    waiting = deque(came_from)
    while waiting:
        both = waiting.popleft()
        for character in alphabet:
            for then in _after(chains, both, character):
                if then in came_from:
                    continue
                came_from[then] = both, character
                if then.differ and chains[0].is_end(then.one) and chains[1].is_end(then.other):
                    return _label(came_from, then)
                waiting.append(then)
        if len(came_from) > MAX_STATES:
            raise TemplateError(
                f"templates '{one.template}' and '{other.template}' are too wide to compare; narrow their lengths"
            )
    return None


def _after(chains: tuple[_Chain, _Chain], both: _Both, character: str) -> Iterator[_Both]:
    ones = chains[0].after(both.one, character)
    others = chains[1].after(both.other, character) if ones else []
    if ones and others:
        differ = both.differ or chains[0].field(both.one) != chains[1].field(both.other)
        yield from (_Both(one, other, differ) for one in ones for other in others)


def _label(came_from: dict[_Both, tuple[_Both, str] | None], end: _Both) -> str:
    """Return the label. The walk went from its end, so going back gives it from its start."""
    characters: list[str] = []
    step = came_from[end]
    while step is not None:
        both, character = step
        characters.append(character)
        step = came_from[both]
    return "".join(characters)


def _takes(part: Part, taken: int, character: str) -> bool:
    if isinstance(part, Text):
        return taken < len(part.text) and part.text[-1 - taken] == character
    return taken < part.high and part.takes(character)


def _most(part: Part) -> int:
    return len(part.text) if isinstance(part, Text) else part.high


def _shortest(form: Form) -> int:
    return sum(part.low if isinstance(part, Sized) else len(part.text) * (not part.optional) for part in form.parts)


def _longest(form: Form) -> int:
    return sum(_most(part) for part in form.parts)


def _alphabet(one: Form, other: Form, *, checked: bool) -> list[str]:
    """Return one character for each set that both templates treat alike; all digits if digits are summed."""
    parts = (*one.parts, *other.parts)
    texts = {character for part in parts if isinstance(part, Text) for character in part.text}
    sized = [part for part in parts if isinstance(part, Sized)]
    summed = CLASSES["d"] if checked and any(part.rule for part in sized) else ""
    alike: dict[tuple[object, ...], str] = {}
    for character in (*_LEGIBLE, *_OTHER, *sorted(texts)):
        own = character if character in texts or character in summed else ""
        alike.setdefault((own, *(part.kind == ANY or part.takes(character) for part in sized)), character)
    return list(alike.values())
