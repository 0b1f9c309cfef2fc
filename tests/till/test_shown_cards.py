"""One scan for loyalty and payment: the POS's own scanner reads a card, the POS gets its number, the sale gets the card."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver import Outcome, Payment, SaleObserver, Scanner, Terminal, UposError, load_site
from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.errors import JournalError, ScanCanceled, ScanTimeout, TotpModuleError
from koshelek_driver.network.http import BaseUrl
from koshelek_driver.payment import shown_card
from koshelek_driver.payment.clock import SystemClock
from koshelek_driver.payment.journal.card_book import CardBook
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from koshelek_driver.upos.codes import ErrorCode, ScanDataType
from tests.support.hid_keyboard import typed
from tests.support.ports import TcpScanner
from tests.support.tills import Till

DEVICES = """
[devices.scanner1]
category = "Scanner"
profile = "{profile}"
port = "{port}"
[devices.wallet]
category = "CAT"
scanner = "scanner1"
"""
WAIT_S = 10.0


class LaterClock(SystemClock):
    """The machine's clock, moved on by a test."""

    later_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.later_s


class Pos:
    """A program of a POS: it opens the till's scanner and keeps what its loyalty program would get."""

    def __init__(self, terminal: Terminal, clock: LaterClock, port: TcpScanner, frame: Callable[[str], bytes]) -> None:
        self.terminal = terminal
        self.clock = clock
        self.scanner = terminal.scanner
        self.heard: list[tuple[bytes, bytes, ScanDataType]] = []
        self.port = port
        self._frame = frame
        self._came = threading.Semaphore(0)
        self.scanner.open("scanner1")
        self.scanner.claim(0)
        self.scanner.decode_data = True
        self.scanner.add_data_listener(self._on_data)
        self.scanner.data_event_enabled = True
        self.scanner.device_enabled = True

    def _on_data(self, _event: object) -> None:
        self.heard.append((self.scanner.scan_data, self.scanner.scan_data_label, self.scanner.scan_data_type))
        self.scanner.data_event_enabled = True
        self._came.release()

    def scan(self, label: str) -> bytes:
        """What the POS gets of a scan."""
        self.port.send(self._frame(label))
        assert self._came.acquire(timeout=WAIT_S)
        return self.heard[-1][1]

    def pay(self, order_id: str, amount: int = 12_345, **more: Any) -> Payment:
        return self.terminal.pay(self.terminal.new_order(order_id, amount), **more)

    def card(self) -> Verification | None:
        return self.terminal.shown_card()


def serial(label: str) -> bytes:
    return f"]Q1{label}\r".encode()


Counter = Callable[..., Pos]


@pytest.fixture
def counter(till: Till) -> Iterator[Counter]:
    """Sets up a POS at the till."""
    opened: list[Terminal] = []
    ports: list[TcpScanner] = []

    def make(*, keyboard: bool = False, edit: tuple[str, str] | None = None) -> Pos:
        ports.append(TcpScanner())
        profile = "generic-keyboard" if keyboard else "generic-tcp"
        till.rewrite(devices=DEVICES.format(profile=profile, port=ports[-1].address))
        if edit is not None:
            till.edit(*edit)
        clock = LaterClock()
        opened.append(Terminal(load_site(till.site), clock))
        return Pos(opened[-1], clock, ports[-1], (lambda label: typed(f"]Q1{label}\r")) if keyboard else serial)

    yield make
    for terminal in opened:
        terminal.close()
    for port in ports:
        port.close()


@pytest.fixture
def pos(counter: Counter) -> Pos:
    return counter()


# -- What the POS gets -------------------------------------------------------------------------------------------


def test_the_pos_gets_the_card_number_as_of_a_plain_card(pos: Pos, till: Till) -> None:
    label = till.label()
    assert pos.scan(label) == CARD_NUMBER.encode()
    assert pos.heard == [(b"]Q1" + CARD_NUMBER.encode(), CARD_NUMBER.encode(), ScanDataType.QRCODE)]


@pytest.mark.parametrize(
    ("label", "number"),
    [
        (CARD_NUMBER, CARD_NUMBER),
        (f"CM{CARD_NUMBER}368", CARD_NUMBER),
        (f"cm{CARD_NUMBER}a1b2c3368", CARD_NUMBER),
        (f"\x1dCM{CARD_NUMBER}A1B2C3368", CARD_NUMBER),
        ("a tin of peas", "a tin of peas"),
        ("0100012345678905", "0100012345678905"),
    ],
)
def test_every_card_gives_its_number_and_what_is_no_card_comes_as_it_is(pos: Pos, label: str, number: str) -> None:
    assert pos.scan(label) == number.encode()


def test_the_whole_label_is_given_when_the_site_file_says_so(counter: Counter, till: Till) -> None:
    pos = counter(edit=("[devices.wallet]", '[devices.scanner1.labels]\nexpose = "full"\n[devices.wallet]'))
    label = till.label()
    assert pos.scan(label) == label.encode()
    assert pos.pay("A-1").outcome is Outcome.PAID


def test_a_scanner_without_a_terminal_gives_card_numbers_too(
    till: Till, monkeypatch: pytest.MonkeyPatch, claims: Path
) -> None:
    port = TcpScanner()
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    till.rewrite(devices=DEVICES.format(profile="generic-tcp", port=port.address))
    came = threading.Event()
    with Scanner() as scanner:
        scanner.open("scanner1")
        scanner.claim(0)
        scanner.add_data_listener(lambda _event: came.set())
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        port.send(serial(till.label()))
        assert came.wait(WAIT_S)
        assert scanner.scan_data == b"]Q1" + CARD_NUMBER.encode()
    port.close()


def test_templates_that_cannot_be_meant_are_told_at_open(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    till.rewrite(devices=DEVICES.format(profile="generic-serial", port="COM9"))
    till.edit('  "{card_number:13d}",', '  "{card_number:18an}", "{card_number:13d}",')
    with pytest.raises(UposError, match="both accept") as refused:
        Scanner().open("scanner1")
    assert refused.value.error_code is ErrorCode.E_FAILURE


# -- What the sale gets ------------------------------------------------------------------------------------------


def test_the_card_that_was_scanned_pays_without_another_scan(pos: Pos, till: Till) -> None:
    pos.scan(till.label())
    shown = pos.card()
    assert shown is not None
    assert pos.terminal.card_line(shown) == "Карта Кошелька …7893: оплата доступна"
    payment = pos.pay("A-1")
    assert (payment.outcome, till.charges("A-1")) == (Outcome.PAID, 1)
    assert pos.card() is None


def test_goods_and_plain_cards_scanned_after_the_card_do_not_take_its_place(pos: Pos, till: Till) -> None:
    pos.scan(till.label())
    for label in ("4600000000015", CARD_NUMBER, "a tin of peas"):
        pos.scan(label)
    assert pos.pay("A-1").outcome is Outcome.PAID


def test_the_same_label_scanned_twice_pays_once_and_is_no_replay(pos: Pos, till: Till) -> None:
    label = till.label()
    pos.scan(label)
    assert pos.card() is not None
    pos.scan(label)
    assert pos.pay("A-1").outcome is Outcome.PAID
    pos.scan(label)
    refused = pos.pay("A-2")
    assert (refused.verdict.error_code, till.charges("A-2")) == (ResultCode.TOTP_REPLAYED, 0)


def test_the_last_card_shown_pays(pos: Pos, till: Till) -> None:
    pos.scan(till.label(session="FIRST1"))
    pos.scan(till.label(session="SECND2"))
    assert pos.pay("A-1").outcome is Outcome.PAID
    (transaction,) = till.host.host.ledger.transactions.values()
    assert transaction.session == "SECND2"


def test_a_card_that_waited_too_long_must_be_shown_again(pos: Pos, till: Till) -> None:
    pos.scan(till.label())
    assert pos.card() is not None
    pos.clock.later_s = 301.0
    assert pos.card() is None
    payment = pos.pay("A-1")
    assert (payment.outcome, payment.verdict.error_code) == (Outcome.REJECTED, ResultCode.CARD_EXPIRED)
    assert "Отсканируйте" in pos.terminal.tip(payment)
    pos.scan(till.label())
    assert pos.pay("A-1").outcome is Outcome.PAID


def test_a_card_scanned_during_a_payment_is_not_kept_and_may_be_shown_again(pos: Pos, till: Till) -> None:
    other = till.label(card="4607654321098")
    pos.scan(till.label())
    numbers: list[bytes] = []
    watcher = SaleObserver(scanned=lambda *_card: numbers.append(pos.scan(other)))
    assert pos.pay("A-1", watcher=watcher).outcome is Outcome.PAID
    assert numbers == [b"4607654321098"]
    assert pos.card() is None
    pos.scan(other)
    assert pos.pay("A-2").outcome is Outcome.PAID


def test_a_sale_with_a_label_of_its_own_keeps_other_cards_out_too(pos: Pos, till: Till) -> None:
    other = till.label(card="4607654321098")
    numbers: list[bytes] = []
    watcher = SaleObserver(scanned=lambda *_card: numbers.append(pos.scan(other)))
    assert pos.pay("A-1", label=till.label(), watcher=watcher).outcome is Outcome.PAID
    assert pos.card() is None


def test_a_card_that_never_left_the_till_pays_at_the_second_press(pos: Pos, till: Till) -> None:
    pos.scan(till.label())
    till.play("checkout", "rejected")
    real, pos.terminal._client._http.base_url = (
        pos.terminal._client._http.base_url,
        BaseUrl.parse("https://127.0.0.1:9/partner"),
    )
    assert pos.pay("A-1").verdict.error_code == "HOST_UNREACHABLE"
    pos.terminal._client._http.base_url = real
    assert pos.pay("A-1").outcome is Outcome.REJECTED
    assert pos.card() is None


def test_a_sale_waits_for_the_scanner_that_the_pos_has_open(pos: Pos, till: Till) -> None:
    asked = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pos.pay, "A-1", wait_s=WAIT_S, watcher=SaleObserver(waiting_for_scan=asked.set))
        assert asked.wait(WAIT_S)
        pos.scan("a tin of peas")
        pos.scan(till.label())
        assert paying.result(WAIT_S).outcome is Outcome.PAID


def test_waiting_ends_by_time_or_by_the_cashier(pos: Pos) -> None:
    with pytest.raises(ScanTimeout, match=r"nothing was scanned in 0\.05 s"):
        pos.pay("A-1", wait_s=0.05)
    with pytest.raises(ScanCanceled):
        pos.pay("A-1", watcher=SaleObserver(waiting_for_scan=pos.terminal.request_cancel))


def test_a_scanner_that_the_pos_closed_is_opened_for_the_sale(pos: Pos, till: Till) -> None:
    pos.scanner.close()
    held = pos.port.send_soon(serial(till.label()))
    assert pos.pay("A-1").outcome is Outcome.PAID
    held.join()


def test_a_wrong_password_is_looked_at_again_when_it_is_shown_again(pos: Pos, till: Till) -> None:
    wrong = f"CM{CARD_NUMBER}A1B2C3000"
    codes = []
    for _ in range(4):
        pos.scan(wrong)
        shown = pos.card()
        codes.append(shown and shown.result_code)
    assert codes == [*[ResultCode.TOTP_INVALID] * 3, ResultCode.TOTP_TRY_LATER]
    assert pos.pay("A-1").verdict.error_code == ResultCode.TOTP_TRY_LATER


def test_a_card_from_a_keyboard_may_not_pay_unless_the_shop_allows_it(counter: Counter, till: Till) -> None:
    pos = counter(keyboard=True)
    assert pos.scan(till.label()) == CARD_NUMBER.encode()
    assert pos.pay("A-1").verdict.error_code == ResultCode.CARD_TYPED
    pos.terminal.close()
    pos = counter(keyboard=True, edit=("[totp]", "[totp]\naccept_typed = true"))
    pos.scan(till.label())
    assert pos.pay("A-1").outcome is Outcome.PAID


def test_a_journal_that_cannot_keep_what_was_used_refuses_the_sale_and_not_the_scan(
    pos: Pos, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> bool:
        raise JournalError("disk full", "free some space")

    monkeypatch.setattr(CardBook, "first_use", fail)
    assert pos.scan(till.label()) == CARD_NUMBER.encode()
    with pytest.raises(JournalError, match="disk full"):
        pos.pay("A-1")
    assert till.charges("A-1") == 0
    monkeypatch.undo()


def test_a_module_that_makes_no_token_sends_nothing_and_the_card_stays_good(
    pos: Pos, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise TotpModuleError("the TOTP server did not answer in 1 s")

    pos.scan(till.label())
    with monkeypatch.context() as broken:
        broken.setattr(shown_card.ShownCard, "token", fail)
        payment = pos.pay("A-1")
        assert (payment.outcome, payment.verdict.error_code) == (Outcome.REJECTED, ResultCode.MODULE_UNREACHABLE)
    assert till.host.host.requests == []
    assert pos.pay("A-1").outcome is Outcome.PAID


# -- Methods -----------------------------------------------------------------------------------------------------


def test_one_scan_serves_methods_and_payment(pos: Pos, till: Till) -> None:
    pos.scan(till.label())
    order = pos.terminal.new_order("A-1", AMOUNTS["at-once"])
    for _ in range(2):
        methods = pos.terminal.methods(order)
        assert (methods.default, methods.can_pay) == (True, True)
        assert [provider.payment_type for provider in methods.providers] == ["SBP", "DOLYAME"]
    assert pos.terminal.pay(order).outcome is Outcome.PAID
