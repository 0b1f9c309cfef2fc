"""The records of all tills, for the comparison with a provider's settlement file."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import LedgerConnection
from koshelek_driver.payment.journal.reader import Record

_ALL = f"SELECT {rows.BRIEF} FROM koshelek.operation o"  # noqa: S608
_BETWEEN = f"{_ALL} WHERE (o.closed_s >= %(since)s AND o.closed_s < %(until)s)"
_OPEN = f"{_ALL} WHERE o.outcome IS NULL AND o.created_s >= %(since)s AND o.created_s < %(until)s"
_NAMED = f"{_ALL} WHERE o.transaction_id = ANY(%(transactions)s) AND o.transaction_id <> ''"
_REVERSED = f"{_ALL} WHERE o.refund_transaction_id = ANY(%(transactions)s) AND o.refund_transaction_id <> ''"
_ORDERED = f"{_ALL} WHERE o.order_id = ANY(%(orders)s)"


class LedgerRecords:
    """An implementation of `accounting.reconcile.Books` on the shop's ledger.

    Every method blocks up to a minute and raises LedgerError.
    """

    def __init__(self, connection: LedgerConnection) -> None:
        self._connection = connection

    def between(self, since_s: float, until_s: float) -> list[Record]:
        """See Books."""
        return self._all((_BETWEEN, _OPEN), {"since": since_s, "until": until_s})

    def named(self, transaction_ids: Collection[str], order_ids: Collection[str]) -> list[Record]:
        """See Books."""
        names = {"transactions": list(transaction_ids), "orders": list(order_ids)}
        return self._all((_NAMED, _REVERSED, _ORDERED), names)

    def _all(self, statements: tuple[str, ...], values: dict[str, Any]) -> list[Record]:
        with self._connection.reading() as cursor:
            return [rows.read("", row) for sql in statements for row in cursor.execute(sql, values).fetchall()]
