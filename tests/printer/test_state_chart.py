"""The states of a print job: the chart of the README is the code's, and JSON keeps its words."""

from __future__ import annotations

import re

import pytest

from koshelek_driver.cli.output import print_document
from koshelek_driver.printer.condition import PAPER
from koshelek_driver.printer.job_state import TRANSITIONS, JobState, mermaid
from koshelek_driver.printer.receipt_printer import PrintResult
from tests.support.paths import DRIVER


def test_the_readme_draws_the_states_of_the_code() -> None:
    readme = (DRIVER / "printer" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"```mermaid\n(.*?)\n```", readme, re.DOTALL) == [mermaid()]


def test_every_state_is_reached_and_known() -> None:
    assert set(TRANSITIONS) == set(JobState)
    reached = {state for following in TRANSITIONS.values() for state in following}
    assert reached == set(JobState) - {JobState.QUEUED}


@pytest.mark.parametrize(
    ("state", "printed", "word"),
    [
        (JobState.QUEUED, "not_sent", "queued"),
        (JobState.SENT, "sent", "sent"),
        (JobState.ASSUMED, "assumed", "sent"),
        (JobState.ACKNOWLEDGED, "on_paper", "acknowledged"),
        (JobState.HELD, "sent", "held"),
        (JobState.CLEARED, "sent", "cleared"),
        (JobState.INTERRUPTED, "sent", "torn"),
    ],
)
def test_the_words_of_json_are_a_contract(state: JobState, printed: str, word: str) -> None:
    assert print_document(PrintResult(state, PAPER, "process_id")) == {
        "printed": printed,
        "state": word,
        "evidence": "process_id",
        "problem": "the printer is out of paper",
        "remedy": "put in a new roll",
    }
    assert PrintResult(state).is_printed is (printed in ("on_paper", "assumed"))
