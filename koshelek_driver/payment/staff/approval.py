"""The approval of a large refund by a supervisor, checked before anything is sent."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from koshelek_driver.card.rate_limit import RateLimit
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.refund_limits import Paid, RefundPlan
from koshelek_driver.payment.staff.operators import Staff
from koshelek_driver.secrets import Secret

_NAME = "supervisor"
"""Stored in place of a requestId with the events of this module."""
_WHO = hashlib.sha256(b"koshelek-driver supervisor").digest()
"""The key under which the journal counts wrong secrets, beside those of cards."""
_RATE_LIMIT = RateLimit(free=3, delay_s=5.0, max_delay_s=300.0)


class RefundApproval:
    """The rule that more than `limit` kopecks of a payment come back only with the supervisor's secret.

    The limit counts all that is given back of one payment, so that a refund in parts does not pass below it. None: no
    limit. Wrong secrets are slowed down as wrong passwords of a card are, also over several programs of the till.
    """

    def __init__(self, journal: Journal, clock: Clock, limit: int | None, supervisor: Secret | None) -> None:
        self._journal = journal
        self._clock = clock
        self._limit = limit
        self._supervisor = supervisor

    def check(self, transaction_id: str, paid: Paid, plan: RefundPlan, staff: Staff) -> None:
        """Check that a refund may begin. The caller holds the till's lock.

        Raises:
            UsageError: it is above the limit, and the supervisor's secret is missing or wrong, or has to wait.
            JournalError: the journal cannot be written.
        """
        total = paid.back + plan.amount
        if self._limit is None or total <= self._limit:
            return
        what = f"refund of {plan.amount} kopecks, with {paid.back} given back before: the limit is {self._limit}"
        if not self._supervisor:
            raise UsageError(what, "name driver.supervisor in the site file: such a refund needs its secret")
        if not staff.supervisor:
            raise UsageError(what, "have the supervisor repeat it with --supervisor")
        self._refuse_hasty(what)
        facts: dict[str, Any] = {"transaction_id": transaction_id, "amount": plan.amount, "operator": staff.operator}
        if not _same(staff.supervisor, self._supervisor):
            self._keep_wrong(facts)
            raise UsageError(f"{what}; the supervisor's secret is wrong", "nothing was sent; ask the supervisor")
        self._keep_right(facts)

    def _refuse_hasty(self, what: str) -> None:
        """Refuse any secret, right or wrong, until the delay of the wrong ones is over."""
        wait_s = _RATE_LIMIT.wait_s(self._journal.cards.guesses(_WHO), self._clock.unix_s())
        if wait_s > 0:
            raise UsageError(f"{what}; the supervisor's secret was wrong too often", f"wait {wait_s:.0f} s")

    def _keep_wrong(self, facts: dict[str, Any]) -> None:
        now_s = self._clock.unix_s()
        with self._journal.database.event(now_s, "supervisor refused", _NAME, facts):
            guesses = self._journal.cards.guesses(_WHO)
            self._journal.cards.keep_guesses(_WHO, _RATE_LIMIT.after_wrong(guesses, now_s))

    def _keep_right(self, facts: dict[str, Any]) -> None:
        with self._journal.database.event(self._clock.unix_s(), "supervisor approved", _NAME, facts):
            self._journal.cards.forget_guesses(_WHO)


def _same(given: Secret, expected: Secret) -> bool:
    """Compare in a time that depends neither on the place of a difference nor on the lengths."""
    return hmac.compare_digest(_digest(given), _digest(expected))


def _digest(secret: Secret) -> bytes:
    """Return the hash of a secret; `surrogatepass` because a console may hand over what is no UTF-8."""
    return hashlib.sha256(secret.reveal().encode("utf-8", "surrogatepass")).digest()
