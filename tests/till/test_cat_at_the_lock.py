"""A CAT whose call ends while another program has the till: nothing is sent, then or later, and the code says so."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from filelock import FileLock

from koshelek_driver import Outcome, RefundWanted, Terminal, UsageError
from koshelek_driver.cat.device import CAT
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.upos import UposError
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.events import DirectIOEvent, ErrorEvent, OutputCompleteEvent
from tests.support.tills import Till

SUM = 5_00_00
"""Five roubles, as the standard counts currency."""


@pytest.fixture
def terminal(till: Till) -> Iterator[Terminal]:
    till.rewrite(devices='\n[devices.wallet]\ncategory = "CAT"\n')
    with Terminal.open(till.site) as opened:
        yield opened


@pytest.fixture
def cat(terminal: Terminal) -> CAT:
    device = terminal.cat
    device.open("wallet")
    device.claim(1000)
    device.device_enabled = True
    return device


def other_program(till: Till) -> FileLock:
    return FileLock(f"{till.site.parent / 'journal.db'}.lock", thread_local=False)


def ask(cat: CAT, **given: object) -> None:
    cat.additional_security_information = json.dumps(given)


def heard(cat: CAT) -> queue.Queue[Any]:
    events: queue.Queue[Any] = queue.Queue()
    for listen in (cat.add_error_listener, cat.add_output_complete_listener, cat.add_direct_io_listener):
        listen(events.put)
    return events


def next_error(events: queue.Queue[Any]) -> ErrorEvent:
    event = events.get(timeout=10)
    while not isinstance(event, ErrorEvent):
        assert not isinstance(event, OutputCompleteEvent)
        event = events.get(timeout=10)
    return event


def test_a_sale_that_timed_out_is_not_charged_by_its_retry(till: Till, cat: CAT) -> None:
    """The default response to an ErrorEvent is a retry: it must raise the same error again."""
    events = heard(cat)
    with other_program(till):
        ask(cat, orderId="A", label=till.label())
        cat.async_mode = True
        cat.authorize_sales(1, SUM, 0, 300)
        first = next_error(events)
    second = next_error(events)
    cat.clear_output()
    assert (first.error_code, second.error_code) == (ErrorCode.E_TIMEOUT, ErrorCode.E_TIMEOUT)
    assert not till.charges("A")


@pytest.mark.parametrize("call", ["sale", "refund", "void"])
def test_a_deadline_that_passes_there_is_a_timeout(till: Till, cat: CAT, call: str) -> None:
    pay(till, cat, "P")
    with other_program(till):
        ask(cat, orderId="A", label=till.label(), originalOrderId="P")
        calls = {"sale": cat.authorize_sales, "refund": cat.authorize_refund, "void": cat.authorize_void}
        with pytest.raises(UposError) as refused:
            calls[call](2, SUM, 0, 300)
    assert refused.value.error_code is ErrorCode.E_TIMEOUT
    assert not till.charges("A")
    assert not given_back(till)


@pytest.mark.parametrize("call", ["sale", "refund"])
def test_clear_output_there_is_a_reset_and_its_event_comes(till: Till, cat: CAT, call: str) -> None:
    pay(till, cat, "P")
    events = heard(cat)
    with other_program(till):
        ask(cat, orderId="A", label=till.label(), originalOrderId="P")
        cat.async_mode = True
        calls = {"sale": cat.authorize_sales, "refund": cat.authorize_refund}
        calls[call](2, SUM, 0, -1)
        time.sleep(0.2)
        cat.clear_output()
        told = (events.get(timeout=5) for _ in range(5))
        ended = next(event for event in told if "canceled" in str(getattr(event, "object", "")))
    assert isinstance(ended, DirectIOEvent)
    assert ended.event_number == 6
    assert not till.charges("A")
    assert not given_back(till)


def test_a_void_that_has_begun_goes_to_its_end_whatever_its_deadline(till: Till, terminal: Terminal, cat: CAT) -> None:
    pay(till, cat, "P")
    till.play("refund", "lost-always", 4)
    assert terminal.refund(RefundWanted("P", amount=200)).outcome is Outcome.UNKNOWN
    ask(cat, originalOrderId="P")
    cat.authorize_void(2, SUM, 0, 30)
    assert given_back(till) == 500


def test_another_amount_is_refused_although_the_cashier_cancelled(till: Till, terminal: Terminal, cat: CAT) -> None:
    pay(till, cat, "P")
    canceled = CancelToken()
    canceled.cancel()
    with other_program(till), pytest.raises(UsageError, match="500 kopecks, not 600"):
        terminal.pay(terminal.new_order("P", 600), label=till.label(), cancel=canceled)


def test_a_token_of_two_calls_is_reached_while_one_of_them_runs(till: Till, terminal: Terminal, cat: CAT) -> None:
    token, ended = CancelToken(), list[Outcome]()
    with other_program(till):
        sale = threading.Thread(
            target=lambda: ended.append(
                terminal.pay(terminal.new_order("A", 500), label=till.label(), cancel=token).outcome
            )
        )
        sale.start()
        time.sleep(0.2)
        terminal.check_card(label=till.label(), cancel=token)
        terminal.request_cancel()
        sale.join(10)
    assert ended == [Outcome.CANCELED]
    assert not till.charges("A")


def pay(till: Till, cat: CAT, order_id: str) -> None:
    ask(cat, orderId=order_id, label=till.label())
    cat.authorize_sales(1, SUM, 0, 0)


def given_back(till: Till) -> int:
    return sum(
        each.amount
        for transaction in till.host.host.ledger.transactions.values()
        for each in transaction.reversals.values()
        if each.status == "accepted"
    )
