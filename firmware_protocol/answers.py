"""Scanners that answer commands between a start and an end, in the midst of plain labels: Newland, Datalogic."""

from __future__ import annotations

import re

from firmware_protocol.commands import Answer, Command
from firmware_protocol.interleaved import Interleaved
from firmware_protocol.scan import Damaged, Event, Reply

_LONGEST_ANSWER = 4096


class AnswersBetween(Interleaved):
    """Labels ended by CR, LF or silence, and answers that begin with `start` and end with `end`."""

    def __init__(self, start: bytes, end: int, idle_s: float, max_length: int) -> None:
        super().__init__(start, idle_s, max_length)
        self._end = bytes([end])

    def _piece(self, held: bytes) -> tuple[int, list[Event]]:
        end = held.find(self._end, len(self._start))
        if end >= 0:
            return end + 1, [Reply(held[len(self._start) : end])]
        if len(held) > _LONGEST_ANSWER:
            return len(held), [Damaged("an answer without its end", len(held))]
        return 0, []

    def _given_up(self, held: bytes, now: float) -> list[Event]:
        if held.startswith(self._start):
            return [Damaged("an answer without its end", len(held))]
        return [*self._plain(held, now - self._idle_s), *self._plain(b"", now)]


# -- Newland ------------------------------------------------------------------------------------------------------
# A command: ~ SOH 0000, @ (kept) or # (until power off), the tag and its data, ; ETX. The answer has STX for ~, and
# before each , or ; one of ACK, NAK, ENQ. Source: Newland user guides, serial programming commands.

_NEWLAND_START = b"\x02\x010000"
_MARKS = {0x06: "", 0x05: "no such command", 0x15: "no such value"}


def newland_decoder(idle_s: float, max_length: int) -> AnswersBetween:
    """Labels and answers of a Newland scanner."""
    return AnswersBetween(_NEWLAND_START, 0x03, idle_s, max_length)


def newland_command(command: str) -> bytes:
    """A command such as `@SCNTRG1` or `#QRYSYS`."""
    return b"~\x010000" + command.encode("ascii") + b";\x03"


NEWLAND_COMMANDS = {
    Command.TRIGGER: newland_command("#SCNTRG1"),
    Command.STOP_TRIGGER: newland_command("#SCNTRG0"),
    Command.INFO: newland_command("#QRYSYS"),
}


def read_newland_answer(data: bytes) -> Answer:
    """What stands between start and end: the command again, with ACK, NAK or ENQ before each mark."""
    refused = next((why for byte, why in _MARKS.items() if why and byte in data), "")
    text = bytes(byte for byte in data if byte not in _MARKS).decode("latin-1").strip("@#;,")
    return Answer(ok=0x06 in data and not refused, text=f"{text}: {refused}" if refused else text)


# -- Datalogic ----------------------------------------------------------------------------------------------------
# Single letters; i, h and s are answered between SOH and EOT, in fields separated by CR that begin with their name.
# Source: Datalogic product reference guides, RS-232 host commands.

_FIELD = re.compile(r"([A-Za-z])(.*)", re.DOTALL)


def datalogic_decoder(idle_s: float, max_length: int) -> AnswersBetween:
    """Labels and answers of a Datalogic scanner."""
    return AnswersBetween(b"\x01", 0x04, idle_s, max_length)


DATALOGIC_COMMANDS = {
    Command.GOOD_READ_BEEP: b"B",
    Command.ERROR_BEEP: b"F",
    Command.ENABLE: b"E",
    Command.DISABLE: b"D",
    Command.INFO: b"i",
    Command.HEALTH: b"h",
    Command.STATISTICS: b"s",
}


def read_datalogic_answer(data: bytes) -> Answer:
    """The fields of an answer by their letter."""
    lines = [line for line in data.decode("latin-1").split("\r") if line.strip()]
    fields = {parsed[1]: parsed[2].strip() for line in lines if (parsed := _FIELD.match(line.strip()))}
    return Answer(ok=bool(fields), text="; ".join(lines), fields=fields)
