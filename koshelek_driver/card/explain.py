"""Explain why a template does not accept a label.

Nothing of the label is shown. The text is made to be read out on the telephone.
"""

from __future__ import annotations

from collections.abc import Iterator

from koshelek_driver.card.grammar import CLASSES, Form, Part, Text

_WORDS = {"d": "a digit", "an": "a Latin letter or digit", "x": "a hexadecimal digit", "any": "any character"}
_Place = tuple[int, int]


def find_mismatch(form: Form, label: str) -> str:
    """Return the place where label and template differ; empty if they do not.

    Check digits are not checked.
    """
    places = set(_onward(form, (0, 0)))
    for at, character in enumerate(label, 1):
        after = {then for place in places for then in _after(form, place, character)}
        if not after:
            return f"character {at} of {len(label)}: expected {_expected(form, places)}, came {_kind(character)}"
        places = after
    if not any(part == len(form.parts) for part, _ in places):
        return f"the label ends after {len(label)} characters; expected {_expected(form, places)} next"
    return ""


def _after(form: Form, place: _Place, character: str) -> Iterator[_Place]:
    number, taken = place
    if number < len(form.parts) and _takes(form.parts[number], taken, character):
        yield from _onward(form, (number, taken + 1))


def _onward(form: Form, place: _Place) -> Iterator[_Place]:
    number, taken = place
    yield place
    if number < len(form.parts) and _may_leave(form.parts[number], taken):
        yield from _onward(form, (number + 1, 0))


def _takes(part: Part, taken: int, character: str) -> bool:
    if isinstance(part, Text):
        return taken < len(part.text) and part.text[taken] == character
    return taken < part.high and part.takes(character)


def _may_leave(part: Part, taken: int) -> bool:
    if isinstance(part, Text):
        return taken == len(part.text) or (part.optional and not taken)
    return taken >= part.low


def _expected(form: Form, places: set[_Place]) -> str:
    wanted = [_words(form, number, taken) for number, taken in sorted(places)]
    return " or ".join(dict.fromkeys(word for word in wanted if word)) or "the end"


def _words(form: Form, number: int, taken: int) -> str:
    if number == len(form.parts):
        return "the end"
    part = form.parts[number]
    if isinstance(part, Text):
        return f"'{part.text[taken]}'" if taken < len(part.text) else ""
    return f"{_WORDS[part.kind]} of {part.field}" if taken < part.high else ""


def _kind(character: str) -> str:
    if character in CLASSES["d"]:
        return "a digit"
    if character in CLASSES["an"]:
        return "a Latin letter"
    return f"a character that is neither Latin letter nor digit (U+{ord(character):04X})"
