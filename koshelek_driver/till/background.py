"""Work beside the sales of a till, on connections of its own.

It runs on threads of its own, so no cashier waits for it. The till's lock is taken only for a short look at the
journal, and only if it is free; no call to the host or the ledger is made under it. That is safe because every request
of a payment keeps its requestId, and the host alone decides how a payment ends.
"""

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
    """Keeps the connection warm, settles open payments, sends receipts, copies the journal, feeds the ledger.

    Nothing runs before `start`.
    """

    def __init__(self, site: Site, parts: PaymentParts, days: Closing, ledger: TillLedger | None) -> None:
        self._site = site
        self._parts = parts
        self._days = days
        self._ledger = ledger
        self._line: PayApiClient | None = None
        self._schedulers: list[Scheduler] = []
        self.outbox: Outbox = build_outbox(site, parts)
        """Messages for the host that no cashier waits for."""

    def line(self) -> PayApiClient:
        """Return the connection for calls that no cashier waits for."""
        if self._line is None:
            clock = self._parts.clock
            self._line = PayApiClient(build_endpoint(self._site), clock.now_s, clock.unix_s)
        return self._line

    def start(self, warm: Callable[[], object]) -> Scheduler:
        """Start the work, once, and return its scheduler. `warm` keeps the connection of the sales open."""
        if not self._schedulers:
            self._schedulers.append(self._scheduler(warm))
            if self._ledger is not None:
                self._schedulers.append(self._feeder(self._ledger))
            for scheduler in self._schedulers:
                scheduler.start()
        return self._schedulers[0]

    def nudge(self) -> None:
        """Run every job but those of the shop's ledger soon: the host has news."""
        if self._schedulers:
            self._schedulers[0].nudge()

    def stop(self) -> None:
        """Stop the work. Blocks until the job under way has ended."""
        for scheduler in self._schedulers:
            scheduler.stop()

    def close(self) -> None:
        """Close the connections."""
        if self._line is not None:
            self._line.close()
        if self._ledger is not None:
            self._ledger.close()

    def _scheduler(self, warm: Callable[[], object]) -> Scheduler:
        api, line = self._site.pay_api, self.line()
        orphans = Recovery(build_payment_parts(self._site, line, self._parts.journal, self._parts.clock))
        settle_every_s = _SETTLE_EVERY_S if api.automatic.settle_orphans else 0.0
        jobs = (
            ScheduledJob("keeping the line warm", api.timing.keep_warm_s, warm),
            ScheduledJob("ending what is open", settle_every_s, lambda: orphans.settle_orphans(made.goes_on)),
            ScheduledJob("closing the business day", _DAY_LOOK_S, self._days.close_due),
            ScheduledJob("copying the journal", _BACKUP_LOOK_S, self._back_up),
            ScheduledJob("sending", _SEND_EVERY_S, lambda: self.outbox.send_due(line, made.goes_on)),
        )
        made = Scheduler(jobs, self._parts.clock.now_s)
        return made

    def _feeder(self, ledger: TillLedger) -> Scheduler:
        """Build a scheduler for the ledger alone: a ledger that does not respond delays nothing else."""
        jobs = (
            ScheduledJob(
                "feeding the shop's ledger", self._site.ledger.feed_every_s, lambda: ledger.feed(made.goes_on)
            ),
            ScheduledJob("tidying the shop's ledger", _RELEASE_EVERY_S, lambda: self._release_lost(ledger)),
        )
        made = Scheduler(jobs, self._parts.clock.now_s, name="ledger")
        return made

    def _release_lost(self, ledger: TillLedger) -> None:
        with suppress(BusyError):  # the till is busy: the next run tries again
            ledger.release_lost(partial(self._parts.lock.hold, "the look for what never began", wait_s=0))

    def _back_up(self) -> None:
        """Copy the journal once a day, however often the driver is restarted."""
        target = self._site.backup
        if target is not None and self._parts.clock.unix_s() - _modified_s(target) > _BACKUP_EVERY_S:
            self._parts.journal.database.backup(target)


def _modified_s(file: Path) -> float:
    """Return when a file was written, in Unix seconds; 0 if there is none."""
    return file.stat().st_mtime if file.exists() else 0.0
