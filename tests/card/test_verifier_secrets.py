"""A scanned card does not print itself, and a card without a password has a token, too."""

from __future__ import annotations

import pytest

from koshelek_driver.card.holder import CardHolder
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.rate_limit import Guesses, RateLimit
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import Answer, Parameters
from koshelek_driver.card.verifier import CardVerifier, ScannedCard, VerifierRules
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType


def test_a_scanned_card_prints_its_symbology_and_size_only() -> None:
    card = CardPresentation("CM", Secret("4601234567893"), Secret("A1B2C3"), Secret("368"), ScanDataType.AZTEC)
    shown = repr(ScannedCard("CM4601234567893A1B2C3368", card, typed=False))
    assert shown == "ScannedCard(AZTEC, 24 characters)"


def test_a_card_that_is_forgotten_is_not_taken_for_a_sale() -> None:
    holder: CardHolder[str] = CardHolder(300.0)
    holder.hold(b"a", 0.0, "a")
    holder.forget()
    assert holder.held(1.0) is None
    assert holder.take(1.0) is None


class TokenOfPassword:
    """A TOTP module whose token is the till's name and the password."""

    def init(self, parameters: Parameters, /) -> None:
        raise NotImplementedError

    def barcode_verify(self, full_barcode: str, card: CardPresentation, /) -> Answer:
        raise NotImplementedError

    def get_token(self, password: Secret | None, /) -> Secret:
        return Secret("till" + (password.reveal() if password else ""))


class NoMemory:
    """Nothing was shown before."""

    def first_use(self, digest: bytes, now_s: float, span_s: float | None, /) -> bool:
        raise NotImplementedError

    def is_unused(self, digest: bytes, now_s: float, span_s: float | None, /) -> bool:
        raise NotImplementedError

    def forget_use(self, digest: bytes, /) -> None:
        raise NotImplementedError

    def guesses(self, card: bytes, /) -> Guesses | None:
        raise NotImplementedError

    def keep_guesses(self, card: bytes, guesses: Guesses, /) -> None:
        raise NotImplementedError

    def forget_guesses(self, card: bytes, /) -> None:
        raise NotImplementedError


def reading(template: str) -> CardVerifier:
    """A verifier of cards with this template."""
    return CardVerifier(
        templates=Templates([template]),
        module=TokenOfPassword(),
        memory=NoMemory(),
        rules=VerifierRules(window_s=30, lasts_s=90, guesses=RateLimit(free=3, delay_s=5.0, max_delay_s=300.0)),
        key=b"key",
        unix_s=lambda: 0.0,
        skew_s=lambda: None,
    )


@pytest.mark.parametrize(
    ("card", "token"),
    [
        (CardPresentation("CM", Secret("4601234567893"), password=Secret("368")), "till368"),
        (CardPresentation("", Secret("4601234567893")), "till"),
        (None, "till"),
    ],
)
def test_a_token_is_made_with_the_password_of_the_card_if_it_has_one(card: CardPresentation | None, token: str) -> None:
    verifier = reading("{card_number:13d}")
    assert verifier.token(card).reveal() == token


def test_a_card_knows_its_symbology_and_when_it_was_shown() -> None:
    verifier = reading("CM{card_number:13d}")
    scanned = verifier.read("CM4601234567893", ScanDataType.QRCODE, typed=True, now_s=5.0)
    assert scanned is not None
    assert (scanned.full, scanned.typed) == ("CM4601234567893", True)
    assert (scanned.card.scan_data_type, scanned.card.presented_s) == (ScanDataType.QRCODE, 5.0)
    assert verifier.read("4601234567893", ScanDataType.QRCODE, typed=True, now_s=5.0) is None
