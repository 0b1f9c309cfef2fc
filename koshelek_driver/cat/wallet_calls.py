"""Calls of a CAT as calls of the wallet.

Wrong parameters are refused here, before anything is queued.
"""

from __future__ import annotations

from datetime import UTC, datetime

from koshelek_driver.cat.information import Asked, as_json
from koshelek_driver.cat.request import Work
from koshelek_driver.cat.results import translated
from koshelek_driver.cat.service import Wallet
from koshelek_driver.errors import CallCanceled, DriverError
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.payment.staff.operators import Staff, checked_operator
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError

SCAN_S = 60.0
"""The time to wait for a scan if the call has no deadline of its own."""


def deadline_s(timeout: int) -> float | None:
    """Return a timeout of the standard in seconds. None for 0 and FOREVER: the times of the site file.

    Raises:
        UposError: E_ILLEGAL for another negative number.
    """
    if timeout < FOREVER:
        raise UposError(ErrorCode.E_ILLEGAL, f"timeout {timeout}", "use FOREVER (-1), 0, or milliseconds")
    return timeout / 1000 if timeout > 0 else None


def scan_s(timeout: int) -> float:
    """Return the time to wait for a scan, in seconds. Raises as `deadline_s`."""
    limit_s = deadline_s(timeout)
    return SCAN_S if limit_s is None else limit_s


def own_order_id(sequence_number: int) -> str:
    """Return an order id for an application that names none. It has the sequence number and the time."""
    return f"CAT-{sequence_number}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"


def named_payment(given: Asked) -> str:
    """Return the payment to void or to refund: its transaction, else its order.

    Raises:
        UposError: E_ILLEGAL if none is named.
    """
    name = given.original_transaction_id or given.original_order_id
    if not name:
        what = "AdditionalSecurityInformation does not say which payment"
        remedy = 'set it to {"originalTransactionId": "…"} or {"originalOrderId": "…"}: the last one is never guessed'
        raise UposError(ErrorCode.E_ILLEGAL, what, remedy)
    return name


def training(name: str, kopecks: int) -> Work:
    """Return work that succeeds in training mode, without host and journal."""
    return lambda _observer, _cancel: Payment(name, "", kopecks, 0.0, Verdict(Outcome.PAID, "TRAINING"))


def sale(wallet: Wallet, given: Asked, order_id: str, kopecks: int, timeout: int) -> Work:
    """Return the work of a sale. Raises UposError for parameters that the wallet refuses."""
    operator = staff_of(given).operator
    try:
        order = wallet.new_order(order_id, kopecks, as_json(given.invoice))
    except DriverError as problem:
        raise translated(problem) from problem
    label, wait_s = given.label or None, scan_s(timeout)

    def work(observer: SaleObserver, cancel: CancelToken) -> Payment:
        return wallet.pay(
            order,
            label=label,
            typed=given.typed,
            wait_s=wait_s,
            watcher=observer,
            cancel=cancel,
            operator=operator,
        )

    return work


def refund(wallet: Wallet, given: Asked, kopecks: int) -> Work:
    """Return the work of a refund of the payment that is named. Raises UposError for a wrong operator."""
    staff = staff_of(given)
    wanted = RefundWanted(
        order_id="" if given.original_transaction_id else given.original_order_id,
        transaction_id=given.original_transaction_id,
        amount=kopecks,
        items_json=as_json(given.items),
    )
    return lambda observer, cancel: _refund(wallet, wanted, staff, observer, cancel)


def void(wallet: Wallet, given: Asked, kopecks: int) -> Work:
    """Return the work of voiding a whole payment.

    Raises:
        UposError: E_ILLEGAL if no payment is named, it is unknown here, the amount differs, or it took no money; also
            for a wrong operator.
    """
    staff = staff_of(given)
    original = _original(wallet, given)
    if original.amount != kopecks:
        what = f"order {original.order_id} was of {original.amount} kopecks, not {kopecks}"
        raise UposError(ErrorCode.E_ILLEGAL, what, "void the whole payment, or refund a part")
    return lambda observer, cancel: _void(wallet, original, staff, observer, cancel)


def staff_of(given: Asked) -> Staff:
    """Return the operator and the supervisor's secret that the application gives; both may be missing.

    Raises:
        UposError: E_ILLEGAL for a name that is too long or cannot be printed.
    """
    try:
        return Staff(checked_operator(given.operator), Secret(given.supervisor) if given.supervisor else None)
    except DriverError as problem:
        raise translated(problem) from problem


def _original(wallet: Wallet, given: Asked) -> Payment:
    """Return the payment that is named; the last one is never guessed."""
    name = named_payment(given)
    found = wallet.find_transaction(name) if given.original_transaction_id else wallet.find(name)
    if found is None:
        raise UposError(ErrorCode.E_ILLEGAL, f"this till knows no payment {name}", "refund it by its transaction")
    if found.outcome not in (Outcome.PAID, Outcome.UNKNOWN):
        what = f"order {found.order_id} is {found.outcome.value}: no money was taken"
        raise UposError(ErrorCode.E_ILLEGAL, what, "there is nothing to take back")
    return found


def _void(
    wallet: Wallet, original: Payment, staff: Staff, observer: SaleObserver, cancel: CancelToken
) -> Payment | Refund:
    """Cancel an undecided payment. Refund it if it is paid, or if the customer was faster than the cancel.

    The token is heard until the first call has the till. What has begun goes to its end, whatever the deadline.
    """
    whole = RefundWanted(order_id=original.order_id)
    if original.outcome is Outcome.PAID:
        done = _refund(wallet, whole, staff, observer, cancel)
    else:
        ended = _cancel(wallet, original, staff, observer, cancel)
        if ended.outcome is not Outcome.PAID:
            return ended
        done = _refund(wallet, whole, staff, observer)
    # The first call may only have finished an earlier partial refund; then refund the rest.
    while done.outcome is Outcome.REFUNDED and not done.repeated and done.amount < original.amount:
        done = _refund(wallet, whole, staff, observer)
    return done


def _cancel(wallet: Wallet, original: Payment, staff: Staff, observer: SaleObserver, cancel: CancelToken) -> Payment:
    """Cancel a payment; while another program has the till, the caller's own cancel leaves it unknown."""
    try:
        return wallet.cancel(original.order_id, watcher=observer, cancel=cancel, operator=staff.operator)
    except CallCanceled:
        return wallet.find(original.order_id) or original


def _refund(
    wallet: Wallet, wanted: RefundWanted, staff: Staff, observer: SaleObserver, cancel: CancelToken | None = None
) -> Refund:
    return wallet.refund(wanted, watcher=observer, cancel=cancel, operator=staff.operator, supervisor=staff.supervisor)
