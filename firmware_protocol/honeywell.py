"""Honeywell, Youjie and HHP scanners on a serial line: labels with a decode header, and menu commands.

With the setting `DECHDR1` a label comes as SYN FE, the length of the message (4 bytes, little-endian), CR, and the
message: `MSGGET`, 4 digits, the maker's letter of the symbology, two characters of the AIM identifier, GS, the data.
So a CR inside the data does not end the label. Without the setting labels are plain text; both may come mixed. Source:
open readers of these scanners. The makers' menu manuals describe the commands: SYN M CR, tag and data, `.` (stored) or
`!` (until power off); the reply is the command again with ACK, ENQ (no such tag) or NAK (no such value) before each
mark.
"""

from __future__ import annotations

import re
import struct

from firmware_protocol.dialect import Answer, Command, Damaged, Event, Reply, Scan
from firmware_protocol.interleaved import Interleaved

SYN, ACK, ENQ, NAK = 0x16, 0x06, 0x05, 0x15
_HEADER = b"\x16\xfe"
_HEADER_SIZE = 7
_MESSAGE = re.compile(rb"MSGGET(\d{4})(.)(..)\x1d(.*)", re.DOTALL)
_ANSWER = re.compile(rb"[A-Z0-9_]{6,}[^\x05\x06\x15]*(?:[\x05\x06\x15][.!;,][^\x05\x06\x15]*)+", re.DOTALL)
_MENU = b"\x16M\r"

COMMANDS = {
    Command.GOOD_READ_BEEP: b"\x16\x07\r",
    Command.TRIGGER: b"\x16T\r",
    Command.STOP_TRIGGER: b"\x16U\r",
    Command.INFO: b"\x16M\rREVINF.",
}


class HoneywellDecoder(Interleaved):
    """Decodes one stream of labels, with and without header, and replies to menu commands."""

    def __init__(self, idle_s: float, max_length: int) -> None:
        super().__init__(_HEADER, idle_s, max_length)
        self._max_length = max_length

    def _plain(self, data: bytes, now: float) -> list[Event]:
        return [_label_or_reply(event) for event in super()._plain(data, now)]

    def _parse_frame(self, held: bytes) -> tuple[int, list[Event]]:
        if len(held) < _HEADER_SIZE:
            return 0, []
        (size,) = struct.unpack_from("<I", held, len(_HEADER))
        if size > self._max_length or held[_HEADER_SIZE - 1] != ord("\r"):
            return len(_HEADER), [Damaged("a decode header that cannot be", len(_HEADER))]
        if len(held) < _HEADER_SIZE + size:
            return 0, []
        return _HEADER_SIZE + size, [_label(held[_HEADER_SIZE : _HEADER_SIZE + size])]

    def _expired(self, held: bytes, now: float) -> list[Event]:  # noqa: ARG002 - a header begun is no label
        return [Damaged("a decode header without its label", len(held))]


def build_menu_command(command: str) -> bytes:
    """Return the bytes of a menu command such as `TERMID130.`.

    With `.` at its end the scanner stores the setting; with `!` it lasts until power off.
    """
    return _MENU + command.encode("ascii")


def parse_answer(data: bytes) -> Answer:
    """Parse the reply to a menu command; it is good if every mark has ACK before it."""
    marks = [byte for byte in data if byte in (ACK, ENQ, NAK)]
    text = bytes(byte for byte in data if byte not in (ACK, ENQ, NAK)).decode("latin-1")
    return Answer(ok=bool(marks) and set(marks) == {ACK}, text=text.rstrip(".!;,"))


def _label(message: bytes) -> Event:
    parsed = _MESSAGE.fullmatch(message)
    if parsed is None:
        return Damaged("a message that is no label", len(message))
    return Scan(parsed[4].removesuffix(b"\r"), b"]" + parsed[3], parsed[2].decode("latin-1"))


def _label_or_reply(event: Event) -> Event:
    """Turn plain text into a reply if it has the marks of one; else it is a label."""
    if isinstance(event, Scan) and _ANSWER.fullmatch(event.data):
        return Reply(event.data)
    return event
