"""The till's site file: read, and checked beyond what the types of its keys say."""

from __future__ import annotations

import os
import re
from importlib.metadata import entry_points
from ipaddress import ip_network
from pathlib import Path

from koshelek_driver.config import toml
from koshelek_driver.config.sections import Site, SiteFile, zone_named
from koshelek_driver.errors import SiteError, nearest
from koshelek_driver.secrets import SecretSource

DEFAULT_NAME = "site.toml"
API_VERSIONS = ("0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1")
HASH_FUNCTIONS = ("HmacSHA1", "HmacSHA256", "HmacSHA512")
TOTP_MODULES = ("reference", "http", "native")
TOTP_MODULE_GROUP = "koshelek_driver.totp_modules"
"""Entry points of other packages that make TOTP modules."""
Limits = dict[str, tuple[float, float, float]]
"""What came, the least and the most that is allowed, by key."""
_HTTPS = re.compile(r"https://[^/\s]+(/\S*)?")
_LISTEN = re.compile(r"([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}")
_PIN = re.compile(r"sha256/[A-Za-z0-9+/]{43}=")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_PROXY = re.compile(r"http://[^/\s@]+:\d+")


def find(path: str | Path | None) -> Path:
    """The site file to use: what was given, `$KOSHELEK_SITE`, or `./site.toml`."""
    return Path(path or os.environ.get("KOSHELEK_SITE") or DEFAULT_NAME)


def load(path: str | Path | None = None) -> Site:
    """Read and check a site file. Raises SiteError; secrets are not fetched yet."""
    where = find(path)
    file = toml.read(where, SiteFile, SiteError)
    site = Site(
        path=where.resolve(),
        driver=file.driver,
        pay_api=file.pay_api,
        operator_tips=file.operator_tips,
        totp=file.totp,
        slip=file.slip,
        business_day=file.business_day,
        ledger=file.ledger,
        registries=file.registries,
        store_api=file.store_api,
        devices=file.devices,
    )
    for check in (
        _check_choices,
        _check_api,
        _check_timing,
        _check_totp,
        _check_business_day,
        _check_ledger,
        _check_devices,
    ):
        check(site)
    return site


def _refuse(site: Site, key: str, came: object, expected: str, remedy: str = "correct the value") -> SiteError:
    return SiteError(f"{toml.place(site.path, key)}: {key} = {came!r}: expected {expected}", remedy)


def _check_choices(site: Site) -> None:
    for key, came, known in (
        ("pay_api.version", site.pay_api.version, API_VERSIONS),
        ("totp.module", site.totp.module, _totp_modules(site.totp.module)),
        ("totp.hash_function", site.totp.hash_function, HASH_FUNCTIONS),
        ("pay_api.invoice_line.tax", site.pay_api.invoice_line.tax, site.pay_api.enums.taxes),
    ):
        if came not in known:
            raise _refuse(site, key, came, f"one of {', '.join(known)}", nearest(came, known))
    if site.driver.simulate:
        raise _refuse(
            site,
            "driver.simulate",
            True,
            "false",
            "start `koshelek-driver sandbox serve` and use the site file it writes",
        )


def _totp_modules(wanted: str) -> tuple[str, ...]:
    """Every module there is; other packages are looked for only when the wanted one is not our own."""
    if wanted in TOTP_MODULES:
        return TOTP_MODULES
    return (*TOTP_MODULES, *(point.name for point in entry_points(group=TOTP_MODULE_GROUP)))


def _check_api(site: Site) -> None:
    key = f"pay_api.base_url_{site.driver.environment}"
    if not _HTTPS.fullmatch(site.base_url):
        raise _refuse(
            site,
            key,
            site.base_url,
            "https://host/partner",
            "the API speaks HTTPS only; ask Koshelek for the address",
        )
    if not _HTTPS.fullmatch(site.store_base_url):
        key = f"store_api.base_url_{site.driver.environment}"
        raise _refuse(site, key, site.store_base_url, "https://host/partner", "the API speaks HTTPS only")
    if len(site.pay_api.store) != 36:
        raise _refuse(
            site,
            "pay_api.store",
            site.pay_api.store,
            "36 characters",
            "ask Koshelek for the storeId of this shop",
        )
    if site.pay_api.proxy and not _PROXY.fullmatch(site.pay_api.proxy):
        raise _refuse(site, "pay_api.proxy", site.pay_api.proxy, "http://host:port", "ask the network's administrator")
    _check_postback(site)
    for pin in site.pay_api.pins:
        if not _PIN.fullmatch(pin):
            raise _refuse(site, "pay_api.pins", pin, "sha256/ and 43 characters and =", "`doctor` shows the host's key")
    if not 1 <= len(site.pay_api.terminal) <= 256:
        raise _refuse(site, "pay_api.terminal", site.pay_api.terminal, "1 to 256 characters", "name this till")


def _check_postback(site: Site) -> None:
    postback = site.pay_api.postback
    if not _LISTEN.fullmatch(postback.listen):
        raise _refuse(site, "pay_api.postback.listen", postback.listen, "address:port", "127.0.0.1:8443 is one")
    for source in postback.sources:
        try:
            ip_network(source)
        except ValueError as problem:
            key = "pay_api.postback.sources"
            raise _refuse(site, key, source, "a network such as 10.0.0.0/8", str(problem)) from problem
    if postback.enabled and not postback.certificate:
        key = "pay_api.postback.certificate"
        raise _refuse(site, key, "", "a PEM file", "postbacks come over HTTPS only; add certificate, and key if apart")


def _check_timing(site: Site) -> None:
    timing = site.pay_api.timing
    limits: Limits = {
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
    _check_limits(site, "pay_api.timing", limits)


def _check_totp(site: Site) -> None:
    totp = site.totp
    limits: Limits = {
        "interval_s": (totp.interval_s, 1, 3600),
        "password_length": (totp.password_length, 1, 10),
        "window_steps": (totp.window_steps, 0, 20),
        "presentation_lifetime_s": (totp.presentation_lifetime_s, 1, 3600),
        "guesses_free": (totp.guesses_free, 1, 100),
        "guess_delay_s": (totp.guess_delay_s, 0, 3600),
        "guess_delay_max_s": (totp.guess_delay_max_s, 0, 3600),
        "http.deadline_s": (totp.http.deadline_s, 0.1, 10),
    }
    _check_limits(site, "totp", limits)
    if totp.module == "http" and not _HTTPS.fullmatch(totp.http.url):
        remedy = "passwords of cards travel over HTTPS only"
        raise _refuse(site, "totp.http.url", totp.http.url, "https://host/path", remedy)
    if totp.module == "native" and not (totp.native.library and totp.native.barcode_verify):
        raise SiteError(
            f"{site.path}: totp.native needs library and barcode_verify", "name the file and its C prototype"
        )


def _check_business_day(site: Site) -> None:
    rule = site.business_day
    if rule.closes_at and not _TIME.fullmatch(rule.closes_at):
        raise _refuse(site, "business_day.closes_at", rule.closes_at, "a time as 04:00")
    zones = {f"registries.{name}.time_zone": each.time_zone for name, each in site.registries.items()}
    for key, name in {"business_day.time_zone": rule.time_zone, **zones}.items():
        _check_zone(site, key, name)


def _check_zone(site: Site, key: str, name: str) -> None:
    try:
        zone_named(name)
    except (KeyError, ValueError, OSError) as problem:
        remedy = "leave it out for the machine's own"
        raise _refuse(site, key, name, "a name such as Europe/Moscow", remedy) from problem


def _check_ledger(site: Site) -> None:
    limits: Limits = {"port": (site.ledger.port, 1, 65535), "feed_every_s": (site.ledger.feed_every_s, 0.1, 3600)}
    _check_limits(site, "ledger", limits)
    if site.ledger.host and site.ledger.login == SecretSource():
        raise SiteError(f"{site.path}: ledger needs login", 'login = { env = "…" }, and password where it has one')


def _check_limits(site: Site, table: str, limits: Limits) -> None:
    for name, (came, low, high) in limits.items():
        if not low <= came <= high:
            raise _refuse(site, f"{table}.{name}", came, f"{low:g} to {high:g}")


def _check_devices(site: Site) -> None:
    for name, device in site.devices.items():
        if device.category == "CAT":
            _check_reference(site, f"devices.{name}.scanner", device.scanner, "Scanner")
            _check_reference(site, f"devices.{name}.printer", device.printer, "POSPrinter")
        elif not (device.service or (device.profile and device.port)):
            raise SiteError(f"{site.path}: devices.{name}: a {device.category} needs profile and port", "add both keys")


def _check_reference(site: Site, key: str, came: str, category: str) -> None:
    known = [name for name, device in site.devices.items() if device.category == category]
    if came and came not in known:
        raise _refuse(site, key, came, f"a device of category {category}", nearest(came, known))
