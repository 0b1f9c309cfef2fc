"""The device service of the category CAT: the wallet of a till."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

from koshelek_driver.accounting.report import Report
from koshelek_driver.card.totp import Verification
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.cat_codes import LogStatus
from koshelek_driver.upos.codes import HealthLevel
from koshelek_driver.upos.service import DeviceService, EventCallbacks

_NEARLY_FULL_BYTES = 64 << 20
"""Room for some hundred thousand payments."""
_LONGEST_END_S = 60.0


class Wallet(Protocol):
    """The methods of a till that a CAT needs. `Terminal` has them, and describes what each does and raises."""

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        """See Terminal."""
        ...

    def pay(
        self,
        to_pay: Order,
        *,
        label: str | None = None,
        typed: bool = False,
        wait_s: float = 60.0,
        watcher: SaleObserver = ...,
        cancel: CancelToken | None = None,
        operator: str = "",
    ) -> Payment:
        """See Terminal."""
        ...

    def refund(
        self,
        wanted: RefundWanted,
        *,
        watcher: SaleObserver = ...,
        cancel: CancelToken | None = None,
        operator: str = "",
        supervisor: Secret | None = None,
    ) -> Refund:
        """See Terminal."""
        ...

    def cancel(
        self,
        order_id: str,
        *,
        watcher: SaleObserver = ...,
        cancel: CancelToken | None = None,
        operator: str = "",
    ) -> Payment:
        """See Terminal."""
        ...

    def find(self, order_id: str) -> Payment | None:
        """See Terminal."""
        ...

    def find_transaction(self, transaction_id: str) -> Payment | None:
        """See Terminal."""
        ...

    def check_card(
        self,
        *,
        label: str | None = None,
        typed: bool = False,
        wait_s: float = 60.0,
        watcher: SaleObserver = ...,
        cancel: CancelToken | None = None,
    ) -> Verification:
        """See Terminal."""
        ...

    def journal_room(self) -> int:
        """See Terminal."""
        ...

    def report(self) -> Report:
        """See Terminal."""
        ...

    def close_day(self) -> Report:
        """See Terminal."""
        ...

    def tip(self, payment: Payment | Refund) -> str:
        """See Terminal."""
        ...

    def tip_for(self, code: str, details: str = "") -> str:
        """See Terminal."""
        ...

    def slip_text(self, payment: Payment | Refund, *, copy: bool = False, columns: int = 0) -> list[str]:
        """See Terminal."""
        ...

    def close(self) -> None:
        """See Terminal."""
        ...


class WalletService(DeviceService[None]):
    """The wallet of a till.

    `open_wallet` opens the till when the device is opened; with `is_lent` the till's owner closes it.
    """

    device_service_description: ClassVar[str] = "Koshelek Pay"
    physical_device_description: str = "Koshelek wallet"

    def __init__(self, name: str, open_wallet: Callable[[], Wallet], *, is_lent: bool = False) -> None:
        self._open_wallet = open_wallet
        self._is_lent = is_lent
        self._closing = contextlib.ExitStack()
        self._wallet: Wallet | None = None
        self._callbacks: EventCallbacks[None] | None = None
        self._changed = threading.Condition()
        self._calls_under_way = 0
        self.log_status = LogStatus.OK
        self.claim_key = f"cat:{name}"
        self.physical_device_name = name

    @property
    def wallet(self) -> Wallet:
        """The till, while the device is open."""
        if self._wallet is None:
            self._wallet = self._open_wallet()
        return self._wallet

    def open(self) -> None:
        """Open the till: its site file, its journal. Raises as `Terminal.open` does."""
        if not self._is_lent:
            self._closing.callback(self.wallet.close)

    def enable(self, callbacks: EventCallbacks[None]) -> None:
        """Begin to report events. Nothing is sent: the host is called when there is something to pay."""
        self._callbacks = callbacks
        self.check_log()

    def disable(self) -> None:
        """Stop reporting events. Block until the cancelled call under way has ended, at most 60 s."""
        self._callbacks = None
        with self._changed:
            self._changed.wait_for(lambda: not self._calls_under_way, _LONGEST_END_S)

    def close(self) -> None:
        """Close the till, unless it is lent."""
        self._closing.close()
        self._wallet = None

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Keep `disable` waiting while the block moves money."""
        with self._changed:
            self._calls_under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls_under_way -= 1
                self._changed.notify_all()

    def check_log(self) -> None:
        """Report a status event if the room on the journal's disk has changed its level."""
        room = self.wallet.journal_room()
        now = LogStatus.FULL if not room else LogStatus.NEARFULL if room < _NEARLY_FULL_BYTES else LogStatus.OK
        changed, self.log_status = now is not self.log_status, now
        if changed and self._callbacks is not None:
            self._callbacks.status(now)

    def notify(self, number: int, text: str) -> None:
        """Report the progress of a payment by a DirectIOEvent."""
        if self._callbacks is not None:
            self._callbacks.direct_io(number, 0, text)

    def check_health(self, level: HealthLevel) -> str:
        """Return "Successful" for CH_INTERNAL: the till is open. Raises UposError E_ILLEGAL for another level."""
        return "Successful" if level is HealthLevel.CH_INTERNAL else super().check_health(level)

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """Raise UposError E_ILLEGAL: a CAT has no command of its own."""
        return super().direct_io(command, data, obj)
