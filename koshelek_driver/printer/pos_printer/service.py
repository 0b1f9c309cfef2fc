"""The device service of the category POSPrinter: any ESC/POS printer that a profile describes, on its port."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, ClassVar

from firmware_protocol.escpos import commands
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.errors import PortNotOpened
from koshelek_driver.printer.crash_mark import CrashMark
from koshelek_driver.printer.job import DEFAULT_TIMING, PrinterStatus, PrinterTiming
from koshelek_driver.printer.owners import receipt_printer
from koshelek_driver.printer.pos_printer.problems import problem_of
from koshelek_driver.printer.receipt_printer import JobObserver, Printed, Printing, PrintResult
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.samples import sample_slip
from koshelek_driver.transport import check_address, hardware_of
from koshelek_driver.upos.claims import default_folder
from koshelek_driver.upos.codes import ErrorCode, HealthLevel, PowerReporting, PowerState
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrinterStatusUpdate as Update
from koshelek_driver.upos.printer_codes import Station
from koshelek_driver.upos.service import DeviceService, Equipment, EventCallbacks

_LOG = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S = 3.0
_LONGEST_LOOK_S = 15.0


class DirectIo(IntEnum):
    """The commands of directIO."""

    OPEN_DRAWER = 1
    """`data`: the pin of the drawer's connector, 2 or 5 (0: 2)."""
    DRAWER_STATUS = 2
    """Gives `data` 1 when pin 3 of the connector is high, else 0; which of them is open depends on the drawer."""


class PrinterService(DeviceService[None]):
    """What the maker of a POSPrinter supplies: an ESC/POS device. The model makes the bytes, by its profile."""

    profile: PrinterProfile
    hold_s: ClassVar[float] = 30.0
    """Seconds that a synchronous call waits for paper where the printer cannot take back what it has not printed."""

    @abstractmethod
    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        """Print one job of whole commands; a Printing is a job that waits in the printer. Raises nothing for that."""

    @abstractmethod
    def status(self) -> PrinterStatus:
        """What was last seen of it, without asking again."""

    @abstractmethod
    def form_is_in(self) -> bool | None:
        """Whether a form lies in the slip station; None when it does not say. Asks the printer."""


class EscPosPrinter(PrinterService):
    """One printer. While it is enabled its connection is kept, and a thread asks every second how it is.

    A connection that is lost is opened again when there is something to print or to ask.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver ESC/POS printer"
    cap_power_reporting = PowerReporting.PR_STANDARD
    timing: ClassVar[PrinterTiming] = DEFAULT_TIMING

    def __init__(self, name: str, entry: DeviceEntry) -> None:
        check_address(entry.port)
        self._printer = receipt_printer(entry, _CONNECT_TIMEOUT_S, self.timing)
        self.profile = profile.printer(entry.profile)
        self._name = name
        self._watch: _Watch | None = None
        self._status = PrinterStatus(True)
        self.claim_key = hardware_of(entry.port)
        self._mark = CrashMark(self.claim_key, default_folder())
        self.physical_device_description = self.profile.description
        self.physical_device_name = f"{entry.profile} at {entry.port}"
        if self.profile.acknowledge == "none":
            self.cap_power_reporting = PowerReporting.PR_NONE

    def enable(self, callbacks: EventCallbacks[None]) -> None:
        """Open the port. Raises UposError E_NOHARDWARE."""
        try:
            self._printer.keep()
        except PortNotOpened as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem
        torn = self._mark.found()
        if torn is not None:
            self._printer.expect_torn(torn)
        if self.profile.acknowledge != "none":
            self._status = self._printer.status()
            self._watch = _Watch(self, callbacks)

    def disable(self) -> None:
        """Stop looking, and close the port. What waits in the printer is taken back where it can be."""
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        self._printer.let_go()

    def power_state(self) -> PowerState:
        """Off and unplugged look the same."""
        return power_of(self._status)

    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        """See PrinterService."""
        longest = max(map(len, units), default=0)
        result, printing = self._printer.begin(units, JobObserver(before_write=lambda: self._mark.put(longest)))
        if result.is_printed:
            self._mark.take_away()
        elif self.profile.acknowledge != "none":
            self.look()
        return result, printing

    def status(self) -> PrinterStatus:
        """See PrinterService."""
        return self._status

    def look(self) -> PrinterStatus | None:
        """Ask, unless it is printing."""
        found = self._printer.status_if_free()
        self._status = found or self._status
        return found

    def form_is_in(self) -> bool | None:
        """See PrinterService."""
        return self._printer.form_is_in()

    def check_health(self, level: HealthLevel) -> str:
        """CH_INTERNAL: whether it can print. CH_EXTERNAL: it prints a test slip."""
        if level is HealthLevel.CH_INTERACTIVE:
            return super().check_health(level)
        if level is HealthLevel.CH_INTERNAL:
            status = self._printer.status() if self.profile.acknowledge != "none" else PrinterStatus(True)
            result = PrintResult(Printed.NOT_SENT, status.hindrance)
        else:
            result = self._printer.print_lines(sample_slip(self.profile.columns))
        if result.cause is not None:
            raise problem_of(result, Station.RECEIPT)
        return "Successful"

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """See DirectIo. Raises UposError: E_ILLEGAL, and what hinders the printer."""
        if command == DirectIo.DRAWER_STATUS:
            return int(self._printer.status().drawer_high), obj
        pin = {0: commands.Drawer.PIN_2, 2: commands.Drawer.PIN_2, 5: commands.Drawer.PIN_5}.get(data)
        if command != DirectIo.OPEN_DRAWER or pin is None:
            return super().direct_io(command, data, obj)
        result = self._printer.print_units([document.start(self.profile) + commands.drawer_pulse(pin)])
        if not result.is_printed:
            raise problem_of(result, Station.RECEIPT)
        return data, obj

    def equipment(self) -> Equipment:
        """What the profile says."""
        return Equipment(model_name=self.profile.description, interface=self.physical_device_name)


class _Watch:
    """The thread that asks, from enable to disable, and tells what changes."""

    def __init__(self, printer: EscPosPrinter, callbacks: EventCallbacks[None]) -> None:
        self._printer = printer
        self._callbacks = callbacks
        self._told = PrinterStatus(True)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"printer-{printer.claim_key}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        self._thread.join(_LONGEST_LOOK_S)

    def _run(self) -> None:
        self._tell(self._printer.status())
        while not self._stopped.wait(self._printer.timing.status_every_s):
            try:
                found = self._printer.look()
            except Exception as fault:  # noqa: BLE001 - a fault of ours must not end the looking
                _LOG.error("printer: %s while asking for its status", type(fault).__name__)
                continue
            if found is not None and not self._stopped.is_set():
                self._tell(found)

    def _tell(self, now: PrinterStatus) -> None:
        before, self._told = self._told, now if now.answered else self._told
        self._callbacks.power(power_of(now))
        for number in changes(before, now):
            self._callbacks.status(number)


def power_of(status: PrinterStatus) -> PowerState:
    """A printer that does not answer is off, or not connected."""
    return PowerState.PS_ONLINE if status.answered else PowerState.PS_OFF_OFFLINE


def changes(before: PrinterStatus, now: PrinterStatus) -> list[Update]:
    """What is to be told of a change; nothing of cover and paper while the printer does not answer."""
    if not now.answered:
        return []
    found = []
    if now.cover_open is not before.cover_open:
        found.append(Update.COVER_OPEN if now.cover_open else Update.COVER_OK)
    paper = _paper(now)
    if paper is not _paper(before):
        found.append(paper)
    return found


def _paper(status: PrinterStatus) -> Update:
    if status.paper_end:
        return Update.REC_EMPTY
    return Update.REC_NEAREMPTY if status.near_end else Update.REC_PAPEROK
