"""New charges rest while the host does not answer: the cashier is told at once, and not after 30 seconds each time.

Only new charges rest. Whatever may have arrived is asked about, cancelled and refunded all the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """After `failures` charges in a row without a word of the host, none for `pause_s`; then one may try.

    `now_s` is a steady clock. Not safe for threads: its owner holds the till's lock.
    """

    failures: int
    pause_s: float
    _in_a_row: int = 0
    _rests_until_s: float = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """How long charges still rest; 0 when one may be sent."""
        return max(0.0, self._rests_until_s - now_s)

    def heard(self, *, answered: bool, now_s: float) -> None:
        """A charge ended, with or without a word of the host."""
        self._in_a_row = 0 if answered else self._in_a_row + 1
        if self.failures and self._in_a_row >= self.failures:
            self._rests_until_s = now_s + self.pause_s
