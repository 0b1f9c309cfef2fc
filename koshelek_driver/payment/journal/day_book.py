"""Business days in the journal: each ends with an event of its own, so neither clock nor time zone moves a row.

A payment or refund belongs to the day in whose run of events it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.rows import PAYMENT_COLUMNS, REFUND_COLUMNS, payment_of, refund_of
from koshelek_driver.payment.outcome import Payment, Refund

_NAME = "business day"
"""Stands where other events have a requestId, so that closings are found without reading the rest."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a day ended: its number from 1 on, the event that closed it, when that was (Unix time)."""

    number: int
    event: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A payment or refund that ended, and when."""

    of: Payment | Refund
    at_s: float


class DayBook:
    """Every method blocks for about a disk write, and raises JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def closings(self) -> list[Closing]:
        """All days that were closed, the first first."""
        sql = "SELECT number, at_s FROM event WHERE request_id = ? ORDER BY number"
        rows = self._database.run(sql, _NAME)
        return [Closing(number, event, at_s) for number, (event, at_s) in enumerate(rows, 1)]

    def ended(self, after: int, until: int | None) -> list[Ended]:
        """What ended behind one event and, if `until` is given, not behind another; in the order of their ends."""
        last = until if until is not None else self._database.last_number()
        payments = [(row[-1], Ended(payment_of(row), row[-2])) for row in self._rows("attempt", after, last)]
        refunds = [(row[-1], Ended(refund_of(row), row[-2])) for row in self._rows("refund", after, last)]
        return [each for _, each in sorted((*payments, *refunds), key=lambda pair: pair[0])]

    def close(self, at_s: float, facts: dict[str, Any]) -> None:
        """End the day that is open; inside `transaction`, after its rows were read."""
        self._database.add_event(at_s, "day closed", _NAME, msgspec.to_builtins(facts))

    def _rows(self, table: str, after: int, until: int) -> list[Any]:
        columns = PAYMENT_COLUMNS if table == "attempt" else REFUND_COLUMNS
        sql = f"SELECT {columns}, closed_s, ended FROM {table} WHERE ended > ? AND ended <= ? ORDER BY ended"  # noqa: S608
        return self._database.run(sql, after, until)
