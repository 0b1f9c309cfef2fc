"""The states of a print job and their transitions, which `Job` asserts and the README draws."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class JobState(StrEnum):
    """The state of a print job.

    The values are those of `state` in JSON documents, except that JSON says `sent` for ASSUMED (and `torn` for
    INTERRUPTED).

    QUEUED: not a byte has left. SENT: bytes left, and the printer has not confirmed them; a job that ends SENT was
    never confirmed. ASSUMED: all bytes left for a printer that cannot confirm. ACKNOWLEDGED: the printer confirmed
    that the job is on paper. HELD: the printer cannot print now (paper, cover, error) and has the rest. CLEARED: the
    unprinted rest was taken back. INTERRUPTED: the connection broke, so the state of the paper is unknown.
    """

    QUEUED = "queued"
    SENT = "sent"
    ASSUMED = "assumed"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    CLEARED = "cleared"
    INTERRUPTED = "torn"

    @property
    def is_printed(self) -> bool:
        """True if the job is on paper, confirmed or assumed."""
        return self in (JobState.ACKNOWLEDGED, JobState.ASSUMED)

    @property
    def printed(self) -> str:
        """The value of `printed` in JSON: not_sent, sent, assumed, on_paper."""
        return _PRINTED.get(self, "sent")


_PRINTED = {JobState.QUEUED: "not_sent", JobState.ASSUMED: "assumed", JobState.ACKNOWLEDGED: "on_paper"}
TRANSITIONS: Mapping[JobState, tuple[JobState, ...]] = {
    JobState.QUEUED: (JobState.SENT,),
    JobState.SENT: (
        JobState.ACKNOWLEDGED,
        JobState.ASSUMED,
        JobState.HELD,
        JobState.INTERRUPTED,
    ),
    JobState.HELD: (JobState.SENT, JobState.ACKNOWLEDGED, JobState.CLEARED, JobState.INTERRUPTED),
    JobState.ASSUMED: (),
    JobState.ACKNOWLEDGED: (),
    JobState.CLEARED: (),
    JobState.INTERRUPTED: (),
}
"""The states that may follow each state. Besides the last four, a job may end in QUEUED, SENT or HELD."""


def mermaid() -> str:
    """Return the state chart of a print job in mermaid's notation."""
    arrows = [("[*]", JobState.QUEUED.name)]
    for state, following in TRANSITIONS.items():
        arrows += [(state.name, each.name) for each in following] or [(state.name, "[*]")]
    return "\n".join(["stateDiagram-v2", *(f"    {before} --> {after}" for before, after in arrows)])
