"""Reports of this till: X so far, Z that closes the business day, and those of days that are closed."""

from __future__ import annotations

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.accounting.report import Report, report
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.day_book import ClosedDay, Ended
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.payment.parts import PaymentParts


class Closing:
    """For any thread. Every method raises JournalError."""

    def __init__(self, parts: PaymentParts, rule: DayRule) -> None:
        self._journal = parts.journal
        self._clock = parts.clock
        self._rule = rule

    def so_far(self) -> Report:
        """X: the day that is open. It closes nothing but what the rule has ended already."""
        self.close_due()
        return self._open_day(closed=False)

    def close(self) -> Report:
        """Z: close the day that is open. What ends from now on is of the next; what is unknown is carried over."""
        self.close_due()
        with self._journal.database.transaction():
            made = self._open_day(closed=True)
            self._keep(made, self._journal.database.last_number())
        return made

    def close_due(self) -> list[Report]:
        """Close every day that has ended by the rule, each at the moment that the rule says, however late it is now.

        A day on which nothing happened is no day.
        """
        closed: list[Report] = []
        while (made := self._close_first_due()) is not None:
            closed.append(made)
        return closed

    def of_day(self, number: int) -> Report:
        """The Z report of a day that is closed, again. Raises UsageError for one that is not."""
        closing = self._journal.days.closing(number)
        if closing is None:
            last = self._journal.days.last()
            raise UsageError(f"day {number} is not closed", f"days 1 to {last.day} are" if last else "no day is")
        before = self._journal.days.closing(number - 1)
        ended = self._journal.days.ended(_event(before), closing.until)
        unknown = [found for request_id in closing.unsettled if (found := self._find(request_id)) is not None]
        return report(number, closing.date, ended, unknown, since_s=_at(before), until_s=closing.until_s, closed=True)

    def _close_first_due(self) -> Report | None:
        """Close the first day that has ended by the rule; looked for twice, for a look alone must not stop a sale."""
        if self._due_end_s() is None:
            return None
        with self._journal.database.transaction():
            end_s = self._due_end_s()
            return None if end_s is None else self._close_at(end_s)

    def _due_end_s(self) -> float | None:
        """When the day that is open ended by the rule; None while it goes on."""
        if self._rule.closes_at is None:
            return None
        first_s = self._journal.days.first_end_s(_event(self._journal.days.last()))
        end_s = None if first_s is None else self._rule.end_after(first_s)
        return end_s if end_s is not None and end_s <= self._clock.unix_s() else None

    def _close_at(self, end_s: float) -> Report:
        last = self._journal.days.last()
        until = self._journal.days.last_event(_event(last), end_s)
        ended = self._journal.days.ended(_event(last), until)
        unknown = [each for each in self._unknown() if each.created_s < end_s]
        made = report(
            _next(last), self._date(ended, end_s), ended, unknown, since_s=_at(last), until_s=end_s, closed=True
        )
        self._keep(made, until)
        return made

    def _open_day(self, *, closed: bool) -> Report:
        last, now_s = self._journal.days.last(), self._clock.unix_s()
        ended = self._journal.days.ended(_event(last), None)
        return report(
            _next(last),
            self._date(ended, now_s),
            ended,
            self._unknown(),
            since_s=_at(last),
            until_s=now_s,
            closed=closed,
        )

    def _keep(self, made: Report, until: int) -> None:
        unsettled = tuple(row.request_id for row in made.unknown)
        closing = ClosedDay(made.day, until, made.until_s, made.since_s, made.date, unsettled)
        self._journal.days.close(self._clock.unix_s(), closing, {"totals": made.totals})

    def _date(self, ended: list[Ended], otherwise_s: float) -> str:
        """The day's date: that of the first thing that ended in it."""
        return self._rule.date_of(min((each.at_s for each in ended), default=otherwise_s))

    def _find(self, request_id: str) -> Payment | Refund | None:
        return self._journal.by_request(request_id) or self._journal.refunds.find(request_id)

    def _unknown(self) -> list[Payment | Refund]:
        return [*self._journal.still_open(), *self._journal.refunds.still_open()]


def _next(closing: ClosedDay | None) -> int:
    return closing.day + 1 if closing else 1


def _event(closing: ClosedDay | None) -> int:
    return closing.until if closing else 0


def _at(closing: ClosedDay | None) -> float | None:
    return closing.until_s if closing else None
