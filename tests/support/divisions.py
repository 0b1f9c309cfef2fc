"""An independent reading of payload templates: every way in which a label divides, by trying them all."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from koshelek_driver.card.presentation import CardPresentation

CHARACTERS = {"d": string.digits, "an": string.ascii_letters + string.digits, "x": string.hexdigits}
Fields = dict[str, str]
Division = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Piece:
    """A field of some lengths, or a text; as the tests write templates and as they read labels."""

    field: str = ""
    low: int = 0
    high: int = 0
    kind: str = ""
    rule: str = ""
    text: str = ""
    optional: bool = False

    def written(self) -> str:
        if self.text:
            return f"{{?:{self.text}}}" if self.optional else f"{{prefix:{self.text}}}" if self.field else self.text
        length = f"{self.low}" if self.low == self.high else f"{self.low}-{self.high}"
        return f"{{{self.field}:{length}{self.kind}{':' if self.rule else ''}{self.rule}}}"

    def sizes(self, label: str) -> Iterator[int]:
        """How many characters at the beginning of this rest of a label may be this piece."""
        if self.text:
            if label.startswith(self.text):
                yield len(self.text)
            if self.optional:
                yield 0
            return
        for size in range(self.low, min(self.high, len(label)) + 1):
            taken = label[:size]
            is_of_class = self.kind == "any" or all(each in CHARACTERS[self.kind] for each in taken)
            if is_of_class and (not self.rule or checks(self.rule, taken)):
                yield size


def template(pieces: list[Piece]) -> str:
    return "".join(piece.written() for piece in pieces)


def divisions(pieces: list[Piece], label: str, at: int = 0) -> Iterator[Division]:
    """Every way to divide the whole label, as the place of each field."""
    if not pieces:
        if at == len(label):
            yield ()
        return
    first, rest = pieces[0], pieces[1:]
    for size in first.sizes(label[at:]):
        here = ((first.field, at, at + size),) if first.field else ()
        for more in divisions(rest, label, at + size):
            yield here + more


def fields(division: Division, label: str) -> Fields:
    return {field: label[start:end] for field, start, end in division}


def revealed(card: CardPresentation | None) -> Fields | None:
    """What the driver made of it, in the same form."""
    if card is None:
        return None
    secrets = {"card_number": card.card_number, "card_session": card.card_session, "password": card.password}
    found = {name: secret.reveal() for name, secret in secrets.items() if secret is not None}
    return {**found, "prefix": card.prefix} if card.prefix else found


def checks(rule: str, digits: str) -> bool:
    """Check digits the way the standards tell it, from the left."""
    if rule == "ean":
        odd, even = digits[-1::-2], digits[-2::-2]
        return (sum(map(int, odd)) + 3 * sum(map(int, even))) % 10 == 0
    doubled = [2 * int(each) for each in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(each if each < 10 else each - 9 for each in doubled)) % 10 == 0
