"""Business days in the journal: each ends with an event of its own, so neither clock nor time zone moves a row.

A payment or refund belongs to the day in whose run of events it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.outcome import Outcome

_COLUMNS = "order_id, request_id, amount, outcome, transaction_id, error_code, slip"
_WHERE = "WHERE ended > ? AND ended <= ?"
_PAYMENTS = f"SELECT {_COLUMNS}, '', closed_s, ended FROM attempt {_WHERE}"  # noqa: S608
_REFUNDS = f"SELECT {_COLUMNS}, ref_transaction_id, closed_s, ended FROM refund {_WHERE}"  # noqa: S608
_OUTCOMES = {each.value: each for each in Outcome}
_READ_SLIP = msgspec.json.Decoder(dict[str, Any]).decode
_NAME = "business day"
"""Stands where other events have a requestId, so that closings are found without reading the rest."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a day ended: its number from 1 on, the event that closed it, when that was (Unix time)."""

    number: int
    event: int
    at_s: float


class Ended(msgspec.Struct, frozen=True):
    """A payment or refund that ended, at Unix time `at_s`; a Struct, for a report reads ten thousand of them."""

    order_id: str
    request_id: str
    amount: int
    outcome: Outcome
    payment_transaction_id: str
    error_code: str
    slip: dict[str, Any]
    refund_transaction_id: str
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
        rows = [*self._database.run(_PAYMENTS, after, last), *self._database.run(_REFUNDS, after, last)]
        return [_ended(row) for row in sorted(rows, key=_number)]

    def close(self, at_s: float, facts: dict[str, Any]) -> None:
        """End the day that is open; inside `transaction`, after its rows were read."""
        self._database.add_event(at_s, "day closed", _NAME, msgspec.to_builtins(facts))


def _number(row: Any) -> int:
    """The event that ended it."""
    return int(row[-1])


def _ended(row: Any) -> Ended:
    order_id, request_id, amount, outcome, transaction_id, error_code, slip, refund_id, at_s, _ = row
    shown = _READ_SLIP(slip) if slip else {}
    return Ended(order_id, request_id, amount, _OUTCOMES[outcome], transaction_id, error_code, shown, refund_id, at_s)
