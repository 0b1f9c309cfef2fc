"""Scans without events: open a Scanner, read labels, close it again."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from koshelek_driver.errors import ScanCanceled, ScanTimeout
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.label import Label
from koshelek_driver.upos.events import DataEvent, ErrorEvent
from koshelek_driver.upos.registry import Devices

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
    """Return the next label of a scanner.

    Blocks at most `timeout_s` after `ready` is called; `canceled` is polled every 0.1 s.

    Raises:
        ScanTimeout: nothing was scanned in time.
        ScanCanceled: `canceled` returned True.
        UposError: the scanner cannot be opened, claimed or enabled.
    """
    scans: queue.SimpleQueue[Label] = queue.SimpleQueue()
    with listening(devices, name, scans.put):
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


@contextmanager
def listening(
    devices: Devices,
    name: str,
    heard: Callable[[Label], object],
    failed: Callable[[ErrorEvent], object] = lambda _event: None,
) -> Iterator[None]:
    """Open a scanner for the `with` block: `heard` gets every label, `failed` every error of its input.

    Both are called on the scanner's event thread. Raises UposError as Scanner does.
    """
    with Scanner(devices) as scanner:
        scanner.open(name)
        scanner.claim(_CLAIM_TIMEOUT_MS)

        def on_data(_event: DataEvent) -> None:
            if scanner.last_label is not None:
                heard(scanner.last_label)
            scanner.data_event_enabled = True

        scanner.add_data_listener(on_data)
        scanner.add_error_listener(failed)
        scanner.data_event_enabled = True
        scanner.device_enabled = True
        yield
