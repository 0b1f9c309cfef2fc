"""IBM OEM scanners: labels with identifiers of every length, in several reports, status, answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol import ibm_oem
from firmware_protocol.dialect import Command, Damaged, Event, Reply, Scan, Status
from firmware_protocol.ibm_oem import IbmOemDecoder
from tests.support.dialects import fall_silent, scans
from tests.support.ibm_oem import QR, report, reports


def decoder() -> IbmOemDecoder:
    return IbmOemDecoder(max_length=1000)


def feed_all(read: IbmOemDecoder, parts: list[bytes]) -> list[Event]:
    return [event for part in parts for event in read.feed(part, 1.0)]


@given(st.binary(min_size=1, max_size=300))
def test_a_label_of_any_length_is_one_label_without_its_identifiers(data: bytes) -> None:
    read = decoder()
    assert feed_all(read, reports(data)) == [Scan(data, code="00330B")]
    assert read.deadline() is None


@pytest.mark.parametrize(
    ("body", "data", "code"),
    [
        (b"4601234567893\x16", b"4601234567893", "16"),
        (bytes([4, 6, 0, 1, 2, 3, 4, 0, 0x0C]), b"46012340", "0C"),
        (bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 5, 0x0D]), b"012345678905", "0D"),
        (b"CM46" + bytes.fromhex("00180B"), b"CM46", "00180B"),
        (b"CM46" + bytes.fromhex("04000000"), b"CM46", "04000000"),
        (b"\x01\x02" + bytes.fromhex("00330B"), b"\x01\x02", "00330B"),
    ],
)
def test_identifiers_of_every_length(body: bytes, data: bytes, code: str) -> None:
    assert decoder().feed(report(body), 1.0) == [Scan(data, code=code)]


def test_an_identifier_of_four_bytes_marks_continuation_too() -> None:
    read = decoder()
    first, last = bytes.fromhex("14000000"), bytes.fromhex("04000000")
    assert read.feed(report(b"first " + first), 1.0) == []
    assert read.feed(report(b"last" + last), 1.0) == [Scan(b"first last", code="04000000")]


def test_status_is_told_and_is_no_label() -> None:
    read = decoder()
    assert read.feed(report(b"", status=b"\x00\x03\x00"), 1.0) == []
    assert read.feed(report(b"", status=b"\xa0\x80\x20"), 1.0) == [
        Status("hardware error"),
        Status("not ready"),
        Status("command rejected"),
        Status("direct I/O undefined"),
    ]
    assert read.feed(report(b"1\x05info", status=b"\x40\x00\x08"), 1.0) == [Reply(b"1\x05info")]
    assert ibm_oem.parse_answer(b"Model 7\0\0").text == "Model 7"


def test_the_rest_that_does_not_come_is_given_up() -> None:
    read = decoder()
    read.feed(reports(b"x" * 100)[0], 1.0)
    assert read.deadline() == pytest.approx(1.1)
    assert fall_silent(read, 1.0) == [Damaged("a label whose rest did not come", 56)]
    assert read.feed(report(b"good" + QR), 2.0) == [Scan(b"good", code="00330B")]


@pytest.mark.parametrize("length", [0, 3, 65, 255])
def test_a_length_that_cannot_be_is_damage(length: int) -> None:
    assert decoder().feed(bytes([length]) + bytes(63), 1.0) == [Damaged("a report whose length cannot be", 64)]


def test_commands_are_eleven_bytes() -> None:
    assert {len(sent) for sent in ibm_oem.COMMANDS.values()} == {11}
    assert ibm_oem.COMMANDS[Command.ENABLE] == bytes.fromhex("11") + bytes(10)


@given(st.lists(st.binary(max_size=70), max_size=30))
def test_whatever_comes_the_next_label_works(noise: list[bytes]) -> None:
    read = decoder()
    feed_all(read, noise)
    assert len(read._data) <= 1000
    fall_silent(read, 1.0)
    assert scans(read.feed(report(b"good" + QR), 9.0))[-1] == Scan(b"good", code="00330B")
