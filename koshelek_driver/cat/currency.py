"""The standard's currency (a whole number with four implied decimals: 12.34 is 123400) and kopecks, exactly."""

from __future__ import annotations

from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

_A_KOPECK = 100


def to_kopecks(currency: int) -> int:
    """Raises UposError E_ILLEGAL for parts of a kopeck, and for nothing or less."""
    kopecks, rest = divmod(currency, _A_KOPECK)
    if rest or kopecks <= 0:
        remedy = "whole kopecks above 0, with four implied decimals: 12.34 is 123400"
        raise UposError(ErrorCode.E_ILLEGAL, f"amount {currency}", remedy)
    return kopecks


def to_currency(kopecks: int) -> int:
    """Any amount of kopecks."""
    return kopecks * _A_KOPECK
