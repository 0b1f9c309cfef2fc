"""The name of the operator who acts at the till, checked before anything is stored or sent."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from koshelek_driver.errors import UsageError
from koshelek_driver.secrets import Secret

MAX_OPERATOR = 64
"""Characters of a name; reports and the journal keep it with every payment."""
_UNPRINTABLE = ("C", "Zl", "Zp")
"""Beginnings of Unicode categories: control, format, surrogate and unassigned characters, line and paragraph ends."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The people behind one call: the operator's name (empty: not given) and the supervisor's secret."""

    operator: str = ""
    supervisor: Secret | None = None


NOBODY = Staff()


def checked_operator(name: str) -> str:
    """Return the name of an operator; an empty one means that none is given.

    Raises:
        UsageError: it is no text, is blank or too long, or has a character that cannot be printed.
    """
    if not isinstance(name, str):
        raise UsageError(f"operator of type {type(name).__name__}", "give the operator's name as text")
    if len(name) > MAX_OPERATOR:
        raise UsageError(f"operator of {len(name)} characters", f"at most {MAX_OPERATOR} are allowed")
    if name and not name.strip():
        raise UsageError("the operator's name is blank", "give a name, or none")
    for place, character in enumerate(name, 1):
        if unicodedata.category(character).startswith(_UNPRINTABLE):
            what = f"operator: character {place} (U+{ord(character):04X}) cannot be printed"
            raise UsageError(what, "use letters, digits, punctuation and blanks")
    return name
