"""Refunds, cancels and recovery of a whole till against the sandbox: host, journal and slips agree in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from koshelek_driver import Outcome, Payment, Refund, RefundWanted, SaleObserver, SlipState, Terminal
from koshelek_driver.errors import BusyError, TotpModuleError, UsageError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.shown_card import ShownCard
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from tests.support.tills import PRINTER_DEVICES, Till

MILK = {"name": "Молоко", "article": "m", "price": 10_000, "quantity": 2, "totalAmount": 20_000, "tax": "vat10"}
INVOICE = {"orderId": "A-1", "totalAmount": 20_000, "items": [MILK]}


def pay(till: Till, order_id: str = "A-1", amount: int = 12_345, invoice: dict[str, Any] | None = None) -> Payment:
    with Terminal.open(till.site) as terminal:
        invoice_json = None if invoice is None else msgspec.json.encode(invoice)
        return terminal.pay(terminal.new_order(order_id, amount, invoice_json), label=till.label())


def refund(till: Till, order_id: str = "A-1", amount: int | None = None, **more: Any) -> Refund:
    with Terminal.open(till.site) as terminal:
        return terminal.refund(RefundWanted(order_id, amount=amount, **more))


def given_back(till: Till) -> int:
    till.host.host.take_changes()
    return sum(transaction.refunded for transaction in till.host.host.ledger.transactions.values())


def refund_calls(till: Till) -> list[str]:
    return [request["requestId"] for request in till.host.host.requests if request["call"] == "refund"]


# -- Refunds -------------------------------------------------------------------------------------------------------


def test_a_paid_order_is_given_back_once_with_its_slip(till: Till) -> None:
    payment = pay(till)
    done = refund(till)
    assert (done.outcome, done.amount, given_back(till)) == (Outcome.REFUNDED, 12_345, 12_345)
    assert done.verdict.transaction_id == payment.verdict.transaction_id
    assert done.verdict.slip is not None
    assert done.verdict.slip["refundTransactionId"] == done.ref_transaction_id
    again = refund(till)
    assert (again.repeated, again.request_id, len(refund_calls(till))) == (True, done.request_id, 1)
    with Terminal.open(till.site) as terminal:
        text = "\n".join(terminal.slip_text(done))
    assert "ВОЗВРАТ" in text
    assert done.ref_transaction_id in text


@pytest.mark.scenario(64)
def test_a_float_is_no_amount_even_for_a_refund_that_is_repeated(till: Till) -> None:
    pay(till)
    wanted: Any = 100.0
    with pytest.raises(UsageError) as caught:
        refund(till, amount=wanted)
    assert "whole kopecks" in caught.value.remedy
    assert refund_calls(till) == []
    till.play("refund", "lost-always", 4)
    refund(till, amount=100)
    sent = len(refund_calls(till))
    with pytest.raises(UsageError):
        refund(till, amount=wanted)
    assert len(refund_calls(till)) == sent


def test_parts_are_given_back_up_to_the_last_kopeck_and_no_further(till: Till) -> None:
    pay(till)
    assert [refund(till, amount=amount).outcome for amount in (1, 12_000, 344)] == [Outcome.REFUNDED] * 3
    with pytest.raises(UsageError, match="1 kopecks wanted back, 0 of 12345 are left"):
        refund(till, amount=1)
    assert (given_back(till), len(refund_calls(till))) == (12_345, 3)


def test_items_are_given_back_as_they_were_sold_and_once(till: Till) -> None:
    pay(till, amount=20_000, invoice=INVOICE)
    one = msgspec.json.encode([{**MILK, "quantity": 1, "totalAmount": 10_000}])
    assert refund(till, items_json=one).amount == 10_000
    two = msgspec.json.encode([MILK])
    with pytest.raises(UsageError, match="2 wanted back, 1 of 2 are left"):
        refund(till, items_json=two)
    assert refund(till).amount == 10_000
    assert given_back(till) == 20_000


@pytest.mark.scenario(62)
@pytest.mark.parametrize("wire", ["lost-answer", "dropped-request", "half-body", "server-error", "not-json"])
def test_a_lost_answer_is_asked_for_again_under_the_same_request(till: Till, wire: str) -> None:
    pay(till)
    till.host.host._director.plan({"call": "refund", "wire": wire, "times": 2}, ("refund",))
    done = refund(till)
    assert (done.outcome, given_back(till)) == (Outcome.REFUNDED, 12_345)
    assert set(refund_calls(till)) == {done.request_id}


def test_a_refund_whose_answers_are_all_lost_is_unknown_until_the_host_says(till: Till) -> None:
    pay(till)
    till.host.host._director.plan({"call": "refund", "outcome": "lost-always", "times": 4}, ("refund",))
    unknown = refund(till)
    assert (unknown.outcome, unknown.verdict.error_code) == (Outcome.UNKNOWN, "REFUND_UNKNOWN")
    with pytest.raises(BusyError, match="12345 kopecks .* not settled"):
        refund(till, amount=5)
    settled = refund(till)
    assert (settled.outcome, settled.request_id, given_back(till)) == (Outcome.REFUNDED, unknown.request_id, 12_345)


@pytest.mark.scenario(66)
def test_a_refund_that_the_bank_refuses_leaves_the_whole_sum(till: Till) -> None:
    pay(till)
    till.play("refund", "rejected-external-provider-error")
    refused = refund(till)
    assert (refused.outcome, refused.verdict.error_code) == (Outcome.REJECTED, "EXTERNAL_PROVIDER_ERROR")
    assert refund(till).outcome is Outcome.REFUNDED


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (RefundWanted("A-9"), "has no such payment"),
        (RefundWanted(transaction_id="t" * 36), "has no such payment"),
        (RefundWanted(), "of an order or of a transaction"),
        (RefundWanted("A-1", "t" * 36), "of an order or of a transaction"),
        (RefundWanted("A-2"), "order A-2 is rejected, not paid"),
        (RefundWanted("A-1", amount=20_000), "20000 kopecks wanted back, 12345"),
    ],
)
def test_a_refund_that_cannot_be_meant_sends_nothing(till: Till, wanted: RefundWanted, why: str) -> None:
    pay(till)
    pay(till, "A-2", AMOUNTS["rejected"])
    with Terminal.open(till.site) as terminal, pytest.raises(UsageError, match=why):
        terminal.refund(wanted)
    assert refund_calls(till) == []


@pytest.mark.scenario(67)
def test_a_payment_of_another_till_is_refunded_by_its_slip(till: Till, tmp_path: Path) -> None:
    payment = pay(till)
    till.edit('journal = "journal.db"', 'journal = "other.db"')
    wanted = RefundWanted(transaction_id=payment.verdict.transaction_id, amount=12_345)
    with Terminal.open(till.site) as terminal:
        assert terminal.refund(wanted).outcome is Outcome.REFUNDED
        refused = terminal.refund(wanted)
        assert refused.verdict.error_code == "TERMINAL_STATE_OF_PAYMENT_TRANSACTION"
    assert given_back(till) == 12_345


@pytest.mark.scenario(63)
def test_many_presses_of_refund_give_back_once(till: Till) -> None:
    pay(till)
    with Terminal.open(till.site) as terminal, ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _number: terminal.refund(RefundWanted("A-1")), range(6)))
    assert ({each.request_id for each in done}, given_back(till)) == ({done[0].request_id}, 12_345)


def test_a_module_that_makes_no_token_sends_nothing(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: object) -> None:
        raise TotpModuleError("gone")

    pay(till)
    monkeypatch.setattr(ShownCard, "token_without_card", fail)
    assert refund(till).verdict.error_code == "MODULE_UNREACHABLE"
    assert refund_calls(till) == []


@pytest.fixture
def printer(till: Till, tmp_path: Path) -> Iterator[VirtualPrinter]:
    made = VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=made.port))
    yield made
    made.close()


def test_the_slip_of_a_refund_waits_for_paper_and_is_printed_by_recover(till: Till, printer: VirtualPrinter) -> None:
    pay(till)
    printer.set_fault(Fault.PAPER_OUT)
    assert refund(till).slip_state is SlipState.QUEUED
    printer.set_fault(Fault.NONE)
    with Terminal.open(till.site) as terminal:
        assert [each.slip_state for each in terminal.unfinished_refunds()] == [SlipState.QUEUED]
        terminal.recover()
        assert terminal.unfinished_refunds() == []
    assert printer.wait_for_receipts(2, 5)
    assert "ВОЗВРАТ" in "".join(printer.receipts[1].lines)


# -- Cancels -------------------------------------------------------------------------------------------------------


def cancel(till: Till, order_id: str = "A-1") -> Payment:
    with Terminal.open(till.site) as terminal:
        return terminal.cancel(order_id)


@pytest.mark.scenario(34)
def test_a_sale_of_another_program_is_cancelled_while_it_waits(till: Till) -> None:
    polled = threading.Event()
    with Terminal.open(till.site) as paying, ThreadPoolExecutor(1) as pool:
        order = paying.new_order("A-1", AMOUNTS["undecided"])
        watcher = SaleObserver(called=lambda exchange: polled.set() if exchange.request.call.name == "STATUS" else None)
        running = pool.submit(paying.pay, order, label=till.label(), watcher=watcher)
        assert polled.wait(10)
        ended = cancel(till)
        assert running.result(10).outcome is Outcome.CANCELED
    assert (ended.outcome, ended.repeated, till.charges("A-1")) == (Outcome.CANCELED, True, 0)


@pytest.mark.parametrize(
    ("script", "outcome"), [("accepted", Outcome.PAID), ("rejected", Outcome.REJECTED), ("canceled", Outcome.CANCELED)]
)
def test_a_sale_that_has_ended_is_answered_as_it_ended(till: Till, script: str, outcome: Outcome) -> None:
    pay(till, amount=AMOUNTS[script])
    ended = cancel(till)
    assert (ended.outcome, ended.repeated) == (outcome, True)


def test_an_order_that_was_never_begun_cannot_be_cancelled(till: Till) -> None:
    with pytest.raises(UsageError, match="no order A-1"):
        cancel(till)


# -- Recovery ------------------------------------------------------------------------------------------------------


def leave_open(till: Till, order_id: str = "A-1") -> Payment:
    payment = pay(till, order_id, AMOUNTS["lost-always"])
    assert payment.outcome is Outcome.UNKNOWN
    till.play("checkout", "undecided")
    return payment


def test_recover_takes_back_what_nobody_finished(till: Till) -> None:
    left = leave_open(till)
    with Terminal.open(till.site) as terminal:
        recovered = terminal.recover()
        assert terminal.unfinished() == []
        assert terminal.recover().settled == ()
    (settled,) = recovered.settled
    assert (settled.request_id, recovered.still_unknown) == (left.request_id, ())
    assert (settled.outcome is Outcome.PAID) == (till.charges("A-1") == 1)


def test_recover_cancels_at_once_what_the_customer_has_not_confirmed(till: Till) -> None:
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_attempts = 0")
    till.host.host._director.plan({"call": "checkout", "outcome": "undecided", "wire": "lost-answer"}, ("checkout",))
    assert pay(till).outcome is Outcome.UNKNOWN
    with Terminal.open(till.site) as terminal:
        (settled,) = terminal.recover().settled
    assert (settled.outcome, settled.verdict.error_code, till.charges("A-1")) == (Outcome.CANCELED, "CANCELED", 0)


def test_a_refund_left_open_is_no_no_by_a_wrong_password(till: Till) -> None:
    pay(till)
    till.host.host._director.plan({"call": "refund", "outcome": "lost-always", "times": 4}, ("refund",))
    assert refund(till).outcome is Outcome.UNKNOWN
    password = till.host.files.password.read_text()
    till.host.files.password.write_text("wrong\n")
    assert refund(till).outcome is Outcome.UNKNOWN
    till.host.files.password.write_text(password)
    assert refund(till).outcome is Outcome.REFUNDED


def test_recover_names_what_stays_unknown_and_keeps_it_blocked(till: Till) -> None:
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 30.0\nresend_window_s = 0")
    pay(till, amount=AMOUNTS["lost-always"])
    with Terminal.open(till.site) as terminal:
        recovered = terminal.recover()
        assert [each.verdict.error_code for each in recovered.still_unknown] == ["OUTCOME_UNKNOWN"]
        assert "Не берите оплату второй раз" in terminal.tip(recovered.still_unknown[0])
    assert len(till.host.host.ledger.transactions) == 1


def test_recover_goes_on_with_refunds(till: Till) -> None:
    pay(till)
    till.host.host._director.plan({"call": "refund", "outcome": "lost-always", "times": 4}, ("refund",))
    unknown = refund(till)
    with Terminal.open(till.site) as terminal:
        (settled,) = terminal.recover().settled
    assert (settled.outcome, settled.request_id, given_back(till)) == (Outcome.REFUNDED, unknown.request_id, 12_345)


# -- What the journal keeps ----------------------------------------------------------------------------------------


@pytest.mark.scenario(74)
def test_every_answer_is_kept_once_and_nothing_of_the_customer(till: Till) -> None:
    payment = pay(till)
    refund(till)
    journal = Journal(till.site.parent / "journal.db")
    kinds = [event.kind for event in journal.events(payment.request_id)]
    assert kinds[0] == "intent"
    assert kinds[-1] == "end"
    assert kinds.count("transaction") == 1
    bodies = [event.data for event in journal.events(payment.request_id) if event.kind == "answer"]
    assert len(bodies) == len(set(bodies)) >= 2
    assert any(payment.verdict.transaction_id in body for body in bodies)
    assert journal.verify() == []
    journal.close()
