"""The slip block: what the customer needs for a question and the cashier for a refund."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from koshelek_driver.pay_api.models import Slip, read_slip
from koshelek_driver.payment.outcome import Payment, Refund, in_roubles
from koshelek_driver.printer.layout import Line, pair, rule, title

_WORDS = {
    "ru": {
        "title": "КОШЕЛЁК PAY",
        "test": "ТЕСТ",
        "copy": "КОПИЯ",
        "refunded": "ВОЗВРАТ",
        "amount": "Сумма, руб.",
        "date": "Дата (UTC)",
        "order": "Заказ",
        "transaction": "Оплата №",
        "refund": "Возврат №",
        "provider": "Способ оплаты",
        "qrc": "Операция СБП",
        "kzo": "Контр. значение (КЗО)",
        "missing": "Реквизиты провайдера не получены",
    },
    "en": {
        "title": "KOSHELEK PAY",
        "test": "ТЕСТ / TEST",
        "copy": "КОПИЯ / COPY",
        "refunded": "REFUND",
        "amount": "Amount, RUB",
        "date": "Date (UTC)",
        "order": "Order",
        "transaction": "Payment ID",
        "refund": "Refund ID",
        "provider": "Provider",
        "qrc": "SBP operation",
        "kzo": "Control value (KZO)",
        "missing": "No details from the provider",
    },
}
_PROVIDERS = {"ru": {"SBP": "СБП", "DOLYAME": "Долями"}, "en": {"SBP": "Faster Payments", "DOLYAME": "Dolyame"}}


def slip_lines(
    payment: Payment | Refund,
    *,
    columns: int,
    printable: Callable[[str], str],
    environment: Literal["test", "production"],
    language: Literal["ru", "en"],
    copy: bool,
) -> tuple[Line, ...]:
    """The slip of a payment or refund, each line at most `columns` wide. `printable` fits text to the code page."""
    words = _WORDS[language]
    marks = [
        *[words["refunded"]] * isinstance(payment, Refund),
        *[words["test"]] * (environment == "test"),
        *[words["copy"]] * copy,
    ]
    head = [line for mark in marks for line in title(mark, columns, large=True)]
    body = [
        line
        for label, value in _fields(payment, words, language)
        if value
        for line in pair(label, printable(value), columns)
    ]
    tail = title(words["missing"], columns) if payment.verdict.slip is None else ()
    return (*title(words["title"], columns), *head, *rule(columns), *body, *tail, *rule(columns))


def _fields(payment: Payment | Refund, words: dict[str, str], language: Literal["ru", "en"]) -> list[tuple[str, str]]:
    slip = read_slip(payment.verdict.slip or {})
    amount = slip.total_amount or payment.amount
    reversal_id = payment.ref_transaction_id if isinstance(payment, Refund) else ""
    return [
        (words["provider"], _provider(slip.payment_type, language)),
        (words["amount"], in_roubles(amount)),
        (words["date"], _date(slip)),
        (words["order"], slip.order_id or payment.order_id),
        (words["transaction"], slip.payment_transaction_id or payment.verdict.transaction_id),
        (words["refund"], slip.refund_transaction_id or reversal_id),
        (words["qrc"], slip.qrc_id),
        (words["kzo"], slip.kzo),
    ]


def _provider(payment_type: str, language: Literal["ru", "en"]) -> str:
    name = _PROVIDERS[language].get(payment_type)
    return f"{name} ({payment_type})" if name else payment_type


def _date(slip: Slip) -> str:
    try:
        return datetime.fromisoformat(slip.operation_date_time).strftime("%d.%m.%Y %H:%M:%S")
    except ValueError:
        return slip.operation_date_time
