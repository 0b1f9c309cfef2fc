"""Wallet cards as TOTP modules see them, and the templates of their labels."""

from __future__ import annotations

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import Parameters
from koshelek_driver.secrets import Secret

WALLET = "{prefix:CM}{card_number:13d}{card_session:6an}{password:3d}"
OLDER = "{prefix:CM}{card_number:13d}{password:3d}"
PLAIN = "{card_number:13d}"
KEY = "00112233445566778899aabbccddeeff"
CARD = "4601234567893"
NOW = 1795280400


def parameters(now: float = NOW, *, key: str = KEY, digits: int = 3, name: str = "HmacSHA256") -> Parameters:
    """Return the parameters of a module at a till whose clock stands still; `now` is in Unix seconds."""
    return Parameters(
        retailer_key=Secret(key),
        hash_function=name,
        interval_s=30,
        password_length=digits,
        window_steps=1,
        fingerprint="till",
        store="store-1",
        terminal="TILL-01",
        unix_s=lambda: now,
    )


def card(
    password: str | None, *, prefix: str = "CM", number: str = CARD, session: str | None = None
) -> CardPresentation:
    """Return a card as its template divides it."""
    return CardPresentation(
        prefix,
        Secret(number),
        None if session is None else Secret(session),
        None if password is None else Secret(password),
    )
