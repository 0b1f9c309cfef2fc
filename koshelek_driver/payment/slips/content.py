"""The lines of a slip: what the customer needs for a question and the cashier for a refund. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from koshelek_driver.pay_api.models import read_slip
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, in_roubles
from koshelek_driver.payment.slips.local_time import local_time_of
from koshelek_driver.payment.slips.template import Filling, filled
from koshelek_driver.printer.rendering.layout import Item

Language = Literal["ru", "en"]
Kind = Literal["payment", "refund", "partial_refund", "cancel"]
KINDS: tuple[Kind, ...] = ("payment", "refund", "partial_refund", "cancel")
_WORDS = {
    "ru": {
        "title": "КОШЕЛЁК PAY",
        "test": "ТЕСТ",
        "copy": "КОПИЯ",
        "refund": "ВОЗВРАТ",
        "partial_refund": "ЧАСТИЧНЫЙ ВОЗВРАТ",
        "cancel": "ОТМЕНА",
        "amount": "Сумма, руб.",
        "date": "Дата",
        "order": "Заказ",
        "transaction": "Оплата №",
        "refund_id": "Возврат №",
        "provider": "Способ оплаты",
        "qrc": "Операция СБП",
        "kzo": "Контр. значение (КЗО)",
        "missing": "Реквизиты провайдера не получены",
        "not_charged": "Деньги не списаны",
        "no_receipt": "Не является кассовым чеком",
    },
    "en": {
        "title": "KOSHELEK PAY",
        "test": "ТЕСТ / TEST",
        "copy": "КОПИЯ / COPY",
        "refund": "REFUND",
        "partial_refund": "PARTIAL REFUND",
        "cancel": "CANCELED",
        "amount": "Amount, RUB",
        "date": "Date",
        "order": "Order",
        "transaction": "Payment ID",
        "refund_id": "Refund ID",
        "provider": "Provider",
        "qrc": "SBP operation",
        "kzo": "Control value (KZO)",
        "missing": "No details from the provider",
        "not_charged": "Nothing was charged",
        "no_receipt": "This is not a fiscal receipt",
    },
}
_PROVIDERS = {"ru": {"SBP": "СБП", "DOLYAME": "Долями"}, "en": {"SBP": "Faster Payments", "DOLYAME": "Dolyame"}}


@dataclass(frozen=True, slots=True)
class SlipRules:
    """The look of slips: the shop's own `templates` by kind, and those of `copy` and `test`."""

    environment: Literal["test", "production"]
    language: Language
    templates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    qr: bool = False
    """A QR code of the transaction's id."""
    zone: tzinfo | None = None
    """The time zone of the shop; None for the machine's."""


def default_template(kind: Kind, language: Language) -> tuple[str, ...]:
    """Return the template of a kind of slip if the site file has none."""
    words = _WORDS[language]
    fields = {
        "provider": "provider",
        "amount": "amount",
        "date": "date",
        "order": "order_id",
        "transaction": "payment_transaction_id",
        "refund_id": "refund_transaction_id",
        "qrc": "qrc_id",
        "kzo": "kzo",
    }
    return (
        "=! {title}",
        *([f"=!+ {words[kind]}"] if kind in words else []),
        "{marks}",
        "---",
        *(f"{words[word]} | {{{name}}}" for word, name in fields.items()),
        *[f"= {words['not_charged']}"] * (kind == "cancel"),
        "=! {missing}",
        "{qr}",
        "---",
    )


def kind_of(payment: Payment | Refund, paid: int) -> Kind | None:
    """Return the kind of slip that a payment has, None for none; `paid` is what was paid for the order, in kopecks."""
    if isinstance(payment, Refund):
        whole: Kind = "refund" if payment.amount >= paid else "partial_refund"
        return whole if payment.outcome is Outcome.REFUNDED else None
    kinds: dict[Outcome, Kind] = {Outcome.PAID: "payment", Outcome.CANCELED: "cancel"}
    return kinds.get(payment.outcome)


def slip_lines(
    payment: Payment | Refund,
    kind: Kind,
    rules: SlipRules,
    *,
    columns: int,
    printable: Callable[[str], str],
    copy: bool,
) -> tuple[Item, ...]:
    """Render the slip of a payment or refund, each line at most `columns` wide; `printable` fits text to the code page.

    Whatever the template leaves out, every slip has the marks of a copy and of the test environment, and the words that
    it is no fiscal receipt.
    """
    template = rules.templates.get(kind) or default_template(kind, rules.language)
    marks = tuple(_marks(rules, copy=copy))
    fields = _fields(payment, rules.language, rules.zone)
    code = (fields["refund_transaction_id"] or fields["payment_transaction_id"]) if rules.qr else ""
    filling = Filling(fields, marks, code)
    first = () if "{marks}" in template else marks
    last = f"= {_WORDS[rules.language]['no_receipt']}"
    return tuple(filled((*first, *template, last), filling, columns, printable))


def _marks(rules: SlipRules, *, copy: bool) -> Iterator[str]:
    words = _WORDS[rules.language]
    if rules.environment == "test":
        yield from rules.templates.get("test") or (f"=!+ {words['test']}",)
    if copy:
        yield from rules.templates.get("copy") or (f"=!+ {words['copy']}",)


def _fields(payment: Payment | Refund, language: Language, zone: tzinfo | None) -> dict[str, str]:
    raw = payment.verdict.slip or {}
    slip = read_slip(raw)
    words = _WORDS[language]
    reversal_id = payment.refund_transaction_id if isinstance(payment, Refund) else ""
    no_details = payment.verdict.slip is None and payment.outcome in (Outcome.PAID, Outcome.REFUNDED)
    return {
        "title": words["title"],
        "provider": _provider(slip.payment_type, language),
        "payment_type": slip.payment_type,
        "amount": in_roubles(payment.amount),
        "date": local_time_of(slip.operation_date_time, zone),
        "order_id": payment.order_id or slip.order_id,
        "payment_transaction_id": payment.verdict.transaction_id or slip.payment_transaction_id,
        "refund_transaction_id": reversal_id or slip.refund_transaction_id,
        "qrc_id": slip.qrc_id,
        "kzo": slip.kzo,
        "request_id": payment.request_id,
        "slip_id": slip.id,
        "operation_id": slip.operation_id,
        "merchant_id": slip.merchant_id,
        "store_id": slip.store_id,
        "terminal_id": slip.terminal_id,
        "missing": words["missing"] if no_details else "",
    }


def _provider(payment_type: str, language: Language) -> str:
    name = _PROVIDERS[language].get(payment_type)
    return f"{name} ({payment_type})" if name else payment_type
