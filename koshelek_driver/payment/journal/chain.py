"""The hash chain over the journal's events: a changed, removed or inserted event breaks it.

`Journal.verify` walks the chain. It proves nothing against someone who computes every later link anew; it finds
accidents, and edits by hand.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

FIRST_LINK = bytes(32)
"""Stands before the first event, which has no predecessor."""
_ANCHOR = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{16,64})", re.ASCII)
_PAPER_DIGITS = 16
"""Hexadecimal digits of a link on paper: 64 bits, which nobody meets by chance."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """An event and its link: what is printed of it proves the journal up to there.

    `link` is hexadecimal, whole or, from paper, its beginning.
    """

    event: int
    link: str

    def on_paper(self) -> str:
        """Return the anchor as a Z report prints it and `journal verify --anchor` reads it."""
        return f"{self.event}-{self.link[:_PAPER_DIGITS]}"


def parse_anchor(text: str) -> Anchor | None:
    """Parse an anchor from paper, in letters of either case; None if it is none."""
    found = _ANCHOR.fullmatch(text.strip().lower())
    return Anchor(int(found[1]), found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the journal.

    `data` is JSON text, `at_s` Unix time; `link` is the SHA-256 over all fields and over the link before it.
    """

    number: int
    at_s: float
    kind: str
    request_id: str
    data: str
    link: bytes

    def is_linked_to(self, before: bytes, number: int) -> bool:
        """Return True if the event is unchanged and follows the one whose link is `before`."""
        return self.number == number and self.link == link(
            before, self.number, self.at_s, self.kind, self.request_id, self.data
        )


def link(before: bytes, number: int, at_s: float, *texts: str) -> bytes:
    """Return the link of an event.

    It is the SHA-256 over the link before and all fields, joined by NUL. The time is written in hexadecimal, which is
    exact where a decimal is rounded.
    """
    return hashlib.sha256(before + "\x00".join((str(number), at_s.hex(), *texts)).encode()).digest()
