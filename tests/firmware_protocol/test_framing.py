"""Labels out of a plain stream, at every split and after every mishap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.dialect import Damaged, Dialect, Overlong, Scan
from firmware_protocol.framing import StartEndFramer, TerminatorFramer
from tests.support.dialects import CUTS, fall_silent, feed_all, pieces, scans

LABELS = st.lists(
    st.binary(min_size=1, max_size=40).filter(lambda data: not set(data) & {2, 3, 0x0D, 0x0A}), max_size=6
)


def framer(max_length: int = 100, confirm_s: float = 0.0) -> TerminatorFramer:
    return TerminatorFramer(b"\r\n", idle_s=0.05, max_length=max_length, confirm_s=confirm_s)


def stx(max_length: int = 100) -> StartEndFramer:
    return StartEndFramer(2, b"\x03", idle_s=0.5, max_length=max_length)


@given(LABELS, st.sampled_from([b"\r", b"\n", b"\r\n"]), CUTS)
def test_every_label_comes_out_whole_at_any_split(labels: list[bytes], suffix: bytes, cuts: list[int]) -> None:
    cutter = framer()
    stream = b"".join(label + suffix for label in labels)
    assert feed_all(cutter, pieces(stream, cuts)) == [Scan(label) for label in labels]
    assert cutter.deadline() is None


def test_silence_ends_a_label_without_a_terminator() -> None:
    cutter = framer()
    assert cutter.feed(b"46012", now=1.0) == []
    assert cutter.deadline() == pytest.approx(1.05)
    assert cutter.feed(b"345", now=1.04) == []
    assert cutter.feed(b"", now=1.08) == []
    assert cutter.feed(b"", now=1.10) == [Scan(b"46012345")]
    assert cutter.deadline() is None


def test_a_label_after_silence_is_not_merged_with_the_one_before() -> None:
    cutter = framer()
    cutter.feed(b"first", now=1.0)
    assert cutter.feed(b"", now=1.05) == [Scan(b"first")]
    assert cutter.feed(b"second\r", now=1.06) == [Scan(b"second")]


def test_a_reader_that_was_held_up_does_not_tear_a_label() -> None:
    cutter = framer()
    cutter.feed(b"46012", now=1.0)
    assert cutter.feed(b"345\r", now=9.0) == [Scan(b"46012345")]


@given(st.integers(101, 5000))
def test_an_overlong_run_is_dropped_whole_and_the_next_label_works(size: int) -> None:
    assert framer().feed(b"x" * size + b"\rgood\r", now=1.0) == [Overlong(size), Scan(b"good")]
    assert stx().feed(b"\x02" + b"x" * size + b"\x03\x02good\x03", now=1.0) == [Overlong(size), Scan(b"good")]


def test_a_prefix_is_taken_off_where_it_is() -> None:
    cutter = TerminatorFramer(b"\r", idle_s=0.05, max_length=100, prefix=b"\x02@")
    assert cutter.feed(b"\x02@one\rtwo\r\x02@\r", now=1.0) == [Scan(b"one"), Scan(b"two")]


def test_a_terminator_inside_a_label_does_not_cut_it_where_silence_must_follow() -> None:
    cutter = framer(confirm_s=0.01)
    assert cutter.feed(b"line 1\rline 2\r\n", now=1.0) == []
    assert cutter.deadline() == pytest.approx(1.01)
    assert cutter.feed(b"", now=1.005) == []
    assert cutter.feed(b"", now=1.01) == [Scan(b"line 1\rline 2")]
    assert cutter.feed(b"\r\n", now=2.0) == []
    assert fall_silent(cutter, 2.0) == []
    cutter.feed(b"no end", now=3.0)
    assert cutter.deadline() == pytest.approx(3.05)


@given(LABELS, CUTS)
def test_labels_between_start_and_end_come_out_whole_at_any_split(labels: list[bytes], cuts: list[int]) -> None:
    cutter = stx()
    stream = b"".join(b"\x02" + label + b"\x03\r\n" for label in labels)
    assert feed_all(cutter, pieces(stream, cuts)) == [Scan(label) for label in labels]
    assert cutter.deadline() is None


def test_what_is_outside_a_label_or_has_no_end_is_damage_and_the_next_label_works() -> None:
    cutter = stx()
    assert cutter.feed(b"noise\x02good\x03", now=1.0) == [Damaged("bytes outside of a label", 5), Scan(b"good")]
    assert cutter.feed(b"\x02half\x02good\x03", now=2.0) == [Damaged("a label without its end", 5), Scan(b"good")]
    assert cutter.feed(b"\x02half", now=3.0) == []
    assert cutter.feed(b"", now=3.4) == []
    assert cutter.feed(b"", now=3.5) == [Damaged("a label without its end", 5)]
    assert cutter.feed(b"noise", now=4.0) == []
    assert fall_silent(cutter, 4.0) == [Damaged("bytes outside of a label", 5)]
    assert cutter.feed(b"\x02\x03\x02good\x03", now=5.0) == [Scan(b"good")]


@given(st.binary(max_size=500), CUTS, st.sampled_from(["terminator", "confirmed", "start and end"]))
def test_whatever_comes_the_next_label_works(noise: bytes, cuts: list[int], kind: str) -> None:
    kinds: dict[str, Dialect] = {"terminator": framer(), "confirmed": framer(confirm_s=0.01), "start and end": stx()}
    cutter = kinds[kind]
    feed_all(cutter, pieces(noise, cuts))
    fall_silent(cutter, 1.0)
    events = [*cutter.feed(b"\x02good\x03\r", now=50.0), *fall_silent(cutter, 50.0)]
    assert scans(events)[-1].data in (b"good", b"\x02good\x03")
