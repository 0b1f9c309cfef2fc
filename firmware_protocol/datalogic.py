"""Datalogic scanners on a serial line.

Single letters; i, h and s are answered between SOH and EOT, in fields separated by CR that begin with their name.
Source: Datalogic product reference guides, RS-232 host commands.
"""

from __future__ import annotations

import re

from firmware_protocol.dialect import Answer, Command
from firmware_protocol.interleaved import AnswersBetween

_FIELD = re.compile(r"([A-Za-z])(.*)", re.DOTALL)


def decoder(idle_s: float, max_length: int) -> AnswersBetween:
    """Labels and answers of a Datalogic scanner."""
    return AnswersBetween(b"\x01", 0x04, idle_s, max_length)


COMMANDS = {
    Command.GOOD_READ_BEEP: b"B",
    Command.ERROR_BEEP: b"F",
    Command.ENABLE: b"E",
    Command.DISABLE: b"D",
    Command.INFO: b"i",
    Command.HEALTH: b"h",
    Command.STATISTICS: b"s",
}


def read_answer(data: bytes) -> Answer:
    """The fields of an answer by their letter."""
    lines = [line for line in data.decode("latin-1").split("\r") if line.strip()]
    fields = {parsed[1]: parsed[2].strip() for line in lines if (parsed := _FIELD.match(line.strip()))}
    return Answer(ok=bool(fields), text="; ".join(lines), fields=fields)
