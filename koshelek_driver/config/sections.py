"""The sections of a till's site file: every key with its type and default.

This module only declares keys; `site.load` reads a file and `checks` refuses values that types cannot exclude. Keys
about the shop rather than the till are in `shop_sections`.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from koshelek_driver.config.shop_sections import BusinessDay, Environment, LedgerKeys, SettlementFile, StoreApi
from koshelek_driver.config.toml import Section
from koshelek_driver.secrets import SecretSource


class Driver(Section, frozen=True, kw_only=True):
    """`[driver]`: environment, journal and language of this till."""

    environment: Environment = "test"
    journal: str = "journal.db"
    backup: str = "journal-backup.db"
    """File of the daily copy of the journal, made by the resident driver; empty: no copy."""
    language: Literal["ru", "en"] = "ru"
    simulate: bool = False
    refund_limit: int | None = None
    """Kopecks of one payment that come back without the supervisor's secret; None: all of it."""
    supervisor: SecretSource = SecretSource()


class Enums(Section, frozen=True, kw_only=True):
    """`[pay_api.enums]`: values that the host may add; a new provider or tax rate needs no new software."""

    payment_types: tuple[str, ...] = ("SBP", "DOLYAME")
    taxes: tuple[str, ...] = (
        "none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22", "vat105", "vat107", "vat110", "vat120", "vat122",
    )  # fmt: skip
    final_statuses: dict[str, Literal["paid", "rejected", "canceled"]] = field(
        default_factory=lambda: {"accepted": "paid", "rejected": "rejected", "canceled": "canceled"}
    )


class Timing(Section, frozen=True, kw_only=True):
    """`[pay_api.timing]`: timeouts, polling and retries of calls to the Pay API.

    The polling interval of the status and the 30 s for a decision are rules of the API (its page on status).
    """

    connect_timeout_s: float = 3.0
    request_timeout_s: float = 10.0
    first_poll_ms: int = 250
    poll_interval_ms: int = 250
    decision_timeout_s: float = 30.0
    settle_timeout_s: float = 10.0
    """Seconds of polling for the final status after a cancel."""
    resend_attempts: int = 3
    resend_pause_ms: int = 500
    resend_window_s: float = 60.0
    keep_warm_s: float = 60.0
    rest_after_failures: int = 3
    rest_s: float = 30.0
    """Seconds without new charges after `rest_after_failures` charges in a row got no response; 0 failures: never."""


class Automatic(Section, frozen=True, kw_only=True):
    """`[pay_api.automatic]`: actions that the driver takes without a request of the cashier."""

    cancel_undecided: bool = True
    """Cancel a sale that is undecided after `decision_timeout_s`; false: leave it unknown for a person to resolve."""
    settle_orphans: bool = True
    """The resident driver settles what a crash or a lost response left open; false: only `recover`."""


class Postback(Section, frozen=True, kw_only=True):
    """`[pay_api.postback]`: the HTTPS server of `run` that receives status messages of the host."""

    enabled: bool = False
    listen: str = "127.0.0.1:8443"
    certificate: str = ""
    key: str = ""
    sources: tuple[str, ...] = ()
    """Networks (CIDR) that postbacks are accepted from; empty: any."""
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()


class InvoiceLine(Section, frozen=True, kw_only=True):
    """`[pay_api.invoice_line]`: the single line that is sent when the POS passes no invoice."""

    name: str = "Покупка"
    article: str = "0"
    tax: str = "none"


class PayApi(Section, frozen=True, kw_only=True):
    """`[pay_api]`: address, credentials and variants of the Pay API."""

    store: str
    terminal: str
    login: SecretSource
    password: SecretSource
    version: str = "1.2.1"
    base_url_test: str = ""
    base_url_production: str = ""
    ca_file: str = ""
    pins: tuple[str, ...] = ()
    """Accepted public keys of the host, `sha256/…`; empty: any key that a trusted authority signed."""
    proxy: str = ""
    payment_purpose: str = ""
    smallest_amount: int = 400
    """Kopecks; a smaller order is refused before anything is sent. The API's own minimum is four roubles."""
    card_session_key: Literal["cardSession", "cardsession"] = "cardSession"
    qr_key: Literal["qr", "QR"] = "qr"
    enums: Enums = Enums()
    timing: Timing = Timing()
    automatic: Automatic = Automatic()
    postback: Postback = Postback()
    invoice_line: InvoiceLine = InvoiceLine()

    def base_url(self, environment: Environment) -> str:
        """Return the address of the Pay API in an environment, without a trailing slash."""
        return (self.base_url_test if environment == "test" else self.base_url_production).rstrip("/")


class TotpHttp(Section, frozen=True, kw_only=True):
    """`[totp.http]`: a password module on the retailer's cash-desk server, and the names in its JSON."""

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
    """`[totp.native]`: a shared library and the C prototypes of its functions."""

    library: str = ""
    init: str = ""
    barcode_verify: str = ""
    get_token: str = ""


class Totp(Section, frozen=True, kw_only=True):
    """`[totp]`: templates of wallet cards and the check of their one-time passwords."""

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
    """`[slip]`: templates of slips; a missing one is replaced by the driver's own.

    `qr` prints a QR code with the transaction's id.
    """

    payment: tuple[str, ...] = ()
    refund: tuple[str, ...] = ()
    partial_refund: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    qr: bool = False


class Labels(Section, frozen=True, kw_only=True):
    """`[devices.NAME.labels]`: deviations from the labels that UnifiedPOS describes.

    `expose` decides if a program receives only the number of a card, or the full label with session and password.
    """

    expose: Literal["card_number", "full"] = "card_number"
    raw_equals_label: bool = False
    transmit_unknown: bool = True
    infer_symbology: bool = False
    compute_check_digits: bool = True
    upca_as_ean13: bool = True


class DeviceEntry(Section, frozen=True, kw_only=True):
    """`[devices.NAME]`: one device. `settings` are passed to a device service of another package."""

    category: Literal["Scanner", "POSPrinter", "CAT"]
    service: str = ""
    profile: str = ""
    port: str = ""
    scanner: str = ""
    printer: str = ""
    labels: Labels = Labels()
    settings: dict[str, Any] = field(default_factory=dict)


class SiteFile(Section, frozen=True, kw_only=True):
    """All sections of a site file, as they are written."""

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

    @property
    def base_url(self) -> str:
        """The address of the Pay API in this environment, without a trailing slash."""
        return self.pay_api.base_url(self.driver.environment)

    @property
    def store_base_url(self) -> str:
        """The address of the Store API in this environment, without a trailing slash."""
        return self.store_api.base_url(self.driver.environment) or self.base_url
