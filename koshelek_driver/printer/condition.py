"""The reasons why a printer cannot print, and its sensors, asked by DLE EOT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware_protocol.escpos.status import AutomaticStatus, RealTimeStatus
from koshelek_driver.printer.connection import Link

STATUS_WAIT_S = 1.0
"""Longest wait for one status response."""
_PRINTER, _OFFLINE_CAUSE, _PAPER_SENSOR, SLIP_SENSOR = 1, 2, 4, 5
"""The parameters of DLE EOT."""


@dataclass(frozen=True, slots=True)
class PrinterCondition:
    """A reason why a printer does not print, and its remedy."""

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
    """The state of a printer and its sensors.

    `online`: it can print now; `hindrance` is the reason if not. `answered`: the values are the printer's own, not
    defaults. `near_end`: the roll is nearly used up. `drawer_high`: the level of the cash drawer's pin; which level
    means open depends on the drawer.
    """

    online: bool
    hindrance: PrinterCondition | None = None
    answered: bool = False
    near_end: bool = False
    paper_end: bool = False
    cover_open: bool = False
    drawer_high: bool = False


def query_condition(link: Link, clock: Callable[[], float]) -> PrinterCondition | None:
    """Ask the printer why it cannot print; None if it can.

    Blocks up to 3 s. Raises PortLost.
    """
    status = link.ask(_PRINTER, clock() + STATUS_WAIT_S)
    if status is None:
        return SILENT
    return _query_cause(link, clock)[0] if status.offline else None


def query_sensors(link: Link, clock: Callable[[], float]) -> PrinterStatus:
    """Ask the printer for its condition and all sensors.

    Blocks up to 3 s. Raises PortLost.
    """
    status = link.ask(_PRINTER, clock() + STATUS_WAIT_S)
    if status is None:
        return PrinterStatus(False, SILENT)
    hindrance, cause, paper = _query_cause(link, clock)
    return PrinterStatus(
        not status.offline,
        hindrance if status.offline else None,
        answered=True,
        near_end=paper is not None and paper.paper_near_end,
        paper_end=paper is not None and paper.paper_end,
        cover_open=cause is not None and cause.cover_open,
        drawer_high=status.drawer_high,
    )


def status_of_hold(hindrance: PrinterCondition | None) -> PrinterStatus:
    """Return the status of a printer that holds a job, without asking the printer."""
    paper, cover = hindrance is PAPER, hindrance is COVER
    return PrinterStatus(False, hindrance, answered=True, paper_end=paper, cover_open=cover)


def condition_of(status: AutomaticStatus) -> PrinterCondition:
    """Return the reason that the four bytes of an automatic status give for being offline."""
    if status.cover_open:
        return COVER
    if status.paper_end:
        return PAPER
    return ERROR if status.error else OFFLINE


def _query_cause(
    link: Link, clock: Callable[[], float]
) -> tuple[PrinterCondition, RealTimeStatus | None, RealTimeStatus | None]:
    """The reason why the printer is offline, if it is, and the two responses that report it."""
    cause = link.ask(_OFFLINE_CAUSE, clock() + STATUS_WAIT_S)
    paper = link.ask(_PAPER_SENSOR, clock() + STATUS_WAIT_S)
    if cause is not None and cause.cover_open:
        return COVER, cause, paper
    if paper is not None and paper.paper_end:
        return PAPER, cause, paper
    return ERROR if cause is not None and cause.error else OFFLINE, cause, paper
