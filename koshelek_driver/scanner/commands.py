"""The command numbers of a Scanner's directIO, and the command of the hardware for each."""

from __future__ import annotations

from enum import IntEnum

from firmware_protocol.dialect import Command


class DirectIo(IntEnum):
    """The command number of `Scanner.direct_io`.

    INFO, HEALTH and STATISTICS are queries: the response comes back as the object. ENABLE and DISABLE switch the
    scanner's own reading; the device stays enabled. E_ILLEGAL if the scanner's dialect has no such command.
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


QUERIES = (DirectIo.INFO, DirectIo.HEALTH, DirectIo.STATISTICS)


def command_of(number: DirectIo) -> Command:
    """Return the command of the hardware with the same name."""
    return Command[number.name]
