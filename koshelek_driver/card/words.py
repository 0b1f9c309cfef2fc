"""One line for the cashier: the kind of card, and why it can pay or not."""

from __future__ import annotations

from typing import Literal

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import ResultCode, Verification

Language = Literal["ru", "en"]
Words = tuple[str, str]

_NO_CARD: Words = ("Не карта Кошелька", "Not a Koshelek card")
_SOME: Words = ("Карта", "Card")
_PLAIN: Words = ("Обычная карта", "Plain card")
_OLDER: Words = ("Карта из старого приложения", "Card of an older app")
_NO_PASSWORD: Words = ("Карта с сессией без пароля", "Card with a session but no password")
_WALLET: Words = ("Карта Кошелька", "Wallet card")

_WHY: dict[str, Words] = {
    ResultCode.CARDSESSION_AVAILABLE: ("оплата доступна", "can pay"),
    ResultCode.TOTP_VALID: ("подлинная, оплаты нет: в коде нет сессии", "genuine, no payment: the code has no session"),
    ResultCode.BARCODE_UNKNOWN: (
        "оплаты нет: модуль проверки не знает эту карту",
        "no payment: the TOTP module does not know this card",
    ),
    ResultCode.TOTP_INVALID: (
        "оплаты нет: пароль устарел или неверен",
        "no payment: the password is old or wrong",
    ),
    ResultCode.TOTP_REPLAYED: ("оплаты нет: этот код уже использован", "no payment: this code was used already"),
    ResultCode.TOTP_TRY_LATER: (
        "оплаты нет: слишком много неверных паролей, подождите",
        "no payment: too many wrong passwords, wait",
    ),
    ResultCode.CLOCK_WRONG: ("оплаты нет: неверные часы кассы", "no payment: the till's clock is wrong"),
    ResultCode.MODULE_UNREACHABLE: (
        "оплаты нет: модуль проверки не отвечает",
        "no payment: the TOTP module does not answer",
    ),
    ResultCode.CARD_TYPED: ("оплаты нет: код введён с клавиатуры", "no payment: the code was typed by a keyboard"),
    ResultCode.CARD_EXPIRED: ("оплаты нет: карта показана давно", "no payment: the card was shown too long ago"),
}
_NO_SESSION_NO_PASSWORD: Words = (
    "только лояльность: в коде нет пароля и сессии",
    "loyalty only: the code has no password and session",
)
_NO_PASSWORD_ALONE: Words = ("только лояльность: в коде нет пароля", "loyalty only: the code has no password")
_LOYALTY_BY_MODULE: Words = ("только лояльность: так решил модуль проверки", "loyalty only: so says the TOTP module")


def card_line(verification: Verification, language: Language) -> str:
    """Return the line, with the last four digits of the card.

    Details for the technician are in parentheses.
    """
    card = verification.presentation
    if card is None and verification.result_code == ResultCode.BARCODE_UNKNOWN:
        return card_kind(None, language)
    which = f"{card_kind(card, language)} {card.card_number.masked()}" if card else _in(language, _SOME)
    details = f" ({verification.details})" if verification.details else ""
    return f"{which}: {_in(language, _why(verification))}{details}"


def card_kind(card: CardPresentation | None, language: Language) -> str:
    """Return the kind of a card, judged by its fields alone."""
    if card is None:
        return _in(language, _NO_CARD)
    if card.password is None:
        return _in(language, _PLAIN if card.card_session is None else _NO_PASSWORD)
    return _in(language, _OLDER if card.card_session is None else _WALLET)


def _in(language: Language, words: Words) -> str:
    return words[0] if language == "ru" else words[1]


def _why(verification: Verification) -> Words:
    card = verification.presentation
    if verification.result_code in _WHY:
        return _WHY[verification.result_code]
    if card is None or card.password is not None:
        return _LOYALTY_BY_MODULE
    return _NO_SESSION_NO_PASSWORD if card.card_session is None else _NO_PASSWORD_ALONE
