"""Masking and cutting of what servers send, before any of it is stored or shown.

Hosts say back what they were sent, also in the middle of a sentence. So the card number, session, token and password of
a request are masked by value wherever they come back, and by key whatever their value is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from koshelek_driver.foreign_json import ForeignJsonError, parse_json

_HIDDEN_KEYS = frozenset(("cardsession", "loyaltyid", "token", "password", "authorization"))
"""In lower case, because servers differ in how they spell `cardSession`."""
_LONG_NUMBER = re.compile(r"\d{8,}(?=\d{4})")
"""A number that may be a card's, but for its last four digits."""
_MASK = "…"
_LONGEST_TEXT = 4000
LONGEST_KEPT = 16_384
"""Bytes that are stored of one body. The API's longest answer, with a slip, has some 2 kB."""
_SHORTEST_INSIDE = 6
"""Characters. A shorter secret is masked where it is the whole text: inside others it would be there by chance."""
_SHORTEST_WHOLE = 4
_SHORTEST_NUMBER = 8
"""Digits of a number that may be a card's. A shorter one is a sum."""
_SEPARATORS = re.compile(r"[\s.\-]+")
"""A card number may come back in groups."""


class SentSecrets:
    """Texts that were sent and must not come back."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        known = {_squeezed(text) for text in texts}
        self._whole = frozenset(text for text in known if len(text) >= _SHORTEST_WHOLE)
        inside = [text for text in known if len(text) >= _SHORTEST_INSIDE]
        self._inside = sorted(inside, key=len, reverse=True)

    def also(self, others: SentSecrets) -> SentSecrets:
        """Return the secrets of both."""
        return SentSecrets((*self._whole, *others._whole))

    def mask_text(self, text: str) -> str:
        """Return a text without the secrets."""
        squeezed = _squeezed(text)
        if squeezed in self._whole:
            return _MASK
        for secret in self._inside:
            if secret in squeezed:
                text = re.sub(r"[\s.\-]*".join(map(re.escape, secret)), _MASK, text, flags=re.IGNORECASE)
        return text

    def mask_value(self, value: Any) -> Any:
        """Return a JSON value without the secrets, and without the values of the customer's keys."""
        match value:
            case str():
                return self.mask_text(value)
            case dict():
                return {self.mask_text(key): self._mask_member(key, inner) for key, inner in value.items()}
            case list():
                return [self.mask_value(inner) for inner in value]
            case int() if len(str(abs(value))) >= _SHORTEST_NUMBER and self.mask_text(str(value)) != str(value):
                return _MASK
        return value

    def _mask_member(self, key: str, value: Any) -> Any:
        return _MASK if key.lower() in _HIDDEN_KEYS else self.mask_value(value)


NO_SECRETS = SentSecrets()


def secrets_in(body: bytes, token: str = "") -> list[str]:
    """Return the values of the customer's keys in a request, and its token."""
    found = [token] if token else []
    level = [_json_or_none(body)]
    while level:
        value = level.pop()
        if isinstance(value, list):
            level += value
        elif isinstance(value, dict):
            found += [inner for key, inner in value.items() if key.lower() in _HIDDEN_KEYS and isinstance(inner, str)]
            level += value.values()
    return found


def mask_body(body: bytes, secrets: SentSecrets = NO_SECRETS) -> str:
    """Return a body as text without the customer's values, cut for storing.

    JSON loses the values of certain keys, any other text its long numbers; both lose the secrets. Text that is not
    JSON, such as the error page of a proxy, is cut to 4000 characters. Of a body of more than 16 kB the beginning is
    left, with its size and SHA-256.
    """
    try:
        text = msgspec.json.encode(secrets.mask_value(parse_json(body))).decode()
    except ForeignJsonError:
        plain = secrets.mask_text(body.decode("utf-8", "replace"))
        text = _LONG_NUMBER.sub(_MASK, plain)[:_LONGEST_TEXT]
    return text if len(body) <= LONGEST_KEPT else f"{_beginning(text)}{digest_of(body)}"


def digest_of(body: bytes) -> str:
    """Return what stands for a body that is not stored: its size and SHA-256."""
    return f"… {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"


def _squeezed(text: str) -> str:
    return _SEPARATORS.sub("", text).lower()


def _beginning(text: str) -> str:
    return text.encode()[:LONGEST_KEPT].decode("utf-8", "ignore")


def _json_or_none(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ForeignJsonError:
        return None
