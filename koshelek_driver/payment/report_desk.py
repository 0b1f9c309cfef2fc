"""Reports of this till: X so far, Z that closes the business day, and those of days that are closed."""

from __future__ import annotations

from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.day_book import Closing
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.payment.report import Report, report
from koshelek_driver.payment.till import Till


class ReportDesk:
    """For any thread. Every method raises JournalError."""

    def __init__(self, till: Till) -> None:
        self._journal = till.journal
        self._clock = till.clock

    def so_far(self) -> Report:
        """X: the day that is open. It changes nothing."""
        return self._open_day(closed=False)

    def close(self) -> Report:
        """Z: close the day that is open. What ends from now on is of the next; what is unknown is carried over."""
        with self._journal.database.transaction():
            made = self._open_day(closed=True)
            facts = {"day": made.day, "totals": made.totals, "unknown": len(made.unknown)}
            self._journal.days.close(made.until_s, facts)
        return made

    def of_day(self, number: int) -> Report:
        """The Z report of a day that is closed, again. Raises UsageError for one that is not."""
        closings = self._journal.days.closings()
        if not 1 <= number <= len(closings):
            raise UsageError(f"day {number} is not closed", f"days 1 to {len(closings)} are")
        closing = closings[number - 1]
        before = closings[number - 2] if number > 1 else None
        ended = self._journal.days.ended(_event(before), closing.event)
        return report(number, _at(before), closing.at_s, ended, (), closed=True)

    def _open_day(self, *, closed: bool) -> Report:
        closings = self._journal.days.closings()
        last = closings[-1] if closings else None
        ended = self._journal.days.ended(_event(last), None)
        return report(len(closings) + 1, _at(last), self._clock.unix_s(), ended, self._unknown(), closed=closed)

    def _unknown(self) -> list[Payment | Refund]:
        waiting: list[Payment | Refund] = [*self._journal.unfinished(), *self._journal.refunds.unfinished()]
        return [each for each in waiting if each.outcome is Outcome.UNKNOWN]


def _event(closing: Closing | None) -> int:
    return closing.event if closing else 0


def _at(closing: Closing | None) -> float | None:
    return closing.at_s if closing else None
