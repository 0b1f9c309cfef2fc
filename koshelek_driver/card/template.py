"""Payload templates: how a label divides into prefix, card number, session and password.

The grammar is in `grammar.py`. A template matches a whole label or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations

from koshelek_driver.card.checksum import is_right
from koshelek_driver.card.explain import where_it_stops
from koshelek_driver.card.grammar import (
    MAX_LABEL,
    Form,
    Part,
    Sized,
    Symbols,
    TemplateError,
    read_template,
)
from koshelek_driver.card.overlap import common_label
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.secrets import Secret

_PATTERNS = {"d": "[0-9]", "an": "[A-Za-z0-9]", "x": "[0-9A-Fa-f]", "any": "."}
_BOTH = (Symbols.ONE_D, Symbols.TWO_D)
USUAL_TEMPLATES = (
    "{prefix:CM}{card_number:13d}{card_session:1-32an}{password:3d}",
    "{prefix:CM}{card_number:13d}{password:3d}",
    "{card_number:13d}",
)
"""The usual forms of a wallet card, for a till whose site file has no templates at hand."""


class Template:
    """One compiled template. Raises TemplateError, also for one that divides some label in two ways."""

    def __init__(self, text: str) -> None:
        form = read_template(text)
        self.text = text
        self.forms = {symbols: inner for symbols in _BOTH if (inner := form.within(symbols))}
        self._patterns = {symbols: re.compile(_compiled(inner), re.DOTALL) for symbols, inner in self.forms.items()}
        self._rules = [(part.field, part.rule) for part in form.parts if isinstance(part, Sized) and part.rule]
        for inner in self.forms.values():
            _refuse_two_ways(inner)

    def match(self, label: str, symbols: Symbols) -> CardPresentation | None:
        """The card, if the whole label has this form in symbols of this kind."""
        pattern = self._patterns.get(symbols)
        found = pattern.fullmatch(label) if pattern and len(label) <= MAX_LABEL else None
        if found is None:
            return None
        fields = found.groupdict()
        if self._wrong_check_digit(fields):
            return None
        return CardPresentation(
            prefix=fields.get("prefix", ""),
            card_number=Secret(fields["card_number"]),
            card_session=_secret(fields.get("card_session")),
            password=_secret(fields.get("password")),
        )

    def why_not(self, label: str, symbols: Symbols) -> str:
        """Why it does not accept this label, without a word of the label; empty when it does."""
        if symbols not in self.forms:
            return f"the template is not for {symbols.value} symbols"
        stop = where_it_stops(self.forms[symbols], label)
        found = self._patterns[symbols].fullmatch(label)
        return stop if stop or found is None else self._wrong_check_digit(found.groupdict())

    def _wrong_check_digit(self, fields: dict[str, str]) -> str:
        wrong = (name for name, rule in self._rules if not is_right(rule, fields[name]))
        return next((f"the check digit of {name} is wrong" for name in wrong), "")


class Templates:
    """Templates in the order in which they are tried; the first that matches wins.

    Two that divide one label differently are refused (TemplateError), unless `may_overlap`: then the order decides.
    """

    def __init__(self, texts: Iterable[str], *, may_overlap: bool = False) -> None:
        self._templates = [Template(text) for text in texts]
        if not self._templates:
            raise TemplateError("no payload templates: at least one is needed")
        if not may_overlap:
            self._refuse_overlap()

    def match(self, label: str, symbols: Symbols | None = None) -> CardPresentation | None:
        """The card by the first template that accepts the whole label, or None.

        `symbols` None is for a label whose symbology is not known: what it means in both kinds must be the same.
        """
        if symbols is not None:
            return self._first(label, symbols)
        in_1d, in_2d = (self._first(label, each) for each in _BOTH)
        return None if in_1d and in_2d and in_1d != in_2d else in_1d or in_2d

    def _first(self, label: str, symbols: Symbols) -> CardPresentation | None:
        return next((card for template in self._templates if (card := template.match(label, symbols))), None)

    def _refuse_overlap(self) -> None:
        for one, other in combinations(self._templates, 2):
            for symbols in one.forms.keys() & other.forms.keys():
                label = common_label(one.forms[symbols], other.forms[symbols])
                if label is not None:
                    raise TemplateError(
                        f"templates '{one.text}' and '{other.text}' both accept '{label}' and divide it differently;"
                        " narrow one of them, or set templates_may_overlap = true to let the first win"
                    )


def _refuse_two_ways(form: Form) -> None:
    label = common_label(form, form)
    if label is not None:
        raise TemplateError(
            f"template '{form.template}': it divides '{label}' in two ways; fix a length or a delimiter"
        )


def _compiled(form: Form) -> str:
    return "".join(_pattern(part) for part in form.parts)


def _pattern(part: Part) -> str:
    if isinstance(part, Sized):
        return f"(?P<{part.field}>{_PATTERNS[part.kind]}{{{part.low},{part.high}}})"
    text = re.escape(part.text)
    if part.field:
        return f"(?P<{part.field}>{text})"
    return f"(?:{text})?" if part.optional else text


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None
