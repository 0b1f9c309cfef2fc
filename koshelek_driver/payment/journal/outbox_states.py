"""The purpose and the state of an entry of the outbox."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The purpose of an entry."""

    RECEIPT = "receipt"
    """A fiscal receipt for the customer's app."""
    WATCH = "watch"
    """A payment that was cancelled, or closed as unpaid: the host is asked later if it is still unpaid."""


class State(StrEnum):
    """The state of an entry. DONE and REFUSED are final."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    PARKED = "parked"
    """Abandoned after too many tries; `recover` sends it again."""
    ALARM = "alarm"
    """A watched payment was paid after all; checks continue until the money is refunded."""
