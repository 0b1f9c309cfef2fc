"""Hold new charges back while the host does not respond, so that a cashier is told at once and not after 30 seconds.

Only new charges are held back: a charge that may have arrived is still asked about, cancelled and refunded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """Holds charges back for `pause_s` after `failures` of them in a row without a response; then one may try.

    `now_s` is a steady clock, in seconds. Not safe for threads: its owner holds the till's lock.
    """

    failures: int
    pause_s: float
    _in_a_row: int = 0
    _rests_until_s: float = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Return how many seconds charges are still held back; 0 if one may be sent."""
        return max(0.0, self._rests_until_s - now_s)

    def heard(self, *, answered: bool, now_s: float) -> None:
        """Count a charge that ended with (`answered`) or without a response of the host."""
        self._in_a_row = 0 if answered else self._in_a_row + 1
        if self.failures and self._in_a_row >= self.failures:
            self._rests_until_s = now_s + self.pause_s
