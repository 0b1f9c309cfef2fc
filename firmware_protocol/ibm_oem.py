"""IBM USB OEM scanners (4683 over USB): hand-held and table-top, labels with IBM's identifiers behind the data.

Input reports have up to 64 bytes: total length, three of status, data, the identifier at the end (1, 3 or 4 bytes).
Commands are 11 bytes. Source: IBM's OEM scanner specification as open drivers implement it.
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
"""EAN-8, EAN-13, UPC-A, UPC-E: a table-top sends their digits as 0 to 9, not as characters."""

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


def command(*codes: int) -> bytes:
    """A command report: the codes, and zeros up to 11 bytes."""
    return bytes(codes).ljust(_COMMAND_SIZE, b"\0")


COMMANDS = {
    Command.ENABLE: command(0x11),
    Command.DISABLE: command(0x12),
    Command.GOOD_READ_BEEP: command(0x30, 0x00, 0x04),
    Command.ERROR_BEEP: command(0x30, 0x00, 0x05),
    Command.INFO: command(0x30, 0x00, 0x01),
    Command.HEALTH: command(0x30, 0x00, 0x02),
    Command.STATISTICS: command(0x30, 0x00, 0x03),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A report taken apart: its label's part, the identifier without the mark of continuation, whether more follows."""

    data: bytes
    identifier: bytes
    continued: bool


class IbmOemDecoder(ReportJoiner):
    """Labels, status and answers out of input reports, one report a feed."""

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
            part = take_apart(body)
            self._identifier = part.identifier
            self._join(part.data, now, events, more=part.continued)

    def _rest_is_missing(self, events: list[Event]) -> None:
        events.append(Damaged("a label whose rest did not come", len(self._data)))
        self._forget()

    def _end(self, events: list[Event]) -> None:
        events.append(Scan(self._data, code=self._identifier.hex().upper()))
        self._forget()


def read_answer(data: bytes) -> Answer:
    """What direct I/O data says, as text."""
    return Answer(ok=bool(data), text=data.decode("latin-1").strip("\0 \r\n"))


def take_apart(body: bytes) -> Part:
    """What stands between the status and the end of a report: digits as characters, the identifier off."""
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
