"""What the tests of all dialects share: streams cut at any place, and whatever may come over a wire."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from firmware_protocol.dialect import Dialect, Event, Scan

CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream cut at those places."""
    points = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(points)]


def feed_all(dialect: Dialect, parts: list[bytes], now: float = 1.0) -> list[Event]:
    """Everything that these pieces complete."""
    return [event for part in parts for event in dialect.feed(part, now)]


def scans(events: list[Event]) -> list[Scan]:
    """The labels among some events."""
    return [event for event in events if isinstance(event, Scan)]


def fall_silent(dialect: Dialect, now: float) -> list[Event]:
    """What silence completes, until nothing is pending; it must come to that."""
    events: list[Event] = []
    for _ in range(10):
        deadline = dialect.deadline()
        if deadline is None:
            return events
        now = max(now, deadline)
        events += dialect.feed(b"", now)
    raise AssertionError(f"still pending after 10 deadlines: {dialect.deadline()}")
