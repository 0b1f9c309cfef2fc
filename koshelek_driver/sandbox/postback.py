"""PostbackOrder of the simulated host: a POST with Basic authentication after every change of status."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from typing import Any

import httpx

from koshelek_driver.sandbox.host import Host
from koshelek_driver.sandbox.ledger import Change
from koshelek_driver.sandbox.scripts import PostbackOrder

_POLL_INTERVAL_S = 0.05
_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class PostbackTarget:
    """Address and credentials of the receiver. `ca_file` is needed for an https address."""

    url: str
    login: str
    password: str
    ca_file: str | None = None


class PostbackSender:
    """A sender of postbacks with a thread of its own, running from construction until `close`.

    Failures and responses other than 2xx are appended to `failures`; no postback is repeated.
    """

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
        """Stop the thread; blocks up to 6 s for the postback under way."""
        self._stop.set()
        self._thread.join(2 * _TIMEOUT_S)

    def _run(self) -> None:
        while not self._stop.wait(_POLL_INTERVAL_S):
            for change in self._host.take_changes():
                for body in self._arrange(change):
                    self._send(body)

    def _arrange(self, change: Change) -> list[dict[str, Any]]:
        """Return the bodies to send now, in the order of the script.

        A body may be held back until the next change.
        """
        order, key = change.transaction.script.postbacks, change.transaction.id
        if order is PostbackOrder.DUPLICATE:
            return [change.body, change.body]
        if order is PostbackOrder.OUT_OF_ORDER and change.body["status"] == "pending":
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
