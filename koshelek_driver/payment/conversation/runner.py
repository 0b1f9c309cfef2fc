"""Drives one conversation: sends what it asks, keeps what it learns, tells whoever watches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.conversation.sale import (
    Conversation,
    Effect,
    KeepCancel,
    KeepReversal,
    KeepTransaction,
    Send,
    Turn,
    Wait,
)
from koshelek_driver.payment.observer import notify
from koshelek_driver.payment.outcome import Verdict

P = ParamSpec("P")
Watch = Callable[[Exchange], None]
"""Is told of every call when it has ended."""

_log = logging.getLogger(__name__)


class Caller(Protocol):
    """What a drive needs of the API's client."""

    def call(self, request: Request) -> Exchange:
        """Send once; never raises."""
        ...


class Book(Protocol):
    """Where the answers of one kind of conversation are kept."""

    def heard(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """An answer came."""
        ...

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """How long the first byte took."""
        ...


@dataclass(frozen=True, slots=True)
class ConversationContext:
    """What drives share: the line to the host, the clock, and who watches."""

    client: Caller
    clock: Clock
    watch: Watch
    wake: threading.Event
    """Ends waits that heed a cancel."""
    news: threading.Event
    """Ends waits that heed news; a cancel sets it, too."""


@dataclass(slots=True)
class ConversationRunner:
    """One conversation. `keep` keeps what it learns; `canceled` is asked before every step.

    A journal that fails stops nothing here: the intent is on disk, and what the host says counts. `unkept` has the
    first fault.
    """

    means: ConversationContext
    book: Book
    request_id: str
    keep: Callable[[KeepTransaction | KeepCancel | KeepReversal], None]
    canceled: Callable[[], bool]
    pressed_s: float | None
    unkept: str = field(default="", init=False)

    def run(self, flow: Conversation) -> Verdict:
        """ConversationRunner it to its end."""
        try:
            effect = next(flow)
            while True:
                effect = flow.send(self._perform(effect))
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict

    def tick(self, exchange: Exchange | None = None) -> Turn:
        """What is true now."""
        reply = None if exchange is None else exchange.reply
        return Turn(self.means.clock.now_s(), reply, self.canceled())

    def safely(self, write: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
        """Write to the journal, and go on when it cannot."""
        try:
            write(*arguments, **named)
        except JournalError as problem:
            self.unkept = self.unkept or problem.what
            _log.error("the journal cannot keep what happened: %s", problem.what)

    def _perform(self, effect: Effect) -> Turn:
        match effect:
            case Send(request):
                self.means.news.clear()
                exchange = self.means.client.call(request)
                self._heard(exchange)
                return self.tick(exchange)
            case Wait(until_s, heed_cancel, heed_news):
                wake = self.means.wake if heed_cancel else None
                self.means.clock.wait(until_s, self.means.news if heed_news else wake)
            case KeepTransaction() | KeepCancel() | KeepReversal():
                self.safely(self.keep, effect)
        return self.tick()

    def _heard(self, exchange: Exchange) -> None:
        if self.pressed_s is not None and exchange.first_byte_s is not None:
            milliseconds = (exchange.first_byte_s - self.pressed_s) * 1000
            self.safely(self.book.keep_button_to_wire, self.request_id, milliseconds)
            self.pressed_s = None
        self.safely(self.book.heard, self.request_id, exchange, self.means.clock.unix_s())
        notify(self.means.watch, exchange)
