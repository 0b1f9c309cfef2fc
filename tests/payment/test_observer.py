"""An observer that fails never ends a sale."""

from __future__ import annotations

import pytest

from koshelek_driver.payment.observer import notify


@pytest.mark.parametrize("failure", [ValueError, RecursionError, BrokenPipeError, SystemExit])
def test_a_failing_observer_is_passed_over(failure: type[BaseException]) -> None:
    def fail() -> None:
        raise failure

    notify(fail)
