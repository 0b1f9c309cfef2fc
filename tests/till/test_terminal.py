"""The whole till against the sandbox: every outcome, every order once, every slip once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from firmware_protocol.hid_keyboard import apply_russian_layout
from koshelek_driver import Outcome, Payment, SaleObserver, SlipState, Terminal
from koshelek_driver.errors import BusyError, CardError, JournalError, ProfileError, SecretError, SiteError, UsageError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.payment.journal import Journal
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS, SCRIPTS
from tests.support.hid_keyboard import typed
from tests.support.hostile import Manners, hostile
from tests.support.ports import TcpScanner
from tests.support.tills import PRINTER_DEVICES, Till

QUICK = [
    name
    for name in SCRIPTS
    if name not in ("undecided", "late-accept", "lost-always", "refused-transaction-in-processing")
]
PAID = [name for name in QUICK if not name.startswith(("rejected", "refused", "canceled"))]


def pay(till: Till, order_id: str, amount: int = 12_345, watcher: SaleObserver | None = None) -> Payment:
    with Terminal.open(till.site) as terminal:
        return terminal.pay(terminal.new_order(order_id, amount), label=till.label(), watcher=watcher or SaleObserver())


@pytest.mark.scenario(4, 5, 7, 8, 9, 15)
@pytest.mark.parametrize("name", PAID)
def test_a_script_that_ends_well_is_paid_once_with_its_slip(till: Till, name: str) -> None:
    payment = pay(till, "A-1", AMOUNTS[name])
    assert payment.outcome is Outcome.PAID
    assert payment.verdict.slip is not None
    assert payment.verdict.slip["totalAmount"] == AMOUNTS[name]
    assert till.charges("A-1") == 1
    assert payment.button_to_wire_ms is not None
    assert payment.button_to_wire_ms > 0


@pytest.mark.scenario(14)
def test_fields_that_no_version_has_are_kept_with_the_sale(till: Till) -> None:
    payment = pay(till, "A-1", AMOUNTS["odd-fields"])
    assert payment.verdict.answer is not None
    assert payment.verdict.slip is not None
    assert payment.verdict.answer["cashback"] == {"kopecks": 100}
    assert payment.verdict.slip["mood"] == "good"


@pytest.mark.parametrize("name", sorted(set(QUICK) - set(PAID)))
def test_a_script_that_ends_badly_charges_nothing_and_tells_the_cashier_what_to_do(till: Till, name: str) -> None:
    payment = pay(till, "A-1", AMOUNTS[name])
    script = SCRIPTS[name]
    assert payment.outcome is (Outcome.CANCELED if name == "canceled" else Outcome.REJECTED)
    assert payment.verdict.error_code == (script.refuse or script.error_code)
    assert till.charges("A-1") == 0
    with Terminal.open(till.site) as terminal:
        tip = terminal.tip(payment)
    assert tip
    assert not re.search("[A-Z]_", tip)


@pytest.mark.scenario(29)
@pytest.mark.parametrize(
    ("name", "outcome", "charges"), [("undecided", Outcome.CANCELED, 0), ("late-accept", Outcome.PAID, 1)]
)
def test_at_the_deadline_the_sale_is_cancelled_unless_it_was_paid(
    till: Till, name: str, outcome: Outcome, charges: int
) -> None:
    till.rewrite(decision_timeout_s=1.0)
    payment = pay(till, "A-1", AMOUNTS[name])
    assert (payment.outcome, till.charges("A-1")) == (outcome, charges)


@pytest.mark.scenario(6)
def test_an_unknown_outcome_blocks_a_second_charge_and_is_settled_by_the_same_order(till: Till) -> None:
    first = pay(till, "A-1", AMOUNTS["lost-always"])
    assert (first.outcome, till.charges("A-1")) == (Outcome.UNKNOWN, 1)
    again = pay(till, "A-1", AMOUNTS["lost-always"])
    assert again.outcome is Outcome.UNKNOWN
    assert len(till.host.host.ledger.transactions) == 1
    till.play("checkout", "accepted")
    settled = pay(till, "A-1", AMOUNTS["lost-always"])
    assert (settled.outcome, till.charges("A-1"), settled.request_id) == (Outcome.PAID, 1, first.request_id)


@pytest.mark.scenario(45)
def test_a_paid_order_is_answered_again_without_a_card_and_without_a_call(till: Till) -> None:
    first = pay(till, "A-1")
    calls: list[Exchange] = []
    with Terminal.open(till.site) as terminal:
        again = terminal.pay(terminal.new_order("A-1", 12_345), watcher=SaleObserver(called=calls.append))
    assert again.repeated
    assert calls == []
    assert (again.verdict, again.request_id) == (first.verdict, first.request_id)
    with pytest.raises(UsageError, match="begun with 12345 kopecks, not 12346"):
        pay(till, "A-1", 12_346)


def test_a_rejected_order_may_be_tried_again_with_a_new_scan_but_not_with_the_same_one(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        label = till.label()
        order = terminal.new_order("A-1", AMOUNTS["rejected"])
        first = terminal.pay(order, label=label)
        again = terminal.pay(order, label=label)
        assert (again.repeated, again.request_id) == (True, first.request_id)
        other = terminal.pay(terminal.new_order("A-2", 500), label=label)
        assert other.verdict.error_code == "TOTP_REPLAYED"
        anew = terminal.pay(terminal.new_order("A-1", 500), label=till.label())
    assert (anew.outcome, till.charges("A-1"), till.charges("A-2")) == (Outcome.PAID, 1, 0)


def test_a_card_that_never_left_the_till_may_be_used_again(till: Till) -> None:
    label = till.label()
    till.rewrite(base_url="https://127.0.0.1:9/partner")
    with Terminal.open(till.site) as terminal:
        first = terminal.pay(terminal.new_order("A-1", 500), label=label)
    assert (first.outcome, first.verdict.error_code) == (Outcome.REJECTED, "HOST_UNREACHABLE")
    till.rewrite()
    with Terminal.open(till.site) as terminal:
        assert terminal.pay(terminal.new_order("A-1", 500), label=label).outcome is Outcome.PAID


@pytest.mark.scenario(36)
@pytest.mark.parametrize(
    ("label", "code"),
    [("4601234567893", "LOYALTY_ONLY"), ("hello", "BARCODE_UNKNOWN"), ("CM4601234567893A1B2C3000", "TOTP_INVALID")],
)
def test_a_card_that_cannot_pay_sends_nothing_and_leaves_no_trace(till: Till, label: str, code: str) -> None:
    with Terminal.open(till.site) as terminal:
        payment = terminal.pay(terminal.new_order("A-1", 500), label=label)
        assert (payment.outcome, payment.verdict.error_code) == (Outcome.REJECTED, code)
        assert terminal.find("A-1") is None
    assert till.host.host.requests == []


@pytest.mark.scenario(39)
def test_an_order_below_four_roubles_is_refused_before_a_card_is_asked_for(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        paid = terminal.pay(terminal.new_order("A-1", 399), wait_s=0)
        assert (paid.outcome, paid.verdict.error_code) == (Outcome.REJECTED, "TOTAL_AMOUNT_IS_TOO_SMALL")
        assert "4 рублей" in terminal.tip(paid)
        assert terminal.find("A-1") is None
    assert till.host.host.requests == []


@pytest.mark.scenario(35)
def test_a_changed_amount_is_a_new_charge_after_the_first_was_cancelled(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        till.play("checkout", "undecided")
        watcher = SaleObserver(called=lambda _exchange: terminal.request_cancel())
        first = terminal.pay(terminal.new_order("A-1", 500), label=till.label(), watcher=watcher)
        assert first.outcome is Outcome.CANCELED
        second = terminal.pay(terminal.new_order("A-1", 700), label=till.label())
    assert (second.outcome, second.amount) == (Outcome.PAID, 700)
    assert second.request_id != first.request_id
    assert till.charges("A-1") == 1


@pytest.mark.scenario(25)
def test_many_presses_of_one_button_charge_once_and_get_one_answer(till: Till) -> None:
    label = till.label()
    with Terminal.open(till.site) as terminal, ThreadPoolExecutor(6) as pool:
        order = terminal.new_order("A-1", 500)
        payments = list(pool.map(lambda _number: terminal.pay(order, label=label), range(6)))
    assert {(payment.outcome, payment.request_id) for payment in payments} == {(Outcome.PAID, payments[0].request_id)}
    assert till.charges("A-1") == 1


def test_a_till_that_is_busy_too_long_says_so_or_tells_what_is_known(till: Till) -> None:
    unknown = pay(till, "A-1", AMOUNTS["lost-always"])
    paid = pay(till, "A-2")
    till.rewrite(decision_timeout_s=1.0)
    till.edit("[pay_api.timing]", "[pay_api.timing]\nsettle_timeout_s = 0\nresend_window_s = 0")
    other_program = FileLock(f"{till.site.parent / 'journal.db'}.lock")
    with Terminal.open(till.site) as second, other_program:
        with pytest.raises(BusyError, match="A-3 was not begun"):
            second.pay(second.new_order("A-3", 500), label=till.label())
        orders = (second.new_order("A-1", AMOUNTS["lost-always"]), second.new_order("A-2", paid.amount))
        known = [second.pay(order) for order in orders]
    assert [payment.verdict for payment in known] == [unknown.verdict, paid.verdict]


def test_a_watcher_that_fails_harms_no_sale(
    till: Till, printer: VirtualPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise BrokenPipeError("the screen is gone")

    payment = pay(till, "A-1", watcher=SaleObserver(scanned=fail, called=fail, printed=fail))
    assert (payment.outcome, payment.slip_state) == (Outcome.PAID, SlipState.PRINTED)
    assert "the screen is gone" in caplog.text


def test_a_cancel_of_one_sale_does_not_reach_the_next(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.request_cancel()
        assert terminal.pay(terminal.new_order("A-1", 500), label=till.label()).outcome is Outcome.PAID


def test_the_cashiers_cancel_ends_a_sale_that_nobody_confirms(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        watcher = SaleObserver(called=lambda _exchange: terminal.request_cancel())
        payment = terminal.pay(terminal.new_order("A-1", AMOUNTS["undecided"]), label=till.label(), watcher=watcher)
    assert (payment.outcome, payment.verdict.error_code) == (Outcome.CANCELED, "CANCELED")


HOSTILE = [
    Manners(piece=1),
    Manners(piece=16, delay_s=0.001),
    Manners(delay_s=0.15),
    *(Manners(cut_up=after) for after in (0, 100, 600, 900, 1300, 1800)),
    *(Manners(cut_down=after) for after in (0, 700, 1500, 2000, 2400)),
    Manners(cut_down=1500, cuts=3),
]


@pytest.mark.parametrize("manners", HOSTILE, ids=repr)
def test_a_sale_over_a_hostile_network_is_paid_once(till: Till, manners: Manners) -> None:
    with hostile(till.host.port, manners) as port:
        till.rewrite(base_url=f"https://127.0.0.1:{port}/partner")
        payment = pay(till, "A-1")
    assert (payment.outcome, till.charges("A-1")) == (Outcome.PAID, 1)


@pytest.mark.scenario(6)
def test_a_network_that_always_breaks_never_makes_a_no_out_of_a_charge(till: Till) -> None:
    with hostile(till.host.port, Manners(cut_down=1600, cuts=99)) as port:
        till.rewrite(base_url=f"https://127.0.0.1:{port}/partner", decision_timeout_s=1.0)
        payment = pay(till, "A-1")
    assert payment.outcome is Outcome.UNKNOWN or till.charges("A-1") == (payment.outcome is Outcome.PAID)


@pytest.fixture
def printer(till: Till, tmp_path: Path) -> Iterator[VirtualPrinter]:
    made = VirtualPrinter(tmp_path / "receipts")
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=made.port))
    yield made
    made.close()


def test_the_slip_is_printed_once_as_the_till_shows_it(till: Till, printer: VirtualPrinter) -> None:
    payment = pay(till, "A-1")
    assert payment.slip_state is SlipState.PRINTED
    pay(till, "A-1")
    assert len(printer.receipts) == 1
    with Terminal.open(till.site) as terminal:
        shown = [line.strip() for line in terminal.slip_text(payment)]
    assert [line.strip() for line in printer.receipts[0].lines] == shown
    assert payment.verdict.slip is not None
    assert any(payment.verdict.slip["qrcId"] in line for line in shown)


@pytest.mark.scenario(69)
@pytest.mark.parametrize("fault", [Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.OFFLINE])
def test_a_printer_that_cannot_print_changes_nothing_of_the_money_and_the_slip_waits(
    till: Till, printer: VirtualPrinter, fault: Fault
) -> None:
    results: list[PrintResult] = []
    printer.set_fault(fault)
    payment = pay(till, "A-1", watcher=SaleObserver(printed=results.append))
    assert (payment.outcome, payment.slip_state) == (Outcome.PAID, SlipState.QUEUED)
    assert results[0].problem
    with Terminal.open(till.site) as terminal:
        assert [found.order_id for found in terminal.unfinished()] == ["A-1"]
    printer.set_fault(Fault.NONE)
    assert pay(till, "A-1").slip_state is SlipState.PRINTED
    assert "КОПИЯ" not in "".join(printer.receipts[0].lines)
    assert till.charges("A-1") == 1


@pytest.mark.scenario(46)
def test_a_slip_that_may_be_on_paper_already_is_printed_again_as_a_copy(till: Till, printer: VirtualPrinter) -> None:
    printer.set_fault(Fault.CONNECTION_LOST)
    assert pay(till, "A-1").slip_state is SlipState.SENT
    assert pay(till, "A-1").slip_state is SlipState.PRINTED
    assert printer.wait_for_receipts(2, 5)
    assert ["КОПИЯ" in "".join(receipt.lines) for receipt in printer.receipts] == [False, True]


def test_a_journal_that_fails_while_printing_does_not_make_a_paid_sale_look_otherwise(
    till: Till, printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise JournalError("disk full", "free some space")

    monkeypatch.setattr(Journal, "keep_slip_state", fail)
    results: list[PrintResult] = []
    payment = pay(till, "A-1", watcher=SaleObserver(printed=results.append))
    assert payment.outcome is Outcome.PAID
    assert results[-1].problem == "disk full"


def test_a_till_without_a_printer_leaves_no_slip_waiting(till: Till) -> None:
    payment = pay(till, "A-1")
    assert payment.slip_state is SlipState.NONE
    with Terminal.open(till.site) as terminal:
        assert terminal.unfinished() == []
        assert terminal.slip_text(payment)


def test_a_till_without_a_scanner_says_so(till: Till) -> None:
    with Terminal.open(till.site) as terminal, pytest.raises(CardError, match="names no scanner"):
        terminal.pay(terminal.new_order("A-1", 500))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("{card_number:13d}{card_session", "{card_nomber:13d}{card_session", SiteError),
        ('file = "retailer.key"', 'file = "none.key"', SecretError),
        ('file = "password.txt"', 'file = "none.txt"', SecretError),
        ('file = "retailer.key"', 'file = "ca.pem"', SiteError),
        ('ca_file = "ca.pem"', 'ca_file = "none.pem"', SiteError),
        ('journal = "journal.db"', 'journal = "none/journal.db"', JournalError),
    ],
)
def test_a_till_that_cannot_work_does_not_open(till: Till, old: str, new: str, error: type[Exception]) -> None:
    till.edit(old, new)
    with pytest.raises(error):
        Terminal.open(till.site)


@pytest.mark.parametrize(
    ("profile", "port", "error"),
    [("epson-tm-t88", "9100", ProfileError), ("epson-tm-t20iii", "x", SiteError)],
)
def test_a_wrong_device_is_found_before_a_sale(till: Till, profile: str, port: str, error: type[Exception]) -> None:
    till.rewrite(devices=PRINTER_DEVICES.format(profile=profile, port=port))
    with pytest.raises(error):
        Terminal.open(till.site)


def test_a_warm_connection_is_used_by_the_sale(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        terminal.warm_up().join(5)
        assert till.host._server.connections == 1
        terminal.pay(terminal.new_order("A-1", 500), label=till.label())
    assert till.host._server.connections == 1


def test_a_label_that_a_russian_keyboard_spoilt_is_mended_but_may_not_pay(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        payment = terminal.pay(terminal.new_order("A-1", 500), label=apply_russian_layout(f"]Q1{till.label()}"))
        assert (payment.outcome, payment.verdict.error_code) == (Outcome.REJECTED, "CARD_TYPED")
        assert "клавиатура" in terminal.tip(payment)
    assert till.charges("A-1") == 0
    till.edit("[totp]", "[totp]\naccept_typed = true")
    with Terminal.open(till.site) as terminal:
        payment = terminal.pay(terminal.new_order("A-1", 500), label=apply_russian_layout(f"]Q1{till.label()}"))
    assert payment.outcome is Outcome.PAID


def test_a_card_from_a_keyboard_scanner_may_not_pay_unless_allowed(till: Till) -> None:
    keyboard = TcpScanner()
    devices = f"""
[devices.scanner1]
category = "Scanner"
profile = "generic-keyboard"
port = "{keyboard.address}"
[devices.wallet]
category = "CAT"
scanner = "scanner1"
"""
    till.rewrite(devices=devices)

    def pay_by_scan() -> Payment:
        with Terminal.open(till.site) as terminal:
            held = keyboard.send_soon(typed(f"]Q1{till.label()}\r"))
            payment = terminal.pay(terminal.new_order("A-1", 500))
        held.join()
        return payment

    assert pay_by_scan().verdict.error_code == "CARD_TYPED"
    till.edit("[totp]", "[totp]\naccept_typed = true")
    assert pay_by_scan().outcome is Outcome.PAID
    keyboard.close()
