"""The reference module against its published vectors and its window."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import ResultCode
from koshelek_driver.card.totp.reference import ReferenceTotp
from koshelek_driver.secrets import Secret
from tests.support.cards import CARD, KEY, NOW, card, parameters


def module(now: float = NOW, *, digits: int = 3, name: str = "HmacSHA256") -> ReferenceTotp:
    made = ReferenceTotp()
    made.init(parameters(now, digits=digits, name=name))
    return made


def code(totp: ReferenceTotp, shown: CardPresentation) -> str:
    return totp.barcode_verify("", shown).result_code


@pytest.mark.parametrize(
    ("prefix", "number", "unix_s", "password", "name"),
    [
        ("CM", CARD, 0, "782", "HmacSHA256"),
        ("CM", CARD, 59, "451", "HmacSHA256"),
        ("CM", CARD, NOW, "368", "HmacSHA256"),
        ("", "2990000000017", NOW, "650", "HmacSHA256"),
        ("CM", CARD, NOW, "038604", "HmacSHA1"),
    ],
)
def test_the_published_vectors_are_right(prefix: str, number: str, unix_s: int, password: str, name: str) -> None:
    totp = module(unix_s, digits=len(password), name=name)
    assert code(totp, card(password, prefix=prefix, number=number)) == ResultCode.TOTP_VALID


@pytest.mark.parametrize(("late_s", "is_right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_password_is_right_one_step_either_side(late_s: int, is_right: bool) -> None:
    expected = ResultCode.CARDSESSION_AVAILABLE if is_right else ResultCode.TOTP_INVALID
    assert code(module(NOW + late_s), card("368", session="A1B2C3")) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (card("368", session="A1B2C3"), ResultCode.CARDSESSION_AVAILABLE),
        (card("368"), ResultCode.TOTP_VALID),
        (card(None), ResultCode.LOYALTY_ONLY),
        (card("369", session="A1B2C3"), ResultCode.TOTP_INVALID),
        (card("368", prefix="", session="A1B2C3"), ResultCode.TOTP_INVALID),
        (card("0368"), ResultCode.TOTP_INVALID),
        (card("٣٦٨"), ResultCode.TOTP_INVALID),
    ],
)
def test_each_kind_of_card_has_its_result(shown: CardPresentation, expected: ResultCode) -> None:
    assert code(module(), shown) == expected


@given(st.integers(0, 999))
def test_of_a_thousand_passwords_only_those_of_the_window_are_right(guess: int) -> None:
    right = {password_by_the_standard(step) for step in (-1, 0, 1)}
    assert (code(module(), card(f"{guess:03d}")) == ResultCode.TOTP_VALID) == (f"{guess:03d}" in right)


def password_by_the_standard(step: int) -> str:
    """By RFC 6238 itself, without the module: HOTP with dynamic truncation."""
    secret = hmac.new(bytes.fromhex(KEY), f"CM{CARD}".encode(), hashlib.sha256).digest()
    mac = hmac.new(secret, (NOW // 30 + step).to_bytes(8, "big"), hashlib.sha256).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1000:03d}"


def test_every_password_of_the_window_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []
    true_compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append(true_compare(one, other))
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", watched)
    for password in ("368", "000"):
        compared.clear()
        code(module(), card(password))
        assert len(compared) == 3


def test_the_token_is_the_fingerprint_followed_by_the_password() -> None:
    totp = module()
    assert totp.get_token(Secret("368")).reveal() == base64.b64encode(b"till").decode() + "368"
    assert totp.get_token(None).reveal() == base64.b64encode(b"till").decode()


@pytest.mark.parametrize("key", ["not-hex", "", "0", "ключ"])
def test_a_key_that_is_not_hexadecimal_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="not hexadecimal") as caught:
        ReferenceTotp().init(parameters(key=key))
    assert not key or key not in str(caught.value)
    assert caught.value.__cause__ is None
