"""IBM USB OEM scanners (4683 over USB), hand-held and table-top.

An input report has up to 64 bytes: its length, three bytes of status, data, and IBM's identifier of the symbology at
the end (1, 3 or 4 bytes). A command has 11 bytes. Source: IBM's OEM scanner specification as open drivers implement it.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_protocol.dialect import Answer, Command, Damaged, Event, Reply, Scan, Status
from firmware_protocol.hid_reports import ReportJoiner

PAGE = 0xFF45
HAND_HELD, TABLE_TOP = 0x4B00, 0x4A00
_HEAD = 4
_COMMAND_SIZE = 11
_CONTINUED = 0x10
_ONE_BYTE = frozenset((0x0C, 0x16, 0x0D, 0x0A, 0x11, 0x12, 0x13, 0x14, 0x15, 0x17, 0x1D))
_BCD = frozenset((0x0C, 0x16, 0x0D, 0x0A))
"""EAN-8, EAN-13, UPC-A, UPC-E: a table-top scanner sends their digits as the bytes 0 to 9, not as characters."""

# Byte of the report, bit, and the name of the status.
_FLAGS = (
    (1, 0x01, "flash mode"),
    (1, 0x20, "hardware error"),
    (1, 0x80, "not ready"),
    (2, 0x04, "check digit error"),
    (2, 0x80, "command rejected"),
    (3, 0x10, "direct I/O not allowed"),
    (3, 0x20, "direct I/O undefined"),
)
_DIRECT_IO_DATA = 0x40


def build_command(*codes: int) -> bytes:
    """Return a command report: the codes, then zeros up to 11 bytes."""
    return bytes(codes).ljust(_COMMAND_SIZE, b"\0")


COMMANDS = {
    Command.ENABLE: build_command(0x11),
    Command.DISABLE: build_command(0x12),
    Command.GOOD_READ_BEEP: build_command(0x30, 0x00, 0x04),
    Command.ERROR_BEEP: build_command(0x30, 0x00, 0x05),
    Command.INFO: build_command(0x30, 0x00, 0x01),
    Command.HEALTH: build_command(0x30, 0x00, 0x02),
    Command.STATISTICS: build_command(0x30, 0x00, 0x03),
}


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a label that one report carries.

    `identifier` is without the continuation bit; `continued` is True if more reports of the label follow.
    """

    data: bytes
    identifier: bytes
    continued: bool


class IbmOemDecoder(ReportJoiner):
    """Decodes input reports, one report a feed, into labels, status and replies."""

    def __init__(self, max_length: int) -> None:
        super().__init__(max_length)
        self._identifier = b""

    def _take(self, report: bytes, now: float, events: list[Event]) -> None:
        length = report[0]
        if not _HEAD <= length <= len(report):
            events.append(Damaged("a report whose length cannot be", len(report)))
            return
        events += [Status(name) for at, bit, name in _FLAGS if report[at] & bit]
        body = report[_HEAD:length]
        if report[1] & _DIRECT_IO_DATA:
            events.append(Reply(body))
        elif body:
            part = parse_part(body)
            self._identifier = part.identifier
            self._join(part.data, now, events, more=part.continued)

    def _rest_is_missing(self, events: list[Event]) -> None:
        events.append(Damaged("a label whose rest did not come", len(self._data)))
        self._forget()

    def _end(self, events: list[Event]) -> None:
        events.append(Scan(self._data, code=self._identifier.hex().upper()))
        self._forget()


def parse_answer(data: bytes) -> Answer:
    """Return the text of direct I/O data."""
    return Answer(ok=bool(data), text=data.decode("latin-1").strip("\0 \r\n"))


def parse_part(body: bytes) -> Part:
    """Split what follows the status of a report into label and identifier; digits become characters."""
    if body[-1] in _ONE_BYTE:
        identifier, data = body[-1:], body[:-1]
        return Part(_digits(data) if identifier[0] in _BCD else data, identifier, continued=False)
    size = 4 if len(body) >= 4 and body[-1] == 0 and body[-4] & ~_CONTINUED == 0x04 else 3
    identifier, data = body[-size:], body[:-size]
    marked = bool(identifier[:1]) and bool(identifier[0] & _CONTINUED)
    plain = bytes([identifier[0] & ~_CONTINUED]) + identifier[1:] if identifier else b""
    return Part(data, plain, continued=marked)


def _digits(data: bytes) -> bytes:
    return bytes(byte + 0x30 if byte <= 9 else byte for byte in data)
