"""A cancel reaches the call that it was made for, wherever that call is: at the lock, at the scan, with the host."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from koshelek_driver import (
    CallCanceled,
    CancelToken,
    Outcome,
    RefundWanted,
    SaleObserver,
    ScanCanceled,
    SlipState,
    Terminal,
)
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.tills import PRINTER_DEVICES, Till

WAIT_S = 10.0
SCANNER = """
[devices.scanner1]
category = "Scanner"
profile = "generic-serial"
port = "tcp://127.0.0.1:{port}"
[devices.wallet]
category = "CAT"
scanner = "scanner1"
"""


@pytest.fixture
def terminal(till: Till) -> Iterator[Terminal]:
    with Terminal.open(till.site) as opened:
        yield opened


@pytest.fixture
def other_program(till: Till) -> Iterator[FileLock]:
    """Another program of this till that is busy with money."""
    lock = FileLock(f"{till.site.parent / 'journal.db'}.lock", thread_local=False)
    with lock:
        yield lock


def test_a_cancel_while_another_program_has_the_till_charges_nothing(
    till: Till, terminal: Terminal, other_program: FileLock
) -> None:
    waits = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(
            terminal.pay,
            terminal.new_order("A-1", 500),
            label=till.label(),
            watcher=SaleObserver(waiting_for_till=waits.set),
        )
        assert waits.wait(WAIT_S)
        terminal.request_cancel()
        ended = paying.result(WAIT_S)
        other_program.release()
    assert (ended.outcome, ended.verdict.error_code) == (Outcome.CANCELED, "CANCELED")
    assert terminal.find("A-1") is None
    assert till.host.host.requests == []


def test_a_cancel_that_comes_as_the_till_becomes_free_charges_nothing(
    till: Till, terminal: Terminal, other_program: FileLock
) -> None:
    waits, token = threading.Event(), CancelToken()
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(
            terminal.pay,
            terminal.new_order("A-1", 500),
            label=till.label(),
            watcher=SaleObserver(waiting_for_till=waits.set),
            cancel=token,
        )
        assert waits.wait(WAIT_S)
        token.cancel()
        other_program.release()
        assert paying.result(WAIT_S).outcome is Outcome.CANCELED
    assert till.charges("A-1") == 0


def test_a_refund_is_canceled_while_another_program_has_the_till(
    till: Till, terminal: Terminal, other_program: FileLock
) -> None:
    other_program.release()
    assert terminal.pay(terminal.new_order("A-1", 500), label=till.label()).outcome is Outcome.PAID
    asked = len(till.host.host.requests)
    with other_program:
        watcher = SaleObserver(waiting_for_till=terminal.request_cancel)
        with pytest.raises(CallCanceled, match="the refund was not begun"):
            terminal.refund(RefundWanted("A-1"), watcher=watcher)
        with pytest.raises(CallCanceled, match="the recovery was not begun"):
            terminal.recover(watcher=watcher)
    assert len(till.host.host.requests) == asked


def test_what_is_paid_is_told_also_to_a_cashier_who_cancelled_the_wait(
    till: Till, terminal: Terminal, other_program: FileLock
) -> None:
    other_program.release()
    order = terminal.new_order("A-1", 500)
    paid = terminal.pay(order, label=till.label())
    with other_program:
        again = terminal.pay(order, watcher=SaleObserver(waiting_for_till=terminal.request_cancel))
    assert (again.outcome, again.request_id, again.repeated) == (Outcome.PAID, paid.request_id, True)


def test_a_cancel_before_the_call_charges_nothing(till: Till, terminal: Terminal) -> None:
    token = CancelToken()
    token.cancel()
    ended = terminal.pay(terminal.new_order("A-1", 500), label=till.label(), cancel=token)
    assert ended.outcome is Outcome.CANCELED
    assert till.host.host.requests == []


@pytest.mark.parametrize("by", ["token", "face"])
def test_a_cancel_while_a_scan_is_awaited_charges_nothing(till: Till, by: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_scanner:
        till.rewrite(devices=SCANNER.format(port=silent_scanner.getsockname()[1]))
        with Terminal.open(till.site) as terminal:
            token = CancelToken()
            press = token.cancel if by == "token" else terminal.request_cancel
            observer = SaleObserver(waiting_for_scan=press)
            with pytest.raises(ScanCanceled):
                terminal.pay(terminal.new_order("A-1", 500), wait_s=WAIT_S, watcher=observer, cancel=token)
    assert till.host.host.requests == []


@pytest.mark.parametrize("by", ["token", "face"])
def test_a_cancel_while_the_printer_holds_the_slip_ends_the_wait_and_not_the_payment(
    till: Till, tmp_path: Path, by: str
) -> None:
    printer = VirtualPrinter(tmp_path / "receipts", fault=Fault.PAPER_OUT_MID_SLIP)
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=printer.port))
    with Terminal.open(till.site) as terminal:
        token = CancelToken()
        press = token.cancel if by == "token" else terminal.request_cancel
        began_s = time.monotonic()
        paid = terminal.pay(
            terminal.new_order("A-1", 500),
            label=till.label(),
            watcher=SaleObserver(printer_holds=lambda _why: press()),
            cancel=token,
        )
        took_s = time.monotonic() - began_s
    printer.close()
    assert (paid.outcome, paid.slip_state) == (Outcome.PAID, SlipState.SENT)
    assert took_s < 20.0, "the wait for paper went on for its 30 s"


@pytest.mark.parametrize("by", ["token", "face"])
def test_a_cancel_in_flight_takes_the_payment_back(till: Till, terminal: Terminal, by: str) -> None:
    token = CancelToken()
    press = token.cancel if by == "token" else terminal.request_cancel
    paid = terminal.pay(
        terminal.new_order("A-1", AMOUNTS["undecided"]),
        label=till.label(),
        watcher=SaleObserver(called=lambda _exchange: press()),
        cancel=token,
    )
    assert (paid.outcome, paid.verdict.error_code) == (Outcome.CANCELED, "CANCELED")
    assert till.charges("A-1") == 0


def test_a_token_cancels_its_own_call_and_no_other(till: Till, terminal: Terminal) -> None:
    token = CancelToken()
    first = terminal.pay(
        terminal.new_order("A-1", AMOUNTS["undecided"]),
        label=till.label(),
        watcher=SaleObserver(called=lambda _exchange: token.cancel()),
        cancel=token,
    )
    second = terminal.pay(terminal.new_order("A-2", 500), label=till.label())
    assert (first.outcome, second.outcome) == (Outcome.CANCELED, Outcome.PAID)


def test_a_recovery_beside_a_sale_does_not_cancel_it(till: Till, terminal: Terminal) -> None:
    """Taking back an orphan is a cancel of that orphan alone."""
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 1.0\nresend_attempts = 0")
    till.play("checkout", "lost-always", 9)
    terminal.pay(terminal.new_order("A-0", AMOUNTS["lost-always"]), label=till.label())
    recovered = terminal.recover()
    assert [each.order_id for each in (*recovered.settled, *recovered.still_unknown)] == ["A-0"]
    assert terminal.pay(terminal.new_order("A-1", 500), label=till.label()).outcome is Outcome.PAID
