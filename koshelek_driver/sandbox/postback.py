"""The host tells the till of every change by itself: POST with Basic authentication."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from typing import Any

import httpx

from koshelek_driver.sandbox.host import Host
from koshelek_driver.sandbox.ledger import Change
from koshelek_driver.sandbox.scripts import Postbacks

_LOOK_EVERY_S = 0.05
_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class PostbackTarget:
    """Where the till listens. `ca_file` is needed for an https address."""

    url: str
    login: str
    password: str
    ca_file: str | None = None


class PostbackSender:
    """Sends from its own thread until `close`. An answer other than 2xx is noted and not repeated."""

    def __init__(self, host: Host, target: PostbackTarget) -> None:
        self._host = host
        self._target = target
        self._trust = ssl.create_default_context(cafile=target.ca_file)
        self._held: dict[str, dict[str, Any]] = {}
        self._stop = threading.Event()
        self.failures: list[str] = []
        self._thread = threading.Thread(target=self._run, name="postback", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; blocks at most the time of one postback."""
        self._stop.set()
        self._thread.join(2 * _TIMEOUT_S)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            for change in self._host.take_changes():
                for body in self._arrange(change):
                    self._send(body)

    def _arrange(self, change: Change) -> list[dict[str, Any]]:
        """The bodies to send now, in the order that the script plays."""
        order, key = change.transaction.script.postbacks, change.transaction.id
        if order is Postbacks.DUPLICATE:
            return [change.body, change.body]
        if order is Postbacks.OUT_OF_ORDER and change.body["status"] == "pending":
            self._held[key] = change.body
            return []
        held = self._held.pop(key, None)
        return [change.body] if held is None else [change.body, held]

    def _send(self, body: dict[str, Any]) -> None:
        target = self._target
        try:
            httpx.post(
                target.url,
                json=body,
                auth=(target.login, target.password),
                verify=self._trust,
                timeout=_TIMEOUT_S,
                trust_env=False,
            ).raise_for_status()
        except httpx.HTTPError as problem:
            self.failures.append(str(problem))
