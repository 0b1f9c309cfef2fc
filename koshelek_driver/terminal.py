"""The composition root: a site file in, the till's devices out."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from koshelek_driver import profile, site
from koshelek_driver.card.template import TemplateError, Templates
from koshelek_driver.card.totp import Verification
from koshelek_driver.card.totp.reference import Parameters, ReferenceTotp
from koshelek_driver.errors import BusyError, CardError, SiteError, UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.client import Endpoint, Exchange, PayApiClient
from koshelek_driver.pay_api.tips import operator_tip
from koshelek_driver.payment.clock import SystemClock
from koshelek_driver.payment.engine import Engine, Intent
from koshelek_driver.payment.flows import Rules
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.order import LineRule, Order, order, order_with_invoice
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState, Verdict
from koshelek_driver.payment.slip import slip_lines
from koshelek_driver.printer.layout import Line
from koshelek_driver.printer.receipt_printer import Printed, PrintResult, ReceiptPrinter
from koshelek_driver.printer.text import printable
from koshelek_driver.scanner.label import Label, read_label
from koshelek_driver.scanner.reader import ScannerReader
from koshelek_driver.transport import open_port

_TEXT_COLUMNS = 42
"""Width of a slip as text on a till without a printer."""
_SLIP_STATES = {
    Printed.NOT_SENT: SlipState.QUEUED,
    Printed.SENT: SlipState.SENT,
    Printed.ON_PAPER: SlipState.PRINTED,
}


@dataclass(frozen=True, slots=True)
class Watcher:
    """Callbacks for whoever shows a sale. Each is called on the thread that pays, and must be quick."""

    waiting_for_scan: Callable[[], None] = lambda: None
    scanned: Callable[[Label, Verification], None] = lambda _label, _verification: None
    called: Callable[[Exchange], None] = lambda _exchange: None
    printed: Callable[[PrintResult], None] = lambda _result: None


class Terminal:
    """One till. Open it with `Terminal.open`, use it as a context manager, pay with `pay`."""

    def __init__(self, settings: site.Site) -> None:
        self._site = settings
        self._clock = SystemClock()
        self._journal = Journal(settings.journal)
        self._lock = FileLock(f"{settings.journal}.lock", mode=0o600)
        self._totp = _totp(settings, self._journal)
        self._client = PayApiClient(_endpoint(settings), self._clock.now_s)
        self._merchant = _merchant(settings)
        self._engine = Engine(
            client=self._client,
            journal=self._journal,
            merchant=self._merchant,
            rules=_rules(settings),
            ids=_new_ids(),
            clock=self._clock,
        )
        self._printer = _printer(settings)

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
        """Close connection and journal."""
        self._client.close()
        self._journal.close()

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        """An order of `amount` kopecks, checked; without an invoice it is one line by the site file's rule."""
        line = self._site.pay_api.invoice_line
        if invoice_json is None:
            return order(order_id, amount, LineRule(line.name, line.article, line.tax))
        return order_with_invoice(order_id, amount, invoice_json, self._site.pay_api.enums.taxes)

    def warm_up(self) -> threading.Thread:
        """Open the API connection in the background, so that the first request finds it open."""
        thread = threading.Thread(target=self._client.warm, name="warm-up", daemon=True)
        thread.start()
        return thread

    def request_cancel(self) -> None:
        """The cashier's cancel, from any thread or signal handler."""
        self._engine.request_cancel()

    def pay(
        self, to_pay: Order, *, label: str | None = None, wait_s: float = 60.0, watcher: Watcher = Watcher()
    ) -> Payment:
        """Charge an order and print its slip; blocks until the money's outcome is known or must stay unknown.

        Without `label` (the text that a scanner reads) it waits `wait_s` for a scan. An order that is paid is
        answered from the journal and charged no second time; one left open by a crash is settled first.
        Raises CardError, ScanTimeout, PortError, UsageError, BusyError and JournalError only while nothing was sent.
        """
        pressed_s = self._clock.now_s()
        with self._exclusive(to_pay.order_id):
            earlier = self._journal.latest(to_pay.order_id)
            if earlier is not None and earlier.outcome in (Outcome.PAID, Outcome.UNKNOWN):
                payment = self._again(earlier, to_pay, watcher)
            else:
                payment = self._charge(to_pay, label, wait_s, pressed_s, watcher)
            return self._print(payment, watcher)

    def find(self, order_id: str) -> Payment | None:
        """The last attempt to pay this order, from the journal."""
        return self._journal.latest(order_id)

    def unfinished(self) -> list[Payment]:
        """Payments that are open, and payments whose slip is not on paper."""
        return self._journal.unfinished()

    def tip(self, payment: Payment) -> str:
        """What the cashier should do; empty when there is nothing to do."""
        code = payment.verdict.error_code or ("CANCELED" if payment.outcome is Outcome.CANCELED else "")
        if payment.outcome is Outcome.PAID:
            return ""
        return operator_tip(
            code or "EXTERNAL_PROVIDER_ERROR",
            self._site.driver.language,
            self._site.operator_tips,
            payment.verdict.details,
        )

    def slip_text(self, payment: Payment) -> list[str]:
        """The slip of a paid order as lines of text; empty for any other."""
        columns = self._printer.columns if self._printer else _TEXT_COLUMNS
        return [line.as_text(columns) for line in self._slip(payment, columns, copy=False)]

    # --- inside

    @contextmanager
    def _exclusive(self, order_id: str) -> Iterator[None]:
        timing = self._site.pay_api.timing
        longest_s = timing.decision_timeout_s + timing.settle_timeout_s + timing.resend_window_s
        try:
            with self._lock.acquire(timeout=longest_s):
                yield
        except Timeout as problem:
            raise BusyError(
                f"another program is paying at this till; order {order_id} was not begun by this call",
                "wait for the other program, then ask for the status of this order",
            ) from problem

    def _again(self, earlier: Payment, to_pay: Order, watcher: Watcher) -> Payment:
        if earlier.amount != to_pay.amount:
            raise UsageError(
                f"order {to_pay.order_id} was begun with {earlier.amount} kopecks, not {to_pay.amount}",
                "a changed receipt needs an order id of its own",
            )
        if earlier.outcome is Outcome.UNKNOWN:
            return self._engine.resume(earlier, watcher.called)
        return replace(earlier, repeated=True)

    def _charge(self, to_pay: Order, text: str | None, wait_s: float, pressed_s: float, watcher: Watcher) -> Payment:
        label = read_label(text.encode()) if text is not None else self._scan(wait_s, watcher)
        if text is None:
            pressed_s = self._clock.now_s()
        verification = self._totp.barcode_verify(label.text)
        watcher.scanned(label, verification)
        card = verification.presentation
        if not verification.can_pay or card is None or card.card_session is None:
            return self._not_payable(to_pay, verification)
        checkout = requests.checkout(
            self._merchant,
            next(_new_ids()),
            to_pay.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=self._totp.get_token(card.password),
        )
        payment = self._engine.pay(Intent(to_pay.order_id, to_pay.amount, checkout, pressed_s), watcher.called)
        if payment.verdict.error_code == "HOST_UNREACHABLE":
            self._journal.forget_use(self._totp.digest(card))
        return payment

    def _scan(self, wait_s: float, watcher: Watcher) -> Label:
        device = self._site.device_of("Scanner")
        if device is None:
            raise CardError("the site file's CAT names no scanner", "add scanner = … to it, or give the label")
        model = profile.scanner(device.profile)
        port = open_port(device.port, model.serial, self._site.pay_api.timing.connect_timeout_s)
        reader = ScannerReader(port, model, self._clock.now_s)
        try:
            watcher.waiting_for_scan()
            return reader.wait(wait_s)
        finally:
            reader.close()

    def _not_payable(self, to_pay: Order, verification: Verification) -> Payment:
        """A card that cannot pay: nothing was sent, so nothing is kept."""
        verdict = Verdict(Outcome.REJECTED, error_code=verification.result_code)
        return Payment(to_pay.order_id, "", to_pay.amount, self._clock.unix_s(), verdict)

    def _slip(self, payment: Payment, columns: int, *, copy: bool) -> tuple[Line, ...]:
        if payment.outcome is not Outcome.PAID:
            return ()
        codec = self._printer.codec if self._printer else "utf-8"
        return slip_lines(
            payment,
            columns=columns,
            printable=lambda text: printable(text, codec),
            environment=self._site.driver.environment,
            language=self._site.driver.language,
            copy=copy,
        )

    def _print(self, payment: Payment, watcher: Watcher) -> Payment:
        """Print a slip that is not on paper yet. One that may be there already is marked as a copy."""
        if self._printer is None or payment.slip_state not in (SlipState.QUEUED, SlipState.SENT):
            return payment
        lines = self._slip(payment, self._printer.columns, copy=payment.slip_state is SlipState.SENT)
        result = self._printer.print_lines(
            lines, before_write=lambda: self._journal.keep_slip_state(payment.request_id, SlipState.SENT)
        )
        state = payment.slip_state if result.printed is Printed.NOT_SENT else _SLIP_STATES[result.printed]
        self._journal.keep_slip_state(payment.request_id, state)
        watcher.printed(result)
        return replace(payment, slip_state=state)


def _new_ids() -> Iterator[str]:
    while True:
        yield str(uuid.uuid4())


def _totp(settings: site.Site, journal: Journal) -> ReferenceTotp:
    wanted = settings.totp
    key = settings.secret(wanted.retailer_key, "totp.retailer_key")
    parameters = Parameters(key, wanted.hash_function, wanted.interval_s, wanted.password_length, wanted.window_steps)
    till = f"{settings.pay_api.store}/{settings.pay_api.terminal}".encode()
    fingerprint = hashlib.sha256(journal.salt() + till).hexdigest()
    try:
        return ReferenceTotp(
            parameters, Templates(wanted.templates), fingerprint=fingerprint, memory=journal, clock=time.time
        )
    except (TemplateError, ValueError) as problem:
        raise SiteError(f"{settings.path}: totp: {problem}", "correct the value") from problem


def _endpoint(settings: site.Site) -> Endpoint:
    api = settings.pay_api
    return Endpoint(
        base_url=settings.base_url,
        ca_file=settings.ca_file,
        login=settings.secret(api.login, "pay_api.login"),
        password=settings.secret(api.password, "pay_api.password"),
        connect_timeout_s=api.timing.connect_timeout_s,
        request_timeout_s=api.timing.request_timeout_s,
    )


def _merchant(settings: site.Site) -> requests.Merchant:
    api = settings.pay_api
    return requests.Merchant(api.store, api.terminal, api.version, api.enums.payment_types, api.payment_purpose)


def _rules(settings: site.Site) -> Rules:
    timing = settings.pay_api.timing
    return Rules(
        first_poll_s=timing.first_poll_ms / 1000,
        poll_interval_s=timing.poll_interval_ms / 1000,
        decision_timeout_s=timing.decision_timeout_s,
        settle_timeout_s=timing.settle_timeout_s,
        connect_timeout_s=timing.connect_timeout_s,
        resend_attempts=timing.resend_attempts,
        resend_pause_s=timing.resend_pause_ms / 1000,
        resend_window_s=timing.resend_window_s,
        final_statuses={name: Outcome(end) for name, end in settings.pay_api.enums.final_statuses.items()},
    )


def _printer(settings: site.Site) -> ReceiptPrinter | None:
    device = settings.device_of("POSPrinter")
    if device is None:
        return None
    model = profile.printer(device.profile)
    timeout_s = settings.pay_api.timing.connect_timeout_s
    return ReceiptPrinter(lambda: open_port(device.port, model.serial, timeout_s), model, time.monotonic)
