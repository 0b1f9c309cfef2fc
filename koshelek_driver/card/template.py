"""Payload templates: how a label divides into prefix, card number, session and password.

    {prefix:CM}{card_number:13d}{card_session:6an}{password:3d}

A field is `{name:LENGTH CLASS}` with a length or a range of lengths (`6`, `1-32`) and a class:
`d` digits, `an` Latin letters and digits, `x` hexadecimal, `any`; or `{name:TEXT}` for exactly that text.
What stands outside braces is a delimiter. A template matches a whole label or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.secrets import Secret

FIELDS = ("prefix", "card_number", "card_session", "password")
MAX_LABEL = 4096

_FIELD = re.compile(r"\{(?P<name>[^{}:]*):(?P<spec>[^{}]*)\}")
_SIZED = re.compile(r"(?P<low>\d+)(?:-(?P<high>\d+))?(?P<kind>d|an|x|any)")
_CLASSES = {"d": "[0-9]", "an": "[A-Za-z0-9]", "x": "[0-9A-Fa-f]", "any": "."}


class TemplateError(ValueError):
    """A template that cannot be meant; the message names it and what is wrong."""


class Template:
    """One compiled template. Raises TemplateError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern = re.compile(_compile(text), re.DOTALL)

    def match(self, label: str) -> CardPresentation | None:
        """The card, if the whole label has this form."""
        found = self._pattern.fullmatch(label) if len(label) <= MAX_LABEL else None
        if found is None:
            return None
        fields = {name: value for name, value in found.groupdict().items() if value}
        return CardPresentation(
            prefix=fields.get("prefix", ""),
            card_number=Secret(fields["card_number"]),
            card_session=_secret(fields.get("card_session")),
            password=_secret(fields.get("password")),
        )


class Templates:
    """Templates in the order in which they are tried; the first that matches wins."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._templates = [Template(text) for text in texts]
        if not self._templates:
            raise TemplateError("no payload templates: at least one is needed")

    def match(self, label: str) -> CardPresentation | None:
        """The card by the first template that accepts the whole label, or None."""
        return next((card for template in self._templates if (card := template.match(label))), None)


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _compile(text: str) -> str:
    parts: list[str] = []
    seen: list[str] = []
    at = 0
    for found in _FIELD.finditer(text):
        parts += [
            _delimiter(text, text[at : found.start()]),
            _field(text, found["name"], found["spec"], seen),
        ]
        at = found.end()
    parts.append(_delimiter(text, text[at:]))
    if "card_number" not in seen:
        raise TemplateError(f"template '{text}': it has no card_number")
    return "".join(parts)


def _delimiter(template: str, text: str) -> str:
    if "{" in text or "}" in text:
        raise TemplateError(f"template '{template}': '{text}' is not a field; a field is {{name:13d}}")
    return re.escape(text)


def _field(template: str, name: str, spec: str, seen: list[str]) -> str:
    if name not in FIELDS:
        raise TemplateError(f"template '{template}': unknown field '{name}'; allowed: {', '.join(FIELDS)}")
    if name in seen:
        raise TemplateError(f"template '{template}': the field '{name}' comes twice")
    seen.append(name)
    return f"(?P<{name}>{_spec(template, name, spec)})"


def _spec(template: str, name: str, spec: str) -> str:
    sized = _SIZED.fullmatch(spec)
    if sized is None:
        if name != "prefix":
            raise TemplateError(f"template '{template}': '{spec}' is not a length and a class, such as 13d or 1-32an")
        return re.escape(spec)
    low, high = int(sized["low"]), int(sized["high"] or sized["low"])
    if not 1 <= low <= high <= MAX_LABEL:
        raise TemplateError(f"template '{template}': the length '{spec}' is not between 1 and {MAX_LABEL}")
    return f"{_CLASSES[sized['kind']]}{{{low},{high}}}"
