"""A TOTP module on the retailer's own server, called with JSON. The caller passes in the transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import Answer, Parameters, optional_secret
from koshelek_driver.card.totp.reference import fingerprint_token
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.foreign_json import ForeignJsonError, parse_json_object
from koshelek_driver.secrets import Secret

Post = Callable[[str, bytes], bytes]
"""Sends JSON to a path below the server's URL and returns the body of HTTP 200. Raises TotpModuleError."""


@dataclass(frozen=True, slots=True)
class HttpDialect:
    """The paths and JSON keys of a server. With an empty `token_path` the till makes the token itself."""

    verify_path: str
    token_path: str
    full_barcode: str
    result_code: str
    totp_code_valid: str
    card_number: str
    card_session: str
    password: str
    terminal: str
    token: str


class HttpTotp:
    """The module `http`, see TotpModule. Blocks for the deadline of the site file at most."""

    def __init__(self, post: Post, dialect: HttpDialect) -> None:
        self._post = post
        self._dialect = dialect

    def init(self, parameters: Parameters) -> None:
        """See TotpModule. Sends nothing: the server has the agreed parameters from its own administrator."""
        self._parameters = parameters

    def barcode_verify(self, full_barcode: str, _card: CardPresentation) -> Answer:
        """See TotpModule."""
        names = self._dialect
        said = self._ask(names.verify_path, {names.full_barcode: full_barcode})
        code = said.get(names.result_code)
        if not isinstance(code, str | int):
            raise TotpModuleError(f"the TOTP server's answer has no {names.result_code}", "check [totp.http]")
        valid = said.get(names.totp_code_valid)
        return Answer(
            str(code),
            card_number=optional_secret(said.get(names.card_number)),
            card_session=optional_secret(said.get(names.card_session)),
            totp_code_valid=valid if isinstance(valid, bool) else None,
        )

    def get_token(self, password: Secret | None) -> Secret:
        """See TotpModule."""
        names = self._dialect
        if not names.token_path:
            return fingerprint_token(self._parameters.fingerprint, password)
        shown = password.reveal() if password else ""
        said = self._ask(names.token_path, {names.password: shown, names.terminal: self._parameters.terminal})
        token = optional_secret(said.get(names.token))
        if token is None:
            raise TotpModuleError(f"the TOTP server's answer has no {names.token}", "check [totp.http]")
        return token

    def _ask(self, path: str, question: Mapping[str, str]) -> dict[str, Any]:
        answer = self._post(path, msgspec.json.encode(question))
        try:
            return parse_json_object(answer)
        except ForeignJsonError:
            what = "the TOTP server's answer is not a JSON object"
            raise TotpModuleError(what, "check url and paths in [totp.http]") from None
