"""Koshelek wallet payments at a till: scanner, Pay API and receipt printer behind one driver.

`Terminal` opens a till from its site file. `Scanner`, `POSPrinter` and `CAT` are the same devices in the style of
UnifiedPOS; their codes and events are in `koshelek_driver.upos`, the interface of TOTP modules is in
`koshelek_driver.totp`. Every error is a `DriverError`; an error that UnifiedPOS has a result code for is a `UposError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koshelek_driver.accounting.matching import Reconciled
    from koshelek_driver.accounting.report import Report
    from koshelek_driver.card.totp import Verification
    from koshelek_driver.config.site import Site
    from koshelek_driver.config.site import load as load_site
    from koshelek_driver.errors import (
        BusyError,
        CallCanceled,
        CardError,
        DriverError,
        JournalError,
        LedgerError,
        PortError,
        PortLost,
        PortNotOpened,
        ProfileError,
        ScanCanceled,
        ScanTimeout,
        SecretError,
        SiteError,
        TotpModuleError,
        UsageError,
    )
    from koshelek_driver.payment.cancel import CancelToken
    from koshelek_driver.payment.journal.outbox_book import Entry
    from koshelek_driver.payment.methods import Methods
    from koshelek_driver.payment.observer import SaleObserver
    from koshelek_driver.payment.observer import SaleObserver as Watcher
    from koshelek_driver.payment.order import Order
    from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState
    from koshelek_driver.payment.recovery import Recovered
    from koshelek_driver.payment.refunds import RefundWanted
    from koshelek_driver.printer.pos_printer.device import POSPrinter
    from koshelek_driver.printer.preview import Preview
    from koshelek_driver.printer.receipt_printer import PrintResult
    from koshelek_driver.till.cat import CAT
    from koshelek_driver.till.scanner import Scanner
    from koshelek_driver.till.terminal import Terminal
    from koshelek_driver.upos.errors import UposError

__all__ = [
    "CAT",
    "BusyError",
    "CallCanceled",
    "CancelToken",
    "CardError",
    "DriverError",
    "Entry",
    "JournalError",
    "LedgerError",
    "Methods",
    "Order",
    "Outcome",
    "POSPrinter",
    "Payment",
    "PortError",
    "PortLost",
    "PortNotOpened",
    "Preview",
    "PrintResult",
    "ProfileError",
    "Reconciled",
    "Recovered",
    "Refund",
    "RefundWanted",
    "Report",
    "SaleObserver",
    "ScanCanceled",
    "ScanTimeout",
    "Scanner",
    "SecretError",
    "Site",
    "SiteError",
    "SlipState",
    "Terminal",
    "TotpModuleError",
    "UposError",
    "UsageError",
    "Verification",
    "Watcher",
    "load_site",
]

_MODULES = {
    "accounting.matching": ("Reconciled",),
    "accounting.report": ("Report",),
    "card.totp": ("Verification",),
    "config.site": ("Site",),
    "payment.cancel": ("CancelToken",),
    "payment.journal.outbox_book": ("Entry",),
    "payment.methods": ("Methods",),
    "payment.observer": ("SaleObserver",),
    "payment.order": ("Order",),
    "payment.outcome": ("Outcome", "Payment", "Refund", "SlipState"),
    "payment.recovery": ("Recovered",),
    "payment.refunds": ("RefundWanted",),
    "printer.pos_printer.device": ("POSPrinter",),
    "printer.preview": ("Preview",),
    "printer.receipt_printer": ("PrintResult",),
    "till.cat": ("CAT",),
    "till.scanner": ("Scanner",),
    "till.terminal": ("Terminal",),
    "upos.errors": ("UposError",),
}
_HOMES = {name: (module, name) for module, names in _MODULES.items() for name in names} | {
    "Watcher": ("payment.observer", "SaleObserver"),  # its name until 0.1
    "load_site": ("config.site", "load"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a verb that needs no till starts in half the time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES.get(name, ("errors", name))
    return getattr(import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return __all__
