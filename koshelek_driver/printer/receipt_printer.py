"""One receipt on one printer: ask whether it can print, print, and wait until the printer says it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import QueuedStatus, RealTimeStatus, Reply, ReplyReader, process_done
from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.printer import document
from koshelek_driver.printer.layout import Line
from koshelek_driver.profile import PrinterProfile
from koshelek_driver.transport import Port

_STATUS_WAIT_S = 1.0
_WRITE_WAIT_S = 10.0
_ACKNOWLEDGE_WAIT_S = 10.0
_TICK_S = 0.1

_PRINTER, _OFFLINE_CAUSE, _PAPER = 1, 2, 4
R = TypeVar("R")


class Printed(Enum):
    """How sure it is.

    NOT_SENT: nothing left this machine. SENT: it left, and the confirmation is missing. ASSUMED: it left for a
    printer that cannot confirm.
    """

    NOT_SENT = "not_sent"
    SENT = "sent"
    ASSUMED = "assumed"
    ON_PAPER = "on_paper"


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What became of a receipt; `problem` and `remedy` are empty when nothing is wrong."""

    printed: Printed
    problem: str = ""
    remedy: str = ""


class ReceiptPrinter:
    """A printer that is opened for each receipt. `print_lines` never raises for what a printer does."""

    def __init__(self, open_port: Callable[[], Port], profile: PrinterProfile, clock: Callable[[], float]) -> None:
        self._open_port = open_port
        self._profile = profile
        self._clock = clock

    @property
    def columns(self) -> int:
        """Characters a line."""
        return self._profile.columns

    @property
    def codec(self) -> str:
        """The code page that receipts are printed in."""
        return document.codec_of(self._profile)

    def print_lines(self, lines: Iterable[Line], before_write: Callable[[], object]) -> PrintResult:
        """Print one receipt; blocks at most about 25 s.

        `before_write` is called once, just before the first byte of the receipt leaves.
        """
        try:
            port = self._open_port()
        except PortNotOpened as problem:
            return PrintResult(Printed.NOT_SENT, problem.what, problem.remedy)
        try:
            return _Job(port, self._profile, self._clock).run(lines, before_write)
        finally:
            port.close()


class _Job:
    """One receipt on an open port."""

    def __init__(self, port: Port, profile: PrinterProfile, clock: Callable[[], float]) -> None:
        self._port = port
        self._profile = profile
        self._clock = clock
        self._replies = ReplyReader()
        self._sent = Printed.NOT_SENT
        self._number = int(clock() * 1000) % 10_000
        """Another one for each job: a printer may still owe the acknowledgement of an earlier receipt."""

    def run(self, lines: Iterable[Line], before_write: Callable[[], object]) -> PrintResult:
        try:
            hindrance = self._hindrance()
            if hindrance is not None:
                return hindrance
            before_write()
            self._sent = Printed.SENT
            self._port.write(document.render(lines, self._profile) + self._acknowledge_request(), _WRITE_WAIT_S)
            return self._confirm()
        except PortLost as problem:
            return PrintResult(self._sent, problem.what, problem.remedy)

    def _hindrance(self) -> PrintResult | None:
        """Why the printer cannot print now, as far as it can say."""
        if self._profile.acknowledge == "none":
            return None
        status = self._ask(_PRINTER)
        if status is None:
            return self._problem(
                "the printer does not answer", "switch it off and on; check its profile in the site file"
            )
        return self._offline_cause() if status.offline else None

    def _offline_cause(self) -> PrintResult:
        cause, paper = self._ask(_OFFLINE_CAUSE), self._ask(_PAPER)
        if cause is not None and cause.cover_open:
            return self._problem("the printer's cover is open", "close the cover")
        if paper is not None and paper.paper_end:
            return self._problem("the printer is out of paper", "put in a new roll")
        if cause is not None and cause.error:
            return self._problem("the printer reports an error", "clear a jam at the cutter, switch it off and on")
        return self._problem("the printer is offline", "press its feed button, or switch it off and on")

    def _problem(self, what: str, remedy: str) -> PrintResult:
        return PrintResult(self._sent, what, remedy)

    def _ask(self, question: int) -> RealTimeStatus | None:
        self._port.write(commands.real_time_status(question), _STATUS_WAIT_S)
        return self._await(lambda reply: reply if isinstance(reply, RealTimeStatus) else None, _STATUS_WAIT_S)

    def _acknowledge_request(self) -> bytes:
        requests = {
            "process_id": commands.process_id(self._number),
            "paper_status": commands.PAPER_STATUS,
            "none": b"",
        }
        return requests[self._profile.acknowledge]

    def _confirm(self) -> PrintResult:
        if self._profile.acknowledge == "none":
            return PrintResult(Printed.ASSUMED)
        if self._await(self._acknowledgement, _ACKNOWLEDGE_WAIT_S):
            return PrintResult(Printed.ON_PAPER)
        status = self._ask(_PRINTER)
        if status is not None and status.offline:
            return self._offline_cause()
        return self._problem("the printer did not confirm the receipt", "look whether the slip is complete")

    def _acknowledgement(self, reply: Reply) -> bool | None:
        if self._profile.acknowledge == "process_id":
            return True if process_done(reply) == commands.process_id_text(self._number) else None
        return True if isinstance(reply, QueuedStatus) else None

    def _await(self, wanted: Callable[[Reply], R | None], timeout_s: float) -> R | None:
        """The first reply that is wanted; others are passed over."""
        give_up = self._clock() + timeout_s
        while (left_s := give_up - self._clock()) > 0:
            for reply in self._replies.feed(self._port.read(min(left_s, _TICK_S))):
                found = wanted(reply)
                if found is not None:
                    return found
        return None
