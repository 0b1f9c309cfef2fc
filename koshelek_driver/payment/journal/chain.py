"""The hash chain over a journal's events: whoever changes, removes or slips in one is found out by `verify`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FIRST_LINK = bytes(32)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `data` is JSON text, `at_s` Unix time, `link` covers all of it and the event before."""

    number: int
    at_s: float
    kind: str
    request_id: str
    data: str
    link: bytes

    def is_linked_to(self, before: bytes, number: int) -> bool:
        """Whether it stands unchanged behind the event whose link is `before`."""
        return self.number == number and self.link == link(
            before, self.number, self.at_s, self.kind, self.request_id, self.data
        )


def link(before: bytes, number: int, at_s: float, *texts: str) -> bytes:
    """The link of an event: SHA-256 over the link before it and everything in it."""
    return hashlib.sha256(before + "\x00".join((str(number), at_s.hex(), *texts)).encode()).digest()
