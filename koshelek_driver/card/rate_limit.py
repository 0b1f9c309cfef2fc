"""Delays that slow down guessing the password of a card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guesses:
    """The number of wrong passwords in a row for one card; `last_s` is Unix time."""

    count: int
    last_s: float


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Rules of the delay: the first `free` wrong passwords are free, then the card must wait.

    It waits `delay_s` seconds, twice as long after each further one, and `max_delay_s` at most. After `forget_after_s`
    without a wrong password the count starts again.
    """

    free: int
    delay_s: float
    max_delay_s: float
    forget_after_s: float = 3600.0

    def wait_s(self, guesses: Guesses | None, now_s: float) -> float:
        """Return the seconds that the card must still wait.

        Setting the wall clock back or forth by more than the delay ends the wait, so no card is locked out forever.
        """
        if guesses is None or guesses.count < self.free:
            return 0.0
        doublings = min(guesses.count - self.free, 32)
        delay_s = min(self.delay_s * 2.0**doublings, self.max_delay_s)
        since_s = abs(now_s - guesses.last_s)
        return max(0.0, delay_s - since_s)

    def after_wrong(self, guesses: Guesses | None, now_s: float) -> Guesses:
        """Return the count to store after one more wrong password."""
        begins = guesses is None or abs(now_s - guesses.last_s) > self.forget_after_s
        return Guesses(1 if begins or guesses is None else guesses.count + 1, now_s)
