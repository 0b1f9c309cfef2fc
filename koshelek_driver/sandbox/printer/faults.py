"""What can be wrong with the virtual printer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firmware_protocol.escpos.status import AutomaticStatus


class Fault(StrEnum):
    """One fault at a time, by its name on the command line."""

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
    """What a fault does. `after_lines` counts printed lines before it strikes."""

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
    """The condition as GS a reports it."""
    return AutomaticStatus(
        offline=condition.offline,
        cover_open=condition.cover_open,
        paper_near_end=condition.near_end,
        paper_end=condition.paper_end,
    )


def real_time_status(question: int, condition: Condition) -> int:
    """The byte that answers DLE EOT 1 to 4."""
    always = 0x12
    if question == 1:
        return always | condition.offline << 3
    if question == 2:
        return always | condition.cover_open << 2 | condition.paper_end << 5
    if question == 4:
        return always | (0x0C if condition.near_end else 0) | (0x60 if condition.paper_end else 0)
    return always
