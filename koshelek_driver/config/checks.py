"""The checks of a site file beyond the types of its keys.

They cover limits, formats and names that must exist. Each refusal names the file, the line, the key, the value and the
values that are allowed, so that a technician can correct the file without the source code.
"""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from ipaddress import ip_network
from pathlib import Path

from koshelek_driver.config import toml
from koshelek_driver.config.sections import SiteFile
from koshelek_driver.config.shop_sections import BusinessDay, SettlementFile
from koshelek_driver.errors import SiteError, nearest
from koshelek_driver.secrets import SecretSource

TOTP_MODULE_GROUP = "koshelek_driver.totp_modules"
"""Entry points of other packages that provide TOTP modules."""
_API_VERSIONS = ("0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1")
_HASH_FUNCTIONS = ("HmacSHA1", "HmacSHA256", "HmacSHA512")
_TOTP_MODULES = ("reference", "http", "native")
_Limits = dict[str, tuple[float, float, float]]
"""By key: the value, the least and the greatest that is allowed."""
_HTTPS = re.compile(r"https://[^/\s]+(/\S*)?")
_LISTEN = re.compile(r"([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}")
_PIN = re.compile(r"sha256/[A-Za-z0-9+/]{43}=")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_PROXY = re.compile(r"http://[^/\s@]+:\d+")


class SiteChecks:
    """All checks of one site file; `run` raises SiteError for the first value that is wrong."""

    def __init__(self, path: Path, file: SiteFile) -> None:
        self._path = path
        self._file = file

    def run(self) -> None:
        """Check everything. Raises SiteError."""
        self._check_choices()
        self._check_api()
        self._check_timing()
        self._check_totp()
        self._check_business_day()
        self._check_ledger()
        self._check_devices()

    def _check_choices(self) -> None:
        api, totp = self._file.pay_api, self._file.totp
        for key, came, known in (
            ("pay_api.version", api.version, _API_VERSIONS),
            ("totp.module", totp.module, _totp_modules(totp.module)),
            ("totp.hash_function", totp.hash_function, _HASH_FUNCTIONS),
            ("pay_api.invoice_line.tax", api.invoice_line.tax, api.enums.taxes),
        ):
            if came not in known:
                raise self._refusal(key, came, f"one of {', '.join(known)}", nearest(came, known))
        limit = self._file.driver.refund_limit
        if limit is not None and limit < 0:
            raise self._refusal("driver.refund_limit", limit, "kopecks, 0 or more")
        if self._file.driver.simulate:
            remedy = "start `koshelek-driver sandbox serve` and use the site file it writes"
            raise self._refusal("driver.simulate", True, "false", remedy)

    def _check_api(self) -> None:
        api = self._file.pay_api
        self._check_base_urls()
        if len(api.store) != 36:
            remedy = "ask Koshelek for the storeId of this shop"
            raise self._refusal("pay_api.store", api.store, "36 characters", remedy)
        if api.proxy and not _PROXY.fullmatch(api.proxy):
            raise self._refusal("pay_api.proxy", api.proxy, "http://host:port", "ask the network's administrator")
        self._check_postback()
        for pin in api.pins:
            if not _PIN.fullmatch(pin):
                expected = "sha256/ and 43 characters and ="
                raise self._refusal("pay_api.pins", pin, expected, "`doctor` shows the host's key")
        if not 1 <= len(api.terminal) <= 256:
            raise self._refusal("pay_api.terminal", api.terminal, "1 to 256 characters", "name this till")

    def _check_base_urls(self) -> None:
        environment, url, store_url = self._file.driver.environment, self._file.base_url, self._file.store_base_url
        expected = "https://host/partner"
        if not _HTTPS.fullmatch(url):
            remedy = "the API speaks HTTPS only; ask Koshelek for the address"
            raise self._refusal(f"pay_api.base_url_{environment}", url, expected, remedy)
        if not _HTTPS.fullmatch(store_url):
            remedy = "the API speaks HTTPS only"
            raise self._refusal(f"store_api.base_url_{environment}", store_url, expected, remedy)

    def _check_postback(self) -> None:
        postback = self._file.pay_api.postback
        if not _LISTEN.fullmatch(postback.listen):
            raise self._refusal("pay_api.postback.listen", postback.listen, "address:port", "127.0.0.1:8443 is one")
        for source in postback.sources:
            try:
                ip_network(source)
            except ValueError as problem:
                key = "pay_api.postback.sources"
                raise self._refusal(key, source, "a network such as 10.0.0.0/8", str(problem)) from problem
        if postback.enabled and not postback.certificate:
            key = "pay_api.postback.certificate"
            raise self._refusal(
                key, "", "a PEM file", "postbacks come over HTTPS only; add certificate, and key if apart"
            )

    def _check_timing(self) -> None:
        timing = self._file.pay_api.timing
        limits: _Limits = {
            "connect_timeout_s": (timing.connect_timeout_s, 0.1, 60),
            "request_timeout_s": (timing.request_timeout_s, 0.1, 120),
            "first_poll_ms": (timing.first_poll_ms, 250, 500),
            "poll_interval_ms": (timing.poll_interval_ms, 250, 10_000),
            "decision_timeout_s": (timing.decision_timeout_s, 1, 30),
            "settle_timeout_s": (timing.settle_timeout_s, 0, 120),
            "resend_attempts": (timing.resend_attempts, 0, 20),
            "resend_pause_ms": (timing.resend_pause_ms, 0, 10_000),
            "resend_window_s": (timing.resend_window_s, 0, 90),
            "keep_warm_s": (timing.keep_warm_s, 0, 3600),
            "rest_after_failures": (timing.rest_after_failures, 0, 100),
            "rest_s": (timing.rest_s, 0, 600),
        }
        self._check_limits("pay_api.timing", limits)

    def _check_totp(self) -> None:
        totp = self._file.totp
        limits: _Limits = {
            "interval_s": (totp.interval_s, 1, 3600),
            "password_length": (totp.password_length, 1, 10),
            "window_steps": (totp.window_steps, 0, 20),
            "presentation_lifetime_s": (totp.presentation_lifetime_s, 1, 3600),
            "guesses_free": (totp.guesses_free, 1, 100),
            "guess_delay_s": (totp.guess_delay_s, 0, 3600),
            "guess_delay_max_s": (totp.guess_delay_max_s, 0, 3600),
            "http.deadline_s": (totp.http.deadline_s, 0.1, 10),
        }
        self._check_limits("totp", limits)
        if totp.module == "http" and not _HTTPS.fullmatch(totp.http.url):
            remedy = "passwords of cards travel over HTTPS only"
            raise self._refusal("totp.http.url", totp.http.url, "https://host/path", remedy)
        if totp.module == "native" and not (totp.native.library and totp.native.barcode_verify):
            raise SiteError(
                f"{self._path}: totp.native needs library and barcode_verify", "name the file and its C prototype"
            )

    def _check_business_day(self) -> None:
        rule = self._file.business_day
        if rule.closes_at and not _TIME.fullmatch(rule.closes_at):
            raise self._refusal("business_day.closes_at", rule.closes_at, "a time as 04:00")
        self._check_zone("business_day.time_zone", rule)
        for name, file in self._file.registries.items():
            self._check_zone(f"registries.{name}.time_zone", file)

    def _check_zone(self, key: str, section: BusinessDay | SettlementFile) -> None:
        try:
            _ = section.zone
        except (KeyError, ValueError, OSError) as problem:
            remedy = "leave it out for the machine's own"
            raise self._refusal(key, section.time_zone, "a name such as Europe/Moscow", remedy) from problem

    def _check_ledger(self) -> None:
        ledger = self._file.ledger
        self._check_limits(
            "ledger", {"port": (ledger.port, 1, 65535), "feed_every_s": (ledger.feed_every_s, 0.1, 3600)}
        )
        if ledger.host and ledger.login == SecretSource():
            raise SiteError(f"{self._path}: ledger needs login", 'login = { env = "…" }, and password where it has one')

    def _check_limits(self, table: str, limits: _Limits) -> None:
        for name, (came, low, high) in limits.items():
            if not low <= came <= high:
                raise self._refusal(f"{table}.{name}", came, f"{low:g} to {high:g}")

    def _check_devices(self) -> None:
        for name, device in self._file.devices.items():
            if device.category == "CAT":
                self._check_reference(f"devices.{name}.scanner", device.scanner, "Scanner")
                self._check_reference(f"devices.{name}.printer", device.printer, "POSPrinter")
            elif not (device.service or (device.profile and device.port)):
                raise SiteError(
                    f"{self._path}: devices.{name}: a {device.category} needs profile and port", "add both keys"
                )

    def _check_reference(self, key: str, came: str, category: str) -> None:
        known = [name for name, device in self._file.devices.items() if device.category == category]
        if came and came not in known:
            raise self._refusal(key, came, f"a device of category {category}", nearest(came, known))

    def _refusal(self, key: str, came: object, expected: str, remedy: str = "correct the value") -> SiteError:
        return SiteError(f"{toml.place(self._path, key)}: {key} = {came!r}: expected {expected}", remedy)


def _totp_modules(wanted: str) -> tuple[str, ...]:
    """Return the known modules; entry points are slow and read for a foreign name only."""
    if wanted in _TOTP_MODULES:
        return _TOTP_MODULES
    return (*_TOTP_MODULES, *(point.name for point in entry_points(group=TOTP_MODULE_GROUP)))
