"""What directIO of a Scanner does: the numbers, and what each asks of the hardware."""

from __future__ import annotations

from enum import IntEnum

from firmware_protocol.dialect import Command


class DirectIo(IntEnum):
    """The command number of `Scanner.direct_io`. INFO, HEALTH and STATISTICS are questions: the answer comes back as
    the object. ENABLE and DISABLE switch the scanner's own reading; the device stays enabled.

    A scanner whose dialect has no such command refuses with E_ILLEGAL.
    """

    GOOD_READ_BEEP = 1
    ERROR_BEEP = 2
    TRIGGER = 3
    STOP_TRIGGER = 4
    INFO = 5
    HEALTH = 6
    STATISTICS = 7
    ENABLE = 8
    DISABLE = 9


QUESTIONS = (DirectIo.INFO, DirectIo.HEALTH, DirectIo.STATISTICS)


def command_of(number: DirectIo) -> Command:
    """The command by its name."""
    return Command[number.name]
