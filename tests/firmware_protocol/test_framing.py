"""Frames out of a stream, at every split and after every mishap."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.framing import Frame, FrameEnd, Overlong, TerminatorFramer

LABELS = st.lists(st.binary(min_size=1, max_size=40).filter(lambda data: not set(data) & {0x0D, 0x0A}), max_size=6)


def framer(max_length: int = 100) -> TerminatorFramer:
    return TerminatorFramer(b"\r\n", idle_s=0.05, max_length=max_length)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    points = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(points)]


@given(LABELS, st.sampled_from([b"\r", b"\n", b"\r\n"]), st.lists(st.integers(0, 10_000), max_size=12))
def test_every_label_comes_out_whole_at_any_split(labels: list[bytes], suffix: bytes, cuts: list[int]) -> None:
    stream = b"".join(label + suffix for label in labels)
    cutter = framer()
    events = [event for piece in pieces(stream, cuts) for event in cutter.feed(piece, now=1.0)]
    assert events == [Frame(label, FrameEnd.TERMINATOR) for label in labels]
    assert cutter.deadline() is None


def test_silence_ends_a_label_without_a_terminator() -> None:
    cutter = framer()
    assert cutter.feed(b"46012", now=1.0) == []
    assert cutter.deadline() == pytest.approx(1.05)
    assert cutter.feed(b"345", now=1.04) == []
    assert cutter.feed(b"", now=1.08) == []
    assert cutter.feed(b"", now=1.10) == [Frame(b"46012345", FrameEnd.IDLE)]
    assert cutter.deadline() is None


def test_a_label_after_silence_is_not_merged_with_the_one_before() -> None:
    cutter = framer()
    cutter.feed(b"first", now=1.0)
    assert cutter.feed(b"", now=1.05) == [Frame(b"first", FrameEnd.IDLE)]
    assert cutter.feed(b"second\r", now=1.06) == [Frame(b"second", FrameEnd.TERMINATOR)]


def test_a_reader_that_was_held_up_does_not_tear_a_label() -> None:
    cutter = framer()
    cutter.feed(b"46012", now=1.0)
    assert cutter.feed(b"345\r", now=9.0) == [Frame(b"46012345", FrameEnd.TERMINATOR)]


@given(st.integers(101, 5000))
def test_an_overlong_run_is_dropped_whole_and_the_next_label_works(size: int) -> None:
    cutter = framer(max_length=100)
    assert cutter.feed(b"x" * size + b"\rgood\r", now=1.0) == [Overlong(size), Frame(b"good", FrameEnd.TERMINATOR)]
