"""SSI: single packets, several, segments; damaged, repeated, cut at any place."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_protocol import ssi
from firmware_protocol.dialect import Answer, Command, Damaged, Event, Reply, Scan, Send, Status
from firmware_protocol.ssi import Packet, SsiDecoder
from tests.support.dialects import CUTS, fall_silent, feed_all, pieces, scans

ACK = Send(bytes.fromhex("04D00400FF28"))
NAK = Send(bytes.fromhex("05D1040001FF25"))
LABELS = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5)


def decoder() -> SsiDecoder:
    return SsiDecoder(max_length=4096)


def label(data: bytes, code: int = 3, status: int = 0) -> bytes:
    return ssi.build_packet(Packet(0xF3, 0, status, bytes([code]) + data))


def segments(data: bytes, code: int = 28) -> list[bytes]:
    """A label in 0x73 segments, as scanners send what is long."""
    first, rest = data[:100], data[100:]
    head = b"\x00\xf3" + struct.pack(">I", len(data) + 4) + bytes([code, 0]) + struct.pack(">H", len(data))
    sent = [ssi.build_packet(Packet(0x73, 2, 0, head + first))]
    for index, start in enumerate(range(0, len(rest), 100), 1):
        sent.append(ssi.build_packet(Packet(0x73, 0, 0, bytes([index]) + rest[start : start + 100])))
    return sent


def test_the_bytes_of_a_known_packet() -> None:
    packet = Packet(0xC6, 4, 8, bytes.fromhex("00F2FF00"))
    assert ssi.build_packet(packet) == bytes.fromhex("08C6040800F2FF00FD35")
    assert ssi.parse_packet(bytes.fromhex("08C6040800F2FF00FD35")) == packet
    assert ssi.parse_packet(bytes.fromhex("08C6040800F2FF00FD36")) is None
    assert ssi.parse_packet(bytes.fromhex("08C6040800F2FF00FD3500")) is None
    assert ssi.parse_packet(b"") is None


@given(st.builds(Packet, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=251)))
def test_what_is_built_is_parsed(packet: Packet) -> None:
    assert ssi.parse_packet(ssi.build_packet(packet)) == packet


@given(LABELS, CUTS)
def test_labels_come_out_whole_at_any_split_and_are_acknowledged(labels: list[bytes], cuts: list[int]) -> None:
    read = decoder()
    events = feed_all(read, pieces(b"".join(label(data) for data in labels), cuts))
    assert events == [event for data in labels for event in (ACK, Scan(data, code="3"))]
    assert read.deadline() is None


@given(st.binary(min_size=1, max_size=60))
@example(b"\x00\x05abcde")
def test_the_long_form_with_flag_and_length_is_understood(data: bytes) -> None:
    longer = bytes([28, 0]) + struct.pack(">H", len(data)) + data
    assert scans(decoder().feed(ssi.build_packet(Packet(0xF3, 0, 0, longer)), 1.0)) == [Scan(data, code="28")]


def test_a_label_in_several_packets_is_one_label() -> None:
    read = decoder()
    first, last = label(b"a" * 250, status=2), label(b"bc")
    assert read.feed(first, 1.0) == [ACK]
    assert read.deadline() == pytest.approx(2.0)
    assert read.feed(last, 1.01) == [ACK, Scan(b"a" * 250 + b"bc", code="3")]
    assert read.deadline() is None


@given(st.binary(min_size=101, max_size=900), CUTS)
def test_a_label_in_segments_is_one_label(data: bytes, cuts: list[int]) -> None:
    sent = segments(data)
    events = feed_all(decoder(), pieces(b"".join(sent), cuts))
    assert scans(events) == [Scan(data, code="28")]
    answers = [ssi.parse_packet(event.data) for event in events if isinstance(event, Send)]
    assert answers == [Packet(0x74, 4, 0, bytes([index])) for index in range(len(sent))]


def test_a_packet_that_comes_again_is_acknowledged_again_and_not_doubled() -> None:
    read = decoder()
    assert len(scans(read.feed(label(b"one"), 1.0))) == 1
    assert read.feed(label(b"one", status=1), 1.1) == [ACK]
    assert read.feed(label(b"one"), 1.2) == [ACK, Scan(b"one", code="3")]
    assert read.feed(label(b"two", status=1), 1.3) == [ACK, Scan(b"two", code="3")]


def test_a_damaged_packet_is_asked_for_again() -> None:
    read = decoder()
    broken = bytearray(label(b"one"))
    broken[5] ^= 1
    assert scans(read.feed(bytes(broken), 1.0)) == []
    assert fall_silent(read, 1.0) == [Damaged("bytes that are no packet", len(broken) - broken.count(0)), NAK]
    assert read.feed(label(b"one", status=1), 1.2) == [ACK, Scan(b"one", code="3")]


@given(st.binary(max_size=30), st.integers(0, 7), st.integers(0, 254))
def test_behind_any_damage_the_next_packet_is_found(noise: bytes, place: int, change: int) -> None:
    broken = bytearray(label(b"lost"))
    broken[place] = (broken[place] + 1 + change) % 256
    read = decoder()
    events = [*read.feed(noise + bytes(broken), 1.0), *fall_silent(read, 1.0)]
    events = read.feed(label(b"good"), 3.0)
    assert scans(events)[-1] == Scan(b"good", code="3")


def test_the_rest_that_does_not_come_is_given_up() -> None:
    read = decoder()
    read.feed(label(b"first", status=2), 1.0)
    assert fall_silent(read, 1.0) == [Damaged("a label whose rest did not come", 5)]
    assert scans(read.feed(label(b"good"), 3.0)) == [Scan(b"good", code="3")]


def test_a_label_longer_than_allowed_is_dropped_whole() -> None:
    read = SsiDecoder(max_length=300)
    events: list[Event] = []
    for _ in range(3):
        events += read.feed(label(b"a" * 120, status=2), 1.0)
    assert Damaged("a label longer than allowed", 360) in events


def test_wake_ups_mean_nothing() -> None:
    read = decoder()
    assert read.feed(b"\x00\x00", 1.0) == []
    assert read.feed(b"\x00" + label(b"one"), 1.0) == [ACK, Scan(b"one", code="3")]
    assert read.deadline() is None


def test_answers_and_events_are_no_labels() -> None:
    read = decoder()
    revision = ssi.build_packet(Packet(0xA4, 0, 0, b"PAABCS00-001-R0"))
    assert read.feed(revision, 1.0) == [ACK, Reply(revision)]
    assert ssi.parse_answer(revision) == Answer(ok=True, text="PAABCS00-001-R0")
    for refusal, text in ((b"\x06", "denied"), (b"\x63", "63")):
        (reply,) = read.feed(ssi.build_packet(Packet(0xD1, 0, 0, refusal)), 1.0)
        assert isinstance(reply, Reply)
        assert ssi.parse_answer(reply.data) == Answer(ok=False, text=text)
    assert read.feed(ssi.build_packet(Packet(0xF6, 0, 0, b"\x01")), 1.0) == [ACK, Status("event 01")]
    assert not ssi.parse_answer(b"nonsense").ok


def test_every_command_is_a_packet_from_the_host() -> None:
    for sent in ssi.COMMANDS.values():
        packet = ssi.parse_packet(sent)
        assert packet is not None
        assert packet.source == ssi.HOST
    assert ssi.COMMANDS[Command.ENABLE] == bytes.fromhex("04E90400FF0F")


@given(st.binary(max_size=2000), CUTS)
def test_whatever_comes_memory_is_bounded_and_silence_ends_it(noise: bytes, cuts: list[int]) -> None:
    read = decoder()
    for part in pieces(noise, cuts):
        read.feed(part, 1.0)
        assert len(read._buffer) <= 257
    fall_silent(read, 1.0)
    assert scans(read.feed(label(b"good"), 9.0))[-1].data.endswith(b"good")


def test_a_segment_out_of_turn_is_not_taken_and_the_label_is_given_up() -> None:
    read = decoder()
    first, second, third = segments(b"x" * 300)
    events = feed_all(read, [first, third, third])
    assert scans(events) == []
    assert fall_silent(read, 1.0) == [Damaged("a label whose rest did not come", 100)]
    assert scans(feed_all(read, [first, second, third])) == [Scan(b"x" * 300, code="28")]


def test_a_long_run_of_noise_is_not_kept() -> None:
    read = decoder()
    for _ in range(100):
        read.feed(b"\xff" * 100, 1.0)
        assert len(read._buffer) <= 257
