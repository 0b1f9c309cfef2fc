"""A till at a running sandbox, and the devices of its site file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from koshelek_driver.cli.sandbox.site_file import write_site
from koshelek_driver.sandbox.server import STORE, PayApiSandbox
from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session

PRINTER_DEVICES = """
[devices.printer1]
category = "POSPrinter"
profile = "{profile}"
port = "tcp://127.0.0.1:{port}"

[devices.wallet]
category = "CAT"
printer = "printer1"
"""


@dataclass
class Till:
    """A site file beside a running sandbox."""

    host: PayApiSandbox
    site: Path

    def label(self, *, session: str | None = None, card: str = CARD_NUMBER) -> str:
        """A wallet card that is valid now."""
        return self.host.issuer.label(card, session or new_session(), time.time())

    def rewrite(self, *, base_url: str | None = None, devices: str = "", decision_timeout_s: float = 30.0) -> None:
        """Another site file in place of the first."""
        write_site(
            self.site,
            base_url=base_url or self.host.base_url,
            store=STORE,
            decision_timeout_s=decision_timeout_s,
            devices=devices,
        )

    def edit(self, old: str, new: str) -> None:
        """Change one place of the site file."""
        text = self.site.read_text(encoding="utf-8")
        assert old in text
        self.site.write_text(text.replace(old, new), encoding="utf-8")

    def play(self, call: str, outcome: str, times: int = 1) -> None:
        """What the host plays for the next requests of a call, whatever their amount."""
        self.host.host._director.plan({"call": call, "outcome": outcome, "times": times}, (call,))

    def charges(self, order_id: str) -> int:
        """How often the host really charged an order."""
        self.host.host.take_changes()
        return self.host.host.ledger.charges(order_id)
