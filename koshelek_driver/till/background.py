"""What goes on beside the sales of a till, on connections and threads of its own; see `payment.caretaker`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from koshelek_driver.accounting.closing import Closing
from koshelek_driver.config.site import Site
from koshelek_driver.errors import BusyError
from koshelek_driver.pay_api.client import PayApiClient
from koshelek_driver.payment.outbox import Outbox
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.recovery import Recovery
from koshelek_driver.till.assembly import build_endpoint, build_outbox, build_payment_parts
from koshelek_driver.till.scheduler import ScheduledJob, Scheduler

if TYPE_CHECKING:
    from koshelek_driver.ledger.till_ledger import TillLedger

_SETTLE_EVERY_S, _SEND_EVERY_S, _RELEASE_EVERY_S = 30.0, 5.0, 30.0
_DAY_LOOK_S, _BACKUP_LOOK_S, _BACKUP_EVERY_S = 30.0, 3600.0, 86_400.0


class BackgroundWork:
    """Nothing goes on before `start`; what can be asked for at once works without it."""

    def __init__(self, settings: Site, till: PaymentParts, reports: Closing, ledger: TillLedger | None) -> None:
        self._site = settings
        self._till = till
        self._reports = reports
        self._ledger = ledger
        self._line: PayApiClient | None = None
        self._caretakers: list[Scheduler] = []
        self.outbox: Outbox = build_outbox(settings, till)
        """What is said to the host when no cashier waits."""

    def line(self) -> PayApiClient:
        """The connection for what no cashier waits for."""
        if self._line is None:
            clock = self._till.clock
            self._line = PayApiClient(build_endpoint(self._site), clock.now_s, clock.unix_s)
        return self._line

    def start(self, warm: Callable[[], object]) -> Scheduler:
        """Begin, once. `warm` keeps the connection of the sales open."""
        if not self._caretakers:
            self._caretakers.append(self._caretaker(warm))
            if self._ledger is not None:
                self._caretakers.append(self._feeder(self._ledger))
            for caretaker in self._caretakers:
                caretaker.start()
        return self._caretakers[0]

    def nudge(self) -> None:
        """There is news of the host."""
        if self._caretakers:
            self._caretakers[0].nudge()

    def stop(self) -> None:
        """End; waits for what is just being done."""
        for caretaker in self._caretakers:
            caretaker.stop()

    def close(self) -> None:
        """Close its connections."""
        if self._line is not None:
            self._line.close()
        if self._ledger is not None:
            self._ledger.close()

    def _caretaker(self, warm: Callable[[], object]) -> Scheduler:
        api, line = self._site.pay_api, self.line()
        orphans = Recovery(build_payment_parts(self._site, line, self._till.journal, self._till.clock))
        settle_every_s = _SETTLE_EVERY_S if api.automatic.settle_orphans else 0.0
        chores = (
            ScheduledJob("keeping the line warm", api.timing.keep_warm_s, warm),
            ScheduledJob("ending what is open", settle_every_s, lambda: orphans.settle_orphans(made.goes_on)),
            ScheduledJob("closing the business day", _DAY_LOOK_S, self._reports.close_due),
            ScheduledJob("copying the journal", _BACKUP_LOOK_S, self._back_up),
            ScheduledJob("sending", _SEND_EVERY_S, lambda: self.outbox.send_due(line, made.goes_on)),
        )
        made = Scheduler(chores, self._till.clock.now_s)
        return made

    def _feeder(self, ledger: TillLedger) -> Scheduler:
        """It has a thread of its own: a ledger that does not answer keeps nothing else waiting."""
        chores = (
            ScheduledJob(
                "feeding the shop's ledger", self._site.ledger.feed_every_s, lambda: ledger.feed(made.goes_on)
            ),
            ScheduledJob("tidying the shop's ledger", _RELEASE_EVERY_S, lambda: self._release_lost(ledger)),
        )
        made = Scheduler(chores, self._till.clock.now_s, name="ledger")
        return made

    def _release_lost(self, ledger: TillLedger) -> None:
        with suppress(BusyError):  # a cashier is at it: later, then
            ledger.release_lost(partial(self._till.lock.hold, "the look for what never began", wait_s=0))

    def _back_up(self) -> None:
        """Once a day, whenever the driver was started."""
        target = self._site.backup
        if target is not None and self._till.clock.unix_s() - _modified_s(target) > _BACKUP_EVERY_S:
            self._till.journal.database.backup(target)


def _modified_s(file: Path) -> float:
    """When a file was written, Unix time; 0 when there is none."""
    return file.stat().st_mtime if file.exists() else 0.0
