"""The reference TOTP module: an HMAC card secret and RFC 6238. It claims no kinship with the closed library."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import ReplayMemory, ResultCode, Verification
from koshelek_driver.secrets import Secret

_HASHES: dict[str, Callable[..., Any]] = {
    "HmacSHA1": hashlib.sha1,
    "HmacSHA256": hashlib.sha256,
    "HmacSHA512": hashlib.sha512,
}
_LEAST_DIGITS = 6
"""pyotp gives no fewer; the last n of six digits are the n digits, since 10^n divides 10^6."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What retailer and wallet agreed. `retailer_key` is hexadecimal."""

    retailer_key: Secret
    hash_function: str
    interval_s: int
    password_length: int
    window_steps: int


class ReferenceTotp:
    """Verifies labels by templates and passwords. Raises ValueError when the retailer key is not hexadecimal."""

    def __init__(
        self,
        parameters: Parameters,
        templates: Templates,
        *,
        fingerprint: str,
        memory: ReplayMemory,
        clock: Callable[[], float],
    ) -> None:
        self._key = _key(parameters.retailer_key)
        self._parameters = parameters
        self._templates = templates
        self._fingerprint = fingerprint
        self._memory = memory
        self._clock = clock

    def barcode_verify(self, full_barcode: str) -> Verification:
        """See TotpModule. A right password is taken as used from here on."""
        card = self._templates.match(full_barcode)
        if card is None:
            return Verification(ResultCode.BARCODE_UNKNOWN)
        if card.password is None:
            return Verification(ResultCode.LOYALTY_ONLY, card)
        return Verification(self._check(card, card.password), card)

    def get_token(self, password: Secret | None) -> Secret:
        """See TotpModule."""
        fingerprint = base64.b64encode(self._fingerprint.encode()).decode()
        return Secret(fingerprint + (password.reveal() if password else ""))

    def _check(self, card: CardPresentation, password: Secret) -> ResultCode:
        now = self._clock()
        if not self._is_right(card, password, now):
            return ResultCode.TOTP_INVALID
        window_s = (self._parameters.window_steps + 1) * 2 * self._parameters.interval_s
        if not self._memory.first_use(self.digest(card), now, now + window_s):
            return ResultCode.TOTP_REPLAYED
        return ResultCode.CARDSESSION_AVAILABLE if card.card_session else ResultCode.TOTP_VALID

    def digest(self, card: CardPresentation) -> bytes:
        """A keyed digest that stands for one showing of a card; it tells nothing without the key."""
        parts = (card.card_number, card.card_session, card.password)
        text = "\x00".join(part.reveal() if part else "" for part in parts)
        return hmac.digest(self._key, text.encode(), "sha256")

    def _is_right(self, card: CardPresentation, password: Secret, now: float) -> bool:
        step = int(now // self._parameters.interval_s)
        window = range(-self._parameters.window_steps, self._parameters.window_steps + 1)
        generator = self._generator(card)
        candidates = [self._password(generator, step + offset) for offset in window if step + offset >= 0]
        return any([Secret(candidate) == password for candidate in candidates])  # noqa: C419 - no early end

    def _password(self, generator: pyotp.TOTP, step: int) -> str:
        return generator.generate_otp(step)[-self._parameters.password_length :]

    def _generator(self, card: CardPresentation) -> pyotp.TOTP:
        digest = _HASHES[self._parameters.hash_function]
        name = (card.prefix + card.card_number.reveal()).encode("utf-8")
        secret = hmac.new(self._key, name, digest).digest()
        return pyotp.TOTP(
            base64.b32encode(secret).decode(),
            digits=max(_LEAST_DIGITS, self._parameters.password_length),
            digest=digest,
            interval=self._parameters.interval_s,
        )


def _key(key: Secret) -> bytes:
    try:
        return bytes.fromhex(key.reveal())
    except ValueError:
        raise ValueError("the retailer key is not hexadecimal") from None
