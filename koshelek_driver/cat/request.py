"""One call of the CAT: done now or from the queue, given up at its deadline, repeated without paying twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from koshelek_driver.card.totp import Verification
from koshelek_driver.cat.progress import Progress
from koshelek_driver.cat.results import problem_of, translated
from koshelek_driver.cat.service import WalletService
from koshelek_driver.errors import DriverError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.scanner.label import Label
from koshelek_driver.upos.errors import UposError

Work = Callable[[SaleObserver], Payment | Refund]
_SETTLED = (Outcome.REJECTED, Outcome.CANCELED)


class CatRequest:
    """`work` moves the money; `ended` is told how it came out, before anybody else hears of it.

    `good`: the outcomes that are what was asked for. What ended in another way is not tried again: a retry gives the
    same answer. What is unknown, or never left the till, is driven on.
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
        self._dropped = False  # set by another thread
        self._answer: UposError | None = None
        self._card: Verification | None = None

    def run(self) -> None:
        """Do it. Raises UposError; see `results`."""
        if self._answer is not None:
            raise self._answer
        patience = self._service.patience
        with patience.during(self._timeout_s):
            if self._dropped:
                patience.give_up()  # the cashier was faster than this thread
            try:
                done = self._work(self._watcher())
            except DriverError as problem:
                raise translated(problem, timed_out=patience.timed_out) from problem
        timed_out = patience.timed_out
        tip = self._service.wallet.tip(done)
        self._ended(done, tip, self._card)
        self._service.look_at_log()
        self._tell_end(done)
        failed = None if done.outcome in self._good else problem_of(done, tip, timed_out=timed_out)
        if failed is not None:
            self._answer = failed if done.outcome in _SETTLED and done.request_id else None
            raise failed

    def abort(self) -> None:
        """The cashier's cancel: the host is asked to take it back. A DirectIOEvent tells the end of a queued call."""
        self._dropped = True
        self._service.patience.give_up()

    def _tell_end(self, done: Payment | Refund) -> None:
        number = Progress.ENDED_AFTER_CLEAR if self._dropped else Progress.ENDED
        self._service.tell(number, f"{done.order_id} {done.outcome.value}")

    def _watcher(self) -> SaleObserver:
        return replace(
            SaleObserver(),
            waiting_for_scan=lambda: self._service.tell(Progress.WAITING_FOR_SCAN, ""),
            scanned=self._scanned,
            called=self._called,
        )

    def _scanned(self, _label: Label, verification: Verification) -> None:
        self._card = verification
        self._service.tell(Progress.SCANNED, str(verification.result_code))

    def _called(self, exchange: Exchange) -> None:
        call = exchange.request.call
        self._service.tell(Progress.CUSTOMER_DECIDES if call is Call.STATUS else Progress.SENT, call.name.lower())
