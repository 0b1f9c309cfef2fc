"""What may be kept of an answer: all of it but what belongs to the customer."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_HIDDEN_KEYS = frozenset(("cardsession", "loyaltyid", "token", "password", "authorization"))
_LONG_NUMBER = re.compile(r"\d{8,}(?=\d{4})")
_MASK = "…"
_LONGEST_TEXT = 4000


def masked_body(body: bytes) -> str:
    """An answer as text: JSON without the values of the customer's keys, anything else without long numbers."""
    try:
        return msgspec.json.encode(_masked(msgspec.json.decode(body))).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _LONG_NUMBER.sub(_MASK, body.decode("utf-8", "replace"))[:_LONGEST_TEXT]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _MASK if key.lower() in _HIDDEN_KEYS else _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
