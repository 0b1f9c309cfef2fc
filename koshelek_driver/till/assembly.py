"""Build the parts of a till from its site file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.config import profile
from koshelek_driver.config.shop_sections import SettlementFile
from koshelek_driver.config.site import Site
from koshelek_driver.errors import UsageError, nearest
from koshelek_driver.pay_api.client import Endpoint, PayApiClient
from koshelek_driver.pay_api.requests import Merchant
from koshelek_driver.payment.clock import Clock, SystemClock
from koshelek_driver.payment.conversation.effects import Rules
from koshelek_driver.payment.conversation.runner import Caller
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.order import LineRule
from koshelek_driver.payment.outbox import Outbox
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.shop import LenientShop, NoShop, Shop
from koshelek_driver.payment.slips import template
from koshelek_driver.payment.slips.content import KINDS, SlipRules
from koshelek_driver.payment.slips.printing import SlipPrinting
from koshelek_driver.payment.staff.approval import RefundApproval
from koshelek_driver.payment.till_lock import TillLock
from koshelek_driver.printer.owners import receipt_printer
from koshelek_driver.printer.receipt_printer import ReceiptPrinter
from koshelek_driver.secrets import Secret
from koshelek_driver.transport import check_address

if TYPE_CHECKING:  # what most tills do not have is imported when it is wanted
    from koshelek_driver.accounting.reconcile import Scope
    from koshelek_driver.accounting.settlement_file import Layout
    from koshelek_driver.ledger.connection import Address
    from koshelek_driver.ledger.till_ledger import TillLedger
    from koshelek_driver.pay_api.stores import StoreCall, StoreRules


def check_slip(site: Site) -> None:
    """Check the templates of slips. Raises SiteError."""
    for name, lines in build_slip_templates(site).items():
        template.check(name, lines)


def check_devices(site: Site) -> None:
    """Check profiles and ports now, and not in the middle of a sale. No device is touched. Raises SiteError."""
    lookups = {"Scanner": profile.scanner, "POSPrinter": profile.printer}
    for device in site.devices.values():
        if device.category in lookups and not device.service:
            lookups[device.category](device.profile)
            check_address(device.port, of_printer=device.category == "POSPrinter")


def new_ids() -> Iterator[str]:
    """Return an iterator over new requestIds. Any thread may use it, which a generator would not allow."""
    return iter(lambda: str(uuid.uuid4()), "")


def build_endpoint(site: Site) -> Endpoint:
    """Return the address and the login of Pay API; reads secrets. Raises SecretError."""
    login, password = site.pay_api.login, site.pay_api.password
    return _build_endpoint(
        site,
        site.base_url,
        site.secret(login, "pay_api.login"),
        site.secret(password, "pay_api.password"),
    )


def _build_endpoint(site: Site, base_url: str, login: Secret, password: Secret) -> Endpoint:
    """Build the endpoint of Pay API or of Store API: they differ in nothing else."""
    api = site.pay_api
    return Endpoint(
        base_url=base_url,
        ca_file=site.ca_file,
        login=login,
        password=password,
        connect_timeout_s=api.timing.connect_timeout_s,
        request_timeout_s=api.timing.request_timeout_s,
        pins=api.pins,
        proxy=api.proxy,
    )


def build_store_api(site: Site) -> tuple[dict[str, StoreCall], StoreRules, PayApiClient]:
    """Return the calls of the Store API by name, their rules, and a client for it. Raises SecretError."""
    from koshelek_driver.pay_api.stores import StoreCall, StoreRules

    keys, api = site.store_api, site.pay_api
    login = site.secret_if_given(keys.login, "store_api.login")
    password = site.secret_if_given(keys.password, "store_api.password")
    endpoint = _build_endpoint(
        site,
        site.store_base_url,
        login or site.secret(api.login, "pay_api.login"),
        password or site.secret(api.password, "pay_api.password"),
    )
    calls = {name: StoreCall(**msgspec.structs.asdict(getattr(keys, name))) for name in ("add", "get", "update")}
    rules = StoreRules(keys.brand_id, api.enums.payment_types, keys.more_fields)
    clock = SystemClock()
    return calls, rules, PayApiClient(endpoint, clock.now_s, clock.unix_s)


def build_merchant(site: Site) -> Merchant:
    """Return the store, terminal and options that every request carries."""
    api = site.pay_api
    return Merchant(
        store=api.store,
        terminal=api.terminal,
        version=api.version,
        payment_types=api.enums.payment_types,
        payment_purpose=api.payment_purpose,
        card_session_key=api.card_session_key,
        qr_key=api.qr_key,
    )


def build_payment_parts(site: Site, client: Caller, journal: Journal, clock: Clock) -> PaymentParts:
    """Build the money of a till, with an engine that calls through `client`. Raises ProfileError."""
    merchant, ids = build_merchant(site), new_ids()
    return PaymentParts(
        engine=Engine(client=client, journal=journal, merchant=merchant, rules=build_rules(site), ids=ids, clock=clock),
        journal=journal,
        merchant=merchant,
        slips=SlipPrinting(build_printer(site), journal, build_slip_rules(site)),
        lock=build_till_lock(site),
        ids=ids,
        clock=clock,
    )


def build_rules(site: Site) -> Rules:
    """Return the limits of a conversation."""
    timing = site.pay_api.timing
    return Rules(
        first_poll_s=timing.first_poll_ms / 1000,
        poll_interval_s=timing.poll_interval_ms / 1000,
        decision_timeout_s=timing.decision_timeout_s,
        settle_timeout_s=timing.settle_timeout_s,
        connect_timeout_s=timing.connect_timeout_s,
        resend_attempts=timing.resend_attempts,
        resend_pause_s=timing.resend_pause_ms / 1000,
        resend_window_s=timing.resend_window_s,
        final_statuses={name: Outcome(end) for name, end in site.pay_api.enums.final_statuses.items()},
        cancel_undecided=site.pay_api.automatic.cancel_undecided,
    )


def build_outbox(site: Site, parts: PaymentParts) -> Outbox:
    """Build the queue of messages that no cashier waits for."""
    paid = [status for status, end in site.pay_api.enums.final_statuses.items() if end == "paid"]
    return Outbox(parts.journal, parts.merchant, paid=paid, ids=parts.ids, clock=parts.clock)


def build_till_lock(site: Site) -> TillLock:
    """Build the lock that one program at a time holds while it does something with money."""
    return TillLock(FileLock(f"{site.journal}.lock", mode=0o600), longest_sale_s(site))


def longest_sale_s(site: Site) -> float:
    """Return how long a sale of another program may take, in seconds."""
    timing = site.pay_api.timing
    return timing.decision_timeout_s + timing.settle_timeout_s + timing.resend_window_s


def build_slip_rules(site: Site) -> SlipRules:
    """Return the look of slips."""
    driver = site.driver
    return SlipRules(driver.environment, driver.language, build_slip_templates(site), site.slip.qr, site.zone)


def build_slip_templates(site: Site) -> dict[str, tuple[str, ...]]:
    """Return the shop's own templates by kind; kinds that the file lacks are absent."""
    known = {name: getattr(site.slip, name) for name in (*KINDS, "copy", "test")}
    return {name: lines for name, lines in known.items() if lines}


def build_line_rule(site: Site) -> LineRule:
    """Return the one line of a sale without an invoice."""
    line = site.pay_api.invoice_line
    return LineRule(line.name, line.article, line.tax)


def build_ledger_address(site: Site, login: Secret, password: Secret | None) -> Address:
    """Return the address of the shop's ledger for a role of its PostgreSQL."""
    from koshelek_driver.ledger.connection import Address

    keys = site.ledger
    return Address(
        host=keys.host,
        port=keys.port,
        database=keys.database,
        login=login,
        password=password,
        ca_file=site.base / keys.ca_file if keys.ca_file else None,
        name=site.pay_api.terminal,
    )


def build_till_ledger_address(site: Site) -> Address:
    """Return the address of the shop's ledger for this till. Raises SecretError."""
    keys = site.ledger
    login = site.secret(keys.login, "ledger.login")
    return build_ledger_address(site, login, site.secret_if_given(keys.password, "ledger.password"))


def build_ledger(site: Site, journal: Journal) -> TillLedger | None:
    """Build this till's side of the shop's ledger, None if the shop has none. Raises SecretError."""
    if not site.ledger.host:
        return None
    from koshelek_driver.ledger.feeder import TillName
    from koshelek_driver.ledger.till_ledger import TillLedger

    return TillLedger(build_till_ledger_address(site), journal, TillName(site.pay_api.store, site.pay_api.terminal))


def build_shop(site: Site, ledger: TillLedger | None) -> Shop:
    """Build the view of other tills that refunds need."""
    if ledger is None:
        return NoShop()
    return LenientShop(ledger.shop) if site.ledger.refunds_without_ledger else ledger.shop


def build_refund_approval(site: Site, parts: PaymentParts) -> RefundApproval:
    """Build the rule that large refunds need the supervisor. Raises SecretError."""
    supervisor = site.secret_if_given(site.driver.supervisor, "driver.supervisor")
    return RefundApproval(parts.journal, parts.clock, site.driver.refund_limit, supervisor)


def build_layout(site: Site, name: str) -> tuple[Layout, Scope]:
    """Return the layout of a provider's settlement file and its scope. Raises UsageError for an unknown one."""
    from koshelek_driver.accounting.reconcile import Scope
    from koshelek_driver.accounting.settlement_file import Layout

    keys = site.registries.get(name or "default", SettlementFile() if not name else None)
    if keys is None:
        raise UsageError(f"{site.path} has no [registries.{name}]", nearest(name, site.registries))
    zone = keys.zone or site.zone
    layout = Layout(
        encoding=keys.encoding,
        delimiter=keys.delimiter,
        skip_lines=keys.skip_lines,
        columns=msgspec.structs.asdict(keys.columns),
        amount_in=keys.amount_in,
        types=msgspec.structs.asdict(keys.types),
        date_format=keys.date_format,
        zone=zone,
    )
    return layout, Scope(zone=zone, payment_types=keys.payment_types)


def build_day_rule(site: Site) -> DayRule:
    """Return the rule by which business days end."""
    return DayRule(site.closes_at, site.zone)


def build_printer(site: Site) -> ReceiptPrinter | None:
    """Build the printer of slips, None if the till has none. Raises ProfileError."""
    device = site.device_of("POSPrinter")
    return None if device is None else receipt_printer(device, site.pay_api.timing.connect_timeout_s)
