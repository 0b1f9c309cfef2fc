"""The faults of the virtual printer and the status that it reports then."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firmware_protocol.escpos.status import AutomaticStatus


class Fault(StrEnum):
    """A fault, by its name on the command line; the printer has one at a time."""

    NONE = "none"
    PAPER_OUT = "paper-out"
    PAPER_OUT_MID_SLIP = "paper-out-mid-slip"
    NEAR_END = "near-end"
    COVER_OPEN = "cover-open"
    COVER_OPEN_MID_SLIP = "cover-open-mid-slip"
    OFFLINE = "offline"
    OFFLINE_MID_SLIP = "offline-mid-slip"
    SLOW = "slow"
    BUFFER_FULL = "buffer-full"
    CONNECTION_LOST = "connection-lost"


@dataclass(frozen=True, slots=True)
class Condition:
    """The effect of a fault on sensors, printing and the connection.

    It takes effect when `after_lines` lines of a receipt are printed. `stops` halts printing, `hangs_up` breaks the
    connection, `line_s` delays every line.
    """

    paper_end: bool = False
    near_end: bool = False
    cover_open: bool = False
    offline: bool = False
    stops: bool = False
    hangs_up: bool = False
    line_s: float = 0.0
    after_lines: int = 0


CONDITIONS = {
    Fault.NONE: Condition(),
    Fault.PAPER_OUT: Condition(paper_end=True, near_end=True, offline=True, stops=True),
    Fault.PAPER_OUT_MID_SLIP: Condition(paper_end=True, near_end=True, offline=True, stops=True, after_lines=5),
    Fault.NEAR_END: Condition(near_end=True),
    Fault.COVER_OPEN: Condition(cover_open=True, offline=True, stops=True),
    Fault.COVER_OPEN_MID_SLIP: Condition(cover_open=True, offline=True, stops=True, after_lines=5),
    Fault.OFFLINE: Condition(offline=True, stops=True),
    Fault.OFFLINE_MID_SLIP: Condition(offline=True, stops=True, after_lines=5),
    Fault.SLOW: Condition(line_s=0.1),
    Fault.BUFFER_FULL: Condition(stops=True),
    Fault.CONNECTION_LOST: Condition(hangs_up=True, after_lines=5),
}


def automatic_status(condition: Condition) -> AutomaticStatus:
    """Return the condition as the automatic status of GS a."""
    return AutomaticStatus(
        offline=condition.offline,
        cover_open=condition.cover_open,
        paper_near_end=condition.near_end,
        paper_end=condition.paper_end,
    )


def real_time_status(number: int, condition: Condition) -> int:
    """Return the response to DLE EOT n, for n from 1 to 4."""
    always = 0x12
    if number == 1:
        return always | condition.offline << 3
    if number == 2:
        return always | condition.cover_open << 2 | condition.paper_end << 5
    if number == 4:
        return always | (0x0C if condition.near_end else 0) | (0x60 if condition.paper_end else 0)
    return always
