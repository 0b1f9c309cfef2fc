"""One receipt after another on one printer, each as a job of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from koshelek_driver.errors import PortLost, PortNotOpened
from koshelek_driver.printer import document
from koshelek_driver.printer.job import PAPER_SENSOR, SILENT, STATUS_WAIT_S, Hindrance, Job, JobState, Patience, look
from koshelek_driver.printer.layout import Line
from koshelek_driver.printer.link import Link

if TYPE_CHECKING:
    from koshelek_driver.profile import PrinterProfile
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
    """What became of a receipt; `problem` and `remedy` are empty when nothing is wrong.

    `evidence` is what the word ON_PAPER rests on: the printer's GS ( H, its GS r behind the cut, or empty.
    """

    printed: Printed
    problem: str = ""
    remedy: str = ""
    state: JobState = JobState.QUEUED
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """Whether it can print now; `hindrance` is why not. `near_end`: its roll is nearly used up."""

    online: bool
    hindrance: Hindrance | None = None
    near_end: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom a job tells how it goes. `before_write` is called once, just before its first byte leaves."""

    before_write: Callable[[], object] = lambda: None
    held: Callable[[Hindrance], object] = lambda _hindrance: None


class ReceiptPrinter:
    """A printer that is opened for each receipt, so no connection grows old. For any thread; one job at a time.

    `print_lines` never raises for what a printer does. `paced`: nothing on its line stops a sender that is too fast.
    """

    def __init__(
        self,
        open_port: Callable[[], StreamPort],
        profile: PrinterProfile,
        clock: Callable[[], float],
        *,
        paced: bool = False,
        hold_s: float = _HOLD_S,
    ) -> None:
        self._open_port = open_port
        self._profile = profile
        self._clock = clock
        self._paced = paced
        self._hold_s = hold_s
        self._one_at_a_time = threading.Lock()
        self._torn_unit = 0
        self._owes_an_answer = False

    @property
    def columns(self) -> int:
        """Characters a line."""
        return self._profile.columns

    @property
    def codec(self) -> str:
        """The code page that receipts are printed in."""
        return document.codec_of(self._profile)

    def units(self, lines: Iterable[Line]) -> list[bytes]:
        """A whole receipt as units of whole commands, for `print_units`: the first sets up, the last cuts."""
        return document.render(lines, self._profile)

    def print_lines(
        self, lines: Iterable[Line], telling: Telling = Telling(), *, after_unknown: bool = False
    ) -> PrintResult:
        """Print one receipt; see `print_units`."""
        return self.print_units(self.units(lines), telling, after_unknown=after_unknown)

    def print_units(
        self, units: Sequence[bytes], telling: Telling = Telling(), *, after_unknown: bool = False
    ) -> PrintResult:
        """Print one job of whole commands. Blocks: some 3 s to ask, `hold_s` for a printer that holds it, else 10 s.

        `after_unknown`: an earlier run of this program did not learn what became of this same job.
        """
        with self._one_at_a_time:
            if after_unknown:
                self._torn_unit, self._owes_an_answer = max(self._torn_unit, *map(len, units)), True
            try:
                link = Link(self._open_port(), self._clock)
            except PortNotOpened as problem:
                return PrintResult(Printed.NOT_SENT, problem.what, problem.remedy)
            try:
                return self._print(link, units, telling)
            finally:
                link.close()

    def status(self) -> PrinterStatus:
        """What the printer says of itself; blocks some 4 s at most, and never raises for what a printer does."""
        with self._one_at_a_time:
            try:
                link = Link(self._open_port(), self._clock)
            except PortNotOpened as problem:
                return PrinterStatus(False, Hindrance(problem.what, problem.remedy))
            try:
                return _status(link, self._clock)
            except PortLost as problem:
                return PrinterStatus(False, Hindrance(problem.what, problem.remedy))
            finally:
                link.close()

    def _print(self, link: Link, units: Sequence[bytes], telling: Telling) -> PrintResult:
        job = Job(
            link,
            self._profile,
            self._clock,
            patience=Patience(self._hold_s, telling.held),
            number=int(self._clock() * 1000) % 10_000,  # another one for each: it may still owe that of an earlier job
            paced=self._paced,
        )
        try:
            if not job.may_begin() or not self._mend(link, job):
                return _result(job, self._profile)
        except PortLost as problem:
            return PrintResult(Printed.NOT_SENT, problem.what, problem.remedy)
        telling.before_write()
        job.run(units)
        self._torn_unit = max(map(len, units), default=0) if job.is_torn else 0
        self._owes_an_answer = job.state is not JobState.ACKNOWLEDGED
        return _result(job, self._profile)

    def _mend(self, link: Link, job: Job) -> bool:
        """Have the printer end what is left of an earlier job; False while it does not."""
        if self._torn_unit:
            link.send(document.repair(self._torn_unit, self._profile), self._clock() + _MEND_S)
        return not self._owes_an_answer or job.settle_earlier()


def _status(link: Link, clock: Callable[[], float]) -> PrinterStatus:
    hindrance = look(link, clock)
    paper = None if hindrance is SILENT else link.ask(PAPER_SENSOR, clock() + STATUS_WAIT_S)
    return PrinterStatus(hindrance is None, hindrance, near_end=paper is not None and paper.paper_near_end)


def _result(job: Job, profile: PrinterProfile) -> PrintResult:
    if job.state is JobState.ACKNOWLEDGED:
        return PrintResult(Printed.ON_PAPER, state=job.state, evidence=profile.acknowledge)
    if job.state is JobState.SENT and profile.acknowledge == "none":
        return PrintResult(Printed.ASSUMED, state=job.state)
    printed = Printed.NOT_SENT if job.state is JobState.QUEUED else Printed.SENT
    problem, remedy = (job.hindrance.problem, job.hindrance.remedy) if job.hindrance else ("", "")
    return PrintResult(printed, problem, remedy, job.state)
