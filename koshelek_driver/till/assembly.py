"""What the parts of a till are made with, from its site file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock

from koshelek_driver.accounting.business_day import DayRule
from koshelek_driver.config import profile
from koshelek_driver.config.sections import Site, zone_named
from koshelek_driver.config.shop_sections import SettlementFile
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
from koshelek_driver.payment.till_lock import TillLock
from koshelek_driver.printer.owners import receipt_printer
from koshelek_driver.printer.receipt_printer import ReceiptPrinter
from koshelek_driver.secrets import Secret
from koshelek_driver.transport import check_address

if TYPE_CHECKING:  # what most tills do not have is imported when it is wanted
    from koshelek_driver.accounting.reconcile import Scope
    from koshelek_driver.accounting.settlement_file import Layout
    from koshelek_driver.ledger.link import Address
    from koshelek_driver.ledger.till_ledger import TillLedger
    from koshelek_driver.pay_api.stores import StoreCall, StoreRules


def check_slip(site: Site) -> None:
    """Find what is wrong with the templates of slips now. Raises SiteError."""
    for name, lines in build_slip_templates(site).items():
        template.check(name, lines)


def check_devices(site: Site) -> None:
    """Find what is wrong with profiles and ports now, and not in the middle of a sale; no device is touched.

    Raises SiteError.
    """
    lookups = {"Scanner": profile.scanner, "POSPrinter": profile.printer}
    for device in site.devices.values():
        if device.category in lookups and not device.service:
            lookups[device.category](device.profile)
            check_address(device.port, of_printer=device.category == "POSPrinter")


def new_ids() -> Iterator[str]:
    """A requestId that nobody had before, each time; for any thread, as a generator would not be."""
    return iter(lambda: str(uuid.uuid4()), "")


def build_endpoint(site: Site) -> Endpoint:
    """Where the API of a till is; fetches its secrets. Raises SecretError."""
    login, password = site.pay_api.login, site.pay_api.password
    return _build_endpoint(
        site,
        site.base_url,
        site.secret(login, "pay_api.login"),
        site.secret(password, "pay_api.password"),
    )


def _build_endpoint(site: Site, base_url: str, login: Secret, password: Secret) -> Endpoint:
    """Either API of the host: they differ in nothing else."""
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
    """The calls of the Store API by their names, what they must hold, and the way to it. Raises SecretError."""
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
    """Who asks."""
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
    """The till, with an engine that calls by `client`. Raises ProfileError."""
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
    """How sales go on."""
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


def build_outbox(site: Site, till: PaymentParts) -> Outbox:
    """What is said to the host when no cashier waits."""
    paid = [status for status, end in site.pay_api.enums.final_statuses.items() if end == "paid"]
    return Outbox(till.journal, till.merchant, paid=paid, ids=till.ids, clock=till.clock)


def build_till_lock(site: Site) -> TillLock:
    """Who may use the money of this till now."""
    return TillLock(FileLock(f"{site.journal}.lock", mode=0o600), longest_sale_s(site))


def longest_sale_s(site: Site) -> float:
    """How long another program may be busy with a sale."""
    timing = site.pay_api.timing
    return timing.decision_timeout_s + timing.settle_timeout_s + timing.resend_window_s


def build_slip_rules(site: Site) -> SlipRules:
    """How slips look."""
    driver = site.driver
    return SlipRules(driver.environment, driver.language, build_slip_templates(site), site.slip.qr)


def build_slip_templates(site: Site) -> dict[str, tuple[str, ...]]:
    """The shop's own, by the names of their keys; those that the file lacks are not there."""
    known = {name: getattr(site.slip, name) for name in (*KINDS, "copy", "test")}
    return {name: lines for name, lines in known.items() if lines}


def build_line_rule(site: Site) -> LineRule:
    """The one line of a sale without an invoice."""
    line = site.pay_api.invoice_line
    return LineRule(line.name, line.article, line.tax)


def build_ledger_address(site: Site, login: Secret, password: Secret | None) -> Address:
    """Where the shop's ledger is, for a role of its PostgreSQL."""
    from koshelek_driver.ledger.link import Address

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
    """Where the shop's ledger is, for this till. Raises SecretError."""
    keys = site.ledger
    login = site.secret(keys.login, "ledger.login")
    return build_ledger_address(site, login, site.secret_if_given(keys.password, "ledger.password"))


def build_ledger(site: Site, journal: Journal) -> TillLedger | None:
    """This till's side of the shop's ledger, if the shop has one. Raises SecretError."""
    if not site.ledger.host:
        return None
    from koshelek_driver.ledger.feeder import Name
    from koshelek_driver.ledger.till_ledger import TillLedger

    return TillLedger(build_till_ledger_address(site), journal, Name(site.pay_api.store, site.pay_api.terminal))


def build_shop(site: Site, ledger: TillLedger | None) -> Shop:
    """What refunds ask about other tills."""
    if ledger is None:
        return NoShop()
    return LenientShop(ledger.shop) if site.ledger.refunds_without_ledger else ledger.shop


def build_layout(site: Site, name: str) -> tuple[Layout, Scope]:
    """How a registry is written, and what of ours it ought to have. Raises UsageError for one that is not there."""
    from koshelek_driver.accounting.reconcile import Scope
    from koshelek_driver.accounting.settlement_file import Layout

    keys = site.registries.get(name or "default", SettlementFile() if not name else None)
    if keys is None:
        raise UsageError(f"{site.path} has no [registries.{name}]", nearest(name, site.registries))
    zone = zone_named(keys.time_zone) if keys.time_zone else site.zone
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
    """When business days end."""
    return DayRule(site.closes_at, site.zone)


def build_printer(site: Site) -> ReceiptPrinter | None:
    """The printer of slips, if the till has one. Raises ProfileError."""
    device = site.device_of("POSPrinter")
    return None if device is None else receipt_printer(device, site.pay_api.timing.connect_timeout_s)
