"""The composition root: a site file in, the till's devices out."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from koshelek_driver import profile, site
from koshelek_driver.card.template import TemplateError, Templates
from koshelek_driver.card.totp.reference import Parameters, ReferenceTotp
from koshelek_driver.errors import CardError, SiteError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.client import Endpoint, PayApiClient
from koshelek_driver.pay_api.tips import operator_tip
from koshelek_driver.payment.clock import SystemClock
from koshelek_driver.payment.desk import DeskRules, SaleDesk
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.flows import Rules
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.order import LineRule, Order, order, order_with_invoice
from koshelek_driver.payment.outcome import Outcome, Payment
from koshelek_driver.payment.watcher import Watcher, tell
from koshelek_driver.printer.receipt_printer import ReceiptPrinter
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.once import scan_once
from koshelek_driver.transport import check_address, open_port

_SILENT = Watcher()


class Terminal:
    """One till. Open it with `Terminal.open`, use it as a context manager, pay with `pay`."""

    def __init__(self, settings: site.Site) -> None:
        self._site = settings
        self._warming: threading.Thread | None = None
        _check_devices(settings)
        self._clock = SystemClock()
        self._client = PayApiClient(_endpoint(settings), self._clock.now_s)
        self._journal = Journal(settings.journal)
        merchant = _merchant(settings)
        self._engine = Engine(
            client=self._client,
            journal=self._journal,
            merchant=merchant,
            rules=_rules(settings),
            ids=_new_ids(),
            clock=self._clock,
        )
        self._desk = SaleDesk(
            totp=_totp(settings, self._journal),
            engine=self._engine,
            journal=self._journal,
            merchant=merchant,
            printer=_printer(settings),
            lock=FileLock(f"{settings.journal}.lock", mode=0o600),
            ids=_new_ids(),
            clock=self._clock,
            rules=_desk_rules(settings),
        )

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
        """Close connection and journal; waits for a connection that is just being opened."""
        if self._warming is not None:
            self._warming.join()
        self._client.close()
        self._journal.close()

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        """An order of `amount` kopecks, checked; without an invoice it is one line by the site file's rule.

        Raises UsageError that names the field.
        """
        line = self._site.pay_api.invoice_line
        if invoice_json is None:
            return order(order_id, amount, LineRule(line.name, line.article, line.tax))
        return order_with_invoice(order_id, amount, invoice_json, self._site.pay_api.enums.taxes)

    def warm_up(self) -> threading.Thread:
        """Open the API connection in the background, so that the first request finds it open."""
        self._warming = threading.Thread(target=self._client.warm, name="warm-up", daemon=True)
        self._warming.start()
        return self._warming

    def request_cancel(self) -> None:
        """The cashier's cancel of the sale under way, from any thread or signal handler."""
        self._engine.request_cancel()

    def pay(
        self, to_pay: Order, *, label: str | None = None, wait_s: float = 60.0, watcher: Watcher = _SILENT
    ) -> Payment:
        """Charge an order and print its slip; blocks until the money's outcome is known or must stay unknown.

        Without `label` (the text that a scanner reads) it waits `wait_s` for a scan. An order that is paid is
        answered from the journal and charged no second time; one left open by a crash is settled first. An order
        that was rejected or cancelled may be tried again with a new scan.
        Raises CardError, ScanTimeout, ScanCanceled, UposError (the scanner), UsageError, BusyError and JournalError
        only while nothing was sent.
        """
        return self._desk.pay(to_pay, label, lambda: self._scan(wait_s, watcher), watcher)

    def find(self, order_id: str) -> Payment | None:
        """The last attempt to pay this order, from the journal."""
        return self._journal.latest(order_id)

    def unfinished(self) -> list[Payment]:
        """Payments that are open, and payments whose slip is not on paper."""
        return self._journal.unfinished()

    def slip_text(self, payment: Payment) -> list[str]:
        """The slip of a paid order as lines of text; empty for any other."""
        return self._desk.slip_text(payment)

    def tip(self, payment: Payment) -> str:
        """What the cashier should do; empty when there is nothing to do."""
        if payment.outcome is Outcome.PAID:
            return ""
        by_outcome = "CANCELED" if payment.outcome is Outcome.CANCELED else "EXTERNAL_PROVIDER_ERROR"
        language, overrides = self._site.driver.language, self._site.operator_tips
        return operator_tip(payment.verdict.error_code or by_outcome, language, overrides, payment.verdict.details)

    def _scan(self, wait_s: float, watcher: Watcher) -> Label:
        wallet = self._site.wallet
        if wallet is None or not wallet.scanner:
            raise CardError("the site file's CAT names no scanner", "add scanner = … to it, or give the label")
        return scan_once(
            self._site.devices,
            wallet.scanner,
            wait_s,
            ready=lambda: tell(watcher.waiting_for_scan),
            canceled=self._engine.cancel_requested,
            now_s=self._clock.now_s,
        )


def _check_devices(settings: site.Site) -> None:
    """Find what is wrong with profiles and ports now, and not in the middle of a sale."""
    lookups = {"Scanner": profile.scanner, "POSPrinter": profile.printer}
    for device in settings.devices.values():
        if device.category in lookups and not device.service:
            lookups[device.category](device.profile)
            check_address(device.port, of_printer=device.category == "POSPrinter")


def _new_ids() -> Iterator[str]:
    while True:
        yield str(uuid.uuid4())


def _totp(settings: site.Site, journal: Journal) -> ReferenceTotp:
    wanted = settings.totp
    parameters = Parameters(
        retailer_key=settings.secret(wanted.retailer_key, "totp.retailer_key"),
        hash_function=wanted.hash_function,
        interval_s=wanted.interval_s,
        password_length=wanted.password_length,
        window_steps=wanted.window_steps,
    )
    till = f"{settings.pay_api.store}/{settings.pay_api.terminal}".encode()
    fingerprint = hashlib.sha256(journal.salt() + till).hexdigest()
    try:
        templates = Templates(wanted.templates)
        return ReferenceTotp(parameters, templates, fingerprint=fingerprint, memory=journal, clock=time.time)
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


def _desk_rules(settings: site.Site) -> DeskRules:
    timing = settings.pay_api.timing
    longest_sale_s = timing.decision_timeout_s + timing.settle_timeout_s + timing.resend_window_s
    driver = settings.driver
    return DeskRules(driver.environment, driver.language, longest_sale_s, settings.totp.accept_typed)


def _printer(settings: site.Site) -> ReceiptPrinter | None:
    device = settings.device_of("POSPrinter")
    if device is None:
        return None
    model = profile.printer(device.profile)
    timeout_s = settings.pay_api.timing.connect_timeout_s
    return ReceiptPrinter(lambda: open_port(device.port, model.serial, timeout_s), model, time.monotonic)
