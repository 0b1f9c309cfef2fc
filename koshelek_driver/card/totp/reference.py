"""The reference TOTP module: an HMAC card secret and RFC 6238. Not compatible with the closed library."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import Answer, Parameters, ResultCode
from koshelek_driver.secrets import Secret

_HASHES: dict[str, Callable[..., Any]] = {
    "HmacSHA1": hashlib.sha1,
    "HmacSHA256": hashlib.sha256,
    "HmacSHA512": hashlib.sha512,
}
_LEAST_DIGITS = 6
"""pyotp gives no fewer. The last n of its six digits are the n digits wanted, because 10^n divides 10^6."""


class ReferenceTotp:
    """The module `reference`, see TotpModule. It only computes, so it never raises TotpModuleError."""

    def init(self, parameters: Parameters) -> None:
        """See TotpModule."""
        self._key = _key(parameters.retailer_key)
        self._parameters = parameters

    def barcode_verify(self, _full_barcode: str, card: CardPresentation) -> Answer:
        """See TotpModule."""
        if card.password is None:
            return Answer(ResultCode.LOYALTY_ONLY)
        if not self._is_right(card, card.password):
            return Answer(ResultCode.TOTP_INVALID)
        return Answer(ResultCode.CARDSESSION_AVAILABLE if card.card_session else ResultCode.TOTP_VALID)

    def get_token(self, password: Secret | None) -> Secret:
        """See TotpModule."""
        return fingerprint_token(self._parameters.fingerprint, password)

    def _is_right(self, card: CardPresentation, password: Secret) -> bool:
        """Compare with the password of every time step in the window, in constant time."""
        import pyotp

        agreed = self._parameters
        digest = _HASHES[agreed.hash_function]
        name = (card.prefix + card.card_number.reveal()).encode("utf-8")
        secret = hmac.new(self._key, name, digest).digest()
        digits = max(_LEAST_DIGITS, agreed.password_length)
        generator = pyotp.HOTP(base64.b32encode(secret).decode(), digits=digits, digest=digest)
        now = int(agreed.unix_s() // agreed.interval_s)
        steps = range(max(0, now - agreed.window_steps), now + agreed.window_steps + 1)
        right = [Secret(generator.at(step)[-agreed.password_length :]) for step in steps]
        return any([each == password for each in right])  # noqa: C419 - no early end


def fingerprint_token(fingerprint: str, password: Secret | None) -> Secret:
    """Return the default token: the fingerprint in Base64, then the password."""
    encoded = base64.b64encode(fingerprint.encode()).decode()
    return Secret(encoded + (password.reveal() if password else ""))


def _key(key: Secret) -> bytes:
    try:
        made = bytes.fromhex(key.reveal())
    except ValueError:
        made = b""
    if not made:
        raise ValueError("retailer_key is not hexadecimal")
    return made
