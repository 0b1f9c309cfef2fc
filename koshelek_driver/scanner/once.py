"""One scan, for a program that wants no events: the Scanner is opened, read and closed again."""

from __future__ import annotations

import queue
from collections.abc import Callable

from koshelek_driver import profile
from koshelek_driver.errors import ScanCanceled, ScanTimeout
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.label import Label
from koshelek_driver.site import Device
from koshelek_driver.upos.registry import DeviceEntry, Devices

_CLAIM_TIMEOUT_MS = 1000
_TICK_S = 0.1


def scan_once(
    devices: Devices,
    name: str,
    timeout_s: float,
    *,
    ready: Callable[[], None],
    canceled: Callable[[], bool],
    now_s: Callable[[], float],
) -> Label:
    """The next label of a scanner. Blocks at most `timeout_s` after `ready` is called; asks `canceled` now and then.

    Raises ScanTimeout, ScanCanceled, or UposError as Scanner does.
    """
    scans: queue.SimpleQueue[Label] = queue.SimpleQueue()
    with Scanner(devices) as scanner:
        scanner.open(name)
        scanner.claim(_CLAIM_TIMEOUT_MS)
        scanner.decode_data = True
        typed = _types(devices[name])
        scanner.add_data_listener(lambda _event: scans.put(_label_of(scanner, typed)))
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        ready()
        give_up = now_s() + timeout_s
        while not canceled():
            try:
                return scans.get(timeout=max(0.0, min(_TICK_S, give_up - now_s())))
            except queue.Empty:
                if now_s() >= give_up:
                    what = f"nothing was scanned in {timeout_s:g} s"
                    raise ScanTimeout(what, "scan the customer's card, or give --label") from None
    raise ScanCanceled("the cashier cancelled before a card was scanned", "nothing was charged")


def _types(entry: DeviceEntry) -> bool:
    """Whether a scanner of this driver's own services types its labels."""
    return isinstance(entry, Device) and not entry.service and profile.scanner(entry.profile).dialect == "keyboard"


def _label_of(scanner: Scanner, typed: bool) -> Label:
    return Label(scanner.scan_data, scanner.scan_data_label, scanner.scan_data_type, typed=typed)
