"""The runner of conversations: waits that end early, and writes that may fail."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import NoAnswer
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.cancel import CancelToken, SignalSafeEvent
from koshelek_driver.payment.clock import Wakeup
from koshelek_driver.payment.conversation.effects import Conversation, KeepTransaction, SaleEffect, Send, Wait
from koshelek_driver.payment.conversation.runner import ConversationContext, ConversationRunner
from koshelek_driver.payment.outcome import Outcome, Verdict

QUARTERS = [number / 4 for number in range(1, 41)]
"""The slices of a wait of ten seconds."""
STATUS = Request(Call.STATUS, "status-1", b"")
UNKNOWN = Verdict(Outcome.UNKNOWN)


class Clock:
    """Remembers when each wait ended, unless something had ended it before it began."""

    def __init__(self) -> None:
        self.waited_s: list[float] = []
        self.steady_s = 0.0

    def boot_id(self) -> str:
        return ""

    def now_s(self) -> float:
        return self.steady_s

    def unix_s(self) -> float:
        return 0.0

    def wait(self, until_s: float, wake: Wakeup | None) -> None:
        if wake is None or not wake.is_set():
            self.waited_s.append(until_s)
            self.steady_s = until_s


class Host:
    """Answers nothing."""

    def call(self, request: Request) -> Exchange:
        return Exchange(request, NoAnswer("silent"), 0.0, None, 0.0)


class Book:
    def __init__(self, problem: JournalError | None = None, postbacks: Iterable[int] = ()) -> None:
        self.problem = problem
        self.postbacks = iter(postbacks)

    def keep_response(self, _request_id: str, _exchange: Exchange, _at_s: float) -> None:
        if self.problem is not None:
            raise self.problem

    def keep_button_to_wire(self, _request_id: str, _milliseconds: float) -> None: ...

    def last_postback(self, _request_id: str) -> int:
        if self.problem is not None:
            raise self.problem
        return next(self.postbacks, 0)


def run(
    conversation: Conversation[SaleEffect], cancel: CancelToken, book: Book | None = None
) -> tuple[list[float], list[object], str]:
    clock, kept = Clock(), list[object]()
    context = ConversationContext(Host(), clock, lambda _exchange: None, cancel, SignalSafeEvent())
    runner = ConversationRunner(context, book or Book(), "r-1", kept.append, cancel.is_set, None)
    assert runner.run(conversation) is UNKNOWN
    return clock.waited_s, kept, runner.unkept


def question_and_wait(*, heed_cancel: bool) -> Conversation[SaleEffect]:
    yield Send(STATUS)
    yield Wait(10.0, heed_cancel=heed_cancel, heed_news=True)
    return UNKNOWN


@pytest.mark.parametrize(("heed_cancel", "waited_s"), [(True, []), (False, QUARTERS)])
def test_a_cancel_just_before_a_call_ends_the_wait_after_it(heed_cancel: bool, waited_s: list[float]) -> None:
    """A call forgets old news; a cancel that came the moment before is no news and must not be forgotten with it."""
    cancel = CancelToken()
    cancel.cancel()
    assert run(question_and_wait(heed_cancel=heed_cancel), cancel)[0] == waited_s


def test_a_journal_that_fails_stops_nothing_and_is_remembered() -> None:
    def conversation() -> Conversation[SaleEffect]:
        yield Send(STATUS)
        yield KeepTransaction("t-1")
        return UNKNOWN

    _, kept, unkept = run(conversation(), CancelToken(), Book(JournalError("the disk is full")))
    assert (kept, unkept) == ([KeepTransaction("t-1")], "the disk is full")


def test_a_postback_that_another_program_heard_ends_the_wait() -> None:
    """The journal is asked before the call, then before each slice: the third look finds a new postback."""
    book = Book(postbacks=[7, 7, 7, 8])
    assert run(question_and_wait(heed_cancel=True), CancelToken(), book)[0] == [0.25, 0.5]


def test_a_postback_from_before_the_call_ends_no_wait() -> None:
    book = Book(postbacks=[7] * 50)
    assert run(question_and_wait(heed_cancel=True), CancelToken(), book)[0] == QUARTERS


def test_a_journal_that_cannot_be_asked_is_no_news() -> None:
    waited_s, _, unkept = run(question_and_wait(heed_cancel=True), CancelToken(), Book(JournalError("it is gone")))
    assert (waited_s, unkept) == (QUARTERS, "it is gone")
