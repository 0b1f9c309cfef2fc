"""The alphabet of the proof: what a host, a network, a cashier and a clock may do at each effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.payment.conversation.effects import Send, Turn, Wait
from tests.proof.moments import Moment

OURS = "t-1"
OTHER = "t-2"
OUR_REFUND = "r-1"
OTHER_REFUND = "r-2"
SLIP = {"id": "of-ours"}
OTHER_SLIP = {"id": "of-another"}
SLOW_S = 0.5
LATE_S = 8.0
"""Longer than every limit of the rules: a host that answers then, or a tablet that slept."""


_LEFT_OUT = (
    "host not trusted",
    "no answer, wait a little",
    "refused by HTTP",
    "accepted without id",
    "canceled without id",
    "another canceled",
    "new, payment not named",
    "no status, with id",
    "no status, without id",
    "no status, another payment",
)
"""Replies of the whole alphabet that the quick walk does without."""


@dataclass(frozen=True, slots=True)
class Step:
    """An effect performed, with the turn that follows; `is_kept` is False where the journal failed to store it."""

    name: str
    turn: Turn
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Replies by name, and how long they may take."""

    replies: dict[str, dict[str, Reply]]
    """By the name of the call."""
    slow_s: tuple[float, ...]
    """For every reply."""
    late: tuple[str, ...]
    """Names of replies that may also come very late."""
    journal_may_fail: bool = True

    def quick(self) -> Alphabet:
        """Return the part of it that is walked in seconds: each reply comes at once, and the journal works."""
        replies = {
            call: {name: reply for name, reply in some.items() if name not in _LEFT_OUT}
            for call, some in self.replies.items()
        }
        return Alphabet(replies, (0.0,), (), journal_may_fail=False)

    def steps(self, effect: object, turn: Turn) -> Iterator[Step]:
        """Return everything that may happen to an effect, but a crash."""
        if isinstance(effect, Send):
            yield from self._replies(effect.request.call.name, turn)
        elif isinstance(effect, Wait):
            yield from _waits(effect, turn)
        else:
            for cancel in _cancels(turn):
                yield Step("stored", Turn(turn.now_s, None, cancel))
                if self.journal_may_fail:
                    yield Step("not stored", Turn(turn.now_s, None, cancel), is_kept=False)

    def _replies(self, call: str, turn: Turn) -> Iterator[Step]:
        for name, reply in self.replies.get(call, {}).items():
            for took_s in (*self.slow_s, *((LATE_S,) if name in self.late else ())):
                for cancel in _cancels(turn):
                    yield Step(f"{name} after {took_s} s", Turn(Moment(turn.now_s) + took_s, reply, cancel))


def _waits(wait: Wait, turn: Turn) -> Iterator[Step]:
    """A wait ends in time, late because the machine slept, or early for what it heeds."""
    end_s = max(Moment(turn.now_s), Moment(wait.until_s))
    for cancel in _cancels(turn):
        yield Step("waited", Turn(end_s, None, cancel))
        yield Step("slept", Turn(end_s + LATE_S, None, cancel))
        if end_s > turn.now_s and (wait.heed_news or (wait.heed_cancel and cancel)):
            yield Step("woken", Turn(turn.now_s, None, cancel))


def _cancels(turn: Turn) -> tuple[bool, ...]:
    """The cashier may press cancel at any time, and can not take it back."""
    return (True,) if turn.cancel else (False, True)


def answered(transaction: str, status: str | None, *, slip: dict[str, Any] | None = None, **more: Any) -> Answered:
    """Return an answer with these fields; `raw` has the same."""
    answer = TransactionAnswer(transaction_id=transaction, status=status, slip=slip, **more)
    return Answered(answer, {"transactionId": transaction, "status": status})


FAILURES: dict[str, Reply] = {
    "not sent": NotSent("no route"),
    "host not trusted": NotSent("bad certificate", "HOST_NOT_TRUSTED"),
    "no answer": NoAnswer("closed"),
    "no answer, wait a little": NoAnswer("HTTP 429", 0.75),
    "no answer, wait long": NoAnswer("HTTP 503", 100.0),
    "refused": Refused("NO"),
    "refused by HTTP": Refused("HTTP_403"),
    "refused, in processing": Refused("TRANSACTION_IN_PROCESSING"),
}
STATUSES: dict[str, Reply] = {
    "pending": answered(OURS, "pending"),
    "accepted": answered(OURS, "accepted", slip=SLIP),
    "accepted without slip": answered(OURS, "accepted"),
    "rejected": answered(OURS, "rejected", error_code="NO_MONEY"),
    "rejected with slip": answered(OURS, "rejected", slip=SLIP),
    "canceled": answered(OURS, "canceled"),
    "refunding": answered(OURS, "refunding", slip=SLIP),
}
NAMELESS: dict[str, Reply] = {
    "no id": answered("", None),
    "accepted without id": answered("", "accepted", slip=OTHER_SLIP),
    "canceled without id": answered("", "canceled"),
}
ANOTHER: dict[str, Reply] = {
    "another accepted": answered(OTHER, "accepted", slip=OTHER_SLIP),
    "another canceled": answered(OTHER, "canceled"),
}
_AFTER_CHECKOUT = {**FAILURES, **STATUSES, **NAMELESS, **ANOTHER}
LATE = ("pending", "no answer", "not sent", "accepted without slip", "new")
SALE = Alphabet(
    {"CHECKOUT": {**FAILURES, **STATUSES, **NAMELESS}, "STATUS": _AFTER_CHECKOUT, "CANCEL": _AFTER_CHECKOUT},
    (0.0, SLOW_S),
    LATE,
)
"""The first id that the host gives a checkout is ours, whatever it is: another one has a name only later."""


def _refund(transaction: str, ref_status: str | None, ref: str | None, *, slip: bool = True) -> Answered:
    has_slip = slip and ref_status == "accepted"
    is_ours = transaction in (OURS, OUR_REFUND, "") and ref != OTHER_REFUND
    return answered(
        transaction,
        "refunding",
        slip=(SLIP if is_ours else OTHER_SLIP) if has_slip else None,
        ref_status=ref_status,
        refund_transaction_id=ref,
    )


_REFUND_STATUSES: dict[str, Reply] = {
    **{
        f"{status or 'no status'}, {named}": _refund(transaction, status, ref)
        for status in ("new", "accepted", "rejected", None)
        for named, transaction, ref in (
            ("with id", OURS, OUR_REFUND),
            ("without id", OURS, None),
            ("payment not named", "", OUR_REFUND),
            ("another payment", OTHER, OUR_REFUND),
        )
    },
    "accepted without slip, with id": _refund(OURS, "accepted", OUR_REFUND, slip=False),
    "accepted without slip, without id": _refund(OURS, "accepted", None, slip=False),
}
_KNOWN_REFUNDS: dict[str, Reply] = {
    "accepted, named by the refund": _refund(OUR_REFUND, "accepted", OUR_REFUND),
    **{f"{status}, another refund": _refund(OURS, status, OTHER_REFUND) for status in ("new", "accepted", "rejected")},
}
"""Answers that can be told apart only once the refund has an id."""
_REFUND_FAILURES: dict[str, Reply] = {
    **FAILURES,
    "refused, is running": Refused("PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY"),
}
REFUND = Alphabet(
    {
        "REFUND": {**_REFUND_FAILURES, **_REFUND_STATUSES},
        "STATUS": {**_REFUND_FAILURES, **_REFUND_STATUSES, **_KNOWN_REFUNDS},
    },
    (0.0, SLOW_S),
    ("new, with id", "no answer", "not sent", "accepted without slip, with id"),
)
