"""Newland scanners on a serial line.

A command is: ~ SOH 0000, then @ (stored) or # (until power off), the tag and its data, ; ETX. The reply has STX instead
of ~, and one of ACK, NAK, ENQ before each , or ; in it. Source: Newland user guides, serial programming commands.
"""

from __future__ import annotations

from firmware_protocol.dialect import Answer, Command
from firmware_protocol.interleaved import AnswersBetween

_START = b"\x02\x010000"
_MARKS = {0x06: "", 0x05: "no such command", 0x15: "no such value"}


def decoder(idle_s: float, max_length: int) -> AnswersBetween:
    """Return a decoder for the labels and replies of a Newland scanner."""
    return AnswersBetween(_START, 0x03, idle_s, max_length)


def build_command(command: str) -> bytes:
    """Return the bytes of a command such as `@SCNTRG1` or `#QRYSYS`."""
    return b"~\x010000" + command.encode("ascii") + b";\x03"


COMMANDS = {
    Command.TRIGGER: build_command("#SCNTRG1"),
    Command.STOP_TRIGGER: build_command("#SCNTRG0"),
    Command.INFO: build_command("#QRYSYS"),
}


def parse_answer(data: bytes) -> Answer:
    """Parse a reply: the command again, with ACK, NAK or ENQ before each mark."""
    refused = next((why for byte, why in _MARKS.items() if why and byte in data), "")
    text = bytes(byte for byte in data if byte not in _MARKS).decode("latin-1").strip("@#;,")
    return Answer(ok=0x06 in data and not refused, text=f"{text}: {refused}" if refused else text)
