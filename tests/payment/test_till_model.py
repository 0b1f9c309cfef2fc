"""A whole till against a model of the host: loss, duplicates, crashes and clock jumps in any order; the books agree.

Everything here is real but the network, the clock and the card: desks, engine, flows and the journal's file.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.support.till_model import TillAndHost

TestTillAndHost = TillAndHost.TestCase
TestTillAndHost.settings = settings(
    stateful_step_count=40, max_examples=settings().max_examples, suppress_health_check=list(HealthCheck)
)
