"""Instructions for the cashier: one short text for each result code, whatever its origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["ru", "en"]
Overrides = Mapping[str, Mapping[Language, str]]

_OTHER_WAY = (
    "Оплата не прошла. Повторите или выберите другой способ оплаты",
    "Not paid. Try again or take another way to pay",
)
_SCAN_AGAIN = ("Отсканируйте карту покупателя ещё раз и повторите", "Scan the customer's card again and repeat")
_ADMIN = ("Техническая ошибка. Позовите администратора", "Technical fault. Call the administrator")
_WAIT = ("Дождитесь результата. Не берите оплату второй раз", "Wait for the result. Do not charge again")

_TIPS: dict[str, tuple[str, str]] = {
    "NOT_ENOUGH_LIMIT_TO_PAY": (
        "Превышен лимит покупателя. Выберите другой способ оплаты",
        "Over the customer's limit. Take another way to pay",
    ),
    "TOTAL_AMOUNT_IS_TOO_SMALL": (
        "Сумма меньше 4 рублей. Выберите другой способ оплаты",
        "The amount is below 4 roubles. Take another way to pay",
    ),
    "EXTERNAL_PROVIDER_ERROR": _OTHER_WAY,
    "SUBSCRIPTION_IS_NOT_FOUND": (
        "У покупателя не привязан счёт. Выберите другой способ оплаты",
        "The customer has no linked account. Take another way to pay",
    ),
    "PAYMENT_DECLINED_BY_EXTERNAL_PROVIDER": (
        "Банк отклонил оплату. Выберите другой способ оплаты",
        "The bank declined. Take another way to pay",
    ),
    "PAYMENT_TRANSACTION_IS_NOT_PAID": (
        "Оплата ещё не завершена. Повторите через 5 минут или позовите администратора",
        "The payment has not completed. Try again in 5 minutes or call the administrator",
    ),
    "TERMINAL_STATE_OF_PAYMENT_TRANSACTION": (
        "Возврат невозможен: оплата отменена или уже возвращена",
        "No refund: the payment was cancelled or is refunded already",
    ),
    "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY": (
        "Идёт другой возврат этой оплаты. Дождитесь его завершения",
        "Another refund of this payment is running. Wait for it",
    ),
    "REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE": (
        "Сумма возврата больше остатка. Проверьте сумму",
        "The refund is more than what is left. Check the amount",
    ),
    "UNEXPECTED_REFUND_AMOUNT_LEFT_FROM_EXTERNAL_PROVIDER": (
        "Возврат невозможен: деньги не были списаны",
        "No refund: no money was taken",
    ),
    "PAYMENT_ORDER_IS_NOT_FOUND": (
        "Банк не нашёл платёж. Позовите администратора",
        "The bank does not find the payment. Call the administrator",
    ),
    "UNKNOWN_SESSION_ID": _SCAN_AGAIN,
    "UNKNOWN_TRANSACTION_ID": _OTHER_WAY,
    "UNKNOWN_PARTNER_ID": (
        "Магазин не найден. Позовите администратора",
        "The store is not known. Call the administrator",
    ),
    "WRONG_TRANSACTION_STATE_CHANGE": _OTHER_WAY,
    "CANCEL_REFUNDING_BY_BANK": (
        "Банк отклонил возврат. Повторите позже или позовите администратора",
        "The bank cancelled the refund. Try later or call the administrator",
    ),
    "TRANSACTION_FOR_SESSION_ID_ALREADY_EXISTS": _SCAN_AGAIN,
    "TRANSACTION_FOR_SESSION_ID_ALREADY_PAYED": (
        "По этому коду уже оплачено. Не берите оплату второй раз, проверьте чек",
        "This code is paid already. Do not charge again, check the receipt",
    ),
    "TRANSACTION_IN_PROCESSING": _WAIT,
    "HTTP_401": (
        "Неверный логин или пароль Pay API. Позовите администратора",
        "Wrong login or password for Pay API. Call the administrator",
    ),
    "HTTP_403": _ADMIN,
    "HTTP_404": (
        "Неверный адрес Pay API. Позовите администратора",
        "Wrong Pay API address. Call the administrator",
    ),
    "HOST_UNREACHABLE": (
        "Нет связи с сервером оплаты. Деньги не списаны. Выберите другой способ оплаты",
        "The payment server cannot be reached. Nothing was charged. Take another way to pay",
    ),
    "HOST_RESTS": (
        "Сервер оплаты не отвечает. Деньги не списаны. Возьмите оплату другим способом",
        "The payment server does not answer. Nothing was charged. Take another way to pay",
    ),
    "LEDGER_UNREACHABLE": (
        "Учёт магазина недоступен, возврат не начат. Повторите позже или позовите администратора",
        "The shop's ledger cannot be reached, no refund was begun. Try again later or call the administrator",
    ),
    "SLIP_CONTRADICTS": (
        "Деньги проведены, но в слипе сервера другая сумма или другой заказ. Позовите администратора, сверьте с банком",
        "The money moved, but the server's slip names another amount or order. Call the administrator",
    ),
    "CLOSED_BY_SUPERVISOR": (
        "Закрыто администратором. Причина записана в журнале",
        "Closed by a supervisor. The reason is in the journal",
    ),
    "HOST_NOT_TRUSTED": (
        "Сертификат сервера оплаты не принят. Деньги не списаны. Позовите администратора",
        "The payment server's certificate was refused. Nothing was charged. Call the administrator",
    ),
    "DECISION_TIMEOUT": (
        "Покупатель не подтвердил оплату, она отменена. Повторите или выберите другой способ",
        "The customer did not confirm, the payment was cancelled. Try again or take another way",
    ),
    "REFUND_UNKNOWN": (
        "Результат возврата неизвестен. Не выдавайте деньги. Повторите этот же возврат или позовите администратора",
        "The outcome of the refund is not known. Give no money. Repeat this same refund or call the administrator",
    ),
    "PAID_USE_REFUND": (
        "Оплата уже прошла, отменить нельзя. Оформите возврат",
        "The payment has completed and cannot be cancelled. Make a refund",
    ),
    "CANCELED": ("Оплата отменена", "The payment was cancelled"),
    "OUTCOME_UNKNOWN": (
        "Результат неизвестен. Не берите оплату второй раз. Повторите эту же оплату или позовите администратора",
        "The outcome is not known. Do not charge again. Repeat this same payment or call the administrator",
    ),
    "LOYALTY_ONLY": (
        "Этой картой нельзя оплатить. Выберите другой способ оплаты",
        "This card cannot pay. Take another way to pay",
    ),
    "TOTP_VALID": (
        "Старое приложение: карта принята, оплаты нет. Выберите другой способ оплаты",
        "Older app: the card is genuine but cannot pay. Take another way to pay",
    ),
    "TOTP_INVALID": (
        "Код устарел или неверен. Попросите показать карту ещё раз; если повторится, проверьте часы кассы",
        "The code is old or wrong. Ask to show the card again; if it repeats, check the till's clock",
    ),
    "TOTP_REPLAYED": (
        "Этот код уже использован. Попросите показать карту ещё раз",
        "This code was used already. Ask to show the card again",
    ),
    "TOTP_TRY_LATER": (
        "Слишком много неверных кодов этой карты. Подождите и попросите показать карту ещё раз",
        "Too many wrong codes of this card. Wait, then ask to show the card again",
    ),
    "CLOCK_WRONG": (
        "Неверное время на кассе, картой нельзя оплатить. Выберите другой способ; сообщите технику",
        "The till's clock is wrong, the card cannot pay. Take another way; tell the technician",
    ),
    "MODULE_UNREACHABLE": (
        "Карту нельзя проверить. Выберите другой способ оплаты; сообщите технику",
        "The card cannot be checked. Take another way to pay; tell the technician",
    ),
    "CARD_EXPIRED": (
        "Карта показана слишком давно. Отсканируйте её ещё раз",
        "The card was shown too long ago. Scan it again",
    ),
    "CARD_TYPED": (
        "Сканер работает как клавиатура: картой нельзя оплатить. Выберите другой способ; сообщите технику",
        "The scanner types like a keyboard: the card cannot pay. Take another way; tell the technician",
    ),
    "BARCODE_UNKNOWN": (
        "Это не карта Кошелька. Отсканируйте карту покупателя",
        "This is not a Koshelek card. Scan the customer's card",
    ),
}


def operator_tip(code: str, language: Language, overrides: Overrides, details: str = "") -> str:
    """Return the instruction for `code`; an unknown code gets a general one with the host's own words."""
    own = overrides.get(code, {}).get(language)
    if own:
        return own
    russian, english = _TIPS.get(code, _OTHER_WAY)
    text = russian if language == "ru" else english
    return text if code in _TIPS else f"{text} ({code}{': ' if details else ''}{details})"
