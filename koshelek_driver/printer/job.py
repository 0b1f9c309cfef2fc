"""One print job: sent as the printer takes it, held while it cannot print, and over only when the printer says so.

    QUEUED -> SENT -> ACKNOWLEDGED

QUEUED: it cannot print now, and not a byte of the job left. SENT <-> HELD: no paper, an open cover, an error; it
goes on by itself. HELD -> CLEARED: what it had not printed was taken back, and nothing more comes of the job. SENT or
HELD -> TORN: the connection broke, and nobody knows what of it is on paper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import (
    AutomaticStatus,
    QueuedStatus,
    RealTimeStatus,
    Reply,
    buffer_cleared,
    process_done,
)
from koshelek_driver.errors import PortLost
from koshelek_driver.printer.connection import Link

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile

STATUS_WAIT_S = 1.0
_CLEAR_WAIT_S = 3.0
_PRINTER, _OFFLINE_CAUSE, _PAPER_SENSOR, SLIP_SENSOR = 1, 2, 4, 5
"""The questions of DLE EOT."""
_PROBES = 2


class JobState(StrEnum):
    """How a job stands; see above."""

    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    TORN = "torn"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class PrinterCondition:
    """Why a printer does not print, and what to do."""

    problem: str
    remedy: str


SILENT = PrinterCondition("the printer does not answer", "switch it off and on; check its profile in the site file")
COVER = PrinterCondition("the printer's cover is open", "close the cover")
PAPER = PrinterCondition("the printer is out of paper", "put in a new roll")
ERROR = PrinterCondition("the printer reports an error", "clear a jam at the cutter, switch it off and on")
OFFLINE = PrinterCondition("the printer is offline", "press its feed button, or switch it off and on")
BUSY = PrinterCondition("the printer is still busy with an earlier receipt", "wait for it, then repeat")
TAKES_NOTHING = PrinterCondition("the printer takes no more data", "look whether it has paper and shows an error")
UNCONFIRMED = PrinterCondition("the printer did not confirm the receipt", "look whether the slip is complete")


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """Whether it can print now; `hindrance` is why not. `near_end`: its roll is nearly used up.

    `answered`: it said so itself, and the rest is what it said. `drawer_high`: the level of the cash drawer's pin; what
    that means depends on the drawer.
    """

    online: bool
    hindrance: PrinterCondition | None = None
    answered: bool = False
    near_end: bool = False
    paper_end: bool = False
    cover_open: bool = False
    drawer_high: bool = False


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How long a job waits, in seconds, for a printer that holds it, and whom it tells meanwhile.

    `clears`: what is not printed by then is taken back, where the printer can do that; else it stays held, to go on.
    """

    hold_s: float
    held: Callable[[PrinterCondition], object]
    clears: bool = True


@dataclass(frozen=True, slots=True)
class PrinterTiming:
    """Seconds that a job waits; tests shorten them.

    `acknowledge_s`: for the acknowledgement of a printer that reports no fault. `status_every_s`: between two questions
    for its status. `quiet_s`: until silence counts. `pause_s`: how long a job waits that can be paused.
    """

    acknowledge_s: float = 10.0
    status_every_s: float = 1.0
    quiet_s: float = 0.3
    pause_s: float = 1.0


DEFAULT_TIMING = PrinterTiming()


class Job:
    """One job on one open link. `number` names it to printers that acknowledge by number. Use `run` once.

    One that ends HELD may `go_on`, any number of times, or be given up. `paced`: nothing on this line stops a sender
    that is too fast.
    """

    def __init__(
        self,
        link: Link,
        profile: PrinterProfile,
        clock: Callable[[], float],
        *,
        patience: HoldPolicy,
        number: int,
        paced: bool,
        timing: PrinterTiming = DEFAULT_TIMING,
    ) -> None:
        self._link = link
        self._profile = profile
        self._clock = clock
        self._patience = patience
        self._number = number
        self._paced = paced
        self._timing = timing
        self._held_since_s: float | None = None
        self._unsent: deque[bytes] = deque()
        self._is_asked_how_far = False
        self.state = JobState.QUEUED
        self.hindrance: PrinterCondition | None = None

    @property
    def clears(self) -> bool:
        """Whether it is taken back by itself once its patience ends."""
        return self._patience.clears

    @property
    def is_torn(self) -> bool:
        """The printer may wait for the rest of a command, or have a part of the job on its paper."""
        return self.state in (JobState.TORN, JobState.CLEARED) or (self.state is JobState.HELD and bool(self._unsent))

    def settle_earlier(self) -> bool:
        """Let a printer that owes an answer to an earlier job say it now, so that it is not taken for this job's.

        Answers to GS r come in the order of the questions: after two of our own and some silence nothing is owed. False
        when they did not come: the printer is still busy with the earlier job.
        """
        if self._profile.acknowledge != "paper_status":
            return True  # its answers have numbers
        until_s = self._clock() + self._timing.acknowledge_s
        sent = self._link.send(commands.PAPER_STATUS * _PROBES, until_s)
        answers = [self._link.await_reply(_queued, until_s) for _ in range(_PROBES)]
        while self._link.await_reply(_queued, self._clock() + self._timing.quiet_s):
            pass
        self.hindrance = None if sent and all(answers) else BUSY
        return self.hindrance is None

    def may_begin(self) -> bool:
        """Whether the printer can print now, as far as it can say; else `hindrance` is why not."""
        if self._profile.acknowledge == "none":
            return True
        self.hindrance = look(self._link, self._clock)
        return self.hindrance is None

    def run(self, units: Sequence[bytes]) -> None:
        """Send and wait. Each unit is whole commands. Ends with a state; raises nothing for what a printer does."""
        pieces = _pieces([*units, self._acknowledge_request()], self._profile.pacing_bytes if self._is_paced() else 0)
        self._unsent.extend(pieces)
        self.go_on()

    def give_up(self) -> None:
        """Take back what a held job has not printed, where the printer can do that."""
        try:
            self.state = JobState.CLEARED if self._clear() else JobState.HELD
        except PortLost as problem:
            self.state, self.hindrance = JobState.TORN, PrinterCondition(problem.what, problem.remedy)

    def go_on(self) -> None:
        """Send what is left, and wait as before; ends as `run` does."""
        self.state, self._held_since_s = JobState.SENT, None
        try:
            self._send()
            if self.state is JobState.SENT:
                self._confirm()
        except PortLost as problem:
            self.state, self.hindrance = JobState.TORN, PrinterCondition(problem.what, problem.remedy)

    # --- sending

    def _send(self) -> None:
        while self._unsent or self._is_asked_how_far:
            if self._is_asked_how_far and not self._catches_up():
                return
            while self._unsent and self._unsent[0]:
                taken = self._link.send_some(self._unsent[0])
                self._unsent[0] = self._unsent[0][taken:]
                if taken and not self._is_stopped():
                    self._goes_on()
                elif self._gives_up(TAKES_NOTHING):
                    return
            if self._unsent:
                self._unsent.popleft()
                self._is_asked_how_far = self._is_paced() and self._ask_how_far()

    def _is_paced(self) -> bool:
        """A line on which nobody stops the sender: the printer is asked, again and again, how far it is."""
        return self._paced and self._profile.pacing_bytes > 0 and self._profile.acknowledge != "none"

    def _ask_how_far(self) -> bool:
        """Whether the question left; a printer that takes none of it is soon found to take nothing else."""
        return self._link.send(commands.PAPER_STATUS, self._clock() + STATUS_WAIT_S)

    def _catches_up(self) -> bool:
        """Wait until the printer has processed what it got; False when the job was given up."""
        while self._link.await_reply(_queued, self._clock() + self._timing.status_every_s) is None:
            if self._gives_up(TAKES_NOTHING):
                return False
        self._is_asked_how_far = False
        self._goes_on()
        return True

    # --- waiting for paper

    def _confirm(self) -> None:
        if self._profile.acknowledge == "none":
            return
        give_up_s = self._clock() + self._timing.acknowledge_s
        while not self._link.await_reply(self._acknowledgement, self._clock() + self._timing.status_every_s):
            cause = look(self._link, self._clock)
            if cause is not None and cause is not SILENT:
                give_up_s = self._clock() + self._timing.acknowledge_s
                if self._gives_up(cause):
                    return
            elif self._clock() >= give_up_s:
                self.hindrance = cause or UNCONFIRMED
                return
            elif cause is None:
                self._goes_on()
        self.state, self.hindrance = JobState.ACKNOWLEDGED, None

    def _acknowledge_request(self) -> bytes:
        """What has the printer say that all before it is on paper."""
        requests = {
            "process_id": commands.process_id(self._number),
            "paper_status": commands.PAPER_STATUS,
            "none": b"",
        }
        return requests[self._profile.acknowledge]

    def _acknowledgement(self, reply: Reply) -> bool | None:
        if self._profile.acknowledge == "process_id":
            return True if process_done(reply) == commands.process_id_text(self._number) else None
        return _queued(reply)

    # --- a printer that stopped

    def _is_stopped(self) -> bool:
        return self._stopped_by() is not None

    def _stopped_by(self) -> PrinterCondition | None:
        """What the printer said by itself."""
        automatic = self._link.automatic
        return None if automatic is None or not automatic.offline else cause_of(automatic)

    def _goes_on(self) -> None:
        if self._held_since_s is not None:
            self._held_since_s, self.hindrance, self.state = None, None, JobState.SENT

    def _gives_up(self, otherwise: PrinterCondition) -> bool:
        """The printer does not go on: tell it once, wait, and at last take back what it has not printed."""
        now_s = self._clock()
        if self._held_since_s is None:
            self._held_since_s = now_s
        cause = self._stopped_by() or otherwise
        waited_s = now_s - self._held_since_s
        if waited_s >= self._timing.quiet_s and cause is not self.hindrance:
            self.hindrance, self.state = cause, JobState.HELD
            self._patience.held(cause)
        if waited_s < self._patience.hold_s:
            return False
        self.state = JobState.CLEARED if self._patience.clears and self._clear() else JobState.HELD
        return True

    def _clear(self) -> bool:
        """Whether the printer confirms that it has forgotten what it has not printed."""
        if self._profile.clear != "dc4":
            return False
        until_s = self._clock() + _CLEAR_WAIT_S
        sent = self._link.send(commands.CLEAR_BUFFERS, until_s)
        return sent and bool(self._link.await_reply(lambda reply: buffer_cleared(reply) or None, until_s))


def look(link: Link, clock: Callable[[], float]) -> PrinterCondition | None:
    """What hinders the printer now, asked of it; None when nothing does. Raises PortLost."""
    status = link.ask(_PRINTER, clock() + STATUS_WAIT_S)
    if status is None:
        return SILENT
    return _cause(link, clock)[0] if status.offline else None


def look_closely(link: Link, clock: Callable[[], float]) -> PrinterStatus:
    """As `look`, with what its sensors say also while it can print. Raises PortLost."""
    status = link.ask(_PRINTER, clock() + STATUS_WAIT_S)
    if status is None:
        return PrinterStatus(False, SILENT)
    hindrance, cause, paper = _cause(link, clock)
    return PrinterStatus(
        not status.offline,
        hindrance if status.offline else None,
        answered=True,
        near_end=paper is not None and paper.paper_near_end,
        paper_end=paper is not None and paper.paper_end,
        cover_open=cause is not None and cause.cover_open,
        drawer_high=status.drawer_high,
    )


def held_by(hindrance: PrinterCondition | None) -> PrinterStatus:
    """What is known of a printer that holds a job, without asking it."""
    paper, cover = hindrance is PAPER, hindrance is COVER
    return PrinterStatus(False, hindrance, answered=True, paper_end=paper, cover_open=cover)


def _cause(
    link: Link, clock: Callable[[], float]
) -> tuple[PrinterCondition, RealTimeStatus | None, RealTimeStatus | None]:
    """Why it is offline, if it is, and the answers that say so."""
    cause = link.ask(_OFFLINE_CAUSE, clock() + STATUS_WAIT_S)
    paper = link.ask(_PAPER_SENSOR, clock() + STATUS_WAIT_S)
    if cause is not None and cause.cover_open:
        return COVER, cause, paper
    if paper is not None and paper.paper_end:
        return PAPER, cause, paper
    return ERROR if cause is not None and cause.error else OFFLINE, cause, paper


def cause_of(status: AutomaticStatus) -> PrinterCondition:
    """Why a printer is offline, by its four bytes."""
    if status.cover_open:
        return COVER
    if status.paper_end:
        return PAPER
    return ERROR if status.error else OFFLINE


def _queued(reply: Reply) -> bool | None:
    return True if isinstance(reply, QueuedStatus) else None


def _pieces(units: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Whole commands: all at once for size 0, or about so many bytes that a printer whom nobody stops has room."""
    piece = b""
    for unit in units:
        if size and piece and len(piece) + len(unit) > size:
            yield piece
            piece = b""
        piece += unit
    yield piece
