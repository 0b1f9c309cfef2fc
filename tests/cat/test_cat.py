"""The category CAT against the sandbox: what the program of a POS is told, and what the host really charged."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver import CAT, Outcome, Terminal
from koshelek_driver.cat import device
from koshelek_driver.cat.progress import Progress
from koshelek_driver.cat.request import CatRequest
from koshelek_driver.errors import ScanCanceled
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Payment, Verdict
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from koshelek_driver.upos.cat_codes import CatExtended
from koshelek_driver.upos.codes import ErrorCode, ErrorResponse, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import ErrorEvent
from tests.support.tills import PRINTER_DEVICES, Till
from tests.support.upos_devices import HandWalletService, Heard

WALLET = '[devices.wallet]\ncategory = "CAT"\n'
FOREVER = -1
A_MINUTE = 60_000


class Pos:
    """A program of a POS with its CAT."""

    def __init__(self, till: Till, cat: device.CAT) -> None:
        self.till = till
        self.cat = cat
        cat.open("wallet")
        cat.claim(1000)
        cat.device_enabled = True

    def ask(self, **given: Any) -> None:
        self.cat.additional_security_information = json.dumps(given)

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.cat.additional_security_information)
        return found

    def sell(self, order_id: str, kopecks: int = 12_345, timeout: int = FOREVER, number: int = 1) -> None:
        self.ask(orderId=order_id, label=self.till.label())
        self.cat.authorize_sales(number, kopecks * 100, 0, timeout)


@pytest.fixture
def pos(till: Till) -> Iterator[Pos]:
    till.rewrite(devices=WALLET)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
        made = Pos(till, CAT())
        yield made
        if made.cat.state is not State.S_CLOSED:
            made.cat.close()


def refused(action: Any) -> tuple[ErrorCode, int]:
    with pytest.raises(UposError) as caught:
        action()
    return caught.value.error_code, caught.value.error_code_extended


def test_a_sale_is_paid_and_its_identifiers_are_kept(pos: Pos) -> None:
    pos.sell("A-1", number=77)
    cat, told = pos.cat, pos.told()
    assert pos.till.charges("A-1") == 1
    assert (cat.sequence_number, cat.transaction_type, cat.settled_amount) == (77, "10", 1_234_500)
    assert cat.transaction_number == told["transactionId"]
    assert (cat.card_company_id, cat.center_result_code) == ("SBP", "")
    assert (cat.slip_number, cat.approval_code) == (told["slip"]["id"], told["slip"]["kzo"])
    assert cat.account_number.endswith(CARD_NUMBER[-4:])
    assert CARD_NUMBER not in cat.account_number
    assert (told["outcome"], told["orderId"], told["operatorTip"]) == ("paid", "A-1", "")
    assert any("A-1" in line for line in told["slipLines"])


def test_a_program_that_knows_nothing_of_orders_gets_one_for_each_sale(pos: Pos) -> None:
    found = set()
    for _ in range(2):
        pos.ask(label=pos.till.label())
        pos.cat.authorize_sales(5, 1_234_500, 0, FOREVER)
        found.add(pos.told()["orderId"])
    assert len(found) == 2
    assert all(pos.till.charges(order_id) == 1 and len(order_id) <= 36 for order_id in found)


@pytest.mark.parametrize(
    ("script", "extended"),
    [
        ("rejected-not-enough-limit-to-pay", CatExtended.DEFICIENT),
        ("rejected-payment-declined-by-external-provider", CatExtended.CENTERERROR),
        ("canceled", CatExtended.RESET),
    ],
)
def test_a_no_is_an_exception_with_its_reason_and_no_money(pos: Pos, script: str, extended: CatExtended) -> None:
    pos.sell("A-1")
    number = pos.cat.transaction_number
    assert refused(lambda: pos.sell("A-2", AMOUNTS[script])) == (ErrorCode.E_EXTENDED, extended)
    assert pos.till.charges("A-2") == 0
    assert pos.cat.center_result_code == (pos.told()["errorCode"] or "CANCELED")
    assert pos.told()["operatorTip"]
    assert (pos.cat.transaction_number, pos.cat.sequence_number) == (number, 1)


def test_a_host_that_cannot_be_reached_is_a_communication_error(pos: Pos) -> None:
    pos.till.host.close()
    assert refused(lambda: pos.sell("A-1")) == (ErrorCode.E_EXTENDED, CatExtended.COMMUNICATIONERROR)
    assert pos.cat.center_result_code == "HOST_UNREACHABLE"


def test_a_deadline_cancels_and_is_a_timeout(pos: Pos) -> None:
    assert refused(lambda: pos.sell("A-1", AMOUNTS["undecided"], 700))[0] is ErrorCode.E_TIMEOUT
    assert pos.told()["outcome"] == "canceled"
    assert pos.till.charges("A-1") == 0


def test_an_unknown_end_has_a_code_of_its_own_and_is_taken_back_by_name(till: Till) -> None:
    till.rewrite(devices=WALLET, decision_timeout_s=1.0)
    till.edit("[pay_api.timing]", "[pay_api.timing]\nresend_window_s = 0.5\nsettle_timeout_s = 0.3")
    with Terminal.open(till.site) as terminal:
        pos = Pos(till, terminal.cat)
        for call in ("checkout", "status", "cancel"):
            till.play(call, "lost-always", 50)
        unknown = (ErrorCode.E_EXTENDED, CatExtended.OUTCOME_UNKNOWN)
        assert refused(lambda: pos.sell("A-1")) == unknown
        assert [payment.order_id for payment in terminal.unfinished()] == ["A-1"]
        till.host.host.clear_plans()
        pos.ask(originalOrderId="A-1")
        pos.cat.authorize_void(2, 1_234_500, 0, A_MINUTE)
        assert pos.told()["outcome"] in ("canceled", "refunded")
        assert terminal.unfinished() == []


def test_what_is_not_named_or_not_so_is_never_guessed(pos: Pos) -> None:
    pos.sell("A-1")
    pos.ask()
    for call in (pos.cat.authorize_void, pos.cat.authorize_refund):
        assert refused(lambda: call(2, 1_234_500, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL  # noqa: B023
    pos.ask(originalOrderId="B-1")
    assert refused(lambda: pos.cat.authorize_void(2, 1_234_500, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL
    pos.ask(originalOrderId="A-1")
    assert refused(lambda: pos.cat.authorize_void(2, 1_234_600, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL
    assert refused(lambda: pos.cat.authorize_refund(2, 1_234_600, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL
    assert refused(lambda: pos.cat.authorize_sales(2, 1_234_501, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL
    assert refused(lambda: pos.cat.authorize_sales(2, 1_234_500, 5, FOREVER))[0] is ErrorCode.E_ILLEGAL
    assert refused(lambda: pos.cat.authorize_sales(2, 1_234_500, 0, -2))[0] is ErrorCode.E_ILLEGAL
    assert pos.till.charges("A-1") == 1


def test_a_payment_is_given_back_in_parts_and_as_a_whole(pos: Pos) -> None:
    pos.sell("A-1")
    paid = pos.cat.transaction_number
    pos.ask(originalTransactionId=paid)
    pos.cat.authorize_refund(2, 300_000, 0, FOREVER)
    assert (pos.cat.transaction_type, pos.cat.settled_amount) == ("21", 300_000)
    assert pos.cat.transaction_number == pos.told()["refundTransactionId"] != paid
    pos.sell("A-2")
    pos.ask(originalOrderId="A-2")
    pos.cat.authorize_void(3, 1_234_500, 0, FOREVER)
    assert (pos.cat.transaction_type, pos.told()["outcome"]) == ("20", "refunded")


def test_an_invoice_and_the_lines_of_a_refund_are_taken_over(pos: Pos) -> None:
    line = {"name": "Хлеб", "article": "1", "price": 6_000, "quantity": 2, "totalAmount": 12_000, "tax": "vat20"}
    invoice = {"orderId": "A-1", "totalAmount": 12_000, "items": [line]}
    pos.ask(orderId="A-1", label=pos.till.label(), invoice=invoice)
    pos.cat.authorize_sales(1, 1_200_000, 0, FOREVER)
    pos.ask(originalOrderId="A-1", items=[{**line, "quantity": 1, "totalAmount": 6_000}])
    pos.cat.authorize_refund(2, 600_000, 0, FOREVER)
    assert pos.cat.settled_amount == 600_000
    pos.ask(orderId="A-2", label=pos.till.label(), invoice={**invoice, "totalAmount": 1})
    assert refused(lambda: pos.cat.authorize_sales(3, 1_200_000, 0, FOREVER))[0] is ErrorCode.E_ILLEGAL


def test_a_card_is_checked_and_pays_afterwards(pos: Pos) -> None:
    label = pos.till.label()
    pos.ask(label=label)
    pos.cat.check_card(4, FOREVER)
    assert (pos.cat.center_result_code, pos.cat.transaction_type) == ("CARDSESSION_AVAILABLE", "41")
    pos.ask(orderId="A-1", label=label)
    pos.cat.authorize_sales(5, 1_234_500, 0, FOREVER)
    pos.ask(label="4601234567893")
    assert refused(lambda: pos.cat.check_card(6, FOREVER)) == (ErrorCode.E_EXTENDED, CatExtended.CENTERERROR)
    assert pos.cat.center_result_code == "LOYALTY_ONLY"
    assert pos.cat.sequence_number == 5


def test_one_asynchronous_request_at_a_time_with_progress_and_an_end(pos: Pos) -> None:
    completed, progress = Heard(), Heard()
    pos.cat.add_output_complete_listener(completed)
    pos.cat.add_direct_io_listener(progress)
    pos.cat.async_mode = True
    pos.sell("A-1")
    assert refused(lambda: pos.cat.authorize_sales(2, 1_234_500, 0, FOREVER))[0] is ErrorCode.E_BUSY
    assert completed.wait(1)[0].output_id == pos.cat.output_id == 1
    numbers = [event.event_number for event in progress.events]
    assert numbers[:2] == [Progress.SCANNED, Progress.SENT]
    assert numbers[-1] == Progress.ENDED
    assert progress.events[-1].object == "A-1 paid"


def test_the_cashiers_cancel_ends_it_without_a_completion(pos: Pos) -> None:
    completed, progress = Heard(), Heard()
    pos.cat.add_output_complete_listener(completed)
    pos.cat.add_direct_io_listener(progress)
    pos.cat.async_mode = True
    pos.sell("A-1", AMOUNTS["undecided"])
    progress.wait(2)
    pos.cat.clear_output()
    while not any(event.event_number == Progress.ENDED_AFTER_CLEAR for event in progress.events):
        progress.wait(len(progress.events) + 1)
    assert progress.events[-1].object == "A-1 canceled"
    assert completed.events == []
    assert pos.till.charges("A-1") == 0


def test_a_cancel_from_another_thread_ends_a_synchronous_call_truly(pos: Pos) -> None:
    """It returns only what was paid."""
    sent = Heard()
    pos.cat.add_direct_io_listener(sent)

    def cancel() -> None:
        sent.wait(2)
        pos.cat.clear_output()

    canceling = threading.Thread(target=cancel)
    canceling.start()
    assert refused(lambda: pos.sell("A-1", AMOUNTS["undecided"])) == (ErrorCode.E_EXTENDED, CatExtended.RESET)
    canceling.join()
    assert pos.till.charges("A-1") == 0


def test_a_cancel_before_the_call_has_begun_is_not_lost() -> None:
    service = HandWalletService()

    def work(_observer: SaleObserver, cancel: CancelToken) -> Payment:
        assert cancel.wait(10)
        return Payment("A-1", "r-1", 100, 0.0, Verdict(Outcome.CANCELED))

    request = CatRequest(service, work, lambda *_told: None, timeout_s=None, good=(Outcome.PAID,))
    request.abort()
    assert refused(request.run) == (ErrorCode.E_EXTENDED, CatExtended.RESET)


@pytest.mark.parametrize(("timeout_s", "code"), [(0.05, ErrorCode.E_TIMEOUT), (None, ErrorCode.E_EXTENDED)])
def test_a_scan_that_nobody_made_is_a_timeout_or_a_cancel(timeout_s: float | None, code: ErrorCode) -> None:
    service = HandWalletService()

    def work(_observer: SaleObserver, cancel: CancelToken) -> Payment:
        assert cancel.wait(10)
        raise ScanCanceled("the cashier cancelled")

    request = CatRequest(service, work, lambda *_told: None, timeout_s=timeout_s, good=(Outcome.PAID,))
    if timeout_s is None:
        request.abort()
    assert refused(request.run)[0] is code


@pytest.mark.parametrize("how", ["disable", "close"])
def test_disable_and_close_leave_nothing_dangling(pos: Pos, how: str) -> None:
    sent = Heard()
    pos.cat.add_direct_io_listener(sent)
    pos.cat.async_mode = True
    pos.sell("A-1", AMOUNTS["undecided"])
    sent.wait(2)
    if how == "disable":
        pos.cat.device_enabled = False
    else:
        pos.cat.close()
    with Terminal.open(pos.till.site) as terminal:
        found = terminal.find("A-1")
        assert found is not None
        assert found.outcome is Outcome.CANCELED
    assert pos.till.charges("A-1") == 0


def test_a_retry_asks_the_host_for_the_same_payment(till: Till) -> None:
    till.rewrite(devices=WALLET, decision_timeout_s=1.0)
    till.edit("[pay_api.timing]", "[pay_api.timing]\nresend_window_s = 0.5\nsettle_timeout_s = 0.3")
    with Terminal.open(till.site) as terminal:
        pos = Pos(till, terminal.cat)
        till.play("status", "lost-always", 8)
        till.play("cancel", "lost-always", 8)
        errors, completed = Heard(), Heard()

        def retry(event: ErrorEvent) -> None:
            errors(event)
            event.error_response = ErrorResponse.ER_RETRY

        pos.cat.add_error_listener(retry)
        pos.cat.add_output_complete_listener(completed)
        pos.cat.async_mode = True
        pos.sell("A-1", AMOUNTS["undecided"])
        errors.wait(1)
        while pos.cat.state is not State.S_IDLE and not any(
            event.error_code_extended == CatExtended.RESET for event in errors.events
        ):
            errors.wait(len(errors.events) + 1)
        pos.cat.clear_output()
    requests = {request["requestId"] for request in till.host.host.requests if request["call"] == "checkout"}
    assert len(requests) == 1
    assert till.charges("A-1") == 0


def test_a_refusal_that_is_tried_again_sends_nothing_more(pos: Pos) -> None:
    errors = Heard()
    pos.cat.add_error_listener(errors)
    pos.cat.async_mode = True
    pos.sell("A-1", AMOUNTS["rejected-payment-declined-by-external-provider"])
    errors.wait(3)
    pos.cat.clear_output()
    assert [request["call"] for request in pos.till.host.host.requests].count("checkout") == 1


def test_the_daily_log_has_the_day_and_settlement_ends_it(pos: Pos) -> None:
    pos.sell("A,1")
    paid = pos.cat.transaction_number
    pos.ask(originalTransactionId=paid)
    pos.cat.authorize_refund(2, 300_000, 0, FOREVER)
    pos.cat.access_daily_log(3, 1, FOREVER)
    so_far = pos.cat.daily_log
    pos.cat.access_daily_log(4, 2, FOREVER)
    assert pos.cat.daily_log == so_far
    first, second = (line.split(",") for line in so_far.removesuffix("\r\n").split("\r\n"))
    assert (first[:2], first[3:6], first[7]) == (["1", "10"], ["1234500", "A?1", paid], "SBP")
    assert (second[:2], second[3], second[6]) == (["2", "21"], "300000", pos.cat.transaction_number)
    assert so_far.isascii()
    pos.cat.access_daily_log(5, 1, FOREVER)
    assert (pos.cat.daily_log, pos.cat.sequence_number) == ("", 5)
    assert refused(lambda: pos.cat.access_daily_log(6, 3, FOREVER))[0] is ErrorCode.E_ILLEGAL


def test_a_disk_that_fills_up_is_told_once_and_when_it_has_room_again(
    pos: Pos, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    pos.cat.add_status_update_listener(heard)
    for room, status in ((1 << 20, 2), (1 << 20, 2), (0, 3), (1 << 40, 1)):
        monkeypatch.setattr(Terminal, "journal_room", lambda _self, room=room: room)
        pos.ask(label=pos.till.label())
        pos.cat.authorize_sales(1, 1_234_500, 0, FOREVER)
        assert pos.cat.log_status == status
    assert [event.status for event in heard.wait(3)] == [2, 3, 1]


def test_what_was_refused_is_not_done_again_by_a_retry() -> None:
    """Not even where each attempt would wait for another scan."""
    attempts: list[str] = []

    def work(_observer: SaleObserver, cancel: CancelToken) -> Payment:
        attempts.append("A-1")
        return Payment("A-1", "r-1", 100, 0.0, Verdict(Outcome.REJECTED, "t", "DECLINED"))

    request = CatRequest(HandWalletService(), work, lambda *_told: None, timeout_s=None, good=(Outcome.PAID,))
    for _ in range(3):
        assert refused(request.run) == (ErrorCode.E_EXTENDED, CatExtended.CENTERERROR)
    assert attempts == ["A-1"]


def test_in_training_nobody_hears_of_it(pos: Pos) -> None:
    pos.cat.training_mode = True
    pos.ask(orderId="A-1")
    pos.cat.authorize_sales(9, 1_234_500, 0, FOREVER)
    pos.ask(originalOrderId="A-1")
    pos.cat.authorize_refund(10, 500_000, 0, FOREVER)
    pos.ask(originalOrderId="A-1")
    pos.cat.authorize_void(11, 1_234_500, 0, FOREVER)
    pos.cat.check_card(12, FOREVER)
    assert (pos.cat.sequence_number, pos.cat.transaction_number) == (12, "TRAINING")
    assert pos.till.host.host.requests == []
    with Terminal.open(pos.till.site) as terminal:
        assert terminal.find("A-1") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"lable": "x"}', '{"orderId": 5}', "\ud800"])
def test_information_that_is_none_is_illegal_and_not_quoted(pos: Pos, text: str) -> None:
    pos.cat.additional_security_information = text
    with pytest.raises(UposError) as caught:
        pos.cat.authorize_sales(1, 1_234_500, 0, FOREVER)
    assert caught.value.error_code is ErrorCode.E_ILLEGAL
    assert "lable" not in str(caught.value)
    assert "orderId" in caught.value.remedy


def test_the_slip_is_printed_by_the_printer_of_the_till(till: Till, tmp_path: Path) -> None:
    printer = VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=printer.port))
    with Terminal.open(till.site) as terminal:
        pos = Pos(till, terminal.cat)
        receipt_printer = terminal.printer
        receipt_printer.open("printer1")
        receipt_printer.claim(1000)
        receipt_printer.device_enabled = True
        pos.sell("A-1")
        receipt_printer.print_normal(2, "чек магазина\n\x1b|fP")  # type: ignore[arg-type]
        assert terminal.find("A-1") is not None
    assert [any("A-1" in line for line in receipt.lines) for receipt in printer.receipts] == [True, False]
    printer.close()
    found = Terminal.open(till.site)
    payment = found.find("A-1")
    found.close()
    assert payment is not None
    assert payment.outcome is Outcome.PAID
