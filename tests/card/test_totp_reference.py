"""The reference module against its published vectors, its window, and its memory."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import ResultCode
from koshelek_driver.card.totp.reference import Parameters, ReferenceTotp
from koshelek_driver.secrets import Secret
from tests.card.test_template import OLDER, PLAIN, WALLET

KEY = "00112233445566778899aabbccddeeff"
CARD = "4601234567893"
NOW = 1795280400


class Memory:
    """Remembers in a set, as the journal does on disk."""

    def __init__(self) -> None:
        self.used: set[bytes] = set()

    def first_use(self, digest: bytes, now_s: float, until_s: float) -> bool:
        assert until_s > now_s
        is_first = digest not in self.used
        self.used.add(digest)
        return is_first


def module(
    now: float = NOW, *, templates: tuple[str, ...] = (WALLET, OLDER, PLAIN), digits: int = 3, name: str = "HmacSHA256"
) -> ReferenceTotp:
    parameters = Parameters(Secret(KEY), name, interval_s=30, password_length=digits, window_steps=1)
    return ReferenceTotp(parameters, Templates(templates), fingerprint="till", memory=Memory(), clock=lambda: now)


@pytest.mark.parametrize(
    ("template", "label", "unix_s", "digits", "name"),
    [
        (OLDER, "CM4601234567893782", 0, 3, "HmacSHA256"),
        (OLDER, "CM4601234567893451", 59, 3, "HmacSHA256"),
        (OLDER, "CM4601234567893368", NOW, 3, "HmacSHA256"),
        ("{card_number:13d}{password:3d}", "2990000000017650", NOW, 3, "HmacSHA256"),
        ("{prefix:CM}{card_number:13d}{password:6d}", "CM4601234567893038604", NOW, 6, "HmacSHA1"),
    ],
)
def test_the_published_vectors_are_right(template: str, label: str, unix_s: int, digits: int, name: str) -> None:
    checked = module(unix_s, templates=(template,), digits=digits, name=name).barcode_verify(label)
    assert checked.result_code == ResultCode.TOTP_VALID


@pytest.mark.parametrize(("late_s", "is_right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_password_is_right_one_step_either_side(late_s: int, is_right: bool) -> None:
    code = module(NOW + late_s).barcode_verify(f"CM{CARD}A1B2C3368").result_code
    assert code == (ResultCode.CARDSESSION_AVAILABLE if is_right else ResultCode.TOTP_INVALID)


@pytest.mark.parametrize(
    ("label", "code", "can_pay"),
    [
        (f"CM{CARD}A1B2C3368", ResultCode.CARDSESSION_AVAILABLE, True),
        (f"CM{CARD}368", ResultCode.TOTP_VALID, False),
        (CARD, ResultCode.LOYALTY_ONLY, False),
        (f"CM{CARD}A1B2C3369", ResultCode.TOTP_INVALID, False),
        ("hello", ResultCode.BARCODE_UNKNOWN, False),
    ],
)
def test_each_kind_of_card_has_its_result(label: str, code: ResultCode, can_pay: bool) -> None:
    checked = module().barcode_verify(label)
    assert (checked.result_code, checked.can_pay) == (code, can_pay)
    assert (checked.presentation is None) == (code is ResultCode.BARCODE_UNKNOWN)


def test_a_password_is_taken_once_and_another_session_is_another_showing() -> None:
    totp = module()
    codes = [totp.barcode_verify(f"CM{CARD}{session}368").result_code for session in ("A1B2C3", "A1B2C3", "Z9Z9Z9")]
    assert codes == ["CARDSESSION_AVAILABLE", "TOTP_REPLAYED", "CARDSESSION_AVAILABLE"]


def test_a_wrong_password_is_not_remembered_as_used() -> None:
    totp = module()
    assert totp.barcode_verify(f"CM{CARD}A1B2C3000").result_code == ResultCode.TOTP_INVALID
    assert totp.barcode_verify(f"CM{CARD}A1B2C3368").can_pay


@given(st.integers(0, 999))
def test_of_a_thousand_passwords_at_most_three_are_right(guess: int) -> None:
    code = module().barcode_verify(f"CM{CARD}A1B2C3{guess:03d}").result_code
    right = {password_by_the_standard(step) for step in (-1, 0, 1)}
    assert (code == ResultCode.CARDSESSION_AVAILABLE) == (f"{guess:03d}" in right)


def password_by_the_standard(step: int) -> str:
    """By RFC 6238 itself, without the module: HOTP with dynamic truncation."""
    secret = hmac.new(bytes.fromhex(KEY), f"CM{CARD}".encode(), hashlib.sha256).digest()
    mac = hmac.new(secret, (NOW // 30 + step).to_bytes(8, "big"), hashlib.sha256).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1000:03d}"


def test_the_token_is_the_fingerprint_followed_by_the_password() -> None:
    totp = module()
    assert totp.get_token(Secret("368")).reveal() == base64.b64encode(b"till").decode() + "368"
    assert totp.get_token(None).reveal() == base64.b64encode(b"till").decode()


def test_a_key_that_is_not_hexadecimal_is_refused_without_showing_it() -> None:
    parameters = Parameters(Secret("not-hex"), "HmacSHA256", 30, 3, 1)
    with pytest.raises(ValueError, match="not hexadecimal") as caught:
        ReferenceTotp(parameters, Templates([PLAIN]), fingerprint="", memory=Memory(), clock=lambda: 0.0)
    assert "not-hex" not in str(caught.value)
    assert caught.value.__cause__ is None
