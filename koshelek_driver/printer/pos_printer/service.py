"""The device service of the category POSPrinter, for any ESC/POS printer with a profile."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar

from firmware_protocol.escpos import commands
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.errors import PortNotOpened
from koshelek_driver.printer.condition import PrinterStatus
from koshelek_driver.printer.crash_mark import CrashMark, own_folder
from koshelek_driver.printer.job import DEFAULT_TIMING, PrinterTiming
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.owners import receipt_printer
from koshelek_driver.printer.pos_printer.problems import problem_of
from koshelek_driver.printer.receipt_printer import JobObserver, Printing, PrintResult
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.samples import sample_slip
from koshelek_driver.transport import check_address, hardware_of
from koshelek_driver.upos.codes import ErrorCode, HealthLevel, PowerReporting, PowerState
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrinterStatusUpdate as Update
from koshelek_driver.upos.printer_codes import Station
from koshelek_driver.upos.service import DeviceService, Equipment, EventCallbacks

_LOG = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S = 3.0
_LONGEST_QUESTION_S = 15.0


class DirectIo(IntEnum):
    """The commands of directIO."""

    OPEN_DRAWER = 1
    """`data`: the pin of the drawer's connector, 2 or 5 (0: 2)."""
    DRAWER_STATUS = 2
    """Returns `data` 1 if pin 3 of the connector is high, else 0; which level means open depends on the drawer."""


class PrinterService(DeviceService[None]):
    """The interface that the maker of a printer implements.

    The device model makes the bytes of a job by `profile`; the service prints them.
    """

    profile: PrinterProfile
    hold_s: ClassVar[float] = 30.0
    """Seconds that a synchronous call waits for paper if the printer cannot take back the unprinted rest."""

    @abstractmethod
    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        """Print one job of whole commands.

        Blocks. A Printing is a job that the printer holds; no fault raises.
        """

    @abstractmethod
    def status(self) -> PrinterStatus:
        """Return the last known status, without asking the printer."""

    @abstractmethod
    def form_is_in(self) -> bool | None:
        """Ask the printer for a form in the slip station.

        Returns None if that is unknown. Blocks a second at most.
        """


class EscPosPrinter(PrinterService):
    """One printer on its port.

    While it is enabled the connection stays open, and a thread asks for its status.

    A lost connection is opened again by the next job or question.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver ESC/POS printer"
    cap_power_reporting = PowerReporting.PR_STANDARD
    timing: ClassVar[PrinterTiming] = DEFAULT_TIMING

    def __init__(self, name: str, entry: DeviceEntry, marks: Path | None = None) -> None:
        """Take the logical name, the device's entry, and the folder of its crash mark: that of the till's journal.

        Without a till the mark lies in a folder of this user.
        """
        check_address(entry.port)
        self._printer = receipt_printer(entry, _CONNECT_TIMEOUT_S, self.timing)
        self.profile = profile.printer(entry.profile)
        self._name = name
        self._status_thread: _StatusThread | None = None
        self._status = PrinterStatus(True)
        self.claim_key = hardware_of(entry.port)
        self._mark = CrashMark(self.claim_key, marks or own_folder())
        self.physical_device_description = self.profile.description
        self.physical_device_name = f"{entry.profile} at {entry.port}"
        if self.profile.acknowledge == "none":
            self.cap_power_reporting = PowerReporting.PR_NONE

    def enable(self, callbacks: EventCallbacks[None]) -> None:
        """Open the port and start the thread that asks for the status.

        Raises UposError E_NOHARDWARE.
        """
        try:
            self._printer.keep()
        except PortNotOpened as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem
        interrupted = self._mark.found()
        if interrupted is not None:
            self._printer.expect_interrupted(interrupted)
        if self.profile.acknowledge != "none":
            self._status = self._printer.status()
            self._status_thread = _StatusThread(self, callbacks)

    def disable(self) -> None:
        """Stop the thread, cancel a job that the printer holds, close the port."""
        if self._status_thread is not None:
            self._status_thread.end()
            self._status_thread = None
        self._printer.let_go()

    def power_state(self) -> PowerState:
        """Return the power state by the last status; off and unplugged look the same."""
        return power_of(self._status)

    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        """Print one job, with a crash mark while it is on its way."""
        longest = max(map(len, units), default=0)
        result, printing = self._printer.begin(units, JobObserver(before_write=lambda: self._mark.put(longest)))
        if result.is_printed:
            self._mark.take_away()
        elif self.profile.acknowledge != "none":
            self.refresh_status()
        return result, printing

    def status(self) -> PrinterStatus:
        """Return the status of the last question."""
        return self._status

    def refresh_status(self) -> PrinterStatus | None:
        """Ask the printer for its status and return it.

        Returns None while a job is being printed.
        """
        found = self._printer.status_if_free()
        self._status = found or self._status
        return found

    def form_is_in(self) -> bool | None:
        """Ask the printer for a form in the slip station.

        Returns None if that is unknown.
        """
        return self._printer.form_is_in()

    def check_health(self, level: HealthLevel) -> str:
        """Ask whether it can print (CH_INTERNAL), or print a test slip (CH_EXTERNAL). Raises UposError."""
        if level is HealthLevel.CH_INTERACTIVE:
            return super().check_health(level)
        if level is HealthLevel.CH_INTERNAL:
            status = self._printer.status() if self.profile.acknowledge != "none" else PrinterStatus(True)
            result = PrintResult(JobState.QUEUED, status.hindrance)
        else:
            result = self._printer.print_lines(sample_slip(self.profile.columns))
        if result.cause is not None:
            raise problem_of(result, Station.RECEIPT)
        return "Successful"

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """Run a command of DirectIo.

        Raises UposError: E_ILLEGAL, or the cause if the printer cannot print.
        """
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
        """Return the description of the profile and the port."""
        return Equipment(model_name=self.profile.description, interface=self.physical_device_name)


class _StatusThread:
    """The thread that asks for the status from enable to disable, and reports changes."""

    def __init__(self, printer: EscPosPrinter, callbacks: EventCallbacks[None]) -> None:
        self._printer = printer
        self._callbacks = callbacks
        self._reported = PrinterStatus(True)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"printer-{printer.claim_key}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the thread and wait for its end."""
        self._stopped.set()
        self._thread.join(_LONGEST_QUESTION_S)

    def _run(self) -> None:
        self._report(self._printer.status())
        while not self._stopped.wait(self._printer.timing.status_every_s):
            try:
                found = self._printer.refresh_status()
            except Exception as fault:  # noqa: BLE001 - a fault of the driver must not end the thread
                _LOG.error("printer: %s while asking for its status", type(fault).__name__)
                continue
            if found is not None and not self._stopped.is_set():
                self._report(found)

    def _report(self, now: PrinterStatus) -> None:
        before, self._reported = self._reported, now if now.answered else self._reported
        self._callbacks.power(power_of(now))
        for number in changes(before, now):
            self._callbacks.status(number)


def power_of(status: PrinterStatus) -> PowerState:
    """Return the power state.

    A printer that does not respond is off or not connected.
    """
    return PowerState.PS_ONLINE if status.answered else PowerState.PS_OFF_OFFLINE


def changes(before: PrinterStatus, now: PrinterStatus) -> list[Update]:
    """Return the status events of a change.

    Cover and paper have none while the printer does not respond.
    """
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
