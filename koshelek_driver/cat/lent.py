"""The CAT of a till that is open already."""

from __future__ import annotations

from koshelek_driver.cat.device import CAT
from koshelek_driver.cat.service import Wallet, WalletService
from koshelek_driver.config import site
from koshelek_driver.upos.registry import Devices, Factory


class LentCAT(CAT):
    """Over a wallet that its owner closes."""

    def __init__(self, devices: Devices, wallet: Wallet) -> None:
        super().__init__(devices)
        self._lent = wallet

    def _till_devices(self) -> Devices:
        return site.load().devices

    def _own_service(self) -> Factory:
        return lambda name, _entry: WalletService(name, lambda: self._lent, keeps=True)
