"""Business days in the journal: runs of events, each ended by a closing event.

A payment or refund belongs to the day in whose run it ended. Event numbers decide and not times, so a clock or a time
zone that changes cannot move a row to another day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from koshelek_driver.payment.journal.chain import Anchor
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.tables import Kopecks, Seconds, convert, read, read_all
from koshelek_driver.payment.outcome import Outcome

_COLUMNS = "order_id, request_id, amount, outcome, transaction_id, error_code, slip, operator, ended_by"
_WHERE = "WHERE ended > ? AND ended <= ?"
_PAYMENTS = f"SELECT {_COLUMNS}, '', closed_s, ended FROM attempt {_WHERE}"  # noqa: S608
_REFUNDS = f"SELECT {_COLUMNS}, ref_transaction_id, closed_s, ended FROM refund {_WHERE}"  # noqa: S608
_FIRST_END = (
    f"SELECT min(at_s) FROM (SELECT min(+closed_s) AS at_s FROM attempt {_WHERE}"  # noqa: S608
    f" UNION ALL SELECT min(+closed_s) FROM refund {_WHERE})"
)
"""The unary + rules out the index of `closed_s`: SQLite would read all rows by it, and only the day's by `ended`."""
_ROW = tuple[str, str, Kopecks, Outcome, str, str, str | None, str, str, str, Seconds, int]
_READ_SLIP = msgspec.json.Decoder(dict[str, Any]).decode
_KIND = "day closed"
_NAME = "business day"
"""Stored in place of a requestId, so that the index of requestIds finds closings without reading other events."""

_CLOSED = "SELECT number, at_s, data FROM event WHERE request_id = ?"


class ClosedDay(msgspec.Struct, frozen=True):
    """A closed business day.

    `day` is its number, counted from 1, `until` the number of its last event. `since_s` and `until_s` are Unix time;
    `unsettled` are the requests whose outcome was unknown at the closing.
    """

    day: int
    until: int = 0
    until_s: float = 0.0
    since_s: float | None = None
    date: str = ""
    unsettled: tuple[str, ...] = ()


class Operation(msgspec.Struct, frozen=True):
    """A payment or refund as reports count it.

    `at_s` is the Unix time of its end, `amount` is in kopecks. An open one has the time of its beginning. `till` is the
    name of the till in reports over several tills, else empty. `operator` began it, `ended_by` acted on it later. A
    msgspec.Struct, because it is created faster than a dataclass, and a report reads ten thousand of them.
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
    operator: str = ""
    ended_by: str = ""


class DayBook:
    """The business days of a journal, for any thread. Every method blocks for about a disk write.

    Every method raises JournalError. Times are Unix seconds. `after` and `until` are numbers of events; the range
    excludes `after` and includes `until`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> ClosedDay | None:
        """Return the day that was closed last; None if none was."""
        found = self._closings("DESC LIMIT 1")
        return found[0] if found else None

    def closing(self, day: int) -> ClosedDay | None:
        """Return a closed day by its number; None if it is not closed."""
        found = self._closings("LIMIT 1 OFFSET ?", day - 1) if day > 0 else []
        return found[0] if found else None

    def anchor(self, day: int) -> Anchor | None:
        """Return the event that closed a day, with its link; None if the day is not closed."""
        sql = "SELECT number, link FROM event WHERE request_id = ? ORDER BY number LIMIT 1 OFFSET ?"
        found = self._database.run(sql, _NAME, day - 1) if day > 0 else []
        return Anchor(found[0][0], bytes(found[0][1]).hex()) if found else None

    def ended(self, after: int, until: int | None) -> list[Operation]:
        """Return operations that ended after an event, in their order. `until` None: up to the last event."""
        last = until if until is not None else self._database.last_number()
        rows = [*self._database.run(_PAYMENTS, after, last), *self._database.run(_REFUNDS, after, last)]
        return read_all(_read_operation, sorted(rows, key=_end_number))

    def first_end_s(self, after: int) -> float | None:
        """Return the earliest time at which anything ended after an event; None if nothing did.

        The earliest, and not that of the first row, because the clock may have been set back meanwhile.
        """
        run = after, self._database.last_number()
        return read(_read_time, self._database.run(_FIRST_END, *run, *run)[0])

    def last_event(self, after: int, before_s: float) -> int:
        """Return the last event after `after` and before a time. `after` itself if there is none."""
        sql = "SELECT coalesce(max(number), ?) FROM event WHERE number > ? AND at_s < ?"
        return read(_read_number, self._database.run(sql, after, after, before_s)[0])

    def close(self, at_s: float, closing: ClosedDay, facts: dict[str, Any]) -> None:
        """Add the closing event of a day, with `facts` beside it.

        To be called in the transaction that read the day's rows, so that nothing ends between reading and closing.
        """
        self._database.add_event(at_s, _KIND, _NAME, {**msgspec.to_builtins(closing), **msgspec.to_builtins(facts)})

    def _closings(self, which: str, *values: int) -> list[ClosedDay]:
        rows = self._database.run(f"{_CLOSED} ORDER BY number {which}", _NAME, *values)
        return read_all(_read_closing, rows)


def find_closings(all_rows: Callable[..., list[Any]], after: int, until: int) -> list[ClosedDay]:
    """Return the days that were closed after one event and up to another.

    `all_rows` executes a query: this function serves connections that only read, too.
    """
    sql = f"{_CLOSED} AND number > ? AND number <= ? ORDER BY number"
    return read_all(_read_closing, all_rows(sql, _NAME, after, until))


def _read_closing(row: Any) -> ClosedDay:
    """Return the day that a closing event describes.

    Events of the driver's first version have no `until`: there the day ended with the closing event, at its time.
    """
    number, at_s, data = convert(row, tuple[int, Seconds, str])
    found = msgspec.json.decode(data, type=ClosedDay)
    return found if found.until else msgspec.structs.replace(found, until=number, until_s=at_s)


def _read_time(row: Any) -> float | None:
    found: float | None = convert(row, tuple[Seconds | None])[0]
    return found


def _read_number(row: Any) -> int:
    return int(convert(row, tuple[int])[0])


def _end_number(row: Any) -> int:
    """Return the number of the event that ended a row; see _PAYMENTS. Its foreign type is found when it is read."""
    return row[-1] if isinstance(row[-1], int) else 0


def _read_operation(row: Any) -> Operation:
    (
        order_id,
        request_id,
        amount,
        outcome,
        transaction_id,
        error_code,
        slip,
        operator,
        ended_by,
        refund_id,
        at_s,
        _,
    ) = convert(row, _ROW)
    return Operation(
        order_id,
        request_id,
        amount,
        outcome,
        transaction_id,
        error_code,
        _READ_SLIP(slip) if slip else {},
        refund_id,
        at_s,
        "",
        operator,
        ended_by,
    )
