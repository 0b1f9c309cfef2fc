"""Check digits of card numbers: the sum over the digits, taken from the last one backwards, is a multiple of ten."""

from __future__ import annotations

CHECKSUMS = ("luhn", "ean")


def weighed(rule: str, digit: int, from_end: int) -> int:
    """What a digit adds to the sum, `from_end` places before the last one.

    `ean` (GS1 General Specifications, 7.9) takes every second digit three times; `luhn` (ISO/IEC 7812-1, annex B) takes
    it twice and adds the digits of that.
    """
    if from_end % 2 == 0:
        return digit
    return 3 * digit if rule == "ean" else sum(divmod(2 * digit, 10))


def is_right(rule: str, digits: str) -> bool:
    """Whether the last of these ASCII digits is the check digit of the others; always so without a rule."""
    return not rule or sum(weighed(rule, int(digit), at) for at, digit in enumerate(reversed(digits))) % 10 == 0
