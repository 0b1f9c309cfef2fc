"""The hash chain over the journal's events: a changed, removed or inserted event breaks it.

`Journal.verify` walks the chain. It proves nothing against someone who computes every later link anew; it finds
accidents, and edits by hand.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FIRST_LINK = bytes(32)
"""Stands before the first event, which has no predecessor."""


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
