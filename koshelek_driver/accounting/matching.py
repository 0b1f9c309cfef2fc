"""A provider's registry beside our own rows: what both have, what one has alone, and where the amounts differ. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from koshelek_driver.accounting.settlement_file import Kind, Theirs
from koshelek_driver.pay_api.models import Slip, read_slip
from koshelek_driver.payment.journal.reader import Record

_DONE = {"payment": "paid", "refund": "refunded"}
_Key = tuple[str, str]
_TheirKey = Callable[["Theirs"], str]
_OurKeys = Callable[["Ours"], Iterable[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Ours:
    """A payment or refund of ours; `at_s` is the provider's own time where its slip has one, else that of our end.

    `outcome` is empty while it is open. `ids` are all that the provider may call it by.
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
        """The host's name for it; empty while that is not known."""
        return self.refund_transaction_id if self.kind == "refund" else self.transaction_id

    @property
    def is_done(self) -> bool:
        """Whether money has moved by it."""
        return self.outcome == _DONE[self.kind]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of theirs and the one of ours that it is."""

    theirs: Theirs
    ours: Ours


@dataclass(frozen=True, slots=True)
class Stray:
    """A row of theirs that is none of our done ones.

    `ours` is what we have of it all the same: unknown, cancelled or refused; `repeats` is an earlier line that says the
    same.
    """

    theirs: Theirs
    ours: Ours | None = None
    repeats: int | None = None


@dataclass(slots=True)
class Reconciled:
    """The buckets; each row is in one. `unknown` are ours that are open and not in the registry."""

    matched: list[Pair] = field(default_factory=list)
    amount_differs: list[Pair] = field(default_factory=list)
    only_theirs: list[Stray] = field(default_factory=list)
    only_ours: list[Ours] = field(default_factory=list)
    unknown: list[Ours] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether there is no difference."""
        return not (self.amount_differs or self.only_theirs or self.only_ours)


def of_record(record: Record) -> Ours:
    """A row of a journal or of the ledger."""
    slip = _slip(record.slip)
    named = (
        record.refund_transaction_id if record.kind == "refund" else record.transaction_id,
        slip.refund_transaction_id if record.kind == "refund" else "",
        slip.operation_id,
        slip.qrc_id,
        slip.id,
    )
    closed_s = record.created_s if record.closed_s is None else record.closed_s
    return Ours(
        kind=record.kind,
        order_id=record.order_id,
        request_id=record.request_id,
        transaction_id=record.transaction_id,
        refund_transaction_id=record.refund_transaction_id,
        amount=record.amount,
        outcome=record.outcome or "",
        payment_type=slip.payment_type,
        at_s=_moment(slip.operation_date_time) or closed_s,
        ids=tuple(name for name in dict.fromkeys(named) if name),
    )


def compare(theirs: Iterable[Theirs], ours: Iterable[Ours]) -> Reconciled:
    """Every row of theirs finds its own: by its id, a refund by its payment's too, by the order where one has no id.

    Of ours all are left in `only_ours` and `unknown` that found nobody.
    """
    known = list(ours)
    made, match = Reconciled(), _Match(known)
    rest = list(theirs)
    for their_key, our_keys in _WAYS:
        rest = match.by(their_key, our_keys, rest)
    for pair in match.pairs:
        _put(made, pair)
    made.only_theirs += _strays(rest, match.pairs)
    left = [each for each in known if each not in match.used]
    made.only_ours += [each for each in left if each.is_done]
    made.unknown += [each for each in left if not each.outcome]
    for bucket in (made.matched, made.amount_differs, made.only_theirs):
        bucket.sort(key=lambda each: each.theirs.line)
    return made


class _Match:
    """Finds pairs, way after way; a row that has its own is out."""

    def __init__(self, ours: list[Ours]) -> None:
        self._ours = sorted(ours, key=lambda each: not each.is_done)  # what is done comes first
        self.used: set[Ours] = set()
        self.pairs: list[Pair] = []

    def by(self, their_key: _TheirKey, our_keys: _OurKeys, theirs: list[Theirs]) -> list[Theirs]:
        """Pair what has the same key, first what has the same amount too; gives those that stay alone."""
        named = [(row, (row.kind, key)) for row in theirs if (key := their_key(row))]
        wanted: dict[_Key, list[Ours]] = {key: [] for _, key in named}
        for each in self._ours if wanted else ():
            for key in our_keys(each) if each not in self.used else ():
                if (each.kind, key) in wanted:
                    wanted[each.kind, key].append(each)
        for same_amount in (True, False):
            named = [(row, key) for row, key in named if not self._pair(row, wanted[key], same_amount=same_amount)]
        alone = {id(row) for row, _ in named}  # by identity: two rows may say the same
        return [row for row in theirs if id(row) in alone or not their_key(row)]

    def _pair(self, row: Theirs, fitting: list[Ours], *, same_amount: bool) -> bool:
        for each in fitting:
            if each not in self.used and (each.amount == row.amount or not same_amount):
                self.used.add(each)
                self.pairs.append(Pair(row, each))
                return True
        return False


def _payment_of(ours: Ours) -> Iterable[str]:
    """A registry may name a refund by the payment that it is of."""
    return (ours.transaction_id,) if ours.kind == "refund" else ()


_WAYS: tuple[tuple[_TheirKey, _OurKeys], ...] = (
    (lambda theirs: theirs.transaction_id, lambda ours: ours.ids),
    (lambda theirs: theirs.transaction_id, _payment_of),
    (lambda theirs: "" if theirs.transaction_id else theirs.order_id, lambda ours: (ours.order_id,)),
    (lambda theirs: theirs.order_id, lambda ours: () if ours.ids else (ours.order_id,)),
)
"""By whose name theirs is called, and what ours is called: the surest first."""


def _put(made: Reconciled, pair: Pair) -> None:
    if not pair.ours.is_done:
        made.only_theirs.append(Stray(pair.theirs, pair.ours))
    elif pair.ours.amount == pair.theirs.amount:
        made.matched.append(pair)
    else:
        made.amount_differs.append(pair)


def _strays(rest: list[Theirs], pairs: list[Pair]) -> Iterator[Stray]:
    first: dict[tuple[str, str, str, int], int] = {}
    for row in sorted((*(pair.theirs for pair in pairs), *rest), key=lambda row: row.line):
        first.setdefault(_said(row), row.line)
    for row in rest:
        earlier = first[_said(row)]
        yield Stray(row, repeats=earlier if earlier < row.line else None)


def _said(row: Theirs) -> tuple[str, str, str, int]:
    return row.kind, row.transaction_id, row.order_id, row.amount


def _slip(text: str | None) -> Slip:
    """Read straight into its known fields, for there are ten thousands of them."""
    if not text:
        return Slip()
    try:
        return msgspec.json.decode(text, type=Slip, strict=False)
    except msgspec.ValidationError:
        return read_slip(msgspec.json.decode(text))


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None
