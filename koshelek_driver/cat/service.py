"""The device service of the category CAT: the wallet of a till."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from koshelek_driver.accounting.report import Report
from koshelek_driver.card.totp import Verification
from koshelek_driver.cat.patience import Patience
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.upos.cat_codes import LogStatus
from koshelek_driver.upos.codes import HealthLevel
from koshelek_driver.upos.service import DeviceService, EventCallbacks

_NEARLY_FULL_BYTES = 64 << 20
"""Some hundred thousand payments."""


class Wallet(Protocol):
    """What a CAT needs of a till: `Terminal` is one, and its docstrings say what each does and raises."""

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
    ) -> Payment:
        """See Terminal."""
        ...

    def refund(self, wanted: RefundWanted, *, watcher: SaleObserver = ...) -> Refund:
        """See Terminal."""
        ...

    def cancel(self, order_id: str, *, watcher: SaleObserver = ...) -> Payment:
        """See Terminal."""
        ...

    def find(self, order_id: str) -> Payment | None:
        """See Terminal."""
        ...

    def find_transaction(self, transaction_id: str) -> Payment | None:
        """See Terminal."""
        ...

    def check_card(
        self, *, label: str | None = None, typed: bool = False, wait_s: float = 60.0, watcher: SaleObserver = ...
    ) -> Verification:
        """See Terminal."""
        ...

    def request_cancel(self) -> None:
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
    """A till's wallet. `open_wallet` opens the till, when the device is opened; `keeps`: whoever gave it closes it."""

    device_service_description: ClassVar[str] = "Koshelek Pay"
    physical_device_description: str = "Koshelek wallet"

    def __init__(self, name: str, open_wallet: Callable[[], Wallet], *, keeps: bool = False) -> None:
        self._open_wallet = open_wallet
        self._keeps = keeps
        self._closing = contextlib.ExitStack()
        self._wallet: Wallet | None = None
        self._callbacks: EventCallbacks[None] | None = None
        self.log_status = LogStatus.OK
        self.patience = Patience(self._cancel)
        self.claim_key = f"cat:{name}"
        self.physical_device_name = name

    @property
    def wallet(self) -> Wallet:
        """The till, while the device is open."""
        if self._wallet is None:
            self._wallet = self._open_wallet()
        return self._wallet

    def open(self) -> None:
        """Open the till: its site file, its journal. Raises what Terminal.open raises."""
        if not self._keeps:
            self._closing.callback(self.wallet.close)

    def enable(self, callbacks: EventCallbacks[None]) -> None:
        """Nothing is touched: the host is asked when there is something to pay."""
        self._callbacks = callbacks
        self.patience.start()
        self.look_at_log()

    def disable(self) -> None:
        """What is under way is cancelled; waits for its end, some 20 s as a rule."""
        self._callbacks = None
        self.patience.stop()

    def close(self) -> None:
        """Close the till, unless it was lent."""
        self._closing.close()
        self._wallet = None

    def _cancel(self) -> None:
        self.wallet.request_cancel()

    def look_at_log(self) -> None:
        """Tell when the journal's disk fills up, or has room again."""
        room = self.wallet.journal_room()
        now = LogStatus.FULL if not room else LogStatus.NEARFULL if room < _NEARLY_FULL_BYTES else LogStatus.OK
        changed, self.log_status = now is not self.log_status, now
        if changed and self._callbacks is not None:
            self._callbacks.status(now)

    def tell(self, number: int, text: str) -> None:
        """A DirectIOEvent: how a payment goes on."""
        if self._callbacks is not None:
            self._callbacks.direct_io(number, 0, text)

    def check_health(self, level: HealthLevel) -> str:
        """CH_INTERNAL: the till is open."""
        return "Successful" if level is HealthLevel.CH_INTERNAL else super().check_health(level)

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """None yet."""
        return super().direct_io(command, data, obj)
