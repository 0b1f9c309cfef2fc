"""Replies told apart by content, at every split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.errors import FrameError
from firmware_protocol.escpos.status import (
    AutomaticStatus,
    Block,
    QueuedStatus,
    RealTimeStatus,
    Reply,
    ReplyReader,
    Strange,
    process_done,
)
from tests.support.dialects import pieces

ASB = st.builds(AutomaticStatus, *[st.booleans()] * 5)


def test_the_reply_to_a_completion_request_is_known_by_its_number() -> None:
    [reply] = ReplyReader().feed(bytes.fromhex("37 22 30 30 34 32 00"))
    assert reply == Block(0x37, b'"0042')
    assert process_done(reply) == b"0042"
    assert process_done(Block(0x37, b"#@")) is None
    assert process_done(QueuedStatus(0)) is None


@pytest.mark.parametrize(
    ("literal", "reply"),
    [
        ("12", RealTimeStatus(0x12)),
        ("7E", RealTimeStatus(0x7E)),
        ("10 00 0C 0F", AutomaticStatus(paper_end=True)),
        ("38 00 00 00", AutomaticStatus(offline=True, cover_open=True)),
        ("00", QueuedStatus(0)),
        ("0C", QueuedStatus(0x0C)),
        ("5F 45 50 00", Block(0x5F, b"EP")),
        ("FF", Strange(b"\xff")),
        ("10 90 00 00", Strange(b"\x10")),
    ],
)
def test_a_reply_is_known_by_its_first_byte(literal: str, reply: Reply) -> None:
    assert ReplyReader().feed(bytes.fromhex(literal))[0] == reply


def test_real_time_status_bits_mean_what_the_manual_says() -> None:
    assert RealTimeStatus(0x1A).offline
    assert not RealTimeStatus(0x12).offline
    assert RealTimeStatus(0x16).cover_open
    assert RealTimeStatus(0x52).error
    assert RealTimeStatus(0x1E).paper_near_end
    assert not RealTimeStatus(0x1E).paper_end
    assert RealTimeStatus(0x72).paper_end


def test_queued_paper_status_tells_the_end_from_near_the_end() -> None:
    assert QueuedStatus(0x0C).paper_end
    assert not QueuedStatus(0x03).paper_end


@given(ASB)
def test_automatic_status_goes_both_ways(status: AutomaticStatus) -> None:
    assert AutomaticStatus.from_bytes(status.to_bytes()) == status


@given(ASB, st.binary(min_size=1, max_size=3))
def test_automatic_status_refuses_extra_and_missing_bytes(status: AutomaticStatus, extra: bytes) -> None:
    with pytest.raises(FrameError):
        AutomaticStatus.from_bytes(status.to_bytes() + extra)
    with pytest.raises(FrameError):
        AutomaticStatus.from_bytes(status.to_bytes()[: len(extra)])


@given(
    st.lists(
        st.one_of(
            ASB.map(AutomaticStatus.to_bytes),
            st.sampled_from(
                [b"\x12", b"\x1a", b"\x00", b"\x0c", b"\x11", b"\x13", b"7\x220001\x00", b"_TM-T20III\x00"]
            ),
        )
    ).map(b"".join),
    st.lists(st.integers(0, 1000), max_size=8),
)
def test_any_split_gives_the_same_replies_and_flow_control_is_taken_out(stream: bytes, cuts: list[int]) -> None:
    split = ReplyReader()
    replies = [reply for piece in pieces(stream, cuts) for reply in split.feed(piece)]
    assert replies == ReplyReader().feed(stream)
    assert not any(isinstance(reply, Strange) for reply in replies)


@given(st.binary(max_size=600))
def test_noise_never_raises_and_never_grows_without_bound(noise: bytes) -> None:
    reader = ReplyReader()
    reader.feed(noise)
    reader.feed(bytes(300))
    assert reader.feed(b"\x12")[-1:] == [RealTimeStatus(0x12)]
