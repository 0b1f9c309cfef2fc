"""SSI (Simple Serial Interface): Zebra's packets on a serial line; many inexpensive modules use it too.

A packet is: length (from itself to the last data byte), opcode, source (0 scanner, 4 host), status, data, checksum (two
bytes, big-endian: 0x10000 less the sum of all bytes before). A packet that is not acknowledged is sent again with bit 0
of its status set. A label comes in one DECODE_DATA packet, in several of them (bit 1 of the status: more follow), or in
numbered segments. Source: Zebra DS2208 Product Reference Guide, chapter 7; the segments as open-source decoders
read them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from firmware_protocol.dialect import Answer, Command, Damaged, Event, Reply, Scan, Send, Status

HOST = 4
_RETRANSMIT, _CONTINUES = 0x01, 0x02
_CHECKSUM_SIZE = 2
_SHORTEST = 4
_ACK, _NAK, _NAK_RESEND = 0xD0, 0xD1, 0x01
_DECODE_DATA, _SEGMENT, _SEGMENT_ACK, _EVENT = 0xF3, 0x73, 0x74, 0xF6
_SEGMENT_HEAD = 10
_FROM_SCANNER = {0xA4, 0xB1, 0xB4, 0xD4, 0xD6, 0xC6, _ACK, _NAK, _DECODE_DATA, _EVENT, _SEGMENT, 0x80, 0x91}
_MORE_S = 1.0
"""Seconds within which the next packet of a label must come; an acknowledged scanner takes milliseconds."""
_PACKET_S = 0.1
"""Seconds that a packet may pause inside: without it, a damaged length would be waited for forever."""

_EXTENDED = struct.Struct(">BBH")
"""The head of the longer form of DECODE_DATA: code type, flag, size of the data that follow."""
_FIRST_SEGMENT = struct.Struct(">BB4s")
"""The head of a first segment: index 0, the opcode DECODE_DATA, total size; the longer form follows."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, without its length and checksum."""

    opcode: int
    source: int
    status: int
    data: bytes


def _checksum(head: bytes) -> bytes:
    return struct.pack(">H", -sum(head) & 0xFFFF)


def build_packet(packet: Packet) -> bytes:
    """Return the bytes of a packet. Raises ValueError for more than 251 bytes of data."""
    head = bytes([len(packet.data) + _SHORTEST, packet.opcode, packet.source, packet.status]) + packet.data
    return head + _checksum(head)


def parse_packet(data: bytes) -> Packet | None:
    """Parse exactly one packet; return None if the length does not fit or the checksum is wrong."""
    if len(data) < _SHORTEST + _CHECKSUM_SIZE or data[0] != len(data) - _CHECKSUM_SIZE:
        return None
    if data[-_CHECKSUM_SIZE:] != _checksum(data[:-_CHECKSUM_SIZE]):
        return None
    return Packet(data[1], data[2], data[3], data[_SHORTEST:-_CHECKSUM_SIZE])


COMMANDS = {
    Command.GOOD_READ_BEEP: build_packet(Packet(0xE6, HOST, 0, b"\x00")),  # one short high tone
    Command.ERROR_BEEP: build_packet(Packet(0xE6, HOST, 0, b"\x0f")),  # one long low tone
    Command.TRIGGER: build_packet(Packet(0xE4, HOST, 0, b"")),
    Command.STOP_TRIGGER: build_packet(Packet(0xE5, HOST, 0, b"")),
    Command.ENABLE: build_packet(Packet(0xE9, HOST, 0, b"")),
    Command.DISABLE: build_packet(Packet(0xEA, HOST, 0, b"")),
    Command.INFO: build_packet(Packet(0xA3, HOST, 0, b"")),
}
_ACKNOWLEDGE = Send(build_packet(Packet(_ACK, HOST, 0, b"")))
_REFUSE = Send(build_packet(Packet(_NAK, HOST, 0, bytes([_NAK_RESEND]))))


class SsiDecoder:
    """Decodes a stream of packets into labels and replies; acknowledgements are returned as Send events."""

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length
        self._buffer = bytearray()
        self._dropped = 0
        self._last_byte_s = 0.0
        self._label = _Label()
        self._label_s = 0.0
        self._accepted: Packet | None = None

    def deadline(self) -> float | None:
        """See Dialect."""
        waits = [self._last_byte_s + _PACKET_S] if self._buffer or self._dropped else []
        waits += [self._label_s + _MORE_S] if self._label.is_begun else []
        return min(waits, default=None)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        events: list[Event] = []
        if data:
            self._last_byte_s = now
            self._buffer += data
            while self._take(now, events):
                pass
        else:
            self._expire(now, events)
        return events

    def _take(self, now: float, events: list[Event]) -> bool:
        """Remove one packet, and any garbage before it, from the buffer; return False if bytes are missing."""
        found = self._find()
        if found is None:
            return False
        start, packet, size = found
        self._drop(start)
        del self._buffer[:size]
        self._report_dropped(events)
        self._handle(packet, now, events)
        return True

    def _find(self) -> tuple[int, Packet, int] | None:
        """Find the first good packet: at the start of the buffer, or behind damaged bytes."""
        while self._buffer and self._is_dead():
            self._drop(1)
        for start in range(len(self._buffer)):
            size = self._buffer[start] + _CHECKSUM_SIZE
            packet = _from_scanner(bytes(self._buffer[start : start + size]))
            if packet is not None:
                return start, packet, size
        return None

    def _is_dead(self) -> bool:
        """Return True if no packet can begin at the first byte of the buffer."""
        size = self._buffer[0] + _CHECKSUM_SIZE
        whole = len(self._buffer) >= size
        return self._buffer[0] < _SHORTEST or (whole and _from_scanner(bytes(self._buffer[:size])) is None)

    def _drop(self, size: int) -> None:
        self._dropped += size - self._buffer[:size].count(0)  # a 00 byte only wakes the host
        del self._buffer[:size]

    def _report_dropped(self, events: list[Event]) -> None:
        if self._dropped:
            events.append(Damaged("bytes that are no packet", self._dropped))
            self._dropped = 0

    def _handle(self, packet: Packet, now: float, events: list[Event]) -> None:
        repeated = packet.status & _RETRANSMIT and self._accepted == _without_flag(packet)
        self._accepted = _without_flag(packet)
        if packet.opcode in (_ACK, _NAK):
            events.append(Reply(build_packet(packet)))
            return
        events.append(_ACKNOWLEDGE if packet.opcode != _SEGMENT else _segment_ack(packet))
        if not repeated:
            self._add_event(packet, now, events)

    def _add_event(self, packet: Packet, now: float, events: list[Event]) -> None:
        if packet.opcode == _EVENT:
            events.append(Status(f"event {packet.data.hex()}"))
        elif packet.opcode not in (_DECODE_DATA, _SEGMENT):
            events.append(Reply(build_packet(packet)))
        else:
            self._label_s = now
            self._label.add(packet)
            self._finish(events)

    def _finish(self, events: list[Event]) -> None:
        if self._label.size > self._max_length:
            events.append(Damaged("a label longer than allowed", self._label.size))
            self._label = _Label()
        elif self._label.is_whole:
            events.append(self._label.scan())
            self._label = _Label()

    def _expire(self, now: float, events: list[Event]) -> None:
        if (self._buffer or self._dropped) and now >= self._last_byte_s + _PACKET_S:
            self._drop(len(self._buffer))
            self._report_dropped(events)
            events.append(_REFUSE)
        if self._label.is_begun and now >= self._label_s + _MORE_S:
            events.append(Damaged("a label whose rest did not come", self._label.size))
            self._label = _Label()


class _Label:
    """One label that is collected from one or more packets."""

    def __init__(self) -> None:
        self._code: int | None = None
        self._data = b""
        self._next_index = 0
        self._wanted = 0
        self.is_whole = False

    @property
    def is_begun(self) -> bool:
        """True if at least one packet of the label has arrived."""
        return self._code is not None

    @property
    def size(self) -> int:
        """Number of label bytes so far."""
        return len(self._data)

    def add(self, packet: Packet) -> None:
        """Add the data of one more packet."""
        if packet.opcode == _SEGMENT:
            self._add_segment(packet.data)
        else:
            self._add_data(packet.data, more=bool(packet.status & _CONTINUES))

    def scan(self) -> Scan:
        """Return the whole label."""
        return Scan(self._data, code=str(self._code))

    def _add_data(self, data: bytes, *, more: bool) -> None:
        code, data = _parse_decode_data(data)
        self._code = code if self._code is None else self._code
        self._data += data
        self.is_whole = not more

    def _add_segment(self, data: bytes) -> None:
        if data[:1] == b"\x00":
            self._begin_segments(data)
        elif data and data[0] == self._next_index and self.is_begun:
            self._data += data[1:]
            self._next_index += 1
        self.is_whole = self.is_begun and len(self._data) >= self._wanted

    def _begin_segments(self, data: bytes) -> None:
        at = _FIRST_SEGMENT.size
        if len(data) < at + _EXTENDED.size or data[1] != _DECODE_DATA:
            return
        self._code, _, self._wanted = _EXTENDED.unpack_from(data, at)
        self._data, self._next_index = data[at + _EXTENDED.size :], 1


def parse_answer(data: bytes) -> Answer:
    """Parse a reply: ACK means yes, NAK means no, anything else is text."""
    packet = parse_packet(data)
    if packet is None or packet.opcode == _NAK:
        return Answer(ok=False, text="" if packet is None else _REFUSALS.get(packet.data[:1], packet.data.hex()))
    return Answer(ok=True, text=packet.data.decode("latin-1").strip())


_REFUSALS = {b"\x01": "send it again", b"\x02": "not now", b"\x06": "denied", b"\x0a": "canceled"}


def _parse_decode_data(data: bytes) -> tuple[int, bytes]:
    """Return code type and label of DECODE_DATA, in its short or its longer form."""
    if len(data) >= _EXTENDED.size:
        code, _, size = _EXTENDED.unpack_from(data)
        if size == len(data) - _EXTENDED.size:
            return code, data[_EXTENDED.size :]
    return (data[0], data[1:]) if data else (0, b"")


def _from_scanner(data: bytes) -> Packet | None:
    """Parse a packet of a scanner: check opcode and source first, which is cheaper than a checksum."""
    if len(data) < _SHORTEST or data[1] not in _FROM_SCANNER or data[2] == HOST:
        return None
    return parse_packet(data)


def _without_flag(packet: Packet) -> Packet:
    return Packet(packet.opcode, packet.source, packet.status & ~_RETRANSMIT, packet.data)


def _segment_ack(packet: Packet) -> Send:
    return Send(build_packet(Packet(_SEGMENT_ACK, HOST, 0, packet.data[:1])))
