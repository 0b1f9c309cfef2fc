"""Check digits of card numbers.

They are right if a weighted sum over the digits, from the last one backwards, is a multiple of ten.
"""

from __future__ import annotations

CHECKSUMS = ("luhn", "ean")


def weighted(rule: str, digit: int, from_end: int) -> int:
    """Return what a digit adds to the sum; it stands `from_end` places before the last one.

    `ean` (GS1 General Specifications, 7.9) multiplies every second digit by three; `luhn` (ISO/IEC 7812-1, annex B)
    doubles it and adds the digits of the result.
    """
    if from_end % 2 == 0:
        return digit
    return 3 * digit if rule == "ean" else sum(divmod(2 * digit, 10))


def has_right_check_digit(rule: str, digits: str) -> bool:
    """Return True if the check digit is right or there is no rule."""
    return not rule or sum(weighted(rule, int(digit), at) for at, digit in enumerate(reversed(digits))) % 10 == 0
