"""A registry compared with a journal, or with the ledger of the shop: over the days that the registry is of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from koshelek_driver.accounting.matching import Ours, Reconciled, compare, of_record
from koshelek_driver.accounting.settlement_file import Theirs
from koshelek_driver.errors import UsageError
from koshelek_driver.payment.journal.reader import Record

_MARGIN_S = 2 * 86_400.0
"""What ended near the period is looked at too: the provider's clock, and its day, are not ours."""
_DAY = timedelta(days=1)


class Books(Protocol):
    """Where our rows are."""

    def between(self, since_s: float, until_s: float) -> list[Record]:
        """What ended between two moments, and what began then and is still open."""
        ...

    def named(self, transaction_ids: Collection[str], order_ids: Collection[str]) -> list[Record]:
        """What has one of these transactions or orders, whenever it was; some of it perhaps twice."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What of ours a registry ought to have: days of `zone`, both included (None: as the registry's dates say).

    `payment_types` are the providers that it is of; none: all.
    """

    since: date | None = None
    until: date | None = None
    zone: tzinfo | None = None
    payment_types: Collection[str] = ()


def reconcile(theirs: list[Theirs], books: Books, scope: Scope) -> Reconciled:
    """Compare. Blocks some seconds for 100,000 rows. Raises UsageError when nobody says which days are meant.

    Where none of ours that the registry has lies within its dates, the dates are of something else, of the day of
    payout say: then the days of ours that it has count.
    """
    since_s, until_s = _period(theirs, scope)
    made = compare(theirs, _ours(theirs, books, since_s, until_s))
    moments = [pair.ours.at_s for pair in (*made.matched, *made.amount_differs)]
    is_given = scope.since is not None or scope.until is not None
    if moments and not is_given and not any(since_s <= at_s < until_s for at_s in moments):
        since_s, until_s = _days(min(moments), max(moments), scope.zone)
        made = compare(theirs, _ours(theirs, books, since_s, until_s))
    made.only_ours = [each for each in made.only_ours if _is_meant(each, since_s, until_s, scope)]
    made.unknown = [each for each in made.unknown if since_s <= each.at_s < until_s]
    return made


def _ours(theirs: list[Theirs], books: Books, since_s: float, until_s: float) -> list[Ours]:
    """What ended near the period, and what else the registry names."""
    near = [of_record(record) for record in books.between(since_s - _MARGIN_S, until_s + _MARGIN_S)]
    ids = {name for each in near for name in (*each.ids, each.transaction_id)}
    orders = {each.order_id for each in near}
    far = books.named(
        {row.transaction_id for row in theirs} - ids - {""},
        {row.order_id for row in theirs} - orders - {""},
    )
    return list({each.request_id: each for each in (*near, *map(of_record, far))}.values())


def _is_meant(each: Ours, since_s: float, until_s: float, scope: Scope) -> bool:
    types = scope.payment_types
    return since_s <= each.at_s < until_s and (not types or each.payment_type in (*types, ""))


def _period(theirs: list[Theirs], scope: Scope) -> tuple[float, float]:
    moments = [row.at_s for row in theirs if row.at_s is not None]
    if scope.since is not None or scope.until is not None:
        first, last = scope.since or scope.until, scope.until or scope.since
        assert first is not None
        assert last is not None
        return _start(first, scope.zone), _start(last + _DAY, scope.zone)
    if not moments:
        raise UsageError("the registry has no dates, so nobody knows which days it is of", "give --since and --until")
    return _days(min(moments), max(moments), scope.zone)


def _days(first_s: float, last_s: float, zone: tzinfo | None) -> tuple[float, float]:
    """Whole days around two moments."""
    first, last = (datetime.fromtimestamp(at_s, zone).date() for at_s in (first_s, last_s))
    return _start(first, zone), _start(last + _DAY, zone)


def _start(day: date, zone: tzinfo | None) -> float:
    return datetime.combine(day, time(), zone).timestamp()
