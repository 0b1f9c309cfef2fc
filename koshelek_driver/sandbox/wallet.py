"""The customer's side: a wallet card with its current one-time password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp

RETAILER_KEY = "00112233445566778899aabbccddeeff"
"""The sandbox's own key, written into every folder that it serves from."""
CARD_NUMBER = "4601234567893"
SESSION_LENGTH = 6
_HASHES: dict[str, Callable[..., Any]] = {
    "HmacSHA1": hashlib.sha1,
    "HmacSHA256": hashlib.sha256,
    "HmacSHA512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """The generator of one-time passwords: an HMAC derives the secret of a card, RFC 6238 the password."""

    retailer_key: str = RETAILER_KEY
    prefix: str = "CM"
    hash_function: str = "HmacSHA256"
    interval_s: int = 30
    password_length: int = 3

    def password(self, card_number: str, unix_s: float, steps: int = 0) -> str:
        """Return the password of a card at a Unix time, or `steps` intervals later."""
        digest = _HASHES[self.hash_function]
        secret = hmac.new(bytes.fromhex(self.retailer_key), (self.prefix + card_number).encode(), digest).digest()
        key, digits = base64.b32encode(secret).decode(), max(6, self.password_length)
        totp = pyotp.TOTP(key, digits=digits, digest=digest)
        return totp.generate_otp(max(0, int(unix_s // self.interval_s) + steps))[-self.password_length :]

    def accepts(self, card_number: str, password: str, unix_s: float, steps: int) -> bool:
        """Return True if the password is right within `steps` steps to either side."""
        return any(self.password(card_number, unix_s, step) == password for step in range(-steps, steps + 1))

    def label(self, card_number: str, session: str, unix_s: float) -> str:
        """Return the label that the app shows: prefix, card number, session, password."""
        return self.prefix + card_number + session + self.password(card_number, unix_s)


def new_session() -> str:
    """Return a random session, as the server of the wallet issues it to the app."""
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=SESSION_LENGTH))
