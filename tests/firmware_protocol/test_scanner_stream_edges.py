"""Labels that do not print themselves, descriptors at their limit, scanners that cannot be asked, cut segments."""

from __future__ import annotations

import struct

import pytest

from firmware_protocol import hid_descriptor, hid_pos, ssi
from firmware_protocol.dialect import Damaged, Scan
from firmware_protocol.errors import Fault, FrameError
from firmware_protocol.hid_descriptor import Usage
from firmware_protocol.hid_pos import HONEYWELL, HidPosDecoder
from firmware_protocol.honeywell import HoneywellDecoder
from firmware_protocol.ssi import Packet, SsiDecoder
from tests.support.dialects import scans


def test_a_scan_prints_its_size_and_not_its_data() -> None:
    shown = repr(Scan(b"4601234567893", b"]E0", "d"))
    assert shown == "Scan(13 bytes, aim=b']E0', code='d')"


def test_a_report_descriptor_has_at_most_64_kib() -> None:
    longest = bytes.fromhex("0501") * 32_768
    assert hid_descriptor.parse_descriptor(longest).fields == ()
    with pytest.raises(FrameError, match="at most 65536 bytes") as caught:
        hid_descriptor.parse_descriptor(longest + b"\x05")
    assert caught.value.fault is Fault.UNEXPECTED


def test_a_device_that_cannot_be_asked_has_the_usual_layout() -> None:
    assert hid_pos.layout_or_usual(b"") == HONEYWELL
    assert hid_pos.layout_or_usual(b"\x05") == HONEYWELL


def test_a_device_that_can_be_asked_has_its_own_layout() -> None:
    # Report 5: two bytes of decoded data behind four bytes of padding, nothing else.
    layout = hid_pos.layout_or_usual(bytes.fromhex("058C 0902 A101 8505 7508 9504 8103 9502 09FE 820201 C0"))
    assert (layout.report_id, layout.data_at, layout.data_size) == (5, 4, 2)
    assert (layout.length_at, layout.aim_at, layout.continued_bit, layout.code_at) == (None, None, None, None)
    assert HidPosDecoder(layout, max_length=100).feed(b"\x05\0\0\0\0ab", 1.0) == [Scan(b"ab")]


def test_a_field_without_usages_names_none_of_its_values() -> None:
    (padding,) = hid_descriptor.parse_descriptor(bytes.fromhex("7508 9504 8103")).fields
    assert padding.usage_of(0) is None
    assert padding.is_constant
    assert padding.collection == Usage(0, 0)


def test_a_first_segment_that_is_cut_off_begins_no_label() -> None:
    read = SsiDecoder(max_length=100)
    assert scans(read.feed(ssi.build_packet(Packet(0x73, 2, 0, b"\x00\xf3\x00")), 1.0)) == []
    head = b"\x00\xf3" + struct.pack(">I", 7) + b"\x1c\x00" + struct.pack(">H", 3)
    assert scans(read.feed(ssi.build_packet(Packet(0x73, 2, 0, head + b"abc")), 1.1)) == [Scan(b"abc", code="28")]


def header(size: int, end: bytes = b"\r") -> bytes:
    """The first seven bytes of a decode header for a message of this size."""
    return b"\x16\xfe" + struct.pack("<I", size) + end


LABEL = b"MSGGET0003sQ1\x1dabc"


def test_a_decode_header_waits_for_every_byte_of_it_and_of_its_label() -> None:
    read = HoneywellDecoder(idle_s=0.05, max_length=100)
    stream = header(len(LABEL)) + LABEL
    for at in range(len(stream) - 1):
        assert read.feed(stream[at : at + 1], 1.0) == []
    assert read.feed(stream[-1:], 1.0) == [Scan(b"abc", b"]Q1", "s")]


def test_a_message_may_be_as_long_as_allowed_and_no_longer() -> None:
    fits = HoneywellDecoder(idle_s=0.05, max_length=len(LABEL))
    assert fits.feed(header(len(LABEL)) + LABEL, 1.0) == [Scan(b"abc", b"]Q1", "s")]
    small = HoneywellDecoder(idle_s=0.05, max_length=len(LABEL) - 1)
    assert small.feed(header(len(LABEL)), 1.0)[0] == Damaged("a decode header that cannot be", 2)


def test_a_header_without_its_end_or_its_label_is_damage_of_its_size() -> None:
    read = HoneywellDecoder(idle_s=0.05, max_length=100)
    assert read.feed(header(3, b"x"), 1.0)[0] == Damaged("a decode header that cannot be", 2)
    late = HoneywellDecoder(idle_s=0.05, max_length=100)
    assert late.feed(header(50) + b"abc", 1.0) == []
    assert late.feed(b"", 9.0) == [Damaged("a decode header without its label", 10)]


def test_a_message_that_is_no_label_is_damage_of_its_size() -> None:
    read = HoneywellDecoder(idle_s=0.05, max_length=100)
    assert read.feed(header(5) + b"hello", 1.0) == [Damaged("a message that is no label", 5)]
