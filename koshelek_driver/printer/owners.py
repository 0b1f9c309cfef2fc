"""One owner for each printer of the site file.

The slips of the payment terminal and the receipts of the POS program go through the same object, one job at a time.
"""

from __future__ import annotations

import threading
import time
from weakref import WeakValueDictionary

from koshelek_driver.config import profile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.printer.job import DEFAULT_TIMING, PrinterTiming
from koshelek_driver.printer.receipt_printer import ReceiptPrinter
from koshelek_driver.transport import is_serial, open_stream

_OWNERS: WeakValueDictionary[tuple[str, str], ReceiptPrinter] = WeakValueDictionary()
_OWNERS_LOCK = threading.Lock()


def receipt_printer(entry: DeviceEntry, timeout_s: float, timing: PrinterTiming = DEFAULT_TIMING) -> ReceiptPrinter:
    """Return the printer of a device of the site file, without opening its port.

    Raises ProfileError.

    `timeout_s`: longest time to open the port. It and `timing` are those of the first caller.
    """
    with _OWNERS_LOCK:
        found = _OWNERS.get((entry.port, entry.profile))
        if found is None:
            _OWNERS[entry.port, entry.profile] = found = _made(entry, timeout_s, timing)
        return found


def _made(entry: DeviceEntry, timeout_s: float, timing: PrinterTiming) -> ReceiptPrinter:
    model = profile.printer(entry.profile)
    return ReceiptPrinter(
        lambda: open_stream(entry.port, model.serial, timeout_s),
        model,
        time.monotonic,
        paced=is_serial(entry.port) and model.serial.flow == "none",
        timing=timing,
    )
