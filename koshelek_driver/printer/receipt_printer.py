"""One printer for all threads of a program, one job at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.printer.condition import (
    BUSY,
    SLIP_SENSOR,
    STATUS_WAIT_S,
    PrinterCondition,
    PrinterStatus,
    query_sensors,
    status_of_hold,
)
from koshelek_driver.printer.connection import Link
from koshelek_driver.printer.job import DEFAULT_TIMING, HoldPolicy, Job, PrinterTiming
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Item

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile
    from koshelek_driver.transport import StreamPort

_HOLD_S = 30.0
"""Longest wait of a job for paper, before its rest is taken back or left to the printer."""
_MEND_S = 10.0
"""Longest time to send what repairs a printer after an interrupted job."""


@dataclass(frozen=True, slots=True)
class PrintResult:
    """The end of a print job: its state, and the condition that prevented paper.

    `evidence`: how the printer confirmed, `process_id` (GS ( H) or `paper_status` (GS r behind the cut). Empty if it
    did not.
    """

    state: JobState
    cause: PrinterCondition | None = None
    evidence: str = ""

    @property
    def is_printed(self) -> bool:
        """True if the job is on paper, confirmed or assumed."""
        return self.state.is_printed

    @property
    def printed(self) -> str:
        """One word for how certain it is that the job is on paper: not_sent, sent, assumed, on_paper."""
        return self.state.printed

    @property
    def problem(self) -> str:
        """The problem in words, or empty."""
        return self.cause.problem if self.cause else ""

    @property
    def remedy(self) -> str:
        """The remedy in words, or empty."""
        return self.cause.remedy if self.cause else ""


@dataclass(frozen=True, slots=True)
class JobObserver:
    """Callbacks of a job.

    `before_write` is called once, just before the first byte leaves; `held` for each hold. While the printer holds the
    job, `canceled` is asked several times a second: True ends the wait.
    """

    before_write: Callable[[], object] = lambda: None
    held: Callable[[PrinterCondition], object] = lambda _hindrance: None
    canceled: Callable[[], bool] = lambda: False


class Printing:
    """A job that waits in the printer until paper is in and the cover is closed.

    Nothing else is printed until it ends.
    """

    def __init__(self, printer: ReceiptPrinter, job: Job, longest_unit: int) -> None:
        self._printer = printer
        self.job = job
        self.longest_unit = longest_unit

    def resume(self) -> PrintResult:
        """Try to print the rest; blocks some seconds.

        A result in state HELD means that the job waits as before.
        """
        return self._printer.resume(self)

    def cancel(self) -> PrintResult:
        """Take back the unprinted rest if the printer can do that.

        Otherwise the rest is printed when the printer can print again.
        """
        return self._printer.cancel(self)


class ReceiptPrinter:
    """A printer for any number of threads; one job at a time.

    Opened for each job, unless `keep` was called.

    Faults of the printer never raise; they are in the results. `paced`: the line has no flow control, so the driver
    must not send faster than the printer prints.
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
        self._keeps_open = False
        self._link: Link | None = None
        self._paused: Printing | None = None
        self._interrupted_unit = self._unended = 0
        self._owes_response = False

    @property
    def columns(self) -> int:
        """Characters a line."""
        return self.profile.columns

    @property
    def codec(self) -> str:
        """The code page that receipts are printed in, as a Python codec."""
        return document.codec_of(self.profile)

    def keep(self) -> None:
        """Open the connection now and keep it open between jobs. Raises PortNotOpened."""
        with self._one_at_a_time:
            self._link = self._link or Link(self._open_port(), self._clock)
            self._keeps_open = True

    def let_go(self) -> None:
        """Cancel a job that waits, and close the connection."""
        with self._one_at_a_time:
            if self._paused is not None:
                self._paused.cancel()
            self._keeps_open, self._paused = False, None
            self._hang_up()

    def expect_interrupted(self, longest_unit: int) -> None:
        """Repair the printer before the next job, after a program that was killed while it printed.

        `longest_unit`: bytes of the longest command of that job, which may be incomplete in the printer.
        """
        with self._one_at_a_time:
            self._interrupted_unit = self._unended = max(self._interrupted_unit, longest_unit)
            self._owes_response = True

    def units(self, lines: Iterable[Item], *, is_fitted: bool = False) -> list[bytes]:
        """Render a whole receipt as units of whole commands; see `document.render`.

        The first sets the printer up, the last cuts.
        """
        return document.render(lines, self.profile, is_fitted=is_fitted)

    def print_lines(
        self,
        lines: Iterable[Item],
        observer: JobObserver = JobObserver(),
        *,
        after_unknown: bool = False,
        is_fitted: bool = False,
    ) -> PrintResult:
        """Print one receipt; see `units` and `print_units`."""
        return self.print_units(self.units(lines, is_fitted=is_fitted), observer, after_unknown=after_unknown)

    def print_units(
        self, units: Sequence[bytes], observer: JobObserver = JobObserver(), *, after_unknown: bool = False
    ) -> PrintResult:
        """Print one job of whole commands.

        Blocks: some 3 s to ask for the status, `hold_s` for a printer that holds the job, else 10 s for the
        confirmation. `after_unknown`: an earlier run printed this job and never learned how it ended.
        """
        if after_unknown:
            self.expect_interrupted(max(map(len, units)))
        return self._print(units, HoldPolicy(self._hold_s, observer.held, canceled=observer.canceled), observer)[0]

    def begin(
        self, units: Sequence[bytes], observer: JobObserver = JobObserver()
    ) -> tuple[PrintResult, Printing | None]:
        """Print as `print_units` does, but return a held job to the caller as a Printing."""
        return self._print(units, HoldPolicy(self.timing.pause_s, observer.held, clears=False), observer)

    def resume(self, printing: Printing) -> PrintResult:
        """Print the rest of a job that waits; see `Printing.resume`."""
        with self._one_at_a_time:
            if self._paused is not printing:
                return _result(printing.job, self.profile)
            printing.job.resume()
            return self._ended(printing, may_wait=not printing.job.clears)[0]

    def cancel(self, printing: Printing) -> PrintResult:
        """Take back the rest of a job that waits; see `Printing.cancel`."""
        with self._one_at_a_time:
            if self._paused is not printing:
                return _result(printing.job, self.profile)
            printing.job.cancel()
            return self._ended(printing, may_wait=False)[0]

    def status(self) -> PrinterStatus:
        """Ask the printer for its status and sensors; blocks 4 s at most.

        No printer fault raises.
        """
        with self._one_at_a_time:
            if self._paused is not None and self._paused.job.is_interrupted:
                # a question now would become a part of the picture that is incomplete in the printer
                return status_of_hold(self._paused.job.hindrance)
            was_open = self._link is not None
            try:
                with self._linked() as link:
                    return query_sensors(link, self._clock)
            except (PortNotOpened, PortLost) as problem:
                if was_open:
                    return self.status()  # it was switched off and on since
                return PrinterStatus(False, PrinterCondition(problem.what, problem.remedy))

    def form_is_in(self) -> bool | None:
        """Return True if a form is in the slip station.

        Returns None if that is unknown. Blocks a second at most.
        """
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
        """Ask as `status` does; None while a job is being printed."""
        if not self._one_at_a_time.acquire(blocking=False):
            return None
        try:
            return self.status()
        finally:
            self._one_at_a_time.release()

    def _print(
        self, units: Sequence[bytes], policy: HoldPolicy, observer: JobObserver
    ) -> tuple[PrintResult, Printing | None]:
        with self._one_at_a_time:
            if self._paused is not None:
                return PrintResult(JobState.QUEUED, self._paused.job.hindrance or BUSY), None
            was_open = self._link is not None
            try:
                with self._linked() as link:
                    return self._print_on(link, units, policy, observer)
            except (PortNotOpened, PortLost) as problem:
                if was_open:
                    return self._print(units, policy, observer)  # it was switched off and on since
                return PrintResult(JobState.QUEUED, PrinterCondition(problem.what, problem.remedy)), None

    def _print_on(
        self, link: Link, units: Sequence[bytes], policy: HoldPolicy, observer: JobObserver
    ) -> tuple[PrintResult, Printing | None]:
        job = Job(
            link,
            self.profile,
            self._clock,
            policy=policy,
            number=int(self._clock() * 1000) % 10_000,  # a new number: the response to an earlier job may still come
            paced=self._paced,
            timing=self.timing,
        )
        if not job.may_begin() or not self._mend(link, job):
            return _result(job, self.profile), None
        observer.before_write()
        job.run(units)
        return self._ended(Printing(self, job, max(map(len, units), default=0)), may_wait=not job.clears)

    def _ended(self, printing: Printing, *, may_wait: bool) -> tuple[PrintResult, Printing | None]:
        """Keep in mind what the next job needs to know about this one.

        `may_wait`: whether a held job may be handed back to its caller.
        """
        job = printing.job
        self._paused = printing if job.state is JobState.HELD and may_wait else None
        self._interrupted_unit = self._unended = printing.longest_unit if job.is_interrupted else 0
        self._owes_response = job.state is not JobState.ACKNOWLEDGED
        if job.state is JobState.INTERRUPTED:
            self._hang_up()
        return _result(job, self.profile), self._paused

    def _mend(self, link: Link, job: Job) -> bool:
        """Make the printer end the rest of an earlier job; False while it does not."""
        if self._interrupted_unit:
            link.send(document.repair(self._interrupted_unit, self.profile), self._clock() + _MEND_S)
        return not self._owes_response or job.settle_earlier()

    @contextlib.contextmanager
    def _linked(self) -> Iterator[Link]:
        """Yield the connection, which is closed afterwards unless `keep` was called. Raises PortNotOpened, PortLost."""
        self._link = self._link or Link(self._open_port(), self._clock)
        try:
            self._end_picture(self._link)
            yield self._link
        except PortLost:
            self._hang_up()
            raise
        finally:
            if not self._keeps_open:
                self._hang_up()

    def _end_picture(self, link: Link) -> None:
        """End an incomplete picture first: the printer would read the question as its data."""
        if self._unended and link.send(bytes(self._unended), self._clock() + STATUS_WAIT_S):
            self._unended = 0

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def _result(job: Job, profile: PrinterProfile) -> PrintResult:
    if job.state is JobState.ACKNOWLEDGED:
        return PrintResult(job.state, evidence=profile.acknowledge)
    return PrintResult(job.state, job.hindrance)
