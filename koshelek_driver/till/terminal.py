"""One till, opened from its site file: its devices and its payments."""

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
from koshelek_driver.config import site as site_files
from koshelek_driver.config.site import Site
from koshelek_driver.errors import CardError, UsageError
from koshelek_driver.pay_api.client import PayApiClient
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.pay_api.tips import operator_tip
from koshelek_driver.payment.breaker import Breaker
from koshelek_driver.payment.cancel import CancelableCalls, CancelToken
from koshelek_driver.payment.clock import Clock, SystemClock
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
from koshelek_driver.payment.slips.contradiction import SLIP_CONTRADICTS
from koshelek_driver.payment.slips.local_time import local_time
from koshelek_driver.payment.staff.operators import Staff, checked_operator
from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.printer.preview import Preview
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.scanner.label import Label, parse_text
from koshelek_driver.scanner.once import scan_once
from koshelek_driver.secrets import Secret
from koshelek_driver.till.assembly import (
    build_day_rule,
    build_endpoint,
    build_ledger,
    build_line_rule,
    build_payment_parts,
    build_refund_approval,
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


class Terminal:  # noqa: PLR0904 - the one flat face of the driver
    """One till. Open it with `Terminal.open`, use it as a context manager, pay with `pay`.

    Any thread may call any method. Methods that take a `watcher` notify it on the calling thread; methods that take a
    `cancel` can be cancelled by that token, or by `request_cancel`.
    """

    def __init__(self, site: Site, clock: Clock | None = None) -> None:
        """Put the till of a loaded site file together; `Terminal.open` also loads it. Raises as `open` does.

        `clock` is the machine's by default.
        """
        self._site = site
        self._warming: threading.Thread | None = None
        self._scanner: Scanner | None = None
        self._printer: POSPrinter | None = None
        self._cat: CAT | None = None
        self._calls = CancelableCalls()
        check_devices(site)
        check_slip(site)
        self._clock = clock or SystemClock()
        self._client = PayApiClient(build_endpoint(site), self._clock.now_s, self._clock.unix_s)
        self._journal = Journal(site.journal)
        self._card_setup = CardSetup(
            site, self._journal.cards, self._journal.salt(), unix_s=self._clock.unix_s, skew_s=self._skew_s
        )
        self._cards = ShownCard(self._card_setup.verifier, site.totp.presentation_lifetime_s, self._clock.now_s)
        parts = build_payment_parts(site, self._client, self._journal, self._clock)
        timing = site.pay_api.timing
        self._engine = parts.engine
        self._slips = parts.slips
        breaker = Breaker(timing.rest_after_failures, timing.rest_s)
        self._sales = Sales(parts, self._cards, breaker, site.pay_api.smallest_amount)
        self._ledger = build_ledger(site, self._journal)
        shop = build_shop(site, self._ledger)
        approval = build_refund_approval(site, parts)
        self._refunds = Refunds(parts, build_line_rule(site), self._cards.token_without_card, shop, approval)
        self._recovery = Recovery(parts)
        self._days = Closing(parts, build_day_rule(site))
        self._methods = MethodsQuery(parts, self._cards, self._client, timing.decision_timeout_s)
        self._background = BackgroundWork(site, parts, self._days, self._ledger)

    @classmethod
    def open(cls, site_file: str | Path | None = None) -> Self:
        """Open the till of a site file (default: `$KOSHELEK_SITE`, then `./site.toml`).

        No device and no network is touched yet.

        Raises:
            SiteError: anything wrong in the file, in a profile or with a secret.
            JournalError: the journal cannot be opened.
        """
        return cls(site_files.load(site_file))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close devices, connections and journal. Blocks until background work under way has ended."""
        self._background.stop()
        for device in (self._cat, self._scanner, self._printer):
            if device is not None and device.state is not State.S_CLOSED:
                device.close()
        if self._warming is not None:
            self._warming.join()
        self._cards.close()
        self._card_setup.close()
        self._client.close()
        self._background.close()
        self._journal.close()

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        """Return a checked order of `amount` kopecks.

        `invoice_json` is the API's `checkoutInvoice`, UTF-8; without it the order has one line by the site file's rule.

        Raises:
            UsageError: a field is missing or wrong; the message names it.
        """
        if invoice_json is None:
            return order(order_id, amount, build_line_rule(self._site))
        return order_with_invoice(order_id, amount, invoice_json, self._site.pay_api.enums.taxes)

    @property
    def environment(self) -> str:
        """`test` or `production`: with `test` no real money moves."""
        return self._site.driver.environment

    # --- devices

    @property
    def scanner(self) -> Scanner:
        """The till's scanner for the point of sale: open, claim and enable it, and take its DataEvents.

        It reports a wallet card by its number alone; the card itself stays here for the next `pay`. Closed with this
        terminal.
        """
        if self._scanner is None:
            self._scanner = Scanner(self._site, cards=self._cards)
        return self._scanner

    @property
    def printer(self) -> POSPrinter:
        """The till's receipt printer for the point of sale; slips share it. Closed with this terminal."""
        if self._printer is None:
            self._printer = POSPrinter(self._site.devices)
        return self._printer

    @property
    def cat(self) -> CAT:
        """This till as a payment terminal of UnifiedPOS: open, claim and enable it. Closed with this terminal."""
        if self._cat is None:
            self._cat = CAT(self._site, wallet=self)
        return self._cat

    # --- money

    def pay(
        self,
        to_pay: Order,
        *,
        label: str | None = None,
        typed: bool = False,
        wait_s: float = 60.0,
        watcher: SaleObserver = _SILENT,
        cancel: CancelToken | None = None,
        operator: str = "",
    ) -> Payment:
        """Charge an order and print its slip. Blocks until the outcome is final or must stay unknown.

        `label` is the text that a scanner read (`typed`: the cashier typed it). Without it the card that `scanner`
        read is used, else the next scan within `wait_s`. An order that is paid is answered from the journal and not
        charged again; an order that a crash left open is settled first. A rejected or cancelled order may be tried
        again with a new scan. `operator` is the name of the person at the till, kept with the payment.

        Raises, all before anything is sent:
            CardError: no card can be read at this till.
            ScanTimeout: nothing was scanned in time.
            ScanCanceled: the cashier cancelled while a scan was awaited; else a cancel is an outcome.
            UposError: the scanner failed.
            UsageError: the order was begun with another amount, or the operator's name is wrong.
            BusyError: another program pays at this till for too long.
            JournalError: the journal cannot be written.
        """
        pressed_s, operator = self._clock.now_s(), checked_operator(operator)
        with self._calls.begun(cancel) as token:

            def show() -> Shown:
                if label is not None:
                    return self._cards.given(parse_text(label, typed=typed), pressed_s)
                return self._shown(pressed_s, wait_s, watcher, token)

            return self._sales.pay(to_pay, show, watcher, token, operator)

    def request_cancel(self) -> None:
        """Cancel the call that is under way or waits. Any thread or signal handler; without such a call no effect.

        It reaches every call of this terminal: a program with several at once hands each its own `CancelToken`.
        """
        self._calls.cancel_all()

    def cancel(
        self,
        order_id: str,
        *,
        watcher: SaleObserver = _SILENT,
        cancel: CancelToken | None = None,
        operator: str = "",
    ) -> Payment:
        """End an unfinished sale, also one that another program runs or that a crash left open.

        May block as long as a sale does. A sale that has already ended is returned with `repeated` set; a paid one
        needs a refund.

        Raises:
            UsageError: this till does not know the order, or the operator's name is wrong.
            CallCanceled: `cancel` came while another program had the till.
            BusyError, JournalError: as for `pay`.
        """
        operator = checked_operator(operator)
        with self._calls.begun(cancel) as token:
            return self._recovery.cancel(order_id, watcher, token, operator)

    def refund(
        self,
        wanted: RefundWanted,
        *,
        watcher: SaleObserver = _SILENT,
        cancel: CancelToken | None = None,
        operator: str = "",
        supervisor: Secret | None = None,
    ) -> Refund:
        """Give money back and print the slip. Blocks until the outcome is final or must stay unknown.

        No card is needed. A refund that an earlier run left open is resumed. If the whole payment is refunded already,
        a request for a full refund returns that refund. More than what is left is never requested. `supervisor` is the
        secret that a refund above the site file's `refund_limit` needs.

        Raises, all before anything is sent:
            UsageError: unknown payment, or an amount or item that cannot be refunded; the message says what is left.
                Also a wrong operator's name, and above the limit a supervisor's secret that is missing or wrong.
            CallCanceled: `cancel` came while another program had the till. A refund that has begun has no cancel.
            BusyError, JournalError: as for `pay`.
        """
        staff = Staff(checked_operator(operator), supervisor)
        with self._calls.begun(cancel) as token:
            return self._refunds.refund(wanted, watcher, token, staff)

    def recover(
        self, *, watcher: SaleObserver = _SILENT, cancel: CancelToken | None = None, operator: str = ""
    ) -> Recovered:
        """Settle everything that a crash or a lost response left open, and print the slips that wait.

        A sale that is not paid is cancelled: no customer stands at the till for it any more. Receipts that wait are
        sent. Blocks as long as all of that takes.

        Raises:
            UsageError: the operator's name is wrong.
            CallCanceled: `cancel` came while another program had the till.
            BusyError, JournalError: as for `pay`.
        """
        operator = checked_operator(operator)
        with self._calls.begun(cancel) as token:
            recovered = self._recovery.recover(watcher, token, operator)
        if self.waiting():
            self._background.outbox.send_all(self._background.line())
        return recovered

    def close_unknown(self, order_id: str, outcome: Outcome, reason: str, *, operator: str = "") -> Payment:
        """Close a payment that cannot be settled.

        It is closed on a supervisor's word, who has checked the provider's file or the bank. `outcome` is
        PAID or CANCELED; the reason is stored with it.

        Raises:
            UsageError: the order is not unknown, there is no reason, or the operator's name is wrong.
            BusyError, JournalError: as for `pay`.
        """
        return self._recovery.close(order_id, outcome, reason, checked_operator(operator))

    # --- cards

    def shown_card(self) -> Verification | None:
        """Return the checked card that `scanner` read for the next sale; None without one, or if it is too old.

        Blocks while it is being checked, at most as long as the TOTP module takes.
        """
        return self._cards.held()

    def check_card(
        self,
        *,
        label: str | None = None,
        typed: bool = False,
        wait_s: float = 60.0,
        watcher: SaleObserver = _SILENT,
        cancel: CancelToken | None = None,
    ) -> Verification:
        """Return the kind of a card and whether it can pay. It may pay afterwards; the host is not asked.

        The card comes as for `pay`. Raises CardError, ScanTimeout, ScanCanceled, UposError, JournalError as `pay` does.
        """
        with self._calls.begun(cancel) as token:
            return self._verified(label, wait_s, watcher, token, typed=typed)

    def methods(
        self,
        to_pay: Order,
        *,
        label: str | None = None,
        wait_s: float = 60.0,
        watcher: SaleObserver = _SILENT,
        cancel: CancelToken | None = None,
    ) -> Methods:
        """Return the providers that the customer may use for an order. Charges nothing; the card may pay afterwards.

        The card comes as for `pay`. May block as long as a sale's decision does. Raises as `pay` does.
        """
        with self._calls.begun(cancel) as token:
            return self._methods.ask(to_pay, self._verified(label, wait_s, watcher, token))

    def card_line(self, verification: Verification) -> str:
        """Return one line for the cashier: the kind of the card, and why it can pay or not."""
        return card_line(verification, self._site.driver.language)

    # --- the journal

    def find(self, order_id: str) -> Payment | None:
        """Return the last attempt to pay this order, from the journal."""
        return self._journal.latest(order_id)

    def find_transaction(self, transaction_id: str) -> Payment | None:
        """Return the payment with this transactionId of the host, from the journal."""
        return self._journal.by_transaction(transaction_id)

    def refund_by_transaction(self, refund_transaction_id: str) -> Refund | None:
        """Return the refund with this refTransactionId of the host, from the journal."""
        return self._journal.refunds.by_refund_transaction(refund_transaction_id)

    def unfinished(self) -> list[Payment]:
        """Return the payments that are open, and those whose slip is not on paper."""
        return self._journal.unfinished()

    def unfinished_refunds(self) -> list[Refund]:
        """Return the refunds that are open, and those whose slip is not on paper."""
        return self._journal.refunds.unfinished()

    def journal_room(self) -> int:
        """Return the bytes that the journal's disk has left; 0 if it is full or failed, and no payment can begin."""
        return self._journal.database.free_bytes()

    # --- receipts, slips and reports

    def send_receipt(self, order_id: str, invoice_json: bytes) -> Entry:
        """Have the customer's app show the fiscal receipt of a paid order.

        `invoice_json` is the API's `Invoice`, UTF-8. It is stored, then sent once; blocks as one call may. If the host
        did not take it, the scheduler or `recover` sends it later. The same receipt again is sent once.

        Raises:
            UsageError: a field is wrong, or the order is not paid; the message says which.
            JournalError: the journal cannot be written.
        """
        outbox = self._background.outbox
        entry = outbox.queue_receipt(order_id, invoice_json, self._site.pay_api.enums.taxes)
        return outbox.send(entry, self._background.line()) if entry.state is EntryState.WAITING else entry

    def waiting(self) -> list[Entry]:
        """Return the messages that wait for the host, and alarms: payments that were paid after their cancel."""
        return self._journal.outbox.unfinished()

    def slip_text(self, payment: Payment | Refund, *, copy: bool = False, columns: int = 0) -> list[str]:
        """Return the slip of a payment, refund or cancel as lines of text, for a program that prints it itself.

        Lines are as wide as the till's paper, or `columns` characters. Empty for an outcome without a slip.
        """
        return self._slips.text(payment, copy=copy, columns=columns)

    def slip_preview(self, payment: Payment | Refund, *, copy: bool = False) -> Preview:
        """Return the slip as it looks on paper, without a printer. Raises UsageError if there is none."""
        return self._slips.preview(payment, copy=copy)

    def print_slip(
        self, payment: Payment | Refund, *, watcher: SaleObserver = _SILENT, cancel: CancelToken | None = None
    ) -> PrintResult:
        """Print the slip that waits for paper, else a copy, marked as one. Money is not touched.

        May block as long as the printer does, 45 s at most.

        Raises:
            UsageError: there is no slip or no printer.
            CallCanceled: `cancel` came while another program had the till.
            BusyError, JournalError: as for `pay`.
        """
        with self._calls.begun(cancel) as token:
            return self._recovery.print_slip(payment, watcher, token)

    def report(self) -> Report:
        """Return the X report: the business day so far, with what is not settled first. Raises JournalError.

        A day that has ended by the site file's rule is closed first.
        """
        return self._days.report_open_day()

    def close_day(self) -> Report:
        """Close the business day and return its Z report. Raises JournalError."""
        return self._days.close()

    def report_of_day(self, number: int) -> Report:
        """Return the Z report of a closed day again. Raises UsageError if it is not closed, JournalError."""
        return self._days.report_closed_day(number)

    def print_report(self, made: Report) -> PrintResult:
        """Print a report. May block as long as the printer does. Raises UsageError without a printer."""
        language, zone = self._site.driver.language, self._site.zone
        return self._slips.print_plain(lambda columns: as_lines(made, columns, language, zone))

    def local_time(self, at_s: float) -> str:
        """Return a Unix time in the time zone of the shop, as 22.11.2026 13:25:48+03:00."""
        return local_time(at_s, self._site.zone)

    def reconcile(self, theirs: list[Theirs], scope: Scope, *, shop: bool = False) -> Reconciled:
        """Compare a provider's settlement file with this till's journal, or with the ledger of the whole shop.

        `theirs` comes from `accounting.settlement_file.read`. Blocks some seconds for 100,000 rows. Raises UsageError,
        JournalError, LedgerError.
        """
        from koshelek_driver.accounting.reconcile import reconcile
        from koshelek_driver.payment.journal.reader import JournalReader

        if shop:
            return reconcile(theirs, self.ledger.records(), scope)
        with closing(JournalReader(self._site.journal)) as books:
            return reconcile(theirs, books, scope)

    @property
    def ledger(self) -> TillLedger:
        """This till's side of the shop's ledger. Raises UsageError if the site file names none."""
        if self._ledger is None:
            raise UsageError("the site file names no ledger of the shop", "add [ledger] with host, login and password")
        return self._ledger

    # --- words for the cashier

    def tip(self, payment: Payment | Refund) -> str:
        """Return what the cashier should do; empty if there is nothing to do."""
        is_done = payment.outcome in (Outcome.PAID, Outcome.REFUNDED)
        if is_done and payment.verdict.error_code != SLIP_CONTRADICTS:
            return ""
        by_outcome = "CANCELED" if payment.outcome is Outcome.CANCELED else "EXTERNAL_PROVIDER_ERROR"
        return self.tip_for(payment.verdict.error_code or by_outcome, payment.verdict.details)

    def tip_for(self, code: str, details: str = "") -> str:
        """Return what the cashier should do about an error code; empty without one."""
        language, overrides = self._site.driver.language, self._site.operator_tips
        return operator_tip(code, language, overrides, details) if code else ""

    # --- beside the sales

    def warm_up(self) -> threading.Thread:
        """Open the API connection in the background, so that the first request finds it open."""
        self._warming = threading.Thread(target=self._client.warm, name="warm-up", daemon=True)
        self._warming.start()
        return self._warming

    def start_caretaker(self) -> Scheduler:
        """Start the background work: warm connection, open payments, receipts, the shop's ledger, backups.

        For programs that stay. It runs beside sales, never before them, and ends with `close`.
        """
        return self._background.start(self._client.warm)

    def hear_postback(self, answer: TransactionAnswer, body: bytes) -> bool:
        """Take a postback. Return True if the payment or refund belongs to this till. Any thread.

        The postback is stored but not believed: the host is asked at once, and only its answer counts.
        """
        known = self._recovery.hear(answer, body)
        self._engine.hear_news()
        if known:
            self._background.nudge()
        return known

    # --- inside

    def _shown(self, pressed_s: float, wait_s: float, observer: SaleObserver, cancel: CancelToken) -> Shown:
        """Return the card that was shown before the sale, else the next one.

        `pressed_s`: when the cashier pressed pay. For a card that the till waits for, its scan takes that place.
        """
        shown = self._cards.take(pressed_s)
        if shown is not None:
            return shown
        if self._scanner is None or self._scanner.state is State.S_CLOSED:
            label = self._scan(wait_s, observer, cancel)
            return self._cards.given(label, self._clock.now_s())
        notify(observer.waiting_for_scan)
        return self._cards.wait(wait_s, cancel.is_set)

    def _verified(
        self, label: str | None, wait_s: float, observer: SaleObserver, cancel: CancelToken, *, typed: bool = False
    ) -> Verification:
        """Verify a card without using its password up."""
        held = self._cards.held() if label is None else None
        if held is not None:
            return held
        shown = self._scan(wait_s, observer, cancel) if label is None else parse_text(label, typed=typed)
        verification = self._cards.given(shown, 0, use=False).verification
        notify(observer.scanned, shown, verification)
        return verification

    def _scan(self, wait_s: float, observer: SaleObserver, cancel: CancelToken) -> Label:
        wallet = self._site.wallet
        if wallet is None or not wallet.scanner:
            raise CardError("the site file's CAT names no scanner", "add scanner = … to it, or give the label")
        return scan_once(
            self._site.devices,
            wallet.scanner,
            wait_s,
            ready=lambda: notify(observer.waiting_for_scan),
            canceled=cancel.is_set,
            now_s=self._clock.now_s,
        )

    def _skew_s(self) -> float | None:
        """Return how far the till's clock is ahead of the host's; asks the host if no call has told it yet."""
        if self._client.host_clock.skew_s() is None:
            self._client.warm(_CLOCK_TIMEOUT_S)
        return self._client.host_clock.skew_s()
