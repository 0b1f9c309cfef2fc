"""Cancel tokens: a cancel is never lost, reaches a waiting thread, and may come from a signal handler."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from koshelek_driver.payment.cancel import CancelableCalls, CancelToken, SignalSafeEvent

WAIT_S = 10.0


def test_a_cancel_wakes_the_thread_that_waits() -> None:
    token, woken = CancelToken(), threading.Event()

    def wait() -> None:
        if token.wait(WAIT_S):
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    token.cancel()
    thread.join(WAIT_S)
    assert woken.is_set()


def test_a_wait_without_a_cancel_ends_in_time() -> None:
    assert not CancelToken().wait(0.01)


def test_an_event_that_was_cleared_is_waited_for_again() -> None:
    event = SignalSafeEvent()
    event.set()
    event.set()
    event.clear()
    assert not event.wait(0.01)
    event.set()
    assert event.wait(WAIT_S)


def test_a_listener_hears_a_cancel_before_and_inside_its_block_and_not_after() -> None:
    token, heard = CancelToken(), list[str]()
    with token.notifying(lambda: heard.append("inside")):
        token.cancel()
    with token.notifying(lambda: heard.append("before")):
        pass
    token.cancel()
    assert heard == ["inside", "before"]


def test_one_button_reaches_the_calls_that_are_under_way_and_no_later_one() -> None:
    calls, own = CancelableCalls(), CancelToken()
    with calls.begun(own) as first, calls.begun(None) as second:
        calls.cancel_all()
    with calls.begun(None) as third:
        assert (first is own, first.is_set(), second.is_set(), third.is_set()) == (True, True, True, False)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_a_signal_handler_may_cancel_while_its_thread_waits_sets_and_clears() -> None:
    """With `threading.Event` this blocks for ever sooner or later: its `set` takes a lock that `wait` holds."""
    token, news = CancelToken(), SignalSafeEvent()
    handled = 0

    def handle(_number: int, _frame: object) -> None:
        nonlocal handled
        handled += 1
        news.set()
        token.cancel()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        until_s = time.monotonic() + 0.5
        while time.monotonic() < until_s:
            news.set()
            news.clear()
            news.wait(0.001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert handled > 10
    assert token.is_set()
