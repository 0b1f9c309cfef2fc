"""Build the card verifier of a till from `[totp]` of its site file."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import entry_points

from koshelek_driver.card.grammar import TemplateError
from koshelek_driver.card.rate_limit import RateLimit
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import CardMemory, Parameters, TotpModule
from koshelek_driver.card.verifier import CardVerifier, GateRules
from koshelek_driver.config.checks import TOTP_MODULE_GROUP
from koshelek_driver.config.site import Site
from koshelek_driver.errors import SiteError
from koshelek_driver.secrets import Secret, SecretSource

Closing = Callable[[], None]


def build_templates(site: Site) -> Templates:
    """Compile the payload templates and compare them. Raises SiteError."""
    try:
        return Templates(site.totp.templates, may_overlap=site.totp.templates_may_overlap)
    except TemplateError as problem:
        raise SiteError(f"{site.path}: totp.templates: {problem}", "correct the template") from problem


class CardSetup:
    """The card verifier of a till, and the resources that are closed with it."""

    def __init__(
        self,
        site: Site,
        memory: CardMemory,
        salt: bytes,
        *,
        unix_s: Callable[[], float],
        skew_s: Callable[[], float | None],
    ) -> None:
        """Read secrets and make the module; nothing is sent. Raises SiteError that names the key."""
        wanted = site.totp
        self._closing = ExitStack()
        key = _retailer_key(site)
        module = self._module(site)
        _init(site, module, build_parameters(site, key, salt, unix_s))
        self.verifier = CardVerifier(
            templates=build_templates(site),
            module=module,
            memory=memory,
            rules=GateRules(
                window_s=wanted.window_steps * wanted.interval_s,
                lasts_s=(2 * wanted.window_steps + 1) * wanted.interval_s,
                guesses=RateLimit(wanted.guesses_free, wanted.guess_delay_s, wanted.guess_delay_max_s),
                accept_typed=wanted.accept_typed,
                refuse_unreachable=wanted.when_unreachable == "refuse",
                result_codes=wanted.result_codes,
            ),
            key=hmac.digest(salt, key.reveal().encode(), "sha256"),
            unix_s=unix_s,
            skew_s=skew_s,
        )

    def close(self) -> None:
        """Close the module's connection, if it has one."""
        self._closing.close()

    def _module(self, site: Site) -> TotpModule:
        makers: dict[str, Callable[[Site], TotpModule]] = {
            "reference": _reference,
            "http": self._http,
            "native": _native,
        }
        return makers.get(site.totp.module, _foreign)(site)

    def _http(self, site: Site) -> TotpModule:
        from koshelek_driver.card.totp.http import HttpDialect, HttpTotp
        from koshelek_driver.network.json_post import JsonPoster, JsonServer
        from koshelek_driver.network.tls import tls_context

        wanted = site.totp.http
        ca_file, certificate, private_key = (
            site.base / name if name else None
            for name in (wanted.ca_file, wanted.client_certificate, wanted.client_key)
        )
        server = JsonServer(
            url=wanted.url.rstrip("/"),
            context=tls_context(ca_file, "totp.http", certificate, private_key),
            deadline_s=wanted.deadline_s,
            login=site.secret_if_given(wanted.login, "totp.http.login"),
            password=site.secret_if_given(wanted.password, "totp.http.password"),
        )
        poster = JsonPoster(server)
        self._closing.callback(poster.close)
        dialect = HttpDialect(
            verify_path=wanted.verify_path,
            token_path=wanted.token_path,
            full_barcode=wanted.full_barcode_key,
            result_code=wanted.result_code_key,
            totp_code_valid=wanted.totp_code_valid_key,
            card_number=wanted.card_number_key,
            card_session=wanted.card_session_key,
            password=wanted.password_key,
            terminal=wanted.terminal_key,
            token=wanted.token_key,
        )
        return HttpTotp(poster.post, dialect)


def build_parameters(site: Site, key: Secret, salt: bytes, unix_s: Callable[[], float]) -> Parameters:
    """Return the parameters of a TOTP module. The fingerprint reveals nothing about the machine."""
    wanted = site.totp
    till = f"{site.pay_api.store}/{site.pay_api.terminal}".encode()
    return Parameters(
        retailer_key=key,
        hash_function=wanted.hash_function,
        interval_s=wanted.interval_s,
        password_length=wanted.password_length,
        window_steps=wanted.window_steps,
        fingerprint=hashlib.sha256(salt + till).hexdigest(),
        store=site.pay_api.store,
        terminal=site.pay_api.terminal,
        unix_s=unix_s,
        settings=wanted.settings,
    )


def _init(site: Site, module: TotpModule, parameters: Parameters) -> None:
    try:
        module.init(parameters)
    except ValueError as problem:
        raise _wrong(site, problem) from None  # its context may hold the key


def _reference(_settings: Site) -> TotpModule:
    from koshelek_driver.card.totp.reference import ReferenceTotp

    return ReferenceTotp()


def _native(site: Site) -> TotpModule:
    from koshelek_driver.card.totp.native import NativeTotp

    wanted = site.totp.native
    declared = {"init": wanted.init, "barcode_verify": wanted.barcode_verify, "get_token": wanted.get_token}
    try:
        return NativeTotp(site.base / wanted.library, declared)
    except ValueError as problem:
        raise _wrong(site, problem) from problem


def _foreign(site: Site) -> TotpModule:
    (point,) = entry_points(group=TOTP_MODULE_GROUP, name=site.totp.module)
    try:
        module: TotpModule = point.load()()
    except Exception as problem:
        what = f"{site.path}: totp.module '{point.name}' cannot be loaded: {type(problem).__name__}: {problem}"
        raise SiteError(what, "reinstall the package that offers it") from problem
    return module


def _retailer_key(site: Site) -> Secret:
    """Return the retailer's key. Only the reference module needs it."""
    source = site.totp.retailer_key
    if source == SecretSource() and site.totp.module != "reference":
        return Secret("")
    return site.secret(source, "totp.retailer_key")


def _wrong(site: Site, problem: ValueError) -> SiteError:
    return SiteError(f"{site.path}: totp: {problem}", "correct the value")
