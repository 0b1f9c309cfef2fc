"""Payments left open at a till, and how its background work ends them."""

from __future__ import annotations

import threading

from koshelek_driver import Outcome, Terminal
from tests.support.tills import Till


def settled(terminal: Terminal, order_id: str) -> Outcome:
    """How an order ends when only the caretaker works at it."""
    turn = threading.Event()
    for _ in range(200):
        found = terminal.find(order_id)
        assert found is not None
        if found.outcome is not Outcome.UNKNOWN:
            return found.outcome
        turn.wait(0.05)
    raise AssertionError("the caretaker did not end it")


def leave_open(till: Till, order_id: str = "A-1") -> None:
    """A sale whose customer never decides and whose till loses the host: it stays unknown."""
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 1.0\nsettle_timeout_s = 0.0\nresend_attempts = 0")
    till.play("checkout", "undecided")
    till.play("cancel", "lost-always")
    till.play("status", "lost-always", times=1000)
    with Terminal.open(till.site) as terminal:
        paid = terminal.pay(terminal.new_order(order_id, 500), label=till.label())
    assert paid.outcome is Outcome.UNKNOWN
    till.play("status", "accepted")
