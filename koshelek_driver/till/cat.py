"""The category CAT over a till's site file: the class that a point of sale opens."""

from __future__ import annotations

from koshelek_driver.cat import device
from koshelek_driver.cat.service import Wallet
from koshelek_driver.config.site import Site
from koshelek_driver.till.terminal import Terminal
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError


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

    def _open_wallet(self) -> Wallet:
        site = self._opened_from
        if not isinstance(site, Site):
            what = f"{self} has devices alone, and a wallet needs the whole site file"
            raise UposError(ErrorCode.E_NOSERVICE, what, "make it as CAT(load_site(path))")
        return Terminal(site)
