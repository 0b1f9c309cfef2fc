"""HID POS: report descriptors, labels in one report and in several, firmware that does not know where a label ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol import hid_descriptor, hid_pos
from firmware_protocol.dialect import Command, Damaged, Event, Reply, Scan
from firmware_protocol.errors import FrameError
from firmware_protocol.hid_descriptor import Descriptor, Field, ReportKind, Usage
from firmware_protocol.hid_pos import HONEYWELL, HidPosDecoder, Layout
from tests.support.dialects import fall_silent, scans
from tests.support.hid_pos import DESCRIPTOR, report, reports


def decoder(layout: Layout = HONEYWELL) -> HidPosDecoder:
    return HidPosDecoder(layout, max_length=1000)


def feed_all(read: HidPosDecoder, parts: list[bytes]) -> list[Event]:
    return [event for part in parts for event in read.feed(part, 1.0)]


def test_a_descriptor_tells_what_the_device_is_and_where_its_labels_lie() -> None:
    parsed = hid_descriptor.parse_descriptor(DESCRIPTOR)
    assert parsed.collections == (hid_pos.SCANNER,)
    assert parsed.has_report_ids
    assert hid_pos.layout_of(parsed) == HONEYWELL
    found = parsed.find(ReportKind.OUTPUT, Usage(0x8C, 0x86))
    assert found is not None
    assert (found[0].report_id, found[0].offset + found[1]) == (4, 6)
    assert hid_pos.COMMANDS[Command.GOOD_READ_BEEP] == bytes([4, 1 << 6])


def test_another_layout_is_followed() -> None:
    moved = DESCRIPTOR.replace(bytes.fromhex("9538 09FE"), bytes.fromhex("9520 09FE"))
    layout = hid_pos.layout_of(hid_descriptor.parse_descriptor(moved))
    assert layout is not None
    assert (layout.data_size, layout.code_at, layout.continued_bit) == (32, 36, 38 * 8)
    short = bytes([2, 5]) + b"]C0" + b"abcde".ljust(32, b"\0") + b"j\0\0"
    assert decoder(layout).feed(short, 1.0) == [Scan(b"abcde", b"]C0", "j")]


def test_a_keyboard_is_no_hid_pos_scanner() -> None:
    keyboard = bytes.fromhex("0501 0906 A101 0507 19E0 29E7 1500 2501 7501 9508 8102 9506 7508 1900 2965 8100 C0")
    parsed = hid_descriptor.parse_descriptor(keyboard)
    assert parsed.collections == (Usage(1, 6),)
    assert hid_pos.layout_of(parsed) is None
    assert parsed.fields[0] == Field(
        ReportKind.INPUT, 0, 0, 1, 8, tuple(Usage(7, code) for code in range(0xE0, 0xE8)), False, Usage(1, 6)
    )
    assert parsed.fields[1].usage_of(200) == Usage(7, 5)
    assert not parsed.has_report_ids


def test_global_items_are_pushed_and_popped_and_long_items_are_skipped() -> None:
    pushed = bytes.fromhex("0501 7508 9501 A4 7510 9502 0930 8102 B4 0931 8102 FE02FF0102")
    fields = hid_descriptor.parse_descriptor(pushed).fields
    assert [(each.offset, each.size, each.count) for each in fields] == [(0, 16, 2), (32, 8, 1)]
    four_bytes = bytes.fromhex("0B3B000100 7508 9501 8102")
    assert hid_descriptor.parse_descriptor(four_bytes).fields[0].usages == (Usage(1, 0x3B),)


@pytest.mark.parametrize("broken", ["05", "0501 C0", "B4", "A4" * 65, "FE05", "27000000", "77FFFFFF7F 97FFFFFF7F 8102"])
def test_a_descriptor_that_cannot_be_is_refused(broken: str) -> None:
    with pytest.raises(FrameError):
        hid_descriptor.parse_descriptor(bytes.fromhex(broken))


@given(st.binary(max_size=400))
def test_any_descriptor_is_understood_or_refused(data: bytes) -> None:
    try:
        parsed = hid_descriptor.parse_descriptor(data)
    except FrameError:
        return
    assert isinstance(parsed, Descriptor)
    hid_pos.layout_of(parsed)


@given(st.binary(min_size=1, max_size=300).filter(lambda data: not data.endswith(b"\0")))
def test_a_label_of_any_length_is_one_label(data: bytes) -> None:
    read = decoder()
    assert feed_all(read, reports(data)) == [Scan(data, b"]Q1", "s")]
    assert read.deadline() is None


@pytest.mark.parametrize("size", [56, 112, 168])
def test_a_full_last_report_that_says_more_follows_is_delivered_when_nothing_does(size: int) -> None:
    read, data = decoder(), bytes(range(33, 89)) * (size // 56)
    assert feed_all(read, reports(data, always_continued=True)) == []
    assert read.deadline() == pytest.approx(1.1)
    assert read.feed(b"", 1.09) == []
    assert read.feed(b"", 1.1) == [Scan(data, b"]Q1", "s")]


def test_another_symbology_behind_such_a_report_is_another_label() -> None:
    read, full = decoder(), b"x" * 56
    read.feed(report(full, continued=True), 1.0)
    assert read.feed(report(b"46012345", aim=b"]E4", code=b"D"), 1.01) == [
        Scan(full, b"]Q1", "s"),
        Scan(b"46012345", b"]E4", "D"),
    ]


def test_what_the_scanner_says_about_itself_is_an_answer() -> None:
    read = decoder()
    assert read.feed(report(b"REVINF: 1.2", aim=b"]X0"), 1.0) == [Reply(b"REVINF: 1.2")]
    assert read.feed(report(b"REVINF\x06.", aim=b"]Z6"), 1.0) == [Reply(b"REVINF\x06.")]


def test_reports_of_another_kind_are_passed_over_and_short_ones_are_damage() -> None:
    read = decoder()
    assert read.feed(b"\x05anything", 1.0) == []
    assert read.feed(b"\x02\x01", 1.0) == [Damaged("a report too short for its layout", 2)]
    assert scans(read.feed(report(b"good"), 1.0)) == [Scan(b"good", b"]Q1", "s")]


def test_layouts_that_miss_something_work_as_well_as_they_can() -> None:
    bare = Layout(0, None, None, 0, 60, None, None)
    assert decoder(bare).feed(b"46012345".ljust(60, b"\0"), 1.0) == [Scan(b"46012345")]
    counting = Layout(2, 0, 1, 4, 56, None, None, length_counts_aim=True)
    assert decoder(counting).feed(bytes([2, 8]) + b"]C0abcde".ljust(59, b"\0"), 1.0) == [Scan(b"abcde", b"]C0")]


def test_a_label_longer_than_allowed_is_dropped() -> None:
    read = decoder()
    events = feed_all(read, [report(b"x" * 56, continued=True)] * 19)
    assert [type(event) for event in events] == [Damaged]
    fall_silent(read, 1.0)


@given(st.lists(st.binary(max_size=70), max_size=20))
def test_whatever_comes_the_next_label_works(noise: list[bytes]) -> None:
    read = decoder()
    feed_all(read, noise)
    fall_silent(read, 1.0)
    assert scans(read.feed(report(b"good"), 9.0)) == [Scan(b"good", b"]Q1", "s")]


def test_a_length_that_counts_the_identifier_and_is_too_small_is_no_label() -> None:
    counting = Layout(2, 0, 1, 4, 56, None, None, length_counts_aim=True)
    assert decoder(counting).feed(bytes([2, 2]) + b"]C0abcde".ljust(59, b"\0"), 1.0) == []
