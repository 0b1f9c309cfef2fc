"""Device services that do what a test says, and an output category to try the model with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from koshelek_driver.accounting.report import Report
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.cat.device import CAT
from koshelek_driver.cat.service import WalletService
from koshelek_driver.config import profile
from koshelek_driver.config.profile import ScannerProfile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.payment.order import LineRule, Order, order
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.printer.condition import PrinterStatus
from koshelek_driver.printer.job import PrinterTiming
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.printer.pos_printer.service import EscPosPrinter, PrinterService
from koshelek_driver.printer.receipt_printer import Printing, PrintResult
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.service import PortScanner, PortTiming
from koshelek_driver.secrets import Secret
from koshelek_driver.transport import Port
from koshelek_driver.upos.codes import (
    CompareFirmware,
    ErrorCode,
    HealthLevel,
    PowerReporting,
    ScanDataType,
    StatusUpdate,
)
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import Event
from koshelek_driver.upos.members import Stage, Writable, method
from koshelek_driver.upos.output import Output, OutputDevice
from koshelek_driver.upos.registry import Devices, Factory
from koshelek_driver.upos.service import DeviceService, Equipment, EventCallbacks

WAIT_S = 10.0
PORT_TIMING = PortTiming()


@dataclass
class Entry:
    category: str = "Scanner"
    service: str = ""


class HandScanner(DeviceService[Label]):
    """A scanner that scans when the test calls `callbacks`."""

    cap_power_reporting = PowerReporting.PR_STANDARD
    cap_compare_firmware_version = True
    cap_update_firmware = True
    physical_device_name = "hand scanner"

    def __init__(self, key: str = "hand") -> None:
        self.claim_key = key
        self.given_callbacks: list[EventCallbacks[Label]] = []
        self.calls: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.update_may_end = threading.Event()

    @property
    def callbacks(self) -> EventCallbacks[Label]:
        return self.given_callbacks[-1]

    def scan(self, text: str) -> bool:
        return self.callbacks.data(Label(text.encode(), text.encode(), ScanDataType.CODE128))

    def open(self) -> None:
        self._do("open")

    def enable(self, callbacks: EventCallbacks[Label]) -> None:
        self._do("enable")
        self.given_callbacks.append(callbacks)

    def disable(self) -> None:
        self._do("disable")

    def close(self) -> None:
        self._do("close")

    def check_health(self, level: HealthLevel) -> str:
        self._do("check_health")
        return "Successful" if level is HealthLevel.CH_INTERNAL else super().check_health(level)

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        self._do("direct_io")
        return data + command, obj

    def equipment(self) -> Equipment:
        return Equipment(manufacturer_name="Maker & Sons", model_name="Hand", serial_number="7", interface="none")

    def manufacturer_statistics(self) -> dict[str, str]:
        return {"Laser hours": "12"}

    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:
        self._do(f"compare {firmware_file_name}")
        return CompareFirmware.CFV_FIRMWARE_NEWER

    def begin_firmware_update(self, firmware_file_name: str) -> Callable[[Callable[[int], None]], StatusUpdate]:
        self._do(f"update {firmware_file_name}")

        may_end = self.update_may_end

        def update(told: Callable[[int], None]) -> StatusUpdate:
            told(50)
            assert may_end.wait(WAIT_S)
            self._do("updating")
            return StatusUpdate.SUE_UF_COMPLETE

        return update

    def _do(self, what: str) -> None:
        self.calls.append(what)
        if what in self.fails:
            raise self.fails[what]


class HandledScanner(Scanner):
    """The category Scanner over a HandScanner: `device.hand`."""

    def __init__(self, hand: HandScanner | None = None) -> None:
        super().__init__({"s": Entry()})
        self.hand = hand or self.fresh_hand()

    @classmethod
    def fresh_hand(cls, key: str = "hand") -> HandScanner:
        return HandScanner(key)

    def _own_service(self) -> Factory:
        return lambda _name, _entry: self.hand


class ScannerOnPort(Scanner):
    """The category Scanner over this driver's own service, on a port of the test's."""

    def __init__(
        self, entry: DeviceEntry, open_port: Callable[[ScannerProfile], Port], timing: PortTiming = PORT_TIMING
    ) -> None:
        super().__init__({"s": entry})
        self._service = lambda name, device: PortScanner(name, device, open_port, timing)

    def _own_service(self) -> Factory:
        return self._service


class QuickService(EscPosPrinter):
    """This driver's own service with shorter waits."""

    timing: ClassVar[PrinterTiming] = PrinterTiming(acknowledge_s=1.0, status_every_s=0.1, quiet_s=0.05, pause_s=0.2)
    hold_s: ClassVar[float] = 0.5


class QuickPrinter(POSPrinter):
    """The category POSPrinter over it."""

    retry_pause_s: ClassVar[float] = 0.05

    def _own_service(self) -> Factory:
        return QuickService


def update_until(may_end: threading.Event) -> Callable[[Callable[[int], None]], StatusUpdate]:
    """A firmware update that is complete when the test says so."""

    def update(_told: Callable[[int], None]) -> StatusUpdate:
        assert may_end.wait(WAIT_S)
        return StatusUpdate.SUE_UF_COMPLETE

    return update


class HandPrinter(PrinterService):
    """A printer that puts everything on paper at once."""

    cap_power_reporting = PowerReporting.PR_STANDARD
    cap_compare_firmware_version = True
    cap_update_firmware = True
    physical_device_name = "hand printer"

    def __init__(self, model: str, key: str = "hand-printer") -> None:
        self.claim_key = key
        self.profile = profile.printer(model)
        self.jobs: list[bytes] = []
        self.now = PrinterStatus(True, answered=True)
        self.has_form: bool | None = True
        self.ends: list[PrintResult] = []
        self.update_may_end = threading.Event()

    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        if self.ends:
            return self.ends.pop(0), None
        self.jobs.append(b"".join(units))
        return PrintResult(JobState.ACKNOWLEDGED), None

    def status(self) -> PrinterStatus:
        return self.now

    def form_is_in(self) -> bool | None:
        return self.has_form

    def check_health(self, level: HealthLevel) -> str:
        return "Successful" if level is HealthLevel.CH_INTERNAL else super().check_health(level)

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        return data + command, obj

    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:
        return CompareFirmware.CFV_FIRMWARE_SAME

    def begin_firmware_update(self, firmware_file_name: str) -> Callable[[Callable[[int], None]], StatusUpdate]:
        return update_until(self.update_may_end)


class HandledPrinter(POSPrinter):
    """The category POSPrinter over a HandPrinter: `device.hand`."""

    model: ClassVar[str] = "epson-tm-t88v"

    def __init__(self, hand: HandPrinter | None = None) -> None:
        super().__init__({"s": Entry("POSPrinter")})
        self.hand = hand or self.fresh_hand()

    @classmethod
    def fresh_hand(cls, key: str = "hand-printer") -> HandPrinter:
        return HandPrinter(cls.model, key)

    def _own_service(self) -> Factory:
        return lambda _name, _entry: self.hand


class SmallPrinter(HandledPrinter):
    """58 mm, tells nothing."""

    model = "mpt-ii"


class SlipPrinter(HandledPrinter):
    """With a slip station."""

    model = "epson-tm-h6000iv"


class HandWallet:
    """A till without money: every sale is paid, every refund given."""

    def __init__(self) -> None:
        self.paid: dict[str, Payment] = {}
        self.canceled = threading.Event()

    def new_order(self, order_id: str, amount: int, invoice_json: bytes | None = None) -> Order:
        return order(order_id, amount, LineRule("x", "0", "none"))

    def pay(self, to_pay: Order, **_given: Any) -> Payment:
        verdict = Verdict(Outcome.PAID, f"t-{to_pay.order_id}", slip={"paymentType": "SBP", "id": "s"})
        self.paid[to_pay.order_id] = Payment(to_pay.order_id, "r", to_pay.amount, 0.0, verdict)
        return self.paid[to_pay.order_id]

    def refund(self, wanted: RefundWanted, **_given: Any) -> Refund:
        return Refund(wanted.order_id, "r", wanted.amount or 1, 0.0, Verdict(Outcome.REFUNDED, "t"), "[]", "back")

    def cancel(self, order_id: str, **_given: Any) -> Payment:
        return self.paid[order_id]

    def find(self, order_id: str) -> Payment | None:
        return self.paid.get(order_id)

    def find_transaction(self, transaction_id: str) -> Payment | None:
        return next((each for each in self.paid.values() if each.verdict.transaction_id == transaction_id), None)

    def check_card(self, **_given: Any) -> Verification:
        card = CardPresentation("CM", Secret("4601234567893"), Secret("A1B2C3"))
        return Verification(ResultCode.CARDSESSION_AVAILABLE, card)

    def request_cancel(self) -> None:
        self.canceled.set()

    def journal_room(self) -> int:
        return 1 << 30

    def report(self) -> Report:
        return Report(1, "", None, 0.0, False, (), ())

    def close_day(self) -> Report:
        return Report(1, "", None, 0.0, True, (), ())

    def tip(self, _payment: Payment | Refund) -> str:
        return ""

    def tip_for(self, code: str, details: str = "") -> str:
        return f"{code}{details}"

    def slip_text(self, _payment: Payment | Refund, **_given: Any) -> list[str]:
        return ["slip"]

    def close(self) -> None: ...


class HandWalletService(WalletService):
    """A CAT's service over a HandWallet."""

    cap_power_reporting = PowerReporting.PR_STANDARD
    cap_compare_firmware_version = True
    cap_update_firmware = True

    def __init__(self, key: str = "hand-cat") -> None:
        super().__init__(key, lambda: cast("Any", HandWallet()))
        self.claim_key = key
        self.update_may_end = threading.Event()

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        return data + command, obj

    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:
        return CompareFirmware.CFV_FIRMWARE_SAME

    def begin_firmware_update(self, firmware_file_name: str) -> Callable[[Callable[[int], None]], StatusUpdate]:
        return update_until(self.update_may_end)


class HandledCat(CAT):
    """The category CAT over a HandWalletService: `device.hand`."""

    def __init__(self, hand: HandWalletService | None = None) -> None:
        super().__init__({"s": Entry("CAT")})
        self.hand = hand or self.fresh_hand()

    @classmethod
    def fresh_hand(cls, key: str = "hand-cat") -> HandWalletService:
        return HandWalletService(key)

    def _till_devices(self) -> Devices:
        raise AssertionError("not asked")

    def _own_service(self) -> Factory:
        return lambda _name, _entry: self.hand


def enabled_scanner(hand: HandScanner | None = None) -> HandledScanner:
    scanner = HandledScanner(hand)
    scanner.open("s")
    scanner.claim(0)
    scanner.device_enabled = True
    return scanner


class PressService(DeviceService[None]):
    """A press: every stroke waits until the test says how it ends."""

    claim_key = "press"

    def __init__(self) -> None:
        self._ends: list[UposError | None] = []
        self._changed = threading.Condition()
        self.strokes: list[str] = []
        self.aborted = False

    def end(self, problem: UposError | None = None) -> None:
        """The stroke under way, or the next, ends so."""
        with self._changed:
            self._ends.append(problem)
            self._changed.notify_all()

    def wait_for_strokes(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.strokes) >= number, WAIT_S)

    def stroke(self, what: str) -> None:
        with self._changed:
            self.aborted = False
            self.strokes.append(what)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._ends or self.aborted, WAIT_S)
            problem = UposError(ErrorCode.E_FAILURE, "aborted") if self.aborted else self._ends.pop(0)
        if problem is not None:
            raise problem

    def abort(self) -> None:
        with self._changed:
            self.aborted = True
            self._changed.notify_all()


class Press(OutputDevice):
    """An output category that the standard does not have."""

    category: ClassVar[str] = "Press"
    output_limit: ClassVar[int] = 5
    retry_pause_s: ClassVar[float] = 0.001

    flag_when_idle = Writable("FlagWhenIdle", bool, "True asks for one StatusUpdateEvent 1001.")

    @property
    def _flag_when_idle(self) -> bool:
        return self._idle_notice.is_wanted

    @flag_when_idle.on_write
    def _write_flag_when_idle(self, value: bool) -> None:
        self._ask_for_idle_notice(value)

    def __init__(self, press: PressService | None = None) -> None:
        super().__init__({"p": Entry("Press")})
        self.press = press or PressService()

    @method("pressOnce", needs=Stage.ENABLED)
    def press_once(self, what: str) -> None:
        self._output(Output(lambda: self.press.stroke(what), self.press.abort))

    def _till_devices(self) -> Devices:
        raise AssertionError("not asked")

    def _own_service(self) -> Factory:
        return lambda _name, _entry: self.press


def enabled_press(press: Press | None = None) -> Press:
    press = press or Press()
    press.open("p")
    press.claim(0)
    press.device_enabled = True
    return press


@dataclass
class Heard:
    """A listener that keeps what it heard and lets a test wait for it."""

    events: list[Any] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait(self, number: int) -> list[Any]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.events) >= number, WAIT_S), self.events
            return list(self.events)
