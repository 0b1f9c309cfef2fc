"""What one read of a scanner's port completes, at any split of its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_protocol.dialect import Event, Overlong
from koshelek_driver.config import profile
from koshelek_driver.scanner.dialects import build_binding
from koshelek_driver.scanner.label import DEFAULT_RULES, Label
from koshelek_driver.scanner.reader import ScannerReader

MODEL = profile.scanner("generic-serial")


class ScriptedPort:
    """Gives its pieces one a read, then silence, on a clock of its own; notes how long each read would wait."""

    report_descriptor = b""

    def __init__(self, *pieces: bytes) -> None:
        self.now_s, self.waits = 100.0, list[float]()
        self._pieces = list(pieces)

    def read(self, timeout_s: float) -> bytes:
        self.waits.append(timeout_s)
        if self._pieces:
            return self._pieces.pop(0)
        self.now_s += timeout_s
        return b""

    def write(self, data: bytes, timeout_s: float) -> None: ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


def read_all(port: ScriptedPort, reads: int) -> list[Label | Event]:
    reader = ScannerReader(port, build_binding(MODEL), DEFAULT_RULES, lambda: port.now_s)
    return [each for _ in range(reads) for each in reader.read()]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_labels_back_to_back_are_neither_merged_nor_lost_at_any_split(sizes: list[int]) -> None:
    wanted = [f"CM{number:013d}" for number in range(20)]
    stream = b"".join(f"]C0{label}\r\n".encode() for label in wanted)
    pieces, at = list[bytes](), 0
    while at < len(stream):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(stream[at : at + size])
        at += size
    labels = read_all(ScriptedPort(*pieces), len(pieces))
    assert [label.text for label in labels if isinstance(label, Label)] == wanted


def test_silence_is_noticed_as_soon_as_it_may_end_a_label() -> None:
    port = ScriptedPort(b"46012345")
    (label,) = read_all(port, 2)
    assert isinstance(label, Label)
    assert label.text == "46012345"
    assert port.waits[1] == pytest.approx(MODEL.framing.idle_s)


def test_a_read_with_nothing_pending_waits_no_longer_than_half_a_second() -> None:
    port = ScriptedPort()
    read_all(port, 1)
    assert port.waits == [0.5]


def test_an_overlong_run_is_told_and_the_next_label_works() -> None:
    overlong, good = read_all(ScriptedPort(b"x" * 5000 + b"\rgood\r"), 1)
    assert overlong == Overlong(5000)
    assert isinstance(good, Label)
    assert good.text == "good"


def test_what_a_scanner_says_about_itself_is_no_label() -> None:
    (label,) = read_all(ScriptedPort(b"]Z6REVINF: 1.2.3\r]Q1good\r"), 1)
    assert isinstance(label, Label)
    assert label.text == "good"
