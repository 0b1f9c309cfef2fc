"""Datalogic scanners on a serial line.

Commands are single letters. The replies to i, h and s stand between SOH and EOT, as fields that are separated by CR and
begin with the letter of their name. Source: Datalogic product reference guides, RS-232 host commands.
"""

from __future__ import annotations

import re

from firmware_protocol.dialect import Answer, Command
from firmware_protocol.interleaved import AnswersBetween

_FIELD = re.compile(r"([A-Za-z])(.*)", re.DOTALL)


def decoder(idle_s: float, max_length: int) -> AnswersBetween:
    """Return a decoder for the labels and replies of a Datalogic scanner."""
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


def parse_answer(data: bytes) -> Answer:
    """Parse a reply into its fields, named by their letter."""
    lines = [line for line in data.decode("latin-1").split("\r") if line.strip()]
    fields = {parsed[1]: parsed[2].strip() for line in lines if (parsed := _FIELD.match(line.strip()))}
    return Answer(ok=bool(fields), text="; ".join(lines), fields=fields)
