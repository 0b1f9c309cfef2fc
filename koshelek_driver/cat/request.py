"""One call of the CAT, with its cancel, its deadline and its retry."""

from __future__ import annotations

from collections.abc import Callable

from koshelek_driver.card.totp import Verification
from koshelek_driver.cat.deadline import Deadline
from koshelek_driver.cat.progress import Progress
from koshelek_driver.cat.results import error_of, translated
from koshelek_driver.cat.service import WalletService
from koshelek_driver.errors import CallCanceled, DriverError, ScanCanceled
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.scanner.label import Label
from koshelek_driver.upos.errors import UposError

Work = Callable[[SaleObserver, CancelToken], Payment | Refund]
"""Moves the money of a call; blocks until the outcome."""
_SETTLED = (Outcome.REJECTED, Outcome.CANCELED)


class CatRequest:
    """One call with its cancel, its deadline and its result.

    `ended` is called with the result before any listener is notified. `good` are the outcomes that the caller asked
    for. A call that was rejected or cancelled is not tried again: a retry raises the same error. A call whose outcome
    is unknown, or that never left the till, is resumed.
    """

    def __init__(
        self,
        service: WalletService,
        work: Work,
        ended: Callable[[Payment | Refund, str, Verification | None], None],
        *,
        timeout_s: float | None,
        good: tuple[Outcome, ...],
    ) -> None:
        self._service = service
        self._work = work
        self._ended = ended
        self._timeout_s = timeout_s
        self._good = good
        self._cancel = CancelToken()
        self._error: UposError | None = None
        self._card: Verification | None = None

    def run(self) -> None:
        """Do the work. Blocks until its outcome. Raises UposError as `results` translates it."""
        if self._error is not None:
            raise self._error
        done, timed_out = self._attempt()
        tip = self._service.wallet.tip(done)
        self._ended(done, tip, self._card)
        self._service.check_log()
        self._notify_end(f"{done.order_id} {done.outcome.value}")
        failed = None if done.outcome in self._good else error_of(done, tip, timed_out=timed_out)
        if failed is not None:
            is_final = done.outcome in _SETTLED and (done.request_id or done.outcome is Outcome.CANCELED)
            self._error = failed if is_final else None
            raise failed

    def abort(self) -> None:
        """Cancel the call, now or when it begins. For a queued call a DirectIOEvent reports its end. Any thread."""
        self._cancel.cancel()

    def _attempt(self) -> tuple[Payment | Refund, bool]:
        """Do the work once; return its result, and True if the deadline passed meanwhile.

        The token of an attempt is its own, because a retry after a deadline has a new deadline.
        """
        token = CancelToken()
        deadline = Deadline(token, self._timeout_s)
        with self._service.under_way(), self._cancel.notifying(token.cancel), deadline:
            try:
                done = self._work(self._observer(), token)
            except DriverError as problem:
                raise self._refused(problem, timed_out=deadline.has_passed) from problem
        return done, deadline.has_passed

    def _refused(self, problem: DriverError, *, timed_out: bool) -> UposError:
        """Translate an error. A call that was cancelled before it had the till is not begun by a retry."""
        error = translated(problem, timed_out=timed_out)
        if isinstance(problem, CallCanceled) and not isinstance(problem, ScanCanceled):
            self._error = error
            self._notify_end(f"call {Outcome.CANCELED.value}")
        return error

    def _notify_end(self, text: str) -> None:
        number = Progress.ENDED_AFTER_CLEAR if self._cancel.is_set() else Progress.ENDED
        self._service.notify(number, text)

    def _observer(self) -> SaleObserver:
        return SaleObserver(
            waiting_for_scan=lambda: self._service.notify(Progress.WAITING_FOR_SCAN, ""),
            scanned=self._scanned,
            called=self._called,
        )

    def _scanned(self, _label: Label, verification: Verification) -> None:
        self._card = verification
        self._service.notify(Progress.SCANNED, str(verification.result_code))

    def _called(self, exchange: Exchange) -> None:
        call = exchange.request.call
        self._service.notify(Progress.CUSTOMER_DECIDES if call is Call.STATUS else Progress.SENT, call.name.lower())
