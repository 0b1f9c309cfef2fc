"""The vocabulary of conversations with the host: effects go out, turns come in.

A conversation is a generator that yields an effect and is sent the turn that follows it. It has no clock, no socket and
no journal: the runner has them, and a test can play them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from koshelek_driver.pay_api.replies import NoAnswer, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.outcome import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of a conversation. Names in `_s` are seconds; `config.sections.Timing` names the source of each.

    `resend_attempts` is a count. `final_statuses` gives the outcome of each status of the host that ends a payment.
    """

    first_poll_s: float
    poll_interval_s: float
    decision_timeout_s: float
    settle_timeout_s: float
    connect_timeout_s: float
    resend_attempts: int
    resend_pause_s: float
    resend_window_s: float
    final_statuses: Mapping[str, Outcome]
    cancel_undecided: bool = True


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request once; the next turn carries the reply."""

    request: Request


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until `until_s` on the steady clock.

    A cancel ends the wait early if `heed_cancel`, news from the host ends it early if `heed_news`.
    """

    until_s: float
    heed_cancel: bool
    heed_news: bool = False


@dataclass(frozen=True, slots=True)
class KeepTransaction:
    """Store durably: the host's id of this payment."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class KeepCancel:
    """Store durably, before the cancel is sent: its requestId."""

    request_id: str


@dataclass(frozen=True, slots=True)
class KeepRefundTransaction:
    """Store durably: the host's id of this refund."""

    refund_transaction_id: str


SaleEffect = Send | Wait | KeepTransaction | KeepCancel
RefundEffect = Send | Wait | KeepRefundTransaction


@dataclass(frozen=True, slots=True)
class Turn:
    """The facts after an effect. `now_s` is a steady clock; `reply` follows a Send only."""

    now_s: float
    reply: Reply | None = None
    cancel: bool = False


E = TypeVar("E")
Conversation = Generator[E, Turn, Verdict]
"""Yields effects of a kind, is sent turns, returns the verdict."""


def requested_pause_s(reply: Reply | None, own_s: float) -> float:
    """Return the pause before the next request: our own, or a longer one that the host asked for (Retry-After)."""
    return max(own_s, reply.wait_s) if isinstance(reply, NoAnswer) else own_s
