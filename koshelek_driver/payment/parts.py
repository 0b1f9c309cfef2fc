"""What every desk of a till works with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from koshelek_driver.pay_api.requests import Merchant
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.engine import Engine
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.slips.printing import SlipPrinting
from koshelek_driver.payment.till_lock import TillLock


@dataclass(frozen=True, slots=True)
class PaymentParts:
    """One till: its money, its memory, its paper, and who may use them now. `ids` gives a new requestId each time."""

    engine: Engine
    journal: Journal
    merchant: Merchant
    slips: SlipPrinting
    lock: TillLock
    ids: Iterator[str]
    clock: Clock
