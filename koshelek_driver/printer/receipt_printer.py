"""One job after another on one printer, whoever in this program prints."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.printer.connection import Link
from koshelek_driver.printer.job import (
    BUSY,
    DEFAULT_TIMING,
    SLIP_SENSOR,
    STATUS_WAIT_S,
    HoldPolicy,
    Job,
    JobState,
    PrinterCondition,
    PrinterStatus,
    PrinterTiming,
    held_by,
    look_closely,
)
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Item

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile
    from koshelek_driver.transport import StreamPort

_HOLD_S = 30.0
"""How long a job waits for paper before it is taken back or left to the printer."""
_MEND_S = 10.0


class Printed(Enum):
    """How sure it is.

    NOT_SENT: not a byte left. SENT: it left, all or some, and the confirmation is missing: what is printed again is a
    copy. ASSUMED: it left for a printer that cannot confirm.
    """

    NOT_SENT = "not_sent"
    SENT = "sent"
    ASSUMED = "assumed"
    ON_PAPER = "on_paper"


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What became of a job; `cause` is None when nothing is wrong.

    `evidence` is what the word ON_PAPER rests on: the printer's GS ( H, its GS r behind the cut, or empty.
    """

    printed: Printed
    cause: PrinterCondition | None = None
    state: JobState = JobState.QUEUED
    evidence: str = ""

    @property
    def is_printed(self) -> bool:
        """It is on paper, or taken to be where the printer cannot say so."""
        return self.printed in (Printed.ON_PAPER, Printed.ASSUMED)

    @property
    def problem(self) -> str:
        """What is wrong, or empty."""
        return self.cause.problem if self.cause else ""

    @property
    def remedy(self) -> str:
        """What to do about it, or empty."""
        return self.cause.remedy if self.cause else ""


@dataclass(frozen=True, slots=True)
class JobObserver:
    """Whom a job tells how it goes. `before_write` is called once, just before its first byte leaves."""

    before_write: Callable[[], object] = lambda: None
    held: Callable[[PrinterCondition], object] = lambda _hindrance: None


class Printing:
    """A job that waits in the printer: for paper, a closed cover. Nothing else is printed until it ends."""

    def __init__(self, printer: ReceiptPrinter, job: Job, longest_unit: int) -> None:
        self._printer = printer
        self.job = job
        self.longest_unit = longest_unit

    def go_on(self) -> PrintResult:
        """Look whether it goes on; blocks some seconds. A result of state HELD: it waits as before."""
        return self._printer._continue(self, Job.go_on)

    def give_up(self) -> PrintResult:
        """Take back what is not printed, where the printer can; else it comes when the printer can print again."""
        return self._printer._continue(self, Job.give_up)


class ReceiptPrinter:
    """A printer, for any thread; one job at a time. Opened for each job, unless it is `kept` open.

    It never raises for what a printer does. `paced`: nothing on its line stops a sender that is too fast.
    """

    def __init__(
        self,
        open_port: Callable[[], StreamPort],
        profile: PrinterProfile,
        clock: Callable[[], float],
        *,
        paced: bool = False,
        hold_s: float = _HOLD_S,
        timing: PrinterTiming = DEFAULT_TIMING,
    ) -> None:
        self._open_port = open_port
        self.profile = profile
        self._clock = clock
        self._paced = paced
        self._hold_s = hold_s
        self.timing = timing
        self._one_at_a_time = threading.RLock()
        self._is_kept = False
        self._link: Link | None = None
        self._paused: Printing | None = None
        self._torn_unit = self._unended = 0
        self._owes_an_answer = False

    @property
    def columns(self) -> int:
        """Characters a line."""
        return self.profile.columns

    @property
    def codec(self) -> str:
        """The code page that receipts are printed in."""
        return document.codec_of(self.profile)

    def keep(self) -> None:
        """Keep the connection open between jobs, and open it now. Raises PortNotOpened."""
        with self._one_at_a_time:
            self._link = self._link or Link(self._open_port(), self._clock)
            self._is_kept = True

    def let_go(self) -> None:
        """Give up what is paused, and close the connection."""
        with self._one_at_a_time:
            if self._paused is not None:
                self._paused.give_up()
            self._is_kept, self._paused = False, None
            self._hang_up()

    def expect_torn(self, longest_unit: int) -> None:
        """An earlier program may have left a job in its middle; the next one mends that first."""
        with self._one_at_a_time:
            self._torn_unit = self._unended = max(self._torn_unit, longest_unit)
            self._owes_an_answer = True

    def units(self, lines: Iterable[Item]) -> list[bytes]:
        """A whole receipt as units of whole commands, for `print_units`: the first sets up, the last cuts."""
        return document.render(lines, self.profile)

    def print_lines(
        self, lines: Iterable[Item], telling: JobObserver = JobObserver(), *, after_unknown: bool = False
    ) -> PrintResult:
        """Print one receipt; see `print_units`."""
        return self.print_units(self.units(lines), telling, after_unknown=after_unknown)

    def print_units(
        self, units: Sequence[bytes], telling: JobObserver = JobObserver(), *, after_unknown: bool = False
    ) -> PrintResult:
        """Print one job of whole commands. Blocks: some 3 s to ask, `hold_s` for a printer that holds it, else 10 s.

        `after_unknown`: an earlier run of this program did not learn what became of this same job.
        """
        if after_unknown:
            self.expect_torn(max(map(len, units)))
        return self._print(units, HoldPolicy(self._hold_s, telling.held), telling)[0]

    def begin(
        self, units: Sequence[bytes], telling: JobObserver = JobObserver()
    ) -> tuple[PrintResult, Printing | None]:
        """As `print_units`, but a job that the printer holds is left to whoever called, as a Printing."""
        return self._print(units, HoldPolicy(self.timing.pause_s, telling.held, clears=False), telling)

    def status(self) -> PrinterStatus:
        """What the printer says of itself; blocks some 4 s at most, and never raises for what a printer does."""
        with self._one_at_a_time:
            if self._paused is not None and self._paused.job.is_torn:  # a question now would be a part of its picture
                return held_by(self._paused.job.hindrance)
            was_open = self._link is not None
            try:
                with self._linked() as link:
                    return look_closely(link, self._clock)
            except (PortNotOpened, PortLost) as problem:
                if was_open:
                    return self.status()  # it was switched off and on since
                return PrinterStatus(False, PrinterCondition(problem.what, problem.remedy))

    def form_is_in(self) -> bool | None:
        """Whether a form lies in the slip station; None when it does not say. Blocks a second at most."""
        with self._one_at_a_time:
            if self._paused is not None:
                return None
            try:
                with self._linked() as link:
                    answer = link.ask(SLIP_SENSOR, self._clock() + STATUS_WAIT_S)
            except (PortNotOpened, PortLost):
                return None
            return None if answer is None else not answer.slip_missing

    def status_if_free(self) -> PrinterStatus | None:
        """As `status`; None while a job is being printed."""
        if not self._one_at_a_time.acquire(blocking=False):
            return None
        try:
            return self.status()
        finally:
            self._one_at_a_time.release()

    def _print(
        self, units: Sequence[bytes], patience: HoldPolicy, telling: JobObserver
    ) -> tuple[PrintResult, Printing | None]:
        with self._one_at_a_time:
            if self._paused is not None:
                return PrintResult(Printed.NOT_SENT, self._paused.job.hindrance or BUSY), None
            was_open = self._link is not None
            try:
                with self._linked() as link:
                    return self._print_on(link, units, patience, telling)
            except (PortNotOpened, PortLost) as problem:
                if was_open:
                    return self._print(units, patience, telling)  # it was switched off and on since
                return PrintResult(Printed.NOT_SENT, PrinterCondition(problem.what, problem.remedy)), None

    def _print_on(
        self, link: Link, units: Sequence[bytes], patience: HoldPolicy, telling: JobObserver
    ) -> tuple[PrintResult, Printing | None]:
        job = Job(
            link,
            self.profile,
            self._clock,
            patience=patience,
            number=int(self._clock() * 1000) % 10_000,  # another one for each: it may still owe that of an earlier job
            paced=self._paced,
            timing=self.timing,
        )
        if not job.may_begin() or not self._mend(link, job):
            return _result(job, self.profile), None
        telling.before_write()
        job.run(units)
        return self._ended(Printing(self, job, max(map(len, units), default=0)))

    def _continue(self, printing: Printing, how: Callable[[Job], None]) -> PrintResult:
        with self._one_at_a_time:
            if self._paused is not printing:
                return _result(printing.job, self.profile)
            how(printing.job)
            self._paused = None
            return self._ended(printing, gives_up=how is Job.give_up)[0]

    def _ended(self, printing: Printing, *, gives_up: bool = False) -> tuple[PrintResult, Printing | None]:
        job = printing.job
        is_paused = job.state is JobState.HELD and not job.clears and not gives_up
        self._paused = printing if is_paused else None
        self._torn_unit = self._unended = printing.longest_unit if job.is_torn else 0
        self._owes_an_answer = job.state is not JobState.ACKNOWLEDGED
        if job.state is JobState.TORN:
            self._hang_up()
        return _result(job, self.profile), self._paused

    def _mend(self, link: Link, job: Job) -> bool:
        """Have the printer end what is left of an earlier job; False while it does not."""
        if self._torn_unit:
            link.send(document.repair(self._torn_unit, self.profile), self._clock() + _MEND_S)
        return not self._owes_an_answer or job.settle_earlier()

    @contextlib.contextmanager
    def _linked(self) -> Iterator[Link]:
        """The connection, which ends with the job unless it is kept. Raises PortNotOpened, PortLost."""
        self._link = self._link or Link(self._open_port(), self._clock)
        try:
            self._end_picture(self._link)
            yield self._link
        except PortLost:
            self._hang_up()
            raise
        finally:
            if not self._is_kept:
                self._hang_up()

    def _end_picture(self, link: Link) -> None:
        """Before anything is asked: the question would be eaten as the size of a torn picture."""
        if self._unended and link.send(bytes(self._unended), self._clock() + STATUS_WAIT_S):
            self._unended = 0

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def _result(job: Job, profile: PrinterProfile) -> PrintResult:
    if job.state is JobState.ACKNOWLEDGED:
        return PrintResult(Printed.ON_PAPER, state=job.state, evidence=profile.acknowledge)
    if job.state is JobState.SENT and profile.acknowledge == "none":
        return PrintResult(Printed.ASSUMED, state=job.state)
    printed = Printed.NOT_SENT if job.state is JobState.QUEUED else Printed.SENT
    return PrintResult(printed, job.hindrance, job.state)
