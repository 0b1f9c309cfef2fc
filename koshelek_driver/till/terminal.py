"""The composition root: a site file in, the till's devices out."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from koshelek_driver.accounting.closing import Closing
from koshelek_driver.accounting.report import Report, as_lines
from koshelek_driver.card.totp import Verification
from koshelek_driver.card.words import card_line
from koshelek_driver.cat.device import CAT
from koshelek_driver.cat.lent import LentCAT
from koshelek_driver.config import site
from koshelek_driver.config.sections import Site
from koshelek_driver.errors import CardError, UsageError
from koshelek_driver.pay_api.client import PayApiClient
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.pay_api.tips import operator_tip
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.payment.clock import SystemClock
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.outbox_book import Entry
from koshelek_driver.payment.journal.outbox_book import State as EntryState
from koshelek_driver.payment.methods import Methods, MethodsQuery
from koshelek_driver.payment.observer import SaleObserver, notify
from koshelek_driver.payment.order import Order, order, order_with_invoice
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.payment.recovery import Recovered, Recovery
from koshelek_driver.payment.refunds import Refunds, RefundWanted
from koshelek_driver.payment.sales import Sales
from koshelek_driver.payment.shown_card import Shown, ShownCard
from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.printer.preview import Preview
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.scanner.label import Label, parse_text
from koshelek_driver.scanner.once import scan_once
from koshelek_driver.till.assembly import (
    build_day_rule,
    build_endpoint,
    build_ledger,
    build_line_rule,
    build_payment_parts,
    build_shop,
    check_devices,
    check_slip,
)
from koshelek_driver.till.background import BackgroundWork
from koshelek_driver.till.card_setup import CardSetup
from koshelek_driver.till.scanner import Scanner
from koshelek_driver.till.scheduler import Scheduler
from koshelek_driver.upos.codes import State

if TYPE_CHECKING:
    from koshelek_driver.accounting.matching import Reconciled
    from koshelek_driver.accounting.reconcile import Scope
    from koshelek_driver.accounting.settlement_file import Theirs
    from koshelek_driver.ledger.till_ledger import TillLedger

_SILENT = SaleObserver()
_CLOCK_TIMEOUT_S = 2.0
"""How long a refused card may wait until the host says what time it is."""


class Terminal:
    """One till. Open it with `Terminal.open`, use it as a context manager, pay with `pay`."""

    def __init__(self, settings: Site) -> None:
        self._site = settings
        self._warming: threading.Thread | None = None
        self._scanner: Scanner | None = None
        self._printer: POSPrinter | None = None
        self._cat: CAT | None = None
        check_devices(settings)
        check_slip(settings)
        self._clock = SystemClock()
        self._client = PayApiClient(build_endpoint(settings), self._clock.now_s, self._clock.unix_s)
        self._journal = Journal(settings.journal)
        self._gate = CardSetup(
            settings, self._journal.cards, self._journal.salt(), unix_s=self._clock.unix_s, skew_s=self._skew_s
        )
        self._cards = ShownCard(self._gate.gate, settings.totp.presentation_lifetime_s, self._clock.now_s)
        till = build_payment_parts(settings, self._client, self._journal, self._clock)
        timing = settings.pay_api.timing
        self._engine = till.engine
        self._slips = till.slips
        breaker = Breaker(timing.rest_after_failures, timing.rest_s)
        self._desk = Sales(till, self._cards, breaker, settings.pay_api.smallest_amount)
        self._ledger = build_ledger(settings, self._journal)
        shop = build_shop(settings, self._ledger)
        self._refunds = Refunds(till, build_line_rule(settings), self._cards.token_without_card, shop)
        self._recovery = Recovery(till)
        self._reports = Closing(till, build_day_rule(settings))
        self._methods = MethodsQuery(till, self._cards, self._client, timing.decision_timeout_s)
        self._upkeep = BackgroundWork(settings, till, self._reports, self._ledger)

    @classmethod
    def open(cls, site_file: str | Path | None = None) -> Self:
        """Open the till of a site file (default: `$KOSHELEK_SITE`, then `./site.toml`).

        Raises SiteError for anything wrong in it, JournalError. No device and no network is touched yet.
        """
        return cls(site.load(site_file))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close devices, connections and journal; waits for what is just being done beside sales."""
        self._upkeep.stop()
        for device in (self._cat, self._scanner, self._printer):
            if device is not None and device.state is not State.S_CLOSED:
                device.close()
        if self._warming is not None:
            self._warming.join()
        self._cards.close()
        self._gate.close()
        self._client.close()
        self._upkeep.close()
        self._journal.close()

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        """An order of `amount` kopecks, checked; without an invoice it is one line by the site file's rule.

        Raises UsageError that names the field.
        """
        if invoice_json is None:
            return order(order_id, amount, build_line_rule(self._site))
        return order_with_invoice(order_id, amount, invoice_json, self._site.pay_api.enums.taxes)

    @property
    def scanner(self) -> Scanner:
        """The till's scanner for the program of the POS: open, claim and enable it, and take its DataEvents.

        It gives a card's number alone; the card itself stays here for the next `pay`. Closed with this terminal.
        """
        if self._scanner is None:
            self._scanner = Scanner(self._site, presented=self._cards.present)
        return self._scanner

    @property
    def printer(self) -> POSPrinter:
        """The till's receipt printer for the program of the POS; slips go through the same owner. Closed with this."""
        if self._printer is None:
            self._printer = POSPrinter(self._site.devices)
        return self._printer

    @property
    def cat(self) -> CAT:
        """This till as a payment terminal of UnifiedPOS: open, claim and enable it. Closed with this terminal."""
        if self._cat is None:
            self._cat = LentCAT(self._site.devices, self)
        return self._cat

    def shown_card(self) -> Verification | None:
        """The card that the POS's scanner read for the next sale, checked; None when there is none, or it is too old.

        Blocks while it is being checked, at most as long as the TOTP module takes.
        """
        return self._cards.held()

    def card_line(self, verification: Verification) -> str:
        """One line for the cashier: what kind of card it is, and why it can pay or not."""
        return card_line(verification, self._site.driver.language)

    def warm_up(self) -> threading.Thread:
        """Open the API connection in the background, so that the first request finds it open."""
        self._warming = threading.Thread(target=self._client.warm, name="warm-up", daemon=True)
        self._warming.start()
        return self._warming

    def start_caretaker(self) -> Scheduler:
        """From now on, beside sales and never before them: keep the connection warm, end what is open, send receipts,
        feed the shop's ledger.

        For programs that stay; it ends with `close`.
        """
        return self._upkeep.start(self._client.warm)

    def hear_postback(self, answer: TransactionAnswer, body: bytes) -> bool:
        """The host says by itself how a payment stands. Whether it is one of this till; any thread.

        It is kept, and believed only when the host says the same to a question: that is asked at once.
        """
        known = self._recovery.hear(answer, body)
        self._engine.hear_news()
        if known:
            self._upkeep.nudge()
        return known

    def request_cancel(self) -> None:
        """The cashier's cancel of the sale under way, from any thread or signal handler."""
        self._engine.request_cancel()

    def pay(
        self,
        to_pay: Order,
        *,
        label: str | None = None,
        typed: bool = False,
        wait_s: float = 60.0,
        watcher: SaleObserver = _SILENT,
    ) -> Payment:
        """Charge an order and print its slip; blocks until the money's outcome is known or must stay unknown.

        Without `label` (the text that a scanner reads; `typed` if the cashier typed it) it takes the card that
        `scanner` read, or waits `wait_s` for a scan. An order that is paid is answered from the journal and charged no
        second time; one left open by a crash is settled first. An order that was rejected or cancelled may be tried
        again with a new scan.
        Raises CardError, ScanTimeout, ScanCanceled, UposError (the scanner), UsageError, BusyError and JournalError
        only while nothing was sent.
        """
        pressed_s = self._clock.now_s()
        if label is None:
            return self._desk.pay(to_pay, lambda: self._shown(pressed_s, wait_s, watcher), watcher)
        return self._desk.pay(to_pay, lambda: self._cards.given(parse_text(label, typed=typed), pressed_s), watcher)

    def cancel(self, order_id: str, *, watcher: SaleObserver = _SILENT) -> Payment:
        """End an unfinished sale, also one that another program drives or that a crash left open.

        Blocks as a sale may. A sale that has ended is answered as it ended, `repeated`: one that is paid needs a
        refund. Raises UsageError for an order that this till does not know, BusyError, JournalError.
        """
        return self._recovery.cancel(order_id, watcher)

    def refund(self, wanted: RefundWanted, *, watcher: SaleObserver = _SILENT) -> Refund:
        """Give money back and print the slip; blocks until its outcome is known or must stay unknown.

        No card is needed. A refund that an earlier run left open is gone on with, and a full refund of what is given
        back already is answered by the refund that did it. Nothing is asked for that is more than what is left.
        Raises UsageError that says what is left or which item cannot be given back so, BusyError and JournalError, all
        only while nothing was sent.
        """
        return self._refunds.refund(wanted, watcher)

    def recover(self, *, watcher: SaleObserver = _SILENT) -> Recovered:
        """End everything that a crash or a lost answer left open, and print the slips that wait.

        A sale that is not paid is cancelled: nobody stands at the till for it any more. Receipts that wait are sent.
        Blocks as long as everything that is open takes. Raises BusyError, JournalError.
        """
        recovered = self._recovery.recover(watcher)
        if self.waiting():
            self._upkeep.outbox.send_all(self._upkeep.line())
        return recovered

    def close_unknown(self, order_id: str, outcome: Outcome, reason: str) -> Payment:
        """A supervisor closes a payment that no one can settle, by what the provider's registry or the bank says.

        `outcome` is PAID or CANCELED; the reason is kept with it. Raises UsageError unless the order is unknown and a
        reason is given, BusyError, JournalError.
        """
        return self._recovery.close(order_id, outcome, reason)

    def check_card(
        self, *, label: str | None = None, typed: bool = False, wait_s: float = 60.0, watcher: SaleObserver = _SILENT
    ) -> Verification:
        """What kind of card it is, and whether it can pay. It may pay afterwards; nothing is sent to the host.

        The card comes as for `pay`. Raises CardError, ScanTimeout, ScanCanceled, UposError (the scanner), JournalError.
        """
        return self._verified(label, wait_s, watcher, typed=typed)

    def methods(
        self, to_pay: Order, *, label: str | None = None, wait_s: float = 60.0, watcher: SaleObserver = _SILENT
    ) -> Methods:
        """Which providers the customer may use for an order. It charges nothing, and the card may pay afterwards.

        The card comes as for `pay`. Blocks as a sale's decision may. Raises what `pay` raises.
        """
        return self._methods.ask(to_pay, self._verified(label, wait_s, watcher))

    def send_receipt(self, order_id: str, invoice_json: bytes) -> Entry:
        """Have the customer's app show the fiscal receipt of a paid order: the API's Invoice as JSON.

        It is kept, then sent once; blocks as one call may. What the host did not take waits for the caretaker or for
        `recover`. The same receipt again is sent once. Raises UsageError that names the field, JournalError.
        """
        outbox = self._upkeep.outbox
        entry = outbox.queue_receipt(order_id, invoice_json, self._site.pay_api.enums.taxes)
        return outbox.send(entry, self._upkeep.line()) if entry.state is EntryState.WAITING else entry

    def waiting(self) -> list[Entry]:
        """What still has to be said to the host, and alarms: payments that were paid after they had been cancelled."""
        return self._journal.outbox.unfinished()

    def find(self, order_id: str) -> Payment | None:
        """The last attempt to pay this order, from the journal."""
        return self._journal.latest(order_id)

    def find_transaction(self, transaction_id: str) -> Payment | None:
        """The payment with this transactionId of the host, from the journal."""
        return self._journal.by_transaction(transaction_id)

    def unfinished(self) -> list[Payment]:
        """Payments that are open, and payments whose slip is not on paper."""
        return self._journal.unfinished()

    def unfinished_refunds(self) -> list[Refund]:
        """Refunds that are open, and refunds whose slip is not on paper."""
        return self._journal.refunds.unfinished()

    def slip_text(self, payment: Payment | Refund, *, copy: bool = False, columns: int = 0) -> list[str]:
        """The slip of a payment, a refund or a cancel as lines of text, as wide as the paper or as `columns` says.

        For a POS that prints it itself, on its fiscal printer say. Empty for what has none.
        """
        return self._slips.text(payment, copy=copy, columns=columns)

    def slip_preview(self, payment: Payment | Refund, *, copy: bool = False) -> Preview:
        """The slip as it looks on paper, without a printer. Raises UsageError where there is none."""
        return self._slips.preview(payment, copy=copy)

    def print_slip(self, payment: Payment | Refund, *, watcher: SaleObserver = _SILENT) -> PrintResult:
        """Print the slip that waits for paper, or else a copy, marked as one. Money is not touched.

        Blocks as the printer may, 45 s at most. Raises UsageError where there is no slip or no printer, BusyError,
        JournalError.
        """
        return self._recovery.print_slip(payment, watcher)

    def report(self) -> Report:
        """The business day so far: totals by provider, every row, first what is not settled. Raises JournalError.

        A day that has ended by the site file's rule is closed first.
        """
        return self._reports.so_far()

    def close_day(self) -> Report:
        """The Z report: the same, and the business day is closed. Raises JournalError."""
        return self._reports.close()

    def report_of_day(self, number: int) -> Report:
        """The report of a day that is closed, again. Raises UsageError for one that is not, JournalError."""
        return self._reports.of_day(number)

    def reconcile(self, theirs: list[Theirs], scope: Scope, *, shop: bool = False) -> Reconciled:
        """A provider's registry (`payment.registry.read`) beside this till's journal, or the ledger of the whole shop.

        Blocks some seconds for 100,000 rows. Raises UsageError, JournalError, LedgerError.
        """
        from koshelek_driver.accounting.reconcile import reconcile
        from koshelek_driver.payment.journal.reader import JournalReader

        if shop:
            return reconcile(theirs, self.ledger.books(), scope)
        with closing(JournalReader(self._site.journal)) as books:
            return reconcile(theirs, books, scope)

    def print_report(self, made: Report) -> PrintResult:
        """A report on paper. Raises UsageError without a printer."""
        language = self._site.driver.language
        return self._slips.print_plain(lambda columns: as_lines(made, columns, language))

    @property
    def ledger(self) -> TillLedger:
        """This till's side of the shop's ledger. Raises UsageError where the site file names none."""
        if self._ledger is None:
            raise UsageError("the site file names no ledger of the shop", "add [ledger] with host, login and password")
        return self._ledger

    def journal_room(self) -> int:
        """Bytes that the journal's disk has left; 0 when it is full or failed, and no payment can be begun."""
        return self._journal.database.free_bytes()

    def refund_by_transaction(self, ref_transaction_id: str) -> Refund | None:
        """The refund with this refTransactionId of the host, from the journal."""
        return self._journal.refunds.by_reversal(ref_transaction_id)

    def tip(self, payment: Payment | Refund) -> str:
        """What the cashier should do; empty when there is nothing to do."""
        if payment.outcome in (Outcome.PAID, Outcome.REFUNDED):
            return ""
        by_outcome = "CANCELED" if payment.outcome is Outcome.CANCELED else "EXTERNAL_PROVIDER_ERROR"
        return self.tip_for(payment.verdict.error_code or by_outcome, payment.verdict.details)

    def tip_for(self, code: str, details: str = "") -> str:
        """What the cashier should do about an error code; empty without one."""
        language, overrides = self._site.driver.language, self._site.operator_tips
        return operator_tip(code, language, overrides, details) if code else ""

    def _shown(self, pressed_s: float, wait_s: float, watcher: SaleObserver) -> Shown:
        """The card that was shown before the button was pressed, or the next one: then the scan is the button."""
        shown = self._cards.take(pressed_s)
        if shown is not None:
            return shown
        if self._scanner is None or self._scanner.state is State.S_CLOSED:
            label = self._scan(wait_s, watcher)
            return self._cards.given(label, self._clock.now_s())
        notify(watcher.waiting_for_scan)
        return self._cards.wait(wait_s, self._engine.cancel_requested)

    def _verified(
        self, label: str | None, wait_s: float, watcher: SaleObserver, *, typed: bool = False
    ) -> Verification:
        """A card that is not to be used up."""
        held = self._cards.held() if label is None else None
        if held is not None:
            return held
        shown = self._scan(wait_s, watcher) if label is None else parse_text(label, typed=typed)
        verification = self._cards.given(shown, 0, use=False).verification
        notify(watcher.scanned, shown, verification)
        return verification

    def _scan(self, wait_s: float, watcher: SaleObserver) -> Label:
        wallet = self._site.wallet
        if wallet is None or not wallet.scanner:
            raise CardError("the site file's CAT names no scanner", "add scanner = … to it, or give the label")
        return scan_once(
            self._site.devices,
            wallet.scanner,
            wait_s,
            ready=lambda: notify(watcher.waiting_for_scan),
            canceled=self._engine.cancel_requested,
            now_s=self._clock.now_s,
        )

    def _skew_s(self) -> float | None:
        """How far the till's clock is ahead of the host's; asks the host when it was not heard yet."""
        if self._client.host_clock.skew_s() is None:
            self._client.warm(_CLOCK_TIMEOUT_S)
        return self._client.host_clock.skew_s()
