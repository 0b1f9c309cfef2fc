"""Run one conversation: perform its effects, store what it learns, notify the observer.

It tells sending, waiting and storing apart. Effects that store are handed on as they are, to the engine, which tells
them apart and writes them into the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, Protocol, TypeVar

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.cancel import CancelToken, SignalSafeEvent
from koshelek_driver.payment.clock import Clock, Wakeup
from koshelek_driver.payment.conversation.effects import Conversation, Send, Turn, Wait
from koshelek_driver.payment.observer import notify
from koshelek_driver.payment.outcome import Verdict

P = ParamSpec("P")
K = TypeVar("K")
"""The effects of a conversation that store something."""
Watch = Callable[[Exchange], None]
"""Notified of every call once it has ended."""

_SLICE_S = 0.25
"""The longest wait between two looks into the journal: a fourth of the second in which news must be heard."""
_log = logging.getLogger(__name__)


class Caller(Protocol):
    """The part of the Pay API client that conversations need."""

    def call(self, request: Request) -> Exchange:
        """Send the request once; never raises."""
        ...


class Book(Protocol):
    """The part of the journal that stores the responses of one kind of conversation."""

    def keep_response(self, request_id: str, exchange: Exchange, at_s: float) -> None:
        """Store a response of the host. Raises JournalError."""
        ...

    def keep_button_to_wire(self, request_id: str, milliseconds: float) -> None:
        """Store the time from the cashier's button to the first byte. Raises JournalError."""
        ...

    def last_postback(self, request_id: str) -> int:
        """Return the number of the last postback's event, 0 without one. Raises JournalError."""
        ...


@dataclass(frozen=True, slots=True)
class ConversationContext:
    """The outside world of a conversation: connection, clock, observer, cancel and news."""

    client: Caller
    clock: Clock
    watch: Watch
    cancel: CancelToken
    news: SignalSafeEvent
    """Set when the host may have news: ends the waits that heed them."""


@dataclass(slots=True)
class ConversationRunner(Generic[K]):
    """Runs one conversation. `keep` stores what it learns; `canceled` is asked before every turn.

    A journal that fails does not stop the conversation: the intent is on disk, and the host's word counts. `unkept`
    holds the first failure.
    """

    context: ConversationContext
    book: Book
    request_id: str
    keep: Callable[[K], None]
    canceled: Callable[[], bool]
    pressed_s: float | None
    unkept: str = field(default="", init=False)
    _postback: int = field(default=0, init=False)
    """The last postback that the request under way, or the last one, may have been sent for."""

    def run(self, conversation: Conversation[Send | Wait | K]) -> Verdict:
        """Run it to its verdict. Blocks as long as the conversation does."""
        with self.context.cancel.notifying(self.context.news.set):  # a cancel ends the waits for news as well
            try:
                effect = next(conversation)
                while True:
                    effect = conversation.send(self._perform(effect))
            except StopIteration as end:
                verdict: Verdict = end.value
                return verdict

    def turn(self, exchange: Exchange | None = None) -> Turn:
        """Return the facts of this moment."""
        reply = None if exchange is None else exchange.reply
        return Turn(self.context.clock.now_s(), reply, self.canceled())

    def safely(self, write: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
        """Write to the journal; if it fails, remember the failure and go on."""
        try:
            write(*arguments, **named)
        except JournalError as problem:
            self.unkept = self.unkept or problem.what
            _log.error("the journal cannot keep what happened: %s", problem.what)

    def _perform(self, effect: Send | Wait | K) -> Turn:
        match effect:
            case Send(request):
                return self.turn(self._send(request))
            case Wait():
                self._wait(effect)
            case _:
                self.safely(self.keep, effect)
        return self.turn()

    def _send(self, request: Request) -> Exchange:
        self.context.news.clear()
        self._postback = self._last_postback()
        exchange = self.context.client.call(request)
        if self.pressed_s is not None and exchange.first_byte_s is not None:
            milliseconds = (exchange.first_byte_s - self.pressed_s) * 1000
            self.safely(self.book.keep_button_to_wire, self.request_id, milliseconds)
            self.pressed_s = None
        self.safely(self.book.keep_response, self.request_id, exchange, self.context.clock.unix_s())
        notify(self.context.watch, exchange)
        return exchange

    def _wait(self, wait: Wait) -> None:
        """Wait in slices: another program of this till tells of a cancel or of a postback in the journal alone."""
        clock, wakeup = self.context.clock, self._wakeup(wait)
        while clock.now_s() < wait.until_s and not self._is_ended(wait, wakeup):
            clock.wait(wait.until_s if wakeup is None else min(wait.until_s, clock.now_s() + _SLICE_S), wakeup)

    def _wakeup(self, wait: Wait) -> Wakeup | None:
        cancel = self.context.cancel
        return self.context.news if wait.heed_news else cancel if wait.heed_cancel else None

    def _is_ended(self, wait: Wait, wakeup: Wakeup | None) -> bool:
        """Return True if what the wait heeds has come, also while a call was under way."""
        is_set = wakeup is not None and wakeup.is_set()
        is_canceled = wait.heed_cancel and self.canceled()
        return is_set or is_canceled or (wait.heed_news and self._last_postback() > self._postback)

    def _last_postback(self) -> int:
        try:
            return self.book.last_postback(self.request_id)
        except JournalError:
            return 0
