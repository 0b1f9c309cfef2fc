"""The ledger's side of a refund: payments of any till and the lock on each.

The lock is a row, an open refund. It is written before the till's own intent, under an advisory lock of PostgreSQL on
the payment, and is released when the outcome of the refund is fed. A till that was killed between the row and its
intent releases the row itself later: it knows that nothing was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, Any

from koshelek_driver.errors import BusyError, DriverError, UsageError
from koshelek_driver.ledger import rows
from koshelek_driver.ledger.connection import LedgerConnection
from koshelek_driver.ledger.feeder import TillName, enrol
from koshelek_driver.pay_api.ids import id_key, spellings
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import JournalReader, Record
from koshelek_driver.payment.outcome import Outcome, Refund, Verdict
from koshelek_driver.payment.shop import ShopPayment

if TYPE_CHECKING:
    from koshelek_driver.ledger.connection import Cursor

_log = logging.getLogger(__name__)
_NEVER_BEGUN = (
    "UPDATE koshelek.operation SET outcome = 'rejected', error_code = 'NOT_SENT'"
    " WHERE request_id = ANY(%s) AND outcome IS NULL"
)
_BY_HAND = (
    "UPDATE koshelek.operation SET outcome = %s, error_code = 'CLOSED_BY_SUPERVISOR', details = %s, by_hand = true,"
    " closed_s = extract(epoch FROM now()) WHERE request_id = %s AND kind = 'refund' AND outcome IS NULL"
)
_OPEN_HERE = "SELECT request_id FROM koshelek.operation WHERE journal_id = %s AND outcome IS NULL AND kind = 'refund'"
_OF_PAYMENT = f"""
SELECT t.terminal_id, {rows.COLUMNS} FROM koshelek.operation o JOIN koshelek.till t USING (journal_id)
WHERE o.kind = 'refund' AND o.transaction_id = ANY(%s) ORDER BY o.created_s
"""  # noqa: S608
_PAYMENTS = f"""
SELECT t.terminal_id, {rows.COLUMNS} FROM koshelek.operation o JOIN koshelek.till t USING (journal_id)
WHERE o.kind = 'payment' AND {{}} = ANY(%s) ORDER BY o.created_s DESC LIMIT 100
"""  # noqa: S608


class ShopLedger:
    """An implementation of `payment.shop.Shop` for one till.

    The caller of `reserve` and `tell` holds the lock of the till. Every method but `tell` may raise LedgerError.
    """

    def __init__(self, journal: Journal, connection: LedgerConnection, name: TillName) -> None:
        self._journal = journal
        self._connection = connection
        self._name = name

    def find(self, order_id: str, transaction_id: str) -> list[ShopPayment]:
        """See Shop."""
        names = [order_id] if order_id else list(spellings(transaction_id))
        column = "o.order_id" if order_id else "o.transaction_id"
        with self._connection.transaction() as cursor:
            found = cursor.execute(_PAYMENTS.format(column), (names,)).fetchall()
        return [_payment(*row) for row in found]

    def refunds(self, transaction_id: str) -> list[Refund]:
        """See Shop."""
        with self._connection.transaction() as cursor:
            self._lock_and_feed(cursor, transaction_id)
            found = cursor.execute(_OF_PAYMENT, (list(spellings(transaction_id)),)).fetchall()
        known = [_refund(*row) for row in found]
        return [refund for refund in known if self._journal.refunds.find(refund.request_id) is None]

    def reserve(self, refund: Refund) -> None:
        """See Shop."""
        transaction_id = refund.verdict.transaction_id
        with self._connection.transaction() as cursor:
            journal_id = self._lock_and_feed(cursor, transaction_id)
            found = cursor.execute(_OF_PAYMENT, (list(spellings(transaction_id)),)).fetchall()
            refunds = [_refund(*row) for row in found]
            _check_left(refund, refunds)
            rows.write(cursor, journal_id, [_record(refund)])

    def tell(self, transaction_id: str) -> None:
        """See Shop."""
        try:
            with self._connection.transaction() as cursor:
                self._lock_and_feed(cursor, transaction_id)
        except DriverError as problem:
            _log.warning("the shop's ledger hears of a refund later: %s", problem.what)

    def close_by_hand(self, request_id: str, outcome: Outcome, reason: str) -> None:
        """Close the open refund of a till that is gone, as a supervisor.

        A later feed of that till overrides it.

        Raises:
            UsageError: the refund is not open, `outcome` is neither REFUNDED nor REJECTED, or `reason` is empty.
        """
        if outcome not in (Outcome.REFUNDED, Outcome.REJECTED) or not reason.strip():
            raise UsageError("a refund is closed as refunded or rejected, with a reason", "say where you learnt it")
        with self._connection.transaction() as cursor:
            cursor.execute(_BY_HAND, (outcome.value, reason.strip(), request_id))
            if cursor.rowcount != 1:
                raise UsageError(f"the shop's ledger has no open refund {request_id}", "report shop lists what is open")

    def release_lost(self, hold_till: Callable[[], AbstractContextManager[object]]) -> None:
        """Release reservations of an earlier run of this till that never became a refund.

        `hold_till` acquires the lock of the till, or raises. The ledger is not queried under that lock, so that no
        sale waits for the network.
        """
        with self._connection.transaction() as cursor, closing(self._reader()) as reader:
            reserved = _reserved(cursor, enrol(cursor, self._journal, reader, self._name))
        if reserved:
            with hold_till():
                lost = self._never_begun(reserved)
            with self._connection.transaction() as cursor:
                cursor.execute(_NEVER_BEGUN, (lost,))

    def _lock_and_feed(self, cursor: Cursor, transaction_id: str) -> str:
        """Lock the payment and feed all that this till knows of it; return the journal id."""
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (id_key(transaction_id),))
        with closing(self._reader()) as reader:
            journal_id = enrol(cursor, self._journal, reader, self._name)
            rows.write(cursor, journal_id, reader.of_transaction(transaction_id))
        cursor.execute(_NEVER_BEGUN, (self._never_begun(_reserved(cursor, journal_id)),))
        return journal_id

    def _reader(self) -> JournalReader:
        return JournalReader(self._journal.database.path)

    def _never_begun(self, reserved: list[str]) -> list[str]:
        """Return the reservations without an intent in the journal.

        Nothing was sent for them: the intent is durable before the first byte leaves.
        """
        return [request_id for request_id in reserved if self._journal.refunds.find(request_id) is None]


def _reserved(cursor: Cursor, journal_id: str) -> list[str]:
    """Return the open refunds of a till in the ledger."""
    return [request_id for (request_id,) in cursor.execute(_OPEN_HERE, (journal_id,)).fetchall()]


def _check_left(refund: Refund, known: list[Refund]) -> None:
    """Raise BusyError if another refund is open, UsageError if less than its amount is left."""
    transaction_id = refund.verdict.transaction_id
    for running in known:
        if running.outcome is Outcome.UNKNOWN:
            what = f"till {running.till} is giving back {running.amount} kopecks of transaction {transaction_id}"
            raise BusyError(what, f"wait until it has ended; recover at till {running.till} if it does not")
    given = sum(each.amount for each in known if each.outcome is not Outcome.REJECTED)
    if refund.paid is not None and given + refund.amount > refund.paid:
        what = f"{refund.amount} kopecks wanted back, {refund.paid - given} of {refund.paid} are left in the shop"
        raise UsageError(f"transaction {transaction_id}: {what}", "give back at most what is left")


def _payment(till: str, *values: Any) -> ShopPayment:
    of = rows.read(till, values)
    outcome = Outcome(of.outcome) if of.outcome else Outcome.UNKNOWN
    return ShopPayment(till, of.order_id, of.transaction_id, of.amount, outcome, of.contents)


def _refund(till: str, *values: Any) -> Refund:
    of = rows.read(till, values)
    return Refund(
        order_id=of.order_id,
        request_id=of.request_id,
        amount=of.amount,
        created_s=of.created_s,
        verdict=Verdict(Outcome(of.outcome) if of.outcome else Outcome.UNKNOWN, of.transaction_id, of.error_code),
        items=of.contents or "[]",
        paid=of.paid,
        refund_transaction_id=of.refund_transaction_id,
        till=till,
    )


def _record(of: Refund) -> Record:
    """Convert a refund that is about to begin to an open record."""
    return Record(
        kind="refund",
        request_id=of.request_id,
        order_id=of.order_id,
        transaction_id=of.verdict.transaction_id,
        amount=of.amount,
        created_s=of.created_s,
        outcome=None,
        error_code="",
        details="",
        slip=None,
        closed_s=None,
        ended=None,
        refund_transaction_id="",
        contents=of.items,
        paid=of.paid,
        operator=of.operator,
    )
