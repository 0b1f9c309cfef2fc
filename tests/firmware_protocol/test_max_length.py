"""The longest label that a profile allows comes out whole, one byte more is dropped whole: the same in every dialect."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from firmware_protocol import datalogic, newland
from firmware_protocol.dialect import Damaged, Dialect, Event, Overlong, Scan
from firmware_protocol.framing import StartEndFramer, TerminatorFramer
from firmware_protocol.hid_keyboard import KeyboardDecoder
from firmware_protocol.hid_pos import HONEYWELL, HidPosDecoder
from firmware_protocol.honeywell import HoneywellDecoder
from firmware_protocol.ibm_oem import IbmOemDecoder
from firmware_protocol.ssi import Packet, SsiDecoder, build_packet
from tests.support.dialects import fall_silent

LIMIT = 20
HEADER = len(b"MSGGET0000sQ1\x1d")
"""What a decode header's size counts beside the label."""


def lines(data: bytes) -> bytes:
    return data + b"\r"


def between(data: bytes) -> bytes:
    return b"\x02" + data + b"\x03"


def with_header(data: bytes) -> bytes:
    message = b"MSGGET0000sQ1\x1d" + data
    return b"\x16\xfe" + struct.pack("<I", len(message)) + b"\r" + message


def ssi_packet(data: bytes) -> bytes:
    return build_packet(Packet(0xF3, 0, 0, b"\x03" + data))


def hid_pos_report(data: bytes) -> bytes:
    return bytes([2, len(data)]) + b"]Q1" + data.ljust(56, b"\0") + b"s\0\0\0"


def oem_report(data: bytes) -> bytes:
    body = data + bytes.fromhex("00330B")
    return (bytes([4 + len(body), 0, 3, 0]) + body).ljust(64, b"\0")


def typed(data: bytes) -> bytes:
    """Digits and the Enter key, each pressed and released."""
    codes = [2 if byte == ord("1") else 28 for byte in data + b"\r"]
    return b"".join(bytes([code, 1, code, 0]) for code in codes)


DIALECTS: dict[str, tuple[Callable[[], Dialect], Callable[[bytes], bytes], Callable[[int], Event]]] = {
    "text": (lambda: TerminatorFramer(b"\r", 0.05, LIMIT), lines, Overlong),
    "text, ended by silence": (lambda: TerminatorFramer(b"\n", 0.05, LIMIT), lambda data: data, Overlong),
    "text, confirmed": (lambda: TerminatorFramer(b"\r", 0.05, LIMIT, confirm_s=0.01), lambda data: data, Overlong),
    "start-end": (lambda: StartEndFramer(2, b"\x03", 0.5, LIMIT), between, Overlong),
    "keyboard": (lambda: KeyboardDecoder(b"\r", 0.05, LIMIT), typed, Overlong),
    "newland": (lambda: newland.decoder(0.05, LIMIT), lines, Overlong),
    "datalogic": (lambda: datalogic.decoder(0.05, LIMIT), lines, Overlong),
    "ssi": (lambda: SsiDecoder(LIMIT), ssi_packet, lambda size: Damaged("a label longer than allowed", size)),
    "hid-pos": (lambda: HidPosDecoder(HONEYWELL, LIMIT), hid_pos_report, lambda size: Damaged("a label longer than allowed", size)),
    "ibm-oem": (lambda: IbmOemDecoder(LIMIT), oem_report, lambda size: Damaged("a label longer than allowed", size)),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_a_label_of_exactly_the_limit_is_whole_and_a_byte_more_is_dropped_whole(name: str) -> None:
    make, send, dropped = DIALECTS[name]
    for size in (LIMIT - 1, LIMIT):
        dialect = make()
        events = [*dialect.feed(send(b"1" * size), 1.0), *fall_silent(dialect, 1.0)]
        assert [event.data for event in events if isinstance(event, Scan)] == [b"1" * size]
    dialect = make()
    events = [*dialect.feed(send(b"1" * (LIMIT + 1)), 1.0), *fall_silent(dialect, 1.0)]
    assert dropped(LIMIT + 1) in events
    assert not [event for event in events if isinstance(event, Scan)]


def test_the_limit_of_a_decode_header_counts_the_whole_message() -> None:
    label = b"1" * LIMIT
    assert HoneywellDecoder(0.05, LIMIT + HEADER).feed(with_header(label), 1.0) == [Scan(label, b"]Q1", "s")]
    events = HoneywellDecoder(0.05, LIMIT + HEADER - 1).feed(with_header(label), 1.0)
    assert events[0] == Damaged("a decode header that cannot be", 2)


def test_an_answer_is_waited_for_through_4096_bytes_and_not_one_more() -> None:
    dialect = newland.decoder(0.05, LIMIT)
    assert dialect.feed(b"\x02\x010000".ljust(4096, b"x"), 1.0) == []
    assert dialect.feed(b"x", 1.0) == [Damaged("an answer without its end", 4097)]
