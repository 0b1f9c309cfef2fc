"""The cashier's line: one for every kind of card and every result, in both languages, with nothing of the customer's."""

from __future__ import annotations

import pytest

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.card.words import card_line
from koshelek_driver.pay_api.tips import operator_tip
from tests.support.cards import card

CARDS = {
    "wallet": card("368", session="A1B2C3"),
    "older": card("368"),
    "no password": card(None, session="A1B2C3"),
    "plain": card(None, prefix=""),
}


@pytest.mark.parametrize(
    ("code", "shown", "russian", "english"),
    [
        ("CARDSESSION_AVAILABLE", "wallet", "Карта Кошелька …7893: оплата доступна", "Wallet card …7893: can pay"),
        (
            "TOTP_VALID",
            "older",
            "Карта из старого приложения …7893: подлинная, оплаты нет: в коде нет сессии",
            "Card of an older app …7893: genuine, no payment: the code has no session",
        ),
        (
            "LOYALTY_ONLY",
            "plain",
            "Обычная карта …7893: только лояльность: в коде нет пароля и сессии",
            "Plain card …7893: loyalty only: the code has no password and session",
        ),
        (
            "LOYALTY_ONLY",
            "wallet",
            "Карта Кошелька …7893: только лояльность: так решил модуль проверки",
            "Wallet card …7893: loyalty only: so says the TOTP module",
        ),
        (
            "LOYALTY_ONLY",
            "no password",
            "Карта с сессией без пароля …7893: только лояльность: в коде нет пароля",
            "Card with a session but no password …7893: loyalty only: the code has no password",
        ),
    ],
)
def test_the_line_says_what_card_it_is_and_why(code: str, shown: str, russian: str, english: str) -> None:
    verification = Verification(code, CARDS[shown])
    assert card_line(verification, "ru") == russian
    assert card_line(verification, "en") == english


def test_a_label_that_is_no_card_is_said_to_be_none() -> None:
    assert card_line(Verification(ResultCode.BARCODE_UNKNOWN), "ru") == "Не карта Кошелька"
    assert card_line(Verification(ResultCode.BARCODE_UNKNOWN), "en") == "Not a Koshelek card"


@pytest.mark.parametrize("code", ResultCode)
@pytest.mark.parametrize("shown", [*CARDS.values(), None])
def test_every_result_has_one_line_and_one_tip_in_both_languages(
    code: ResultCode, shown: CardPresentation | None
) -> None:
    for language in ("ru", "en"):
        line = card_line(Verification(code, shown, "17 s"), language)
        assert "\n" not in line
        assert not any(secret in line for secret in ("4601234567893", "A1B2C3", "368"))
        if shown is not None:
            assert line.endswith(" (17 s)")
        if code is not ResultCode.CARDSESSION_AVAILABLE:
            assert code.value not in operator_tip(code, language, {})


def test_each_result_has_words_of_its_own() -> None:
    for shown in (CARDS["wallet"], None):
        lines = {code: card_line(Verification(code, shown), "en") for code in ResultCode}
        assert len(set(lines.values())) == len(lines)
        assert [code for code, line in lines.items() if "Not a" in line] == ([] if shown else ["BARCODE_UNKNOWN"])
