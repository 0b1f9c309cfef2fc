"""A TOTP module in a shared library, called by C prototypes.

The closed library of the API's operator is one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import Answer, Parameters, optional_secret
from koshelek_driver.card.totp.prototype import Function, Prototype, parse
from koshelek_driver.card.totp.reference import fingerprint_token
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json_object
from koshelek_driver.secrets import Secret

_JSON_FIELDS = {
    "resultCode": "result_code",
    "totpCodeValid": "totp_code_valid",
    "cardNumber": "card_number",
    "cardSession": "card_session",
    "token": "token",
}
_VERIFY_INPUTS = ("full_barcode", "prefix", "card_number", "card_session", "password")
_VERIFY_RESULTS = ("answer", "result_code", "totp_code_valid", "card_number", "card_session")


class NativeTotp:
    """The module `native`, see TotpModule. `declared` has the prototypes of its functions, by name.

    `barcode_verify` is required, `init` and `get_token` are optional. The result of a function is its return value, a
    text or a number, unless it has a buffer for the result: then it returns 0 for success. A text that is a JSON object
    may hold several results. A library that crashes ends the till's program too; put one that you do not trust behind
    `module = "http"`.

    Raises:
        ValueError: the library or a prototype cannot be used.
    """

    def __init__(self, library: Path, declared: Mapping[str, str]) -> None:
        self._prototypes = {name: _parsed(name, text) for name, text in declared.items() if text}
        self._library = _loaded(library)

    def init(self, parameters: Parameters) -> None:
        """See TotpModule."""
        self._fingerprint = parameters.fingerprint
        self._agreed: dict[str, str | int] = {
            "retailer_key": parameters.retailer_key.reveal(),
            "hash_function": parameters.hash_function,
            "interval_s": parameters.interval_s,
            "password_length": parameters.password_length,
            "window_steps": parameters.window_steps,
            "fingerprint": parameters.fingerprint,
            "store": parameters.store,
            "terminal": parameters.terminal,
            **parameters.settings,
        }
        self._verify = self._bound("barcode_verify", _VERIFY_INPUTS, _VERIFY_RESULTS)
        self._token = self._bound("get_token", ("password",), ("answer", "token")) if self._has("get_token") else None
        if self._has("init"):
            status, _ = self._bound("init", (), ()).call(self._agreed)
            if status not in (None, 0):
                raise ValueError(f"init of the TOTP library returned {status}")

    def barcode_verify(self, full_barcode: str, card: CardPresentation) -> Answer:
        """See TotpModule."""
        fields = {"full_barcode": full_barcode, "prefix": card.prefix, **_fields(card)}
        said = _results(self._verify, {**self._agreed, **fields}, "result_code")
        code = said.get("result_code")
        if code in (None, ""):
            raise TotpModuleError("the TOTP library gave no result code", "check barcode_verify in [totp.native]")
        return Answer(
            str(code),
            card_number=optional_secret(said.get("card_number")),
            card_session=optional_secret(said.get("card_session")),
            totp_code_valid=_truth(said.get("totp_code_valid")),
        )

    def get_token(self, password: Secret | None) -> Secret:
        """See TotpModule."""
        if self._token is None:
            return fingerprint_token(self._fingerprint, password)
        shown = {"password": password.reveal() if password else ""}
        token = optional_secret(_results(self._token, {**self._agreed, **shown}, "token").get("token"))
        if token is None:
            raise TotpModuleError("the TOTP library gave no token", "check get_token in [totp.native]")
        return token

    def _has(self, name: str) -> bool:
        return name in self._prototypes

    def _bound(self, name: str, inputs: tuple[str, ...], results: tuple[str, ...]) -> Function:
        """Bind a function after checking the names of its parameters."""
        prototype = self._prototypes.get(name)
        if prototype is None:
            raise ValueError(f"native.{name}: no prototype")
        known = (*inputs, *self._agreed)
        for given, allowed in ((prototype.inputs, known), (prototype.buffers, results)):
            unknown = next((each for each in given if each not in allowed), None)
            if unknown:
                raise ValueError(f"native.{name}: parameter '{unknown}' is none of {', '.join(allowed) or 'nothing'}")
        try:
            return prototype.bind(self._library)
        except AttributeError:
            raise ValueError(f"native.{name}: the library has no function '{prototype.symbol}'") from None


def _results(function: Function, values: Mapping[str, str | int], main: str) -> dict[str, Any]:
    """Call a function and return all its results, by our names. Raises TotpModuleError."""
    symbol = function.prototype.symbol
    try:
        returned, written = function.call(values)
        if written and returned not in (None, 0):
            raise TotpModuleError(f"{symbol} of the TOTP library returned {returned}", "see the library's manual")
        said: dict[str, Any] = written if written else {main: returned}
        text = said.pop("answer", said.get(main))
        return {**said, **_json(text)} if isinstance(text, str) and text.lstrip().startswith("{") else said
    except (ForeignJsonError, UnicodeError):
        raise TotpModuleError(f"{symbol} of the TOTP library gave text that cannot be read", "call support") from None


def _json(text: str) -> dict[str, Any]:
    said = parse_json_object(text)
    return {ours: said[theirs] for theirs, ours in _JSON_FIELDS.items() if theirs in said}


def _parsed(name: str, text: str) -> Prototype:
    try:
        return parse(text)
    except ValueError as problem:
        raise ValueError(f"native.{name}: {problem}") from None


def _loaded(library: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(library))
    except OSError as problem:
        raise ValueError(f"native.library: {problem}") from None


def _fields(card: CardPresentation) -> dict[str, str]:
    secrets = {"card_number": card.card_number, "card_session": card.card_session, "password": card.password}
    return {name: secret.reveal() if secret else "" for name, secret in secrets.items()}


def _truth(value: object) -> bool | None:
    """Convert a truth value, as JSON or a C buffer has it; None for anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
