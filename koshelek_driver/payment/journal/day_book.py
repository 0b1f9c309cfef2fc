"""Business days in the journal: each ends with an event of its own, so neither clock nor time zone moves a row.

A payment or refund belongs to the day in whose run of events it ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.outcome import Outcome

_COLUMNS = "order_id, request_id, amount, outcome, transaction_id, error_code, slip"
_WHERE = "WHERE ended > ? AND ended <= ?"
_PAYMENTS = f"SELECT {_COLUMNS}, '', closed_s, ended FROM attempt {_WHERE}"  # noqa: S608
_REFUNDS = f"SELECT {_COLUMNS}, ref_transaction_id, closed_s, ended FROM refund {_WHERE}"  # noqa: S608
_FIRST_END = (
    f"SELECT min(at_s) FROM (SELECT min(+closed_s) AS at_s FROM attempt {_WHERE}"  # noqa: S608
    f" UNION ALL SELECT min(+closed_s) FROM refund {_WHERE})"
)
"""+: by the index of ends, which has the day's rows, and not by that of times, which has all."""
_OUTCOMES = {each.value: each for each in Outcome}
_READ_SLIP = msgspec.json.Decoder(dict[str, Any]).decode
_KIND = "day closed"
_NAME = "business day"
"""Stands where other events have a requestId, so that closings are found without reading the rest."""

_CLOSED = "SELECT number, at_s, data FROM event WHERE request_id = ?"


class ClosedDay(msgspec.Struct, frozen=True):
    """How a day ended: its number from 1 on, its date, and the last event that is in it.

    `since_s` and `until_s` are Unix time; `unsettled` are the requests whose outcome was not known then.
    """

    day: int
    until: int = 0
    until_s: float = 0.0
    since_s: float | None = None
    date: str = ""
    unsettled: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True):
    """A payment or refund that ended, at Unix time `at_s`; a Struct, for a report reads ten thousand of them.

    `till` is the till that made it, where several are in question.
    """

    order_id: str
    request_id: str
    amount: int
    outcome: Outcome
    payment_transaction_id: str
    error_code: str
    slip: dict[str, Any]
    refund_transaction_id: str
    at_s: float
    till: str = ""


class DayBook:
    """Every method blocks for about a disk write, and raises JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> ClosedDay | None:
        """The day that was closed last."""
        found = self._closings("DESC LIMIT 1")
        return found[0] if found else None

    def closing(self, day: int) -> ClosedDay | None:
        """How a day was closed; None for one that is not."""
        found = self._closings("LIMIT 1 OFFSET ?", day - 1) if day > 0 else []
        return found[0] if found else None

    def ended(self, after: int, until: int | None) -> list[Ended]:
        """What ended behind one event and, if `until` is given, not behind another; in the order of their ends."""
        last = until if until is not None else self._database.last_number()
        rows = [*self._database.run(_PAYMENTS, after, last), *self._database.run(_REFUNDS, after, last)]
        return [_ended(row) for row in sorted(rows, key=_number)]

    def first_end_s(self, after: int) -> float | None:
        """The earliest moment at which anything ended behind an event; None when nothing did."""
        run = after, self._database.last_number()
        first: float | None = self._database.run(_FIRST_END, *run, *run)[0][0]
        return first

    def last_event(self, after: int, before_s: float) -> int:
        """The last event behind another that happened before a moment; that one itself when there is none."""
        sql = "SELECT coalesce(max(number), ?) FROM event WHERE number > ? AND at_s < ?"
        return int(self._database.run(sql, after, after, before_s)[0][0])

    def close(self, at_s: float, closing: ClosedDay, facts: dict[str, Any]) -> None:
        """End a day; inside `transaction`, after its rows were read. `facts` are kept beside it."""
        self._database.add_event(at_s, _KIND, _NAME, {**msgspec.to_builtins(closing), **msgspec.to_builtins(facts)})

    def _closings(self, which: str, *values: int) -> list[ClosedDay]:
        rows = self._database.run(f"{_CLOSED} ORDER BY number {which}", _NAME, *values)
        return [_closing(*row) for row in rows]


def closings_in(all_rows: Callable[..., list[Any]], after: int, until: int) -> list[ClosedDay]:
    """The days that were closed behind one event and not behind another; `all_rows` reads the journal."""
    sql = f"{_CLOSED} AND number > ? AND number <= ? ORDER BY number"
    return [_closing(*row) for row in all_rows(sql, _NAME, after, until)]


def _closing(number: int, at_s: float, data: str) -> ClosedDay:
    """Of its event. The first version closed with the event itself, at its time."""
    read = msgspec.json.decode(data, type=ClosedDay)
    return read if read.until else msgspec.structs.replace(read, until=number, until_s=at_s)


def _number(row: Any) -> int:
    """The event that ended it."""
    return int(row[-1])


def _ended(row: Any) -> Ended:
    order_id, request_id, amount, outcome, transaction_id, error_code, slip, refund_id, at_s, _ = row
    shown = _READ_SLIP(slip) if slip else {}
    return Ended(order_id, request_id, amount, _OUTCOMES[outcome], transaction_id, error_code, shown, refund_id, at_s)
