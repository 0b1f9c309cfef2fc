"""Every scanner profile reads its transcript: the dialect, framing and symbology that it says are right for its device."""

from __future__ import annotations

import re

import pytest

from koshelek_driver.config import profile
from koshelek_driver.errors import UsageError
from koshelek_driver.scanner.replay import labels_of
from koshelek_driver.transport.transcript import parse
from tests.support.paths import TESTS

FOLDER = TESTS / "transcripts"


def replay(name: str, text: str) -> list[tuple[str, str]]:
    """The labels that a profile makes of a transcript."""
    return labels_of(parse(text), profile.scanner(name))


@pytest.mark.parametrize("name", profile.names("scanners"))
def test_a_profile_reads_its_transcript(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="ascii")
    expected = list(parse(text).labels)
    assert expected
    assert replay(name, text) == expected


def test_there_is_a_transcript_for_every_profile_and_none_beside() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == profile.names("scanners")


def test_a_transcript_is_read_one_byte_at_a_time_with_the_same_labels() -> None:
    streams = [
        name for name in profile.names("scanners") if profile.scanner(name).dialect in ("text", "ssi", "honeywell")
    ]
    for name in streams:
        text = (FOLDER / f"{name}.txt").read_text(encoding="ascii")
        split = re.sub(
            r"^(\S+) < (\w+)$",
            lambda line: "\n".join(f"{line[1]} < {byte}" for byte in re.findall("..", line[2])),
            text,
            flags=re.MULTILINE,
        )
        assert replay(name, split) == list(parse(text).labels)


@pytest.mark.parametrize(
    "text", ["", "# other\n", "# koshelek-driver transcript 1\n0.0 < 5\n", "# koshelek-driver transcript 1\nx"]
)
def test_what_is_no_transcript_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="transcript"):
        parse(text)
