"""Koshelek wallet payments at a till: scanner, Pay API and receipt printer behind one driver.

`Terminal` opens a till from its site file; `Scanner` is the scanner as UnifiedPOS has it. Everything that can go wrong
is a `DriverError`; what UnifiedPOS has a result code for is a `UposError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koshelek_driver.errors import DriverError
    from koshelek_driver.payment.observer import SaleObserver
    from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState
    from koshelek_driver.payment.refunds import RefundWanted
    from koshelek_driver.printer.pos_printer.device import POSPrinter
    from koshelek_driver.till.cat import CAT
    from koshelek_driver.till.scanner import Scanner
    from koshelek_driver.till.terminal import Terminal
    from koshelek_driver.upos.errors import UposError

__all__ = [
    "CAT",
    "DriverError",
    "Outcome",
    "POSPrinter",
    "Payment",
    "Refund",
    "RefundWanted",
    "SaleObserver",
    "Scanner",
    "SlipState",
    "Terminal",
    "UposError",
]

_HOMES = {
    "CAT": "koshelek_driver.till.cat",
    "DriverError": "koshelek_driver.errors",
    "Outcome": "koshelek_driver.payment.outcome",
    "POSPrinter": "koshelek_driver.printer.pos_printer.device",
    "Payment": "koshelek_driver.payment.outcome",
    "Refund": "koshelek_driver.payment.outcome",
    "RefundWanted": "koshelek_driver.payment.refunds",
    "Scanner": "koshelek_driver.till.scanner",
    "SlipState": "koshelek_driver.payment.outcome",
    "Terminal": "koshelek_driver.till.terminal",
    "UposError": "koshelek_driver.upos.errors",
    "SaleObserver": "koshelek_driver.payment.observer",
}


def __getattr__(name: str) -> Any:
    """The public names are imported when they are used: a verb that needs no till starts in half the time."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
