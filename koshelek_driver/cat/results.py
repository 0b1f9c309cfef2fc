"""The result of a call: properties to set, and the standard's errors."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.cat.currency import to_currency
from koshelek_driver.errors import (
    BusyError,
    CallCanceled,
    CardError,
    DriverError,
    ScanCanceled,
    ScanTimeout,
    UsageError,
)
from koshelek_driver.pay_api.models import read_slip
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.upos.cat_codes import CatExtended, PaymentCondition
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

_DEFICIENT = ("NOT_ENOUGH_LIMIT_TO_PAY", "NOT_ENOUGH_MONEY")
_NO_LINE = ("HOST_UNREACHABLE", "HOST_RESTS", "HOST_NOT_TRUSTED", "LEDGER_UNREACHABLE")
_GOOD = (Outcome.PAID, Outcome.REFUNDED)
_INSTALMENTS = ("DOLYAME",)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The values of the properties that a successful payment or refund sets."""

    approval_code: str
    slip_number: str
    transaction_number: str
    card_company_id: str
    payment_condition: int
    settled_amount: int


def read_identifiers(of: Payment | Refund) -> Identifiers:
    """Return the identifiers from the provider's slip; fields that the slip lacks are empty."""
    slip = read_slip(of.verdict.slip or {})
    number = of.refund_transaction_id if isinstance(of, Refund) else of.verdict.transaction_id
    instalments = slip.payment_type in _INSTALMENTS
    return Identifiers(
        approval_code=slip.kzo or slip.operation_id or number,
        slip_number=slip.id,
        transaction_number=number,
        card_company_id=slip.payment_type,
        payment_condition=PaymentCondition.INSTALLMENT_1 if instalments else PaymentCondition.LUMP,
        settled_amount=to_currency(of.amount),
    )


def error_of(of: Payment | Refund, tip: str, *, timed_out: bool) -> UposError | None:
    """Return the error of a payment or refund; None if it succeeded.

    With any error but OUTCOME_UNKNOWN no money moved. `timed_out`: the deadline of the call cancelled it. `tip` is the
    error's remedy, for the cashier.
    """
    if of.outcome in _GOOD:
        return None
    code = of.verdict.error_code
    if of.outcome is Outcome.UNKNOWN:
        what = f"nobody knows yet how order {of.order_id} ended ({code or 'no answer'})"
        return _extended(CatExtended.OUTCOME_UNKNOWN, what, tip)
    if of.outcome is Outcome.CANCELED:
        if timed_out:
            return UposError(ErrorCode.E_TIMEOUT, f"order {of.order_id} was not paid in time and is cancelled", tip)
        return _extended(CatExtended.RESET, f"order {of.order_id} is cancelled", tip)
    return _extended(_refusal(code), f"order {of.order_id} is not paid ({code})", tip)


def translated(problem: DriverError, *, timed_out: bool = False) -> UposError:
    """Translate an error that was raised before anything was sent to the standard's codes."""
    if isinstance(problem, UposError):
        return problem
    if isinstance(problem, ScanCanceled) and timed_out:
        return UposError(ErrorCode.E_TIMEOUT, "nothing was scanned in time", "scan the customer's card")
    if isinstance(problem, CallCanceled) and timed_out:
        return UposError(ErrorCode.E_TIMEOUT, problem.what, problem.remedy)
    if isinstance(problem, CallCanceled):
        return _extended(CatExtended.RESET, problem.what, problem.remedy)
    if isinstance(problem, CardError):
        return _extended(CatExtended.CENTERERROR, problem.what, problem.remedy)
    codes = {ScanTimeout: ErrorCode.E_TIMEOUT, BusyError: ErrorCode.E_BUSY, UsageError: ErrorCode.E_ILLEGAL}
    found = next((code for kind, code in codes.items() if isinstance(problem, kind)), ErrorCode.E_FAILURE)
    return UposError(found, problem.what, problem.remedy)


def _refusal(code: str) -> CatExtended:
    if code in _DEFICIENT:
        return CatExtended.DEFICIENT
    return CatExtended.COMMUNICATIONERROR if code in _NO_LINE else CatExtended.CENTERERROR


def _extended(code: CatExtended, what: str, remedy: str) -> UposError:
    return UposError(ErrorCode.E_EXTENDED, what, remedy, extended=code)
