"""The choice of the script that each request plays: by its amount, or as an administrator planned."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from koshelek_driver.sandbox.scripts import SCRIPTS, Script, Wire, for_request

_MAX_DELAY_S = 60.0


@dataclass
class _Plan:
    script: Script
    times: int


class Director:
    """The chooser of scripts, which also counts repeated requests to know when a wire fault ends."""

    def __init__(self) -> None:
        self._plans: dict[str, _Plan] = {}
        self._seen_times: dict[tuple[str, str], int] = {}

    def plan(self, wanted: dict[str, Any], calls: Container[str]) -> None:
        """Script the next requests of one call.

        `wanted` is `{"call": "cancel", "times": 1}` with one or more of the keys `outcome`, `wire`, `refuse`,
        `error_code` and `delay_s`.

        Raises:
            ValueError: a value is wrong.
            KeyError: the call or the outcome is not known, or `call` is missing.
            TypeError: a value has the wrong type.
        """
        if wanted["call"] not in calls:
            raise KeyError(wanted["call"])
        script = SCRIPTS[wanted.get("outcome", "accepted")]
        script = replace(
            script,
            wire=Wire(wanted.get("wire", script.wire)),
            refuse=str(wanted.get("refuse", script.refuse)),
            error_code=str(wanted.get("error_code", script.error_code)),
            delay_s=min(_MAX_DELAY_S, float(wanted.get("delay_s", script.delay_s))),
        )
        self._plans[wanted["call"]] = _Plan(script, int(wanted.get("times", 1)))

    def clear_plans(self) -> None:
        """Forget all planned scripts."""
        self._plans.clear()

    def script_for(self, call: str, body: dict[str, Any]) -> Script:
        """Return the script of a request: the planned one, else the one that its amount chooses."""
        plan = self._plans.get(call)
        if plan is None:
            return for_request(call, body)
        plan.times -= 1
        if plan.times == 0:
            del self._plans[call]
        return plan.script

    def wire_for(self, call: str, body: dict[str, Any], script: Script) -> Wire:
        """Return the wire fault of a request; a script limits it to the first `times` repetitions."""
        key = (call, body["requestId"])
        self._seen_times[key] = self._seen_times.get(key, 0) + 1
        return script.wire if self._seen_times[key] <= script.times else Wire.NORMAL
