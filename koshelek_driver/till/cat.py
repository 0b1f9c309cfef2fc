"""The category CAT over a till's site file: what a program of the POS opens."""

from __future__ import annotations

from pathlib import Path

from koshelek_driver.cat import device
from koshelek_driver.cat.service import WalletService
from koshelek_driver.config import site
from koshelek_driver.config.site import Site
from koshelek_driver.till.terminal import Terminal
from koshelek_driver.upos.registry import Devices, Factory


class CAT(device.CAT):
    """The payment terminal of a till; it opens the till itself, and closes it.

        cat = CAT()
        cat.open("wallet")                      # a device of the till's site file
        cat.claim(1000)
        cat.device_enabled = True
        cat.authorize_sales(1, 1_234_500, 0, 60_000)    # 123.45 roubles; raises when it is not paid
        print(cat.transaction_number)

    A program that also takes the scanner's DataEvents opens a Terminal, and takes its `cat`.
    """

    def __init__(self, settings: Site | None = None, *, claims: Path | None = None) -> None:
        """`settings`: the till's site file, by default what `site.load()` finds at open."""
        super().__init__(claims=claims)
        self._site = settings

    def _till_devices(self) -> Devices:
        self._settings = self._site or site.load()
        return self._settings.devices

    def _own_service(self) -> Factory:
        return lambda name, _entry: WalletService(name, lambda: Terminal(self._settings))
