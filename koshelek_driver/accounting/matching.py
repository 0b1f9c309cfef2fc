"""Matching a provider's settlement file with the journal's rows. Pure.

Every row of the file ends in exactly one bucket of `Reconciled`, a row of the journal in at most one: its cancelled and
refused rows that the file does not name are in none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import msgspec

from koshelek_driver.accounting.settlement_file import Kind, SettlementRow
from koshelek_driver.pay_api.ids import id_key
from koshelek_driver.pay_api.models import Slip, read_slip
from koshelek_driver.payment.journal.reader import Record

_DONE = {"payment": "paid", "refund": "refunded"}
_Key = tuple[str, str]
_SettlementKey = Callable[[SettlementRow], str]
_JournalKeys = Callable[["JournalRow"], Iterable[str]]


@dataclass(frozen=True, slots=True, eq=False)
class JournalRow:
    """A payment or refund of the journal or of the shop's ledger.

    `amount` is in kopecks, `outcome` is empty while it is open. `at_s` is the provider's time from the slip, else the
    time at which it ended in the journal, as Unix time. `ids` are all identifiers by which the provider may name it.
    """

    kind: Kind
    order_id: str
    request_id: str
    transaction_id: str
    refund_transaction_id: str
    amount: int
    outcome: str
    payment_type: str
    at_s: float
    ids: tuple[str, ...]

    @property
    def own_id(self) -> str:
        """The host's id of the payment or refund; empty if it is not known."""
        return self.refund_transaction_id if self.kind == "refund" else self.transaction_id

    @property
    def is_done(self) -> bool:
        """True if the money has moved: the payment is paid, or the refund is refunded."""
        return self.outcome == _DONE[self.kind]

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return the row of a record of a journal or of the ledger."""
        slip = _read_slip(record.slip)
        named = (
            record.refund_transaction_id if record.kind == "refund" else record.transaction_id,
            slip.refund_transaction_id if record.kind == "refund" else "",
            slip.operation_id,
            slip.qrc_id,
            slip.id,
        )
        closed_s = record.created_s if record.closed_s is None else record.closed_s
        return cls(
            kind=record.kind,
            order_id=record.order_id,
            request_id=record.request_id,
            transaction_id=record.transaction_id,
            refund_transaction_id=record.refund_transaction_id,
            amount=record.amount,
            outcome=record.outcome or "",
            payment_type=slip.payment_type,
            at_s=_time_s(slip.operation_date_time) or closed_s,
            ids=tuple(name for name in dict.fromkeys(named) if name),
        )


@dataclass(frozen=True, slots=True)
class MatchedPair:
    """A row of the settlement file and the row of the journal that it names."""

    theirs: SettlementRow
    ours: JournalRow


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """A row of the settlement file without a completed row of the journal.

    `ours` is the row of the journal that it names, if there is one: unknown, cancelled or refused. `repeats` is the
    number of an earlier line with the same content.
    """

    theirs: SettlementRow
    ours: JournalRow | None = None
    repeats: int | None = None


@dataclass(slots=True)
class Reconciled:
    """The result of a comparison in buckets; each row of the file is in exactly one, one of the journal in at most one.

    `unknown` are open rows of the journal that the settlement file does not have.
    """

    matched: list[MatchedPair] = field(default_factory=list)
    amount_differs: list[MatchedPair] = field(default_factory=list)
    only_theirs: list[UnmatchedRow] = field(default_factory=list)
    only_ours: list[JournalRow] = field(default_factory=list)
    unknown: list[JournalRow] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """True if there is no difference; open rows of the journal are no difference yet."""
        return not (self.amount_differs or self.only_theirs or self.only_ours)


def compare(theirs: Iterable[SettlementRow], ours: Iterable[JournalRow]) -> Reconciled:
    """Compare the rows of a settlement file with rows of the journal; see _MATCHING_ORDER.

    Completed rows of the journal that are left over are in `only_ours`, open ones in `unknown`.
    """
    known = list(ours)
    made, matcher = Reconciled(), _Matcher(known)
    rest = list(theirs)
    for settlement_key, journal_keys in _MATCHING_ORDER:
        rest = matcher.pair_by(settlement_key, journal_keys, rest)
    for pair in matcher.pairs:
        _add(made, pair)
    made.only_theirs += _unmatched(rest, matcher.pairs)
    left = [each for each in known if each not in matcher.used]
    made.only_ours += [each for each in left if each.is_done]
    made.unknown += [each for each in left if not each.outcome]
    for bucket in (made.matched, made.amount_differs, made.only_theirs):
        bucket.sort(key=lambda each: each.theirs.line)
    return made


class _Matcher:
    """Finds pairs by one key after another. A row that is paired is not considered again."""

    def __init__(self, ours: list[JournalRow]) -> None:
        self._ours = sorted(ours, key=lambda each: not each.is_done)  # completed rows first: money has moved by them
        self.used: set[JournalRow] = set()
        self.pairs: list[MatchedPair] = []

    def pair_by(
        self, settlement_key: _SettlementKey, journal_keys: _JournalKeys, theirs: list[SettlementRow]
    ) -> list[SettlementRow]:
        """Pair rows with the same key; return the rows that are left over.

        Rows with equal amounts are paired first: of two refunds of one payment each finds its own, and neither is
        reported as different.
        """
        named = [(row, (row.kind, key)) for row in theirs if (key := settlement_key(row))]
        wanted: dict[_Key, list[JournalRow]] = {key: [] for _, key in named}
        for each in self._ours if wanted else ():
            for key in journal_keys(each) if each not in self.used else ():
                if (each.kind, key) in wanted:
                    wanted[each.kind, key].append(each)
        for same_amount in (True, False):
            named = [(row, key) for row, key in named if not self._pair(row, wanted[key], same_amount=same_amount)]
        alone = {id(row) for row, _ in named}  # by identity, because two rows may be equal
        return [row for row in theirs if id(row) in alone or not settlement_key(row)]

    def _pair(self, row: SettlementRow, fitting: list[JournalRow], *, same_amount: bool) -> bool:
        for each in fitting:
            if each not in self.used and (each.amount == row.amount or not same_amount):
                self.used.add(each)
                self.pairs.append(MatchedPair(row, each))
                return True
        return False


def _payment_of(ours: JournalRow) -> Iterable[str]:
    """Return the payment of a refund, by which a settlement file may name the refund."""
    return (id_key(ours.transaction_id),) if ours.kind == "refund" else ()


_MATCHING_ORDER: tuple[tuple[_SettlementKey, _JournalKeys], ...] = (
    (lambda theirs: id_key(theirs.transaction_id), lambda ours: map(id_key, ours.ids)),
    (lambda theirs: id_key(theirs.transaction_id), _payment_of),
    (lambda theirs: "" if theirs.transaction_id else theirs.order_id, lambda ours: (ours.order_id,)),
    (lambda theirs: theirs.order_id, lambda ours: () if ours.ids else (ours.order_id,)),
)
"""The key of a settlement row and the keys of a journal row, in the order of matching: the most certain first.

1. Its transaction, by any identifier that the provider may use.
2. A refund, by the transaction of its payment.
3. The order, where the settlement row has no transaction.
4. The order, where the journal row has no identifier. Two tills may both have an order 1, so the order comes last.
"""


def _add(made: Reconciled, pair: MatchedPair) -> None:
    if not pair.ours.is_done:
        made.only_theirs.append(UnmatchedRow(pair.theirs, pair.ours))
    elif pair.ours.amount == pair.theirs.amount:
        made.matched.append(pair)
    else:
        made.amount_differs.append(pair)


def _unmatched(rest: list[SettlementRow], pairs: list[MatchedPair]) -> Iterator[UnmatchedRow]:
    first: dict[tuple[str, str, str, int], int] = {}
    for row in sorted((*(pair.theirs for pair in pairs), *rest), key=lambda row: row.line):
        first.setdefault(_content(row), row.line)
    for row in rest:
        earlier = first[_content(row)]
        yield UnmatchedRow(row, repeats=earlier if earlier < row.line else None)


def _content(row: SettlementRow) -> tuple[str, str, str, int]:
    return row.kind, id_key(row.transaction_id), row.order_id, row.amount


def _read_slip(text: str | None) -> Slip:
    """Return a slip from JSON, decoded straight into its known fields.

    That is fast: a comparison reads a hundred thousand of them. A slip with a field of an unexpected type takes the
    slower way, which reads that field as text.
    """
    if not text:
        return Slip()
    try:
        return msgspec.json.decode(text, type=Slip, strict=False)
    except msgspec.ValidationError:
        return read_slip(msgspec.json.decode(text))


def _time_s(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None
