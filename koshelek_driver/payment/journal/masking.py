"""Masking of response bodies before they are stored.

Values that belong to the customer are removed.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from koshelek_driver.foreign_json import ForeignJsonError, parse_json

_HIDDEN_KEYS = frozenset(("cardsession", "loyaltyid", "token", "password", "authorization"))
"""In lower case, because servers differ in how they spell `cardSession`."""
_LONG_NUMBER = re.compile(r"\d{8,}(?=\d{4})")
"""A number that may be a card's, but for its last four digits."""
_MASK = "…"
_LONGEST_TEXT = 4000


def mask_body(body: bytes) -> str:
    """Return a body as text without the customer's values.

    JSON loses the values of certain keys, any other text its long numbers. Text that is not JSON, such as the error
    page of a proxy, is cut to 4000 characters.
    """
    try:
        return msgspec.json.encode(_masked(parse_json(body))).decode()
    except ForeignJsonError:
        return _LONG_NUMBER.sub(_MASK, body.decode("utf-8", "replace"))[:_LONGEST_TEXT]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _MASK if key.lower() in _HIDDEN_KEYS else _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
