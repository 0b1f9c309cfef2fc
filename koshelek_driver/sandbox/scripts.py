"""The scripts of the host: outcomes and wire faults, each with a name and an amount."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

AMOUNT_BASE = 770_000
"""An amount of 7,700 roubles and n kopecks plays the script number n."""
SMALLEST_AMOUNT = 400

PAYMENT_ERRORS = (
    "NOT_ENOUGH_LIMIT_TO_PAY",
    "TOTAL_AMOUNT_IS_TOO_SMALL",
    "EXTERNAL_PROVIDER_ERROR",
    "SUBSCRIPTION_IS_NOT_FOUND",
    "PAYMENT_DECLINED_BY_EXTERNAL_PROVIDER",
)
REFUND_ERRORS = (
    "PAYMENT_TRANSACTION_IS_NOT_PAID",
    "TERMINAL_STATE_OF_PAYMENT_TRANSACTION",
    "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY",
    "REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE",
    "EXTERNAL_PROVIDER_ERROR",
    "UNEXPECTED_REFUND_AMOUNT_LEFT_FROM_EXTERNAL_PROVIDER",
    "PAYMENT_ORDER_IS_NOT_FOUND",
)
REFUSALS = (
    "UNKNOWN_SESSION_ID",
    "UNKNOWN_TRANSACTION_ID",
    "UNKNOWN_PARTNER_ID",
    "WRONG_TRANSACTION_STATE_CHANGE",
    "PAYMENT_TRANSACTION_IS_NOT_PAID",
    "CANCEL_REFUNDING_BY_BANK",
    "TRANSACTION_FOR_SESSION_ID_ALREADY_EXISTS",
    "TRANSACTION_FOR_SESSION_ID_ALREADY_PAYED",
    "TRANSACTION_IN_PROCESSING",
    "EXTERNAL_PROVIDER_ERROR",
)
ALWAYS = 1_000_000


class Wire(StrEnum):
    """A fault that strikes a request or its reply on the wire."""

    NORMAL = "normal"
    DROPPED_REQUEST = "dropped-request"
    LOST_ANSWER = "lost-answer"
    HALF_BODY = "half-body"
    SERVER_ERROR = "server-error"
    EMPTY_BODY = "empty-body"
    NOT_JSON = "not-json"
    CLOSED_IDLE = "closed-idle"


class PostbackOrder(StrEnum):
    """The order of the postbacks of one payment."""

    IN_ORDER = "in-order"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out-of-order"


@dataclass(frozen=True, slots=True)
class Script:
    """One script. `steps` are statuses, each with its delay in seconds after checkout.

    `wire` strikes the first `times` times that a request comes. `about` is shown to users.
    """

    about: str
    steps: tuple[tuple[float, str], ...] = ((0.2, "pending"), (0.6, "accepted"))
    payment_type: str = "SBP"
    error_code: str = ""
    refuse: str = ""
    wire: Wire = Wire.NORMAL
    times: int = 1
    delay_s: float = 0.0
    cancel_comes_late: bool = False
    odd_fields: bool = False
    postbacks: PostbackOrder = PostbackOrder.IN_ORDER


_REJECTS = ((0.2, "pending"), (0.6, "rejected"))
_NEVER = ((0.2, "pending"),)


def _kebab(code: str) -> str:
    return code.lower().replace("_", "-")


SCRIPTS: dict[str, Script] = {
    "accepted": Script("paid through SBP"),
    "accepted-dolyame": Script("paid through Dolyame: no qrcId and no kzo", payment_type="DOLYAME"),
    "rejected": Script("the bank declines", _REJECTS, error_code="PAYMENT_DECLINED_BY_EXTERNAL_PROVIDER"),
    "canceled": Script("the customer cancels in the app", ((0.2, "pending"), (0.6, "canceled"))),
    "undecided": Script("the customer never confirms: the till cancels at its deadline", _NEVER),
    "late-accept": Script("the customer confirms just as the till cancels", _NEVER, cancel_comes_late=True),
    "at-once": Script("accepted in the answer of checkout", ((0.0, "accepted"),)),
    "lost-answer": Script("checkout is processed, its answer is lost once", wire=Wire.LOST_ANSWER),
    "lost-always": Script("checkout is processed, every answer is lost", wire=Wire.LOST_ANSWER, times=ALWAYS),
    "dropped-request": Script("the first checkout is lost before it is processed", wire=Wire.DROPPED_REQUEST),
    "half-body": Script("the answer of checkout breaks off in the middle", wire=Wire.HALF_BODY),
    "server-error": Script("a proxy answers 502 with a page of HTML", wire=Wire.SERVER_ERROR),
    "empty-body": Script("200 with an empty body", wire=Wire.EMPTY_BODY),
    "not-json": Script("200 with text that is not JSON", wire=Wire.NOT_JSON),
    "closed-idle": Script("the host closes the idle connection after each answer", wire=Wire.CLOSED_IDLE, times=ALWAYS),
    "slow": Script("checkout answers after two seconds", delay_s=2.0),
    "odd-fields": Script("fields and a status that no version has", odd_fields=True),
    "duplicate-postback": Script("every postback comes twice", postbacks=PostbackOrder.DUPLICATE),
    "out-of-order-postback": Script("the postback of pending comes last", postbacks=PostbackOrder.OUT_OF_ORDER),
    **{
        f"rejected-{_kebab(code)}": Script(f"rejected with errorCode {code}", _REJECTS, error_code=code)
        for code in PAYMENT_ERRORS
    },
    **{f"refused-{_kebab(code)}": Script(f"HTTP 422 with code {code}", refuse=code) for code in REFUSALS},
}
AMOUNTS = {name: AMOUNT_BASE + number for number, name in enumerate(SCRIPTS, 1)}
_BY_AMOUNT = {amount: name for name, amount in AMOUNTS.items()}


REFUND_AMOUNT_BASE = 780_000
"""A refund of 7,800 roubles and n kopecks plays the refund script number n."""
REFUND_SCRIPTS: dict[str, Script] = {
    **{f"rejected-{_kebab(code)}": Script(f"errorCode {code}", error_code=code) for code in REFUND_ERRORS},
    **{f"refused-{_kebab(code)}": Script(f"HTTP 422 with code {code}", refuse=code) for code in REFUSALS},
    "lost-answer": Script("the refund is carried out, its answer is lost once", wire=Wire.LOST_ANSWER),
}
REFUND_AMOUNTS = {name: REFUND_AMOUNT_BASE + number for number, name in enumerate(REFUND_SCRIPTS, 1)}
_REFUND_BY_AMOUNT = {amount: name for name, amount in REFUND_AMOUNTS.items()}
_NO_SCRIPT = Script("nothing happens but what was asked")


def for_refund(amount: int) -> Script:
    """Return the script that the amount of a refund chooses."""
    return REFUND_SCRIPTS[_REFUND_BY_AMOUNT[amount]] if amount in _REFUND_BY_AMOUNT else _NO_SCRIPT


def for_request(call: str, body: dict[str, Any]) -> Script:
    """Return the script that a request chooses by its amount."""
    if call == "checkout":
        return for_amount(body["checkoutInvoice"]["totalAmount"])
    return for_refund(body["refundAmount"]) if call == "refund" else _NO_SCRIPT


def for_amount(amount: int) -> Script:
    """Return the script that the amount of a payment chooses."""
    if amount < SMALLEST_AMOUNT:
        return SCRIPTS["rejected-total-amount-is-too-small"]
    return SCRIPTS[_BY_AMOUNT.get(amount, "accepted")]


def outcomes() -> dict[str, dict[str, Any]]:
    """Return all scripts of checkout: the amount that chooses each, and its description."""
    return {name: {"amount": AMOUNTS[name], "about": script.about} for name, script in SCRIPTS.items()}
