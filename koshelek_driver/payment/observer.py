"""Observers of a sale: notified of its progress, and unable to harm it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from koshelek_driver.card.totp import Verification
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.printer.condition import PrinterCondition
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.scanner.label import Label

P = ParamSpec("P")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SaleObserver:
    """Callbacks on the thread that pays. They must be quick; an exception of theirs is logged and ignored.

    `waiting_for_till` is called once if another program has the till; `called` after each call to the host.
    """

    waiting_for_scan: Callable[[], None] = lambda: None
    scanned: Callable[[Label, Verification], None] = lambda _label, _verification: None
    called: Callable[[Exchange], None] = lambda _exchange: None
    printer_holds: Callable[[PrinterCondition], None] = lambda _hindrance: None
    printed: Callable[[PrintResult], None] = lambda _result: None
    waiting_for_till: Callable[[], None] = lambda: None


def notify(callback: Callable[P, None], *arguments: P.args, **named: P.kwargs) -> None:
    """Call an observer. A screen that fails must not end a sale whose money is on its way.

    SystemExit is such a failure: libraries for consoles raise it when nobody reads any more.
    """
    try:
        callback(*arguments, **named)
    except (Exception, SystemExit):  # noqa: BLE001 - anybody's code
        _log.warning("a watcher of the sale failed", exc_info=True)
