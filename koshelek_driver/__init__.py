"""Koshelek wallet payments at a till: scanner, Pay API and receipt printer behind one driver.

`Terminal` opens a till from its site file; everything that can go wrong is a `DriverError`.
"""

from __future__ import annotations

from koshelek_driver.errors import DriverError
from koshelek_driver.payment.desk import Watcher
from koshelek_driver.payment.outcome import Outcome, Payment, SlipState
from koshelek_driver.terminal import Terminal

__all__ = ["DriverError", "Outcome", "Payment", "SlipState", "Terminal", "Watcher"]
