"""Every key of a till's site file, with its default. `site.load` reads and checks one."""

from __future__ import annotations

from datetime import time, tzinfo
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import field

from koshelek_driver.config.shop_sections import BusinessDay, LedgerKeys, SettlementFile, StoreApi
from koshelek_driver.config.toml import Section
from koshelek_driver.secrets import Secret, SecretSource


class Driver(Section, frozen=True, kw_only=True):
    """`[driver]`."""

    environment: Literal["test", "production"] = "test"
    journal: str = "journal.db"
    backup: str = "journal-backup.db"
    """A copy of the journal, made every day by the resident driver; empty: none."""
    language: Literal["ru", "en"] = "ru"
    simulate: bool = False


class Enums(Section, frozen=True, kw_only=True):
    """`[pay_api.enums]`: open lists, so that a new provider or rate needs no new software."""

    payment_types: tuple[str, ...] = ("SBP", "DOLYAME")
    taxes: tuple[str, ...] = (
        "none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22", "vat105", "vat107", "vat110", "vat120", "vat122",
    )  # fmt: skip
    final_statuses: dict[str, Literal["paid", "rejected", "canceled"]] = field(
        default_factory=lambda: {"accepted": "paid", "rejected": "rejected", "canceled": "canceled"}
    )


class Timing(Section, frozen=True, kw_only=True):
    """`[pay_api.timing]`. The cadence of status and the 30 s are the API's rules (its page on status)."""

    connect_timeout_s: float = 3.0
    request_timeout_s: float = 10.0
    first_poll_ms: int = 250
    poll_interval_ms: int = 250
    decision_timeout_s: float = 30.0
    settle_timeout_s: float = 10.0
    """How long to ask for the final status after a cancel."""
    resend_attempts: int = 3
    resend_pause_ms: int = 500
    resend_window_s: float = 60.0
    keep_warm_s: float = 60.0
    rest_after_failures: int = 3
    rest_s: float = 30.0
    """After so many charges in a row without a word of the host, none for so long; 0 failures: never."""


class Automatic(Section, frozen=True, kw_only=True):
    """`[pay_api.automatic]`: what is done without being asked."""

    cancel_undecided: bool = True
    """A sale that is not decided in `decision_timeout_s` is cancelled; false: it stays unknown for a person."""
    settle_orphans: bool = True
    """What a crash or a lost answer left open is ended by the resident driver; false: by `recover` alone."""


class Postback(Section, frozen=True, kw_only=True):
    """`[pay_api.postback]`."""

    enabled: bool = False
    listen: str = "127.0.0.1:8443"
    certificate: str = ""
    key: str = ""
    sources: tuple[str, ...] = ()
    """Networks (CIDR) that the host calls from; none: any."""
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()


class InvoiceLine(Section, frozen=True, kw_only=True):
    """`[pay_api.invoice_line]`: the one line that is sent when the POS gives no invoice."""

    name: str = "Покупка"
    article: str = "0"
    tax: str = "none"


class PayApi(Section, frozen=True, kw_only=True):
    """`[pay_api]`."""

    store: str
    terminal: str
    login: SecretSource
    password: SecretSource
    version: str = "1.2.1"
    base_url_test: str = ""
    base_url_production: str = ""
    ca_file: str = ""
    pins: tuple[str, ...] = ()
    """Keys that the host may have, `sha256/…`; none: any that a trusted authority signed."""
    proxy: str = ""
    payment_purpose: str = ""
    smallest_amount: int = 400
    """Kopecks; a smaller order is refused before anything is sent. The API's own limit is four roubles."""
    card_session_key: Literal["cardSession", "cardsession"] = "cardSession"
    qr_key: Literal["qr", "QR"] = "qr"
    enums: Enums = Enums()
    timing: Timing = Timing()
    automatic: Automatic = Automatic()
    postback: Postback = Postback()
    invoice_line: InvoiceLine = InvoiceLine()


class TotpHttp(Section, frozen=True, kw_only=True):
    """`[totp.http]`: a module on the retailer's cash-desk server, and how it names things in its JSON."""

    url: str = ""
    verify_path: str = "/barcodeVerify"
    token_path: str = "/getToken"  # noqa: S105 - a path
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()
    deadline_s: float = 1.0
    full_barcode_key: str = "fullBarcode"
    result_code_key: str = "resultCode"
    totp_code_valid_key: str = "totpCodeValid"
    card_number_key: str = "cardNumber"
    card_session_key: str = "cardSession"
    password_key: str = "password"  # noqa: S105 - a key
    terminal_key: str = "terminalId"
    token_key: str = "token"  # noqa: S105 - a key


class TotpNative(Section, frozen=True, kw_only=True):
    """`[totp.native]`: a shared library, and the C prototypes of its functions."""

    library: str = ""
    init: str = ""
    barcode_verify: str = ""
    get_token: str = ""


class Totp(Section, frozen=True, kw_only=True):
    """`[totp]`."""

    templates: tuple[str, ...]
    retailer_key: SecretSource = SecretSource()
    templates_may_overlap: bool = False
    module: str = "reference"
    hash_function: str = "HmacSHA256"
    interval_s: int = 30
    password_length: int = 3
    window_steps: int = 1
    presentation_lifetime_s: float = 300.0
    accept_typed: bool = False
    guesses_free: int = 3
    guess_delay_s: float = 5.0
    guess_delay_max_s: float = 300.0
    when_unreachable: Literal["loyalty_only", "refuse"] = "loyalty_only"
    result_codes: dict[str, str] = field(default_factory=dict)
    http: TotpHttp = TotpHttp()
    native: TotpNative = TotpNative()
    settings: dict[str, str | int] = field(default_factory=dict)


class SlipLook(Section, frozen=True, kw_only=True):
    """`[slip]`: templates of slips; one that is not there is the driver's own. `qr`: a QR code of the transaction."""

    payment: tuple[str, ...] = ()
    refund: tuple[str, ...] = ()
    partial_refund: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    qr: bool = False


class Labels(Section, frozen=True, kw_only=True):
    """`[devices.NAME.labels]`: where a shop's program wants other labels than the standard has.

    `expose`: of a card the program gets its number alone, or the full label with session and password.
    """

    expose: Literal["card_number", "full"] = "card_number"
    raw_equals_label: bool = False
    transmit_unknown: bool = True
    infer_symbology: bool = False
    compute_check_digits: bool = True
    upca_as_ean13: bool = True


class DeviceEntry(Section, frozen=True, kw_only=True):
    """`[devices.NAME]`. `settings` are for a service of another package."""

    category: Literal["Scanner", "POSPrinter", "CAT"]
    service: str = ""
    profile: str = ""
    port: str = ""
    scanner: str = ""
    printer: str = ""
    labels: Labels = Labels()
    settings: dict[str, Any] = field(default_factory=dict)


class SiteFile(Section, frozen=True, kw_only=True):
    """The file as a whole."""

    driver: Driver = Driver()
    pay_api: PayApi
    operator_tips: dict[str, dict[Literal["ru", "en"], str]] = field(default_factory=dict)
    totp: Totp
    slip: SlipLook = SlipLook()
    business_day: BusinessDay = BusinessDay()
    ledger: LedgerKeys = LedgerKeys()
    registries: dict[str, SettlementFile] = field(default_factory=dict)
    store_api: StoreApi = StoreApi()
    devices: dict[str, DeviceEntry] = field(default_factory=dict)


def zone_named(name: str) -> tzinfo | None:
    """A time zone by its name; None for the machine's own. Raises KeyError, ValueError or OSError for no such name."""
    if not name:
        return None
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A whole site file and where it lies. `load` is the way to get one."""

    path: Path
    driver: Driver
    pay_api: PayApi
    operator_tips: dict[str, dict[Literal["ru", "en"], str]]
    totp: Totp
    slip: SlipLook
    business_day: BusinessDay
    ledger: LedgerKeys
    registries: dict[str, SettlementFile]
    store_api: StoreApi
    devices: dict[str, DeviceEntry]

    @property
    def base(self) -> Path:
        """The folder that relative paths are relative to."""
        return self.path.parent

    @property
    def journal(self) -> Path:
        """Where the journal lies."""
        return self.base / self.driver.journal

    @property
    def backup(self) -> Path | None:
        """Where the journal's daily copy lies."""
        return self.base / self.driver.backup if self.driver.backup else None

    @property
    def closes_at(self) -> time | None:
        """When the business day ends; None when no rule ends it."""
        return time.fromisoformat(self.business_day.closes_at) if self.business_day.closes_at else None

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of the shop; None for the machine's."""
        return zone_named(self.business_day.time_zone)

    @property
    def base_url(self) -> str:
        """The Pay API address of this environment, without a slash at the end."""
        by_environment = {"test": self.pay_api.base_url_test, "production": self.pay_api.base_url_production}
        return by_environment[self.driver.environment].rstrip("/")

    @property
    def store_base_url(self) -> str:
        """The Store API address of this environment, without a slash at the end."""
        own = {"test": self.store_api.base_url_test, "production": self.store_api.base_url_production}
        return own[self.driver.environment].rstrip("/") or self.base_url

    @property
    def ca_file(self) -> Path | None:
        """The certificate authority to trust; None for the system's."""
        return self.base / self.pay_api.ca_file if self.pay_api.ca_file else None

    @property
    def wallet(self) -> DeviceEntry | None:
        """The payment terminal (category CAT), if the file has one."""
        return next((device for device in self.devices.values() if device.category == "CAT"), None)

    def device_of(self, category: Literal["Scanner", "POSPrinter"]) -> DeviceEntry | None:
        """The scanner or printer that the payment terminal names."""
        wallet = self.wallet
        name = "" if wallet is None else wallet.scanner if category == "Scanner" else wallet.printer
        return self.devices[name] if name else None

    def secret_if_given(self, source: SecretSource, key: str) -> Secret | None:
        """Fetch a secret that this file may name; None where it names none. Raises SecretError."""
        return None if source == SecretSource() else self.secret(source, key)

    def secret(self, source: SecretSource, key: str) -> Secret:
        """Fetch a secret that this file names; raises SecretError."""
        return source.load(self.base, f"{self.path}: {key}")
