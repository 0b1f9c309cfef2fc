"""Who plays what: scripts by amount, and those that an admin asked for."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from koshelek_driver.sandbox.scripts import SCRIPTS, Script, Wire, for_request

_MAX_DELAY_S = 60.0


@dataclass
class _Play:
    script: Script
    times: int


class Director:
    """Chooses the script of each request and when its misfortune strikes."""

    def __init__(self) -> None:
        self._plays: dict[str, _Play] = {}
        self._came: dict[tuple[str, str], int] = {}

    def plan(self, wanted: dict[str, Any], calls: Container[str]) -> None:
        """Script the next requests of one call.

        `{"call": "cancel", "times": 1}` and one or more of `"outcome"`, `"wire"`, `"refuse"`, `"error_code"`,
        `"delay_s"`.
        Raises ValueError, KeyError or TypeError for what cannot be played.
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
        self._plays[wanted["call"]] = _Play(script, int(wanted.get("times", 1)))

    def script_for(self, call: str, body: dict[str, Any]) -> Script:
        """The script of this request: an admin's first, else by its amount."""
        play = self._plays.get(call)
        if play is None:
            return for_request(call, body)
        play.times -= 1
        if play.times == 0:
            del self._plays[call]
        return play.script

    def wire_for(self, call: str, body: dict[str, Any], script: Script) -> Wire:
        """A script plays its misfortune the first `times` times that the same request comes."""
        key = (call, body["requestId"])
        self._came[key] = self._came.get(key, 0) + 1
        return script.wire if self._came[key] <= script.times else Wire.NORMAL
