"""Read a card from any of the forms in which its label may arrive.

The forms depend on the settings of the scanner and the habits of people who type.
"""

from __future__ import annotations

from collections.abc import Iterator

from koshelek_driver.card.grammar import Symbols
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.template import Templates

_GROUP_SEPARATOR = "\x1d"
"""Scanners send the FNC1 that marks a GS1 symbol as this character (GS1 General Specifications, 7.8.3)."""
_AROUND = _GROUP_SEPARATOR + " \t\r\n"
_BETWEEN = str.maketrans("", "", " -\u00a0\u2010\u2011\u2012\u2013")


def read_card(
    text: str, templates: Templates, symbols: Symbols | None, *, typed: bool
) -> tuple[str, CardPresentation] | None:
    """Return the label in the form that a template accepts, and its card; else None."""
    for barcode in _readings(text, typed=typed):
        card = templates.match(barcode, symbols)
        if card is not None:
            return barcode, card
    return None


def _readings(text: str, *, typed: bool) -> Iterator[str]:
    """Yield the label as it came, without its surroundings, and without typed separators.

    Each form is also tried with its case swapped, for Caps Lock or a scanner that is set to the other case: a template
    whose prefix has letters tells which is right. A label that lost all its capitals is restored by that too.
    """
    bare = text.strip(_AROUND)
    forms = (text, bare, bare.translate(_BETWEEN)) if typed else (text, bare)
    plain = dict.fromkeys(forms)
    yield from plain
    yield from (each for each in dict.fromkeys(form.swapcase() for form in plain) if each not in plain)
