"""Exact conversion between UnifiedPOS currency and kopecks.

Currency of the standard is a whole number with four implied decimals: 12.34 is 123400.
"""

from __future__ import annotations

from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

_A_KOPECK = 100


def to_kopecks(currency: int) -> int:
    """Return an amount of the standard in kopecks.

    Raises:
        UposError: E_ILLEGAL for a float, a fraction of a kopeck, zero and a negative amount.
    """
    is_whole = type(currency) is int and currency > 0 and not currency % _A_KOPECK
    if not is_whole:
        remedy = "whole kopecks above 0, with four implied decimals: 12.34 is 123400"
        raise UposError(ErrorCode.E_ILLEGAL, f"amount {currency!r}", remedy)
    return currency // _A_KOPECK


def to_currency(kopecks: int) -> int:
    """Return an amount in kopecks as currency of the standard."""
    return kopecks * _A_KOPECK
