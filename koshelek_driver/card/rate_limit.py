"""How guessing a card's password is slowed down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guesses:
    """Wrong passwords in a row for one card; `last_s` is Unix time."""

    count: int
    last_s: float


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`free` wrong passwords cost nothing; then the card waits `delay_s`, and twice as long each time.

    It waits `max_delay_s` at most, and after `forget_after_s` without a wrong one it begins anew.
    """

    free: int
    delay_s: float
    max_delay_s: float
    forget_after_s: float = 3600.0

    def wait_s(self, guesses: Guesses | None, now_s: float) -> float:
        """How long the card still waits.

        A wall clock that was set back or forth by more than the delay ends the wait: nobody is locked out for ever.
        """
        if guesses is None or guesses.count < self.free:
            return 0.0
        doublings = min(guesses.count - self.free, 32)
        delay_s = min(self.delay_s * 2.0**doublings, self.max_delay_s)
        since_s = abs(now_s - guesses.last_s)
        return max(0.0, delay_s - since_s)

    def after_wrong(self, guesses: Guesses | None, now_s: float) -> Guesses:
        """What is remembered after one more wrong password."""
        begins = guesses is None or abs(now_s - guesses.last_s) > self.forget_after_s
        return Guesses(1 if begins or guesses is None else guesses.count + 1, now_s)
