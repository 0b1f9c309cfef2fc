"""UPC and EAN: missing check digits, supplements, and numbers without an identifier."""

from __future__ import annotations

import re
from dataclasses import dataclass

from koshelek_driver.upos.codes import ScanDataType

_LENGTHS = {ScanDataType.EAN13: 13, ScanDataType.UPCA: 12, ScanDataType.EAN8: 8, ScanDataType.UPCE: 8}
_WITH_SUPPLEMENT = {
    ScanDataType.EAN13: ScanDataType.EAN13_S,
    ScanDataType.UPCA: ScanDataType.UPCA_S,
    ScanDataType.EAN8: ScanDataType.EAN8_S,
    ScanDataType.UPCE: ScanDataType.UPCE_S,
}
_WITHOUT_SUPPLEMENT = {whole: main for main, whole in _WITH_SUPPLEMENT.items()}
_SUPPLEMENTS = (0, 2, 5)
_SECOND_BLOCK = re.compile(rb"(\d{6,13})\]E[12](\d{2}|\d{5})")
_UPCE_SHORT = 6


@dataclass(frozen=True, slots=True)
class RetailRules:
    """The rules for UPC and EAN, from the scanner's profile and the site file.

    `check_digits_sent`: the scanner sends check digits. `compute_check_digits`: add missing ones to the label.
    `upca_as_ean13`: 13 digits with a leading 0 stay an EAN-13, as AIM identifies them; else they are a UPC-A of 12.
    """

    check_digits_sent: bool = True
    compute_check_digits: bool = True
    upca_as_ean13: bool = True


DEFAULT_RETAIL_RULES = RetailRules()
Reading = tuple[bytes, ScanDataType]


def is_retail(scan_type: ScanDataType) -> bool:
    """Return True for UPC and EAN, with or without a supplement."""
    return scan_type in _LENGTHS or scan_type in _WITHOUT_SUPPLEMENT


def parse(data: bytes, scan_type: ScanDataType, rules: RetailRules) -> Reading:
    """Return the label and exact type of a UPC or EAN.

    Data that is not digits, or of no known length, stays unchanged.
    """
    main_type = _WITHOUT_SUPPLEMENT.get(scan_type, scan_type)
    blocks = _SECOND_BLOCK.fullmatch(data)
    if blocks is not None:
        return _whole(blocks[1], blocks[2], main_type, rules)
    if not data.isdigit():
        return data, scan_type
    split = _split(len(data), main_type)
    return (data, scan_type) if split is None else _whole(data[:split], data[split:], main_type, rules)


def parse_ean(data: bytes, scan_type: ScanDataType, rules: RetailRules) -> Reading:
    """Do as `parse` does for an identifier that EAN-13, UPC-A and UPC-E share: the digits decide."""
    main = data[: -len(_find_supplement(data))] if _find_supplement(data) else data
    if main.isdigit() and len(main) == _LENGTHS[ScanDataType.UPCE]:
        return parse(data, ScanDataType.UPCE, rules)
    if _is_upca(main, rules):
        return parse(data, ScanDataType.UPCA, rules)
    if main[:1] == b"0" and len(main) == _LENGTHS[ScanDataType.EAN13] and not rules.upca_as_ean13:
        return parse(data[1:], ScanDataType.UPCA, rules)
    return parse(data, scan_type, rules)


def infer(data: bytes, rules: RetailRules) -> Reading | None:
    """Return the UPC or EAN that bare digits form by length and check digit, or None."""
    if not data.isdigit():
        return None
    shortened = {12: ScanDataType.EAN13, 11: ScanDataType.UPCA, 7: ScanDataType.EAN8}
    whole = {13: ScanDataType.EAN13, 12: ScanDataType.UPCA, 8: ScanDataType.EAN8}
    if rules.check_digits_sent and is_checked(data) and len(data) in whole:
        return parse(data, whole[len(data)], rules)
    may_be_short = not rules.check_digits_sent or len(data) == _LENGTHS[ScanDataType.UPCA]
    return parse(data, shortened[len(data)], rules) if may_be_short and len(data) in shortened else None


def check_digit(digits: bytes) -> bytes:
    """Return the check digit of these digits: weights 3, 1, 3 ... from the right.

    Source: GS1 General Specifications.
    """
    total = sum((digit - 48) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return b"%d" % (-total % 10)


def is_checked(digits: bytes) -> bool:
    """Return True if the last digit is the check digit of those before it."""
    return check_digit(digits[:-1]) == digits[-1:]


def expand_upce(digits: bytes) -> bytes:
    """Return the 11 digits of UPC-A that a UPC-E (number system and six digits) stands for.

    Source: GS1 General Specifications.
    """
    system, body, last = digits[:1], digits[1:6], digits[6:7]
    if last in b"012":
        return system + body[:2] + last + b"0000" + body[2:]
    if last == b"3":
        return system + body[:3] + b"00000" + body[3:]
    if last == b"4":
        return system + body[:4] + b"00000" + body[4:]
    return system + body + b"0000" + last


def _whole(main: bytes, supplement: bytes, main_type: ScanDataType, rules: RetailRules) -> Reading:
    complete = _complete(main, main_type, rules) if rules.compute_check_digits else main
    return complete + supplement, _WITH_SUPPLEMENT[main_type] if supplement else main_type


def _complete(main: bytes, main_type: ScanDataType, rules: RetailRules) -> bytes:
    if len(main) == _LENGTHS[main_type]:
        return main
    if main_type is not ScanDataType.UPCE:
        return main + check_digit(main)
    if len(main) == _UPCE_SHORT:
        return _checked_upce(b"0" + main)
    # Of seven digits either the number system is missing, which is then 0, or the check digit.
    whole = b"0" + main
    return whole if rules.check_digits_sent and _checked_upce(whole[:-1]) == whole else _checked_upce(main)


def _checked_upce(main: bytes) -> bytes:
    return main + check_digit(expand_upce(main))


def _split(length: int, main_type: ScanDataType) -> int | None:
    """Return the number of digits of the main symbol: whole lengths first, then those without check digit."""
    whole = _LENGTHS[main_type]
    shorter = (whole, whole - 1, _UPCE_SHORT) if main_type is ScanDataType.UPCE else (whole, whole - 1)
    sizes = [(main, extra) for extra in _SUPPLEMENTS for main in shorter]
    return next((main for main, extra in sizes if main + extra == length), None)


def _is_upca(main: bytes, rules: RetailRules) -> bool:
    """Return True for a UPC-A: twelve digits that are not an EAN-13 without its check digit."""
    return main.isdigit() and len(main) == _LENGTHS[ScanDataType.UPCA] and rules.check_digits_sent and is_checked(main)


def _find_supplement(data: bytes) -> bytes:
    """Return the supplement in a frame: a second block, or the digits beyond 13 or 12."""
    blocks = _SECOND_BLOCK.fullmatch(data)
    if blocks is not None:
        return data[len(blocks[1]) :]
    known = {18: 5, 17: 5, 15: 2, 14: 2}
    return data[-known[len(data)] :] if data.isdigit() and len(data) in known else b""
