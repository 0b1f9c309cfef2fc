"""The diagrams in the READMEs are those that the code draws, and they show what must be true."""

from __future__ import annotations

import pytest

from tests.support import payment_diagram, rooms_diagram
from tests.support.diagrams import DIAGRAMS, Diagram


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda diagram: diagram.name)
def test_a_readme_has_the_diagram_that_the_code_draws(diagram: Diagram) -> None:
    assert diagram.block() in diagram.readme.read_text(encoding="utf-8"), "run: python -m tests.diagrams"


def test_no_answer_never_rejects_and_a_final_state_never_goes_on() -> None:
    found = payment_diagram.transitions()
    assert {each.following for each in found if each.event == "no answer"} <= {
        "charging", "canceling", "customer_decides", "cancel_settling", "slip_asked_for", "unknown", "paid",
    }  # fmt: skip
    assert {each.state for each in found} & {"paid", "rejected", "canceled", "unknown"} == set()
    assert {each.state for each in found if each.following == "paid" and each.event == "no answer"} == {
        "slip_asked_for"
    }


def test_rooms_import_no_room_that_imports_them() -> None:
    graph = rooms_diagram.imports()
    reduced = rooms_diagram.reduced(graph)
    assert {"cli", "till", "payment", "firmware_protocol"} <= {*graph, *(to for each in graph.values() for to in each)}
    assert all(reduced[room] <= graph[room] for room in graph)
    assert not [room for room in graph if room in rooms_diagram.reachable(graph, room)]
