"""Cash reports of this till: X for an open business day, Z for a closed one."""

from __future__ import annotations

from dataclasses import replace

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.accounting.report import Report, make_report
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.day_book import ClosedDay, Operation
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.payment.parts import PaymentParts


class Closing:
    """The business days of one till, for any thread.

    Methods block for a few disk writes and raise JournalError. Several programs may close days at the same time: the
    rows of a day are read in the transaction that closes it, so no row is counted twice or lost.
    """

    def __init__(self, parts: PaymentParts, rule: DayRule) -> None:
        self._journal = parts.journal
        self._clock = parts.clock
        self._rule = rule

    def report_open_day(self) -> Report:
        """Return the X report: the open day so far. Days that have ended by the rule are closed first."""
        self.close_due()
        return self._open_day(closed=False)

    def close(self) -> Report:
        """Close the open day and return its Z report.

        Payments that end later belong to the next day; unknown ones are listed, and carried over.
        """
        self.close_due()
        with self._journal.database.transaction():
            made = self._open_day(closed=True)
            return self._store(made, self._journal.database.last_number())

    def close_due(self) -> list[Report]:
        """Close every day that has ended by the rule, and return their Z reports.

        Each day ends at the time of the rule, even if the driver was off then. A day in which no payment or refund
        ended is skipped, and gets no number.
        """
        closed: list[Report] = []
        while (made := self._close_first_due()) is not None:
            closed.append(made)
        return closed

    def report_closed_day(self, number: int) -> Report:
        """Return the Z report of a closed day again. Raises UsageError if it is not closed.

        Requests that were unknown at the closing are shown with what is known of them today.
        """
        closing = self._journal.days.closing(number)
        if closing is None:
            last = self._journal.days.last()
            raise UsageError(f"day {number} is not closed", f"days 1 to {last.day} are" if last else "no day is")
        before = self._journal.days.closing(number - 1)
        ended = self._journal.days.ended(_last_event(before), closing.until)
        unknown = [found for request_id in closing.unsettled if (found := self._find(request_id)) is not None]
        made = make_report(
            number, closing.date, ended, unknown, since_s=_end_s(before), until_s=closing.until_s, closed=True
        )
        return self._anchored(made)

    def _close_first_due(self) -> Report | None:
        """Close the first day that has ended by the rule. Return None if there is none.

        Checked twice: first without the write lock, because this check is frequent and must not delay a sale; then
        inside the transaction, because another program may have closed the day in between.
        """
        if self._due_end_s() is None:
            return None
        with self._journal.database.transaction():
            end_s = self._due_end_s()
            return None if end_s is None else self._close_at(end_s)

    def _due_end_s(self) -> float | None:
        """Return the time at which the open day ended by the rule. None if it has not."""
        if self._rule.closes_at is None:
            return None
        first_s = self._journal.days.first_end_s(_last_event(self._journal.days.last()))
        end_s = None if first_s is None else self._rule.end_after(first_s)
        return end_s if end_s is not None and end_s <= self._clock.unix_s() else None

    def _close_at(self, end_s: float) -> Report:
        last = self._journal.days.last()
        until = self._journal.days.last_event(_last_event(last), end_s)
        ended = self._journal.days.ended(_last_event(last), until)
        unknown = [each for each in self._unknown() if each.created_s < end_s]
        made = make_report(
            _next_number(last),
            self._date(ended, end_s),
            ended,
            unknown,
            since_s=_end_s(last),
            until_s=end_s,
            closed=True,
        )
        return self._store(made, until)

    def _open_day(self, *, closed: bool) -> Report:
        last, now_s = self._journal.days.last(), self._clock.unix_s()
        ended = self._journal.days.ended(_last_event(last), None)
        return make_report(
            _next_number(last),
            self._date(ended, now_s),
            ended,
            self._unknown(),
            since_s=_end_s(last),
            until_s=now_s,
            closed=closed,
        )

    def _store(self, made: Report, until: int) -> Report:
        """Close the day of a report; return it with the anchor of its closing event."""
        unsettled = tuple(row.request_id for row in made.unknown)
        closing = ClosedDay(made.day, until, made.until_s, made.since_s, made.date, unsettled)
        self._journal.days.close(self._clock.unix_s(), closing, {"totals": made.totals})
        return self._anchored(made)

    def _anchored(self, made: Report) -> Report:
        return replace(made, anchor=self._journal.days.anchor(made.day))

    def _date(self, ended: list[Operation], otherwise_s: float) -> str:
        """Return the date on which its earliest row ended; without rows the date of `otherwise_s`."""
        return self._rule.date_of(min((each.at_s for each in ended), default=otherwise_s))

    def _find(self, request_id: str) -> Payment | Refund | None:
        return self._journal.by_request(request_id) or self._journal.refunds.find(request_id)

    def _unknown(self) -> list[Payment | Refund]:
        return [*self._journal.still_open(), *self._journal.refunds.still_open()]


def _next_number(closing: ClosedDay | None) -> int:
    return closing.day + 1 if closing else 1


def _last_event(closing: ClosedDay | None) -> int:
    return closing.until if closing else 0


def _end_s(closing: ClosedDay | None) -> float | None:
    return closing.until_s if closing else None
