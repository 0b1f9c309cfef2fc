"""The ways in which one card's label may come, by how scanners are set and people type."""

from __future__ import annotations

from collections.abc import Iterator

from koshelek_driver.card.grammar import Symbols
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.template import Templates

_GROUP_SEPARATOR = "\x1d"
"""How scanners send the FNC1 that marks a GS1 symbol (GS1 General Specifications, 7.8.3)."""
_AROUND = _GROUP_SEPARATOR + " \t\r\n"
_BETWEEN = str.maketrans("", "", " -\u00a0\u2010\u2011\u2012\u2013")


def read_card(
    text: str, templates: Templates, symbols: Symbols | None, *, typed: bool
) -> tuple[str, CardPresentation] | None:
    """The label as a template accepts it, and the card; None when no template accepts it in any way."""
    for barcode in _readings(text, typed=typed):
        card = templates.match(barcode, symbols)
        if card is not None:
            return barcode, card
    return None


def _readings(text: str, *, typed: bool) -> Iterator[str]:
    """As it came; without what stands around it; without what a person types between groups of digits.

    Each also with its case changed over, for Caps Lock or a scanner that was set to the other case: a template whose
    prefix has letters finds out. Where no capital came and all were meant to be, that is right too.
    """
    bare = text.strip(_AROUND)
    forms = (text, bare, bare.translate(_BETWEEN)) if typed else (text, bare)
    plain = dict.fromkeys(forms)
    yield from plain
    yield from (each for each in dict.fromkeys(form.swapcase() for form in plain) if each not in plain)
