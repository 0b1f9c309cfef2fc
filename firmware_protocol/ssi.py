"""Simple Serial Interface, Zebra's packets on a serial line; many inexpensive modules speak it too.

A packet: length (itself to the last data byte), opcode, source (0 scanner, 4 host), status, data, checksum (two bytes,
big-endian: 0x10000 less the sum of all before). Every packet is acknowledged, or comes again with bit 0 of its status.
Labels come in one DECODE_DATA packet, in several of them (bit 1 of the status: more follows), or in numbered segments.
Source: Zebra DS2208 Product Reference Guide, chapter 7; the segments as open readers decode them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from construct import Bytes, Const, ConstructError, GreedyBytes, Int8ub, Struct, Terminated, this

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
"""How long the next packet of one label may take; an acknowledged sender takes milliseconds."""
_PACKET_S = 0.1
"""How long a packet may pause inside: a length that was damaged would else be waited for without end."""

_PACKET = Struct(
    "length" / Int8ub,
    "opcode" / Int8ub,
    "source" / Int8ub,
    "status" / Int8ub,
    "data" / Bytes(this.length - _SHORTEST),
    "checksum" / Bytes(_CHECKSUM_SIZE),
    Terminated,
)
_EXTENDED = Struct("type" / Int8ub, "flag" / Int8ub, "size" / Bytes(2), "data" / GreedyBytes)
_FIRST_SEGMENT = Struct("index" / Int8ub, Const(bytes([_DECODE_DATA])), "total" / Bytes(4), "message" / GreedyBytes)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet without length and checksum."""

    opcode: int
    source: int
    status: int
    data: bytes


def _checksum(head: bytes) -> bytes:
    return struct.pack(">H", -sum(head) & 0xFFFF)


def build(packet: Packet) -> bytes:
    """The bytes of a packet. Raises ValueError for more than 251 bytes of data."""
    head = bytes([len(packet.data) + _SHORTEST, packet.opcode, packet.source, packet.status]) + packet.data
    return head + _checksum(head)


def parse(data: bytes) -> Packet | None:
    """The packet that these bytes are, all of them; None when they are none, or its checksum is wrong."""
    try:
        read = _PACKET.parse(data)
    except ConstructError:
        return None
    good = read.checksum == _checksum(data[:-_CHECKSUM_SIZE])
    return Packet(read.opcode, read.source, read.status, read.data) if good else None


COMMANDS = {
    Command.GOOD_READ_BEEP: build(Packet(0xE6, HOST, 0, b"\x00")),  # one short high tone
    Command.ERROR_BEEP: build(Packet(0xE6, HOST, 0, b"\x0f")),  # one long low tone
    Command.TRIGGER: build(Packet(0xE4, HOST, 0, b"")),
    Command.STOP_TRIGGER: build(Packet(0xE5, HOST, 0, b"")),
    Command.ENABLE: build(Packet(0xE9, HOST, 0, b"")),
    Command.DISABLE: build(Packet(0xEA, HOST, 0, b"")),
    Command.INFO: build(Packet(0xA3, HOST, 0, b"")),
}
_ACKNOWLEDGE = Send(build(Packet(_ACK, HOST, 0, b"")))
_REFUSE = Send(build(Packet(_NAK, HOST, 0, bytes([_NAK_RESEND]))))


class SsiDecoder:
    """Labels and answers out of a stream of packets; what must be acknowledged is told as Send."""

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
            self._give_up(now, events)
        return events

    def _take(self, now: float, events: list[Event]) -> bool:
        """Take one packet from the buffer, and what is no packet before it; False when more bytes are needed."""
        found = self._find()
        if found is None:
            return False
        start, packet, size = found
        self._drop(start)
        del self._buffer[:size]
        self._tell_dropped(events)
        self._understand(packet, now, events)
        return True

    def _find(self) -> tuple[int, Packet, int] | None:
        """The first good packet in the buffer, at its beginning or behind what is damaged."""
        while self._buffer and self._is_dead():
            self._drop(1)
        for start in range(len(self._buffer)):
            size = self._buffer[start] + _CHECKSUM_SIZE
            packet = _from_scanner(bytes(self._buffer[start : start + size]))
            if packet is not None:
                return start, packet, size
        return None

    def _is_dead(self) -> bool:
        """Whether no packet can begin where the buffer begins, whatever comes."""
        size = self._buffer[0] + _CHECKSUM_SIZE
        whole = len(self._buffer) >= size
        return self._buffer[0] < _SHORTEST or (whole and _from_scanner(bytes(self._buffer[:size])) is None)

    def _drop(self, size: int) -> None:
        self._dropped += size - self._buffer[:size].count(0)  # a 00 only wakes the other side up
        del self._buffer[:size]

    def _tell_dropped(self, events: list[Event]) -> None:
        if self._dropped:
            events.append(Damaged("bytes that are no packet", self._dropped))
            self._dropped = 0

    def _understand(self, packet: Packet, now: float, events: list[Event]) -> None:
        repeated = packet.status & _RETRANSMIT and self._accepted == _without_flag(packet)
        self._accepted = _without_flag(packet)
        if packet.opcode in (_ACK, _NAK):
            events.append(Reply(build(packet)))
            return
        events.append(_ACKNOWLEDGE if packet.opcode != _SEGMENT else _segment_ack(packet))
        if not repeated:
            self._mean(packet, now, events)

    def _mean(self, packet: Packet, now: float, events: list[Event]) -> None:
        if packet.opcode == _EVENT:
            events.append(Status(f"event {packet.data.hex()}"))
        elif packet.opcode not in (_DECODE_DATA, _SEGMENT):
            events.append(Reply(build(packet)))
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

    def _give_up(self, now: float, events: list[Event]) -> None:
        if (self._buffer or self._dropped) and now >= self._last_byte_s + _PACKET_S:
            self._drop(len(self._buffer))
            self._tell_dropped(events)
            events.append(_REFUSE)
        if self._label.is_begun and now >= self._label_s + _MORE_S:
            events.append(Damaged("a label whose rest did not come", self._label.size))
            self._label = _Label()


class _Label:
    """One label out of one or more packets."""

    def __init__(self) -> None:
        self._code: int | None = None
        self._data = b""
        self._next_index = 0
        self._wanted = 0
        self.is_whole = False

    @property
    def is_begun(self) -> bool:
        """Whether a packet came, and another is waited for."""
        return self._code is not None

    @property
    def size(self) -> int:
        """Bytes so far."""
        return len(self._data)

    def add(self, packet: Packet) -> None:
        """One more packet."""
        if packet.opcode == _SEGMENT:
            self._add_segment(packet.data)
        else:
            self._add_data(packet.data, more=bool(packet.status & _CONTINUES))

    def scan(self) -> Scan:
        """The whole label."""
        return Scan(self._data, code=str(self._code))

    def _add_data(self, data: bytes, *, more: bool) -> None:
        code, data = _simple(data)
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
        try:
            message = _EXTENDED.parse(_FIRST_SEGMENT.parse(data).message)
        except ConstructError:
            return
        self._code, self._data, self._next_index = message.type, message.data, 1
        (self._wanted,) = struct.unpack(">H", message.size)


def read_answer(data: bytes) -> Answer:
    """What a reply says: ACK is yes, NAK is no, anything else is text."""
    packet = parse(data)
    if packet is None or packet.opcode == _NAK:
        return Answer(ok=False, text="" if packet is None else _REFUSALS.get(packet.data[:1], packet.data.hex()))
    return Answer(ok=True, text=packet.data.decode("latin-1").strip())


_REFUSALS = {b"\x01": "send it again", b"\x02": "not now", b"\x06": "denied", b"\x0a": "canceled"}


def _simple(data: bytes) -> tuple[int, bytes]:
    """Type and data of DECODE_DATA, in the short form, or the longer one with flag and length."""
    try:
        longer = _EXTENDED.parse(data)
    except ConstructError:
        return (data[0], data[1:]) if data else (0, b"")
    if longer.size == struct.pack(">H", len(longer.data)):
        return longer.type, longer.data
    return data[0], data[1:]


def _from_scanner(data: bytes) -> Packet | None:
    """The packet that these bytes are, if a scanner sends such."""
    if len(data) < _SHORTEST or data[1] not in _FROM_SCANNER or data[2] == HOST:
        return None
    return parse(data)


def _without_flag(packet: Packet) -> Packet:
    return Packet(packet.opcode, packet.source, packet.status & ~_RETRANSMIT, packet.data)


def _segment_ack(packet: Packet) -> Send:
    return Send(build(Packet(_SEGMENT_ACK, HOST, 0, packet.data[:1])))
