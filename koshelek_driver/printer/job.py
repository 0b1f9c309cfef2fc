"""One print job: sent, held while the printer cannot print, confirmed by the printer.

`job_state` has the states of a job and their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import QueuedStatus, Reply, buffer_cleared, process_done
from koshelek_driver.errors import PortLost
from koshelek_driver.printer.condition import (
    BUSY,
    SILENT,
    STATUS_WAIT_S,
    TAKES_NOTHING,
    UNCONFIRMED,
    PrinterCondition,
    condition_of,
    query_condition,
)
from koshelek_driver.printer.connection import Link
from koshelek_driver.printer.job_state import TRANSITIONS, JobState

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile

_CLEAR_WAIT_S = 3.0
_PROBES = 2


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """The rules for a job that the printer holds.

    Calls `held` once for each new condition and waits for the printer, at most `hold_s` seconds, or until `canceled`
    returns True. Then, with `clears`, the unprinted rest is taken back if the printer can do that; else the job stays
    held and may be resumed.
    """

    hold_s: float
    held: Callable[[PrinterCondition], object]
    clears: bool = True
    canceled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class PrinterTiming:
    """The waits of a job in seconds; tests shorten them.

    `acknowledge_s`: for the confirmation, while the printer reports no fault. `status_every_s`: between two questions
    for the status. `quiet_s`: a printer that takes nothing for longer is stopped, not slow. `pause_s`: how long
    `ReceiptPrinter.begin` waits before it returns a held job.
    """

    acknowledge_s: float = 10.0
    status_every_s: float = 1.0
    quiet_s: float = 0.3
    pause_s: float = 1.0


DEFAULT_TIMING = PrinterTiming()


class Job:
    """One job on one open link.

    Call `run` once; a job that ends HELD may be resumed any number of times.

    `number` is what printers that acknowledge by number confirm. `paced`: the line has no flow control, so the
    printer is asked for its progress while the job is sent.
    """

    def __init__(
        self,
        link: Link,
        profile: PrinterProfile,
        clock: Callable[[], float],
        *,
        policy: HoldPolicy,
        number: int,
        paced: bool,
        timing: PrinterTiming = DEFAULT_TIMING,
    ) -> None:
        self._link = link
        self._profile = profile
        self._clock = clock
        self._policy = policy
        self._number = number
        self._paced = paced
        self._timing = timing
        self._held_since_s: float | None = None
        self._unsent: deque[bytes] = deque()
        self._awaits_progress = False
        self.state = JobState.QUEUED
        self.hindrance: PrinterCondition | None = None

    @property
    def clears(self) -> bool:
        """True if the unprinted rest is taken back automatically when the hold expires."""
        return self._policy.clears

    @property
    def is_interrupted(self) -> bool:
        """True if a command or the paper may be incomplete.

        The printer may wait for the rest of a command, or have a part of the job on its paper.
        """
        return self.state in (JobState.INTERRUPTED, JobState.CLEARED) or (
            self.state is JobState.HELD and bool(self._unsent)
        )

    def settle_earlier(self) -> bool:
        """Collect the late response to an earlier job: it must not count for this one.

        Replies to GS r come in order. After the replies to both our questions and then silence, no reply to an earlier
        job can still come. Returns False if they did not come in time: the printer is still busy.
        """
        if self._profile.acknowledge != "paper_status":
            return True  # its responses have numbers
        until_s = self._clock() + self._timing.acknowledge_s
        sent = self._link.send(commands.PAPER_STATUS * _PROBES, until_s)
        answers = [self._link.await_reply(_queued, until_s) for _ in range(_PROBES)]
        while self._link.await_reply(_queued, self._clock() + self._timing.quiet_s):
            pass
        self.hindrance = None if sent and all(answers) else BUSY
        return self.hindrance is None

    def may_begin(self) -> bool:
        """Return True unless the printer reports that it cannot print.

        If it returns False, `hindrance` is the reason.
        """
        if self._profile.acknowledge == "none":
            return True
        self.hindrance = query_condition(self._link, self._clock)
        return self.hindrance is None

    def run(self, units: Sequence[bytes]) -> None:
        """Send units of whole commands and wait for the confirmation.

        Blocks: up to `hold_s` while the printer holds the job, else `acknowledge_s` after the last byte. The end is in
        `state` and `hindrance`; no printer fault raises.
        """
        pieces = _pieces([*units, self._acknowledge_request()], self._profile.pacing_bytes if self._is_paced() else 0)
        self._unsent.extend(pieces)
        self.resume()

    def resume(self) -> None:
        """Send the rest of a held job and wait as `run` does."""
        self._become(JobState.SENT)
        self._held_since_s = None
        try:
            self._send()
            if self.state is JobState.SENT:
                self._confirm()
        except PortLost as problem:
            self._interrupt(problem)

    def cancel(self) -> None:
        """Take back the unprinted rest of a held job, if the printer can do that.

        Blocks up to 3 s.
        """
        try:
            if self._clear():
                self._become(JobState.CLEARED)
        except PortLost as problem:
            self._interrupt(problem)

    def _become(self, state: JobState) -> None:
        assert state is self.state or state in TRANSITIONS[self.state]
        self.state = state

    def _interrupt(self, problem: PortLost) -> None:
        self._become(JobState.INTERRUPTED)
        self.hindrance = PrinterCondition(problem.what, problem.remedy)

    # --- sending

    def _send(self) -> None:
        while self._unsent or self._awaits_progress:
            if self._awaits_progress and not self._catches_up():
                return
            if not self._send_piece():
                return
            if self._unsent:
                self._unsent.popleft()
                self._awaits_progress = self._is_paced() and self._ask_progress()

    def _send_piece(self) -> bool:
        """Send the first piece; False if the hold expired before the printer took all of it."""
        while self._unsent and self._unsent[0]:
            taken = self._link.send_some(self._unsent[0])
            self._unsent[0] = self._unsent[0][taken:]
            if taken and not self._is_stopped():
                self._clear_hold()
            elif self._hold_expired(TAKES_NOTHING):
                return False
        return True

    def _is_paced(self) -> bool:
        """Return True if the printer must be asked for its progress: on a line without flow control."""
        return self._paced and self._profile.pacing_bytes > 0 and self._profile.acknowledge != "none"

    def _ask_progress(self) -> bool:
        """Ask for a response behind what was sent.

        A printer that does not take the question takes no data either.
        """
        return self._link.send(commands.PAPER_STATUS, self._clock() + STATUS_WAIT_S)

    def _catches_up(self) -> bool:
        """Wait until the printer has processed what was sent; False if the hold expired."""
        while self._link.await_reply(_queued, self._clock() + self._timing.status_every_s) is None:
            if self._hold_expired(TAKES_NOTHING):
                return False
        self._awaits_progress = False
        self._clear_hold()
        return True

    # --- waiting for the confirmation

    def _confirm(self) -> None:
        if self._profile.acknowledge == "none":
            self._become(JobState.ASSUMED)
            return
        deadline_s = self._clock() + self._timing.acknowledge_s
        while not self._link.await_reply(self._acknowledgement, self._clock() + self._timing.status_every_s):
            cause = query_condition(self._link, self._clock)
            if cause is not None and cause is not SILENT:
                deadline_s = self._clock() + self._timing.acknowledge_s
                if self._hold_expired(cause):
                    return
            elif self._clock() >= deadline_s:
                self.hindrance = cause or UNCONFIRMED
                return
            elif cause is None:
                self._clear_hold()
        self._become(JobState.ACKNOWLEDGED)
        self.hindrance = None

    def _acknowledge_request(self) -> bytes:
        """The command whose response confirms that all before it is on paper."""
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
        return self._reported_condition() is not None

    def _reported_condition(self) -> PrinterCondition | None:
        """The condition that the printer sent without a question."""
        automatic = self._link.automatic
        return None if automatic is None or not automatic.offline else condition_of(automatic)

    def _clear_hold(self) -> None:
        """The printer takes data again."""
        if self._held_since_s is not None:
            self._held_since_s, self.hindrance = None, None
            self._become(JobState.SENT)

    def _hold_expired(self, otherwise: PrinterCondition) -> bool:
        """Report a stopped printer once; return True when the hold is over.

        `otherwise`: the condition if the printer sent none.
        """
        now_s = self._clock()
        if self._held_since_s is None:
            self._held_since_s = now_s
        cause = self._reported_condition() or otherwise
        waited_s = now_s - self._held_since_s
        if waited_s >= self._timing.quiet_s and cause is not self.hindrance:
            self.hindrance = cause
            self._become(JobState.HELD)
            self._policy.held(cause)
        is_canceled = self.state is JobState.HELD and self._policy.canceled()  # a slow printer is not a held job
        if waited_s < self._policy.hold_s and not is_canceled:
            return False
        self._become(JobState.HELD)
        if self._policy.clears and self._clear():
            self._become(JobState.CLEARED)
        return True

    def _clear(self) -> bool:
        """Return True if the printer confirms that it has dropped its buffer."""
        if self._profile.clear != "dc4":
            return False
        until_s = self._clock() + _CLEAR_WAIT_S
        sent = self._link.send(commands.CLEAR_BUFFERS, until_s)
        return sent and bool(self._link.await_reply(lambda reply: buffer_cleared(reply) or None, until_s))


def _queued(reply: Reply) -> bool | None:
    return True if isinstance(reply, QueuedStatus) else None


def _pieces(units: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Whole commands: all in one piece for size 0, else pieces of about `size` bytes that fit a printer's buffer."""
    piece = b""
    for unit in units:
        if size and piece and len(piece) + len(unit) > size:
            yield piece
            piece = b""
        piece += unit
    yield piece
