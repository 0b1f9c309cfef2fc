"""Transcripts: the bytes read from and written to a device, with times and expected labels, as text.

    # koshelek-driver transcript 1
    # report descriptor 058c...           of a HID device
    0.000 < 5d5131434d                    read from the device, at seconds since the beginning, hexadecimal
    0.020 > 06                            written to it
    = QRCODE CM4601234567893              a label that should have come by now: its type, and its text with escapes

Other lines that begin with # are for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from koshelek_driver.errors import PortLost, UsageError

FIRST_LINE = "# koshelek-driver transcript 1"
DESCRIPTOR_LINE = "# report descriptor "
_LINE = re.compile(r"(?P<at>\d+\.\d+) (?P<way>[<>]) (?P<data>(?:[0-9a-f]{2})*)")
_EXPECTED = re.compile(r"= (?P<type>\w+) (?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Transcript:
    """A parsed transcript. `reads` and `writes` are seconds and bytes, `labels` type and text."""

    reads: tuple[tuple[float, bytes], ...]
    writes: tuple[tuple[float, bytes], ...]
    labels: tuple[tuple[str, str], ...]
    report_descriptor: bytes


def parse(text: str) -> Transcript:
    """Parse a transcript. Raises UsageError that names the line."""
    lines = text.splitlines()
    if not lines or lines[0] != FIRST_LINE:
        raise UsageError("not a transcript", f"its first line must be '{FIRST_LINE}'")
    ways: dict[str, list[tuple[float, bytes]]] = {"<": [], ">": []}
    labels: list[tuple[str, str]] = []
    descriptor = b""
    for number, line in enumerate(lines[1:], 2):
        timed, expected = _LINE.fullmatch(line), _EXPECTED.fullmatch(line)
        if timed is not None:
            ways[timed["way"]].append((float(timed["at"]), bytes.fromhex(timed["data"])))
        elif expected is not None:
            labels.append((expected["type"], expected["text"].encode("ascii").decode("unicode_escape")))
        elif line.startswith(DESCRIPTOR_LINE):
            descriptor = bytes.fromhex(line.removeprefix(DESCRIPTOR_LINE))
        elif line and not line.startswith("#"):
            raise UsageError(
                f"line {number} of the transcript: {line!r}", "expected `0.000 < 5d51`, `= TYPE text` or #"
            )
    return Transcript(tuple(ways["<"]), tuple(ways[">"]), tuple(labels), descriptor)


class ReplayPort:
    """A port that replays a transcript on its own clock and is then lost."""

    def __init__(self, transcript: Transcript) -> None:
        self.report_descriptor = transcript.report_descriptor
        self.now_s = 0.0
        self.written: list[bytes] = []
        self._reads = list(transcript.reads)
        self._end_s = (self._reads[-1][0] if self._reads else 0.0) + 3.0

    def read(self, timeout_s: float) -> bytes:
        """See Port. Waits on the replay's own clock, so it never blocks."""
        if self._reads and self._reads[0][0] <= self.now_s + timeout_s:
            at, data = self._reads.pop(0)
            self.now_s = max(self.now_s, at)
            return data
        self.now_s += timeout_s
        if self.now_s > self._end_s:
            raise PortLost("the transcript is at its end", "")
        return b""

    def write(self, data: bytes, timeout_s: float) -> None:  # noqa: ARG002
        """See Port."""
        self.written.append(data)

    def wake(self) -> None:
        """See Port."""

    def close(self) -> None:
        """See Port."""
