"""The grammar of payload templates, parsed into values.

    {prefix:CM}{card_number:13d}{card_session:6an}{password:3d}

A field is `{name:LENGTH CLASS}` with a length or a range of lengths (`6`, `1-32`) and a class: `d` digits, `an` Latin
letters and digits, `x` hexadecimal, `any`. `{card_number:13d:ean}` also requires a right check digit, `luhn` or `ean`.
`{prefix:TEXT}` is exactly that text. Text outside braces is a delimiter, and `{?:TEXT}` one that may be missing.
`{symbols:1d}` or `{symbols:2d}` restricts a template to one- or two-dimensional symbols.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from enum import StrEnum

from koshelek_driver.card.checksum import CHECKSUMS

FIELDS = ("prefix", "card_number", "card_session", "password")
MAX_LABEL = 4096
MAX_SESSION = 32
SESSION_IN_1D = 6
MAX_PAYING_CARD = 36
"""The API's limits: `cardSession` has at most 32 characters, 6 in a one-dimensional symbol; `loyaltyId` at most 36."""
CLASSES = {"d": string.digits, "an": string.ascii_letters + string.digits, "x": string.hexdigits}
ANY = "any"

_PIECE = re.compile(r"\{(?P<name>[^{}:]*):(?P<spec>[^{}]*)\}|(?P<text>[^{}]+)|(?P<stray>.)", re.DOTALL)
_SIZED = re.compile(rf"(\d+)(?:-(\d+))?(d|an|x|any)(?::({'|'.join(CHECKSUMS)}))?")


class TemplateError(ValueError):
    """An invalid template; the message shows it and the reason."""


class Symbols(StrEnum):
    """The two kinds of bar codes: one- and two-dimensional."""

    ONE_D = "1d"
    TWO_D = "2d"


@dataclass(frozen=True, slots=True)
class Text:
    """A fixed text of a template. `field` is empty for a delimiter, which may be `optional`."""

    text: str
    field: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sized:
    """A field of `low` to `high` characters of a class; `rule` names its check digit."""

    field: str
    low: int
    high: int
    kind: str
    rule: str = ""

    def takes(self, character: str) -> bool:
        """Return True if the character belongs to the class."""
        return self.kind == ANY or character in CLASSES[self.kind]


Part = Text | Sized


@dataclass(frozen=True, slots=True)
class Form:
    """One parsed template. `symbols` is None if it is for symbols of either kind."""

    template: str
    parts: tuple[Part, ...]
    symbols: Symbols | None = None

    def field(self, name: str) -> Part | None:
        """Return the part that holds a field, or None."""
        return next((part for part in self.parts if part.field == name), None)

    def within(self, symbols: Symbols) -> Form | None:
        """Return this template for symbols of one kind; None if it is not for them.

        In one-dimensional symbols a session has exactly six characters, whatever range the template gives.
        """
        if self.symbols not in (None, symbols):
            return None
        session = self.field("card_session")
        if symbols is Symbols.TWO_D or not isinstance(session, Sized):
            return self
        if not session.low <= SESSION_IN_1D <= session.high:
            return None
        exact = replace(session, low=SESSION_IN_1D, high=SESSION_IN_1D)
        return replace(self, parts=tuple(exact if part is session else part for part in self.parts))


def parse_template(template: str) -> Form:
    """Parse one template. Raises TemplateError."""
    parts: list[Part] = []
    symbols: Symbols | None = None
    for piece in _PIECE.finditer(template):
        if piece["stray"]:
            raise _refusal(template, f"'{template[piece.start() :]}' is not a field; a field is {{name:13d}}")
        if piece["name"] == "symbols":
            symbols = _symbols(template, piece["spec"])
        else:
            parts.append(Text(piece["text"]) if piece["text"] else _field(template, piece["name"], piece["spec"]))
    return _checked(Form(template, tuple(parts), symbols))


def _symbols(template: str, spec: str) -> Symbols:
    try:
        return Symbols(spec)
    except ValueError:
        raise _refusal(template, f"symbols are '{spec}', not 1d or 2d") from None


def _field(template: str, name: str, spec: str) -> Part:
    if name == "?" and spec:
        return Text(spec, optional=True)
    if name not in FIELDS:
        raise _refusal(template, f"unknown field '{name}'; allowed: {', '.join(FIELDS)}, symbols, ?")
    sized = _SIZED.fullmatch(spec)
    if sized is None and name == "prefix" and spec:
        return Text(spec, field=name)
    if sized is None:
        raise _refusal(template, f"'{spec}' is not a length and a class, such as 13d, 1-32an or 13d:ean")
    low, high, kind, rule = sized.groups()
    part = Sized(name, int(low), int(high or low), kind, rule or "")
    _check_sizes(template, part, spec)
    return part


def _check_sizes(template: str, part: Sized, spec: str) -> None:
    if not 1 <= part.low <= part.high <= MAX_LABEL:
        raise _refusal(template, f"the length '{spec}' is not between 1 and {MAX_LABEL}")
    if part.rule and part.kind != "d":
        raise _refusal(template, f"'{spec}': only digits (d) have a check digit")
    if part.field == "card_session" and (part.high > MAX_SESSION or part.kind == ANY):
        raise _refusal(template, f"'{spec}': a session is at most {MAX_SESSION} Latin letters and digits (an)")


def _checked(form: Form) -> Form:
    names = [part.field for part in form.parts if part.field]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise _refusal(form.template, f"the field '{twice}' comes twice")
    number = form.field("card_number")
    if number is None:
        raise _refusal(form.template, "it has no card_number")
    if form.field("card_session") and isinstance(number, Sized) and number.high > MAX_PAYING_CARD:
        raise _refusal(form.template, f"a card that pays has a number of at most {MAX_PAYING_CARD} characters")
    if form.symbols is Symbols.ONE_D and form.within(Symbols.ONE_D) is None:
        raise _refusal(form.template, f"a session in a one-dimensional symbol has {SESSION_IN_1D} characters")
    return form


def _refusal(template: str, why: str) -> TemplateError:
    return TemplateError(f"template '{template}': {why}")
