"""Reconciliation of a settlement file with a journal or the shop's ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from koshelek_driver.accounting.matching import JournalRow, Reconciled, compare
from koshelek_driver.accounting.settlement_file import SettlementRow
from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.ids import id_key, spellings
from koshelek_driver.payment.journal.reader import Record

_MARGIN_S = 2 * 86_400.0
"""Rows that ended up to two days outside the period are compared too: the provider's clock and day differ from ours."""
_DAY = timedelta(days=1)


class Books(Protocol):
    """The source of journal rows: `JournalReader` for one till, `LedgerRecords` for the shop."""

    def between(self, since_s: float, until_s: float) -> list[Record]:
        """Return records that ended between two times, and those that began then and are open."""
        ...

    def named(self, transaction_ids: Collection[str], order_ids: Collection[str]) -> list[Record]:
        """Return records of any time with one of these transactions or orders. A record may be there twice."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The days and the providers whose rows a settlement file should have.

    `since` and `until` are dates in `zone`, both included; None: taken from the dates of the file. `payment_types` are
    the providers of the file; empty: all.
    """

    since: date | None = None
    until: date | None = None
    zone: tzinfo | None = None
    payment_types: Collection[str] = ()


def reconcile(theirs: list[SettlementRow], books: Books, scope: Scope) -> Reconciled:
    """Compare a settlement file with journal or ledger. Blocks some seconds for 100,000 rows; changes nothing.

    If no matched payment falls within the file's dates, the file is dated by payout or the like: then the period is
    that of the matched rows of the journal.

    Raises:
        UsageError: neither the scope nor the file has dates.
        JournalError, LedgerError: the source cannot be read.
    """
    since_s, until_s = _period(theirs, scope)
    made = compare(theirs, _ours(theirs, books, since_s, until_s))
    moments = [pair.ours.at_s for pair in (*made.matched, *made.amount_differs)]
    is_given = scope.since is not None or scope.until is not None
    if moments and not is_given and not any(since_s <= at_s < until_s for at_s in moments):
        since_s, until_s = _whole_days(min(moments), max(moments), scope.zone)
        made = compare(theirs, _ours(theirs, books, since_s, until_s))
    made.only_ours = [each for each in made.only_ours if _is_in_scope(each, since_s, until_s, scope)]
    # Open rows have no slip yet and so no provider: they are shown whatever the provider.
    made.unknown = [each for each in made.unknown if since_s <= each.at_s < until_s]
    return made


def _ours(theirs: list[SettlementRow], books: Books, since_s: float, until_s: float) -> list[JournalRow]:
    """Return the rows near the period, and those that the settlement file names."""
    near = [JournalRow.from_record(record) for record in books.between(since_s - _MARGIN_S, until_s + _MARGIN_S)]
    ids = {id_key(name) for each in near for name in (*each.ids, each.transaction_id)}
    orders = {each.order_id for each in near}
    named = {row.transaction_id for row in theirs if id_key(row.transaction_id) not in ids} - {""}
    far = books.named(
        {name for transaction_id in named for name in spellings(transaction_id)},
        {row.order_id for row in theirs} - orders - {""},
    )
    return list({each.request_id: each for each in (*near, *map(JournalRow.from_record, far))}.values())


def _is_in_scope(each: JournalRow, since_s: float, until_s: float, scope: Scope) -> bool:
    types = scope.payment_types
    return since_s <= each.at_s < until_s and (not types or each.payment_type in (*types, ""))


def _period(theirs: list[SettlementRow], scope: Scope) -> tuple[float, float]:
    moments = [row.at_s for row in theirs if row.at_s is not None]
    if scope.since is not None or scope.until is not None:
        first, last = scope.since or scope.until, scope.until or scope.since
        assert first is not None
        assert last is not None
        return _start(first, scope.zone), _start(last + _DAY, scope.zone)
    if not moments:
        raise UsageError("the registry has no dates, so nobody knows which days it is of", "give --since and --until")
    return _whole_days(min(moments), max(moments), scope.zone)


def _whole_days(first_s: float, last_s: float, zone: tzinfo | None) -> tuple[float, float]:
    """Return the whole days around two times: their beginning and their end."""
    first, last = (datetime.fromtimestamp(at_s, zone).date() for at_s in (first_s, last_s))
    return _start(first, zone), _start(last + _DAY, zone)


def _start(day: date, zone: tzinfo | None) -> float:
    return datetime.combine(day, time(), zone).timestamp()
