"""How fast a DataEvent comes, and what the device model keeps: `python -m tests.benchmarks.events [--json FILE]`.

A scanner that scans in memory, so the figures are the model's own cost. The peer is the standard library's
`queue.Queue` with one thread that takes from it, in the same run: the least that any hand-over to a thread costs.
"""

from __future__ import annotations

import gc
import os
import queue
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.upos.events import DataEvent
from tests.support.measurements import options, show, summary
from tests.support.upos_devices import HandledScanner


def scanner_enabled() -> HandledScanner:
    scanner = HandledScanner()
    scanner.open("s")
    scanner.claim(0)
    scanner.device_enabled = True
    return scanner


def one_by_one(count: int) -> list[float]:
    """Milliseconds from the service's `callbacks.data` to the listener, each event alone."""
    times: list[float] = []
    arrived = threading.Semaphore(0)
    with scanner_enabled() as scanner:

        def on_data(_event: DataEvent) -> None:
            times.append((time.perf_counter() - began) * 1000)
            scanner.data_event_enabled = True
            arrived.release()

        scanner.add_data_listener(on_data)
        scanner.data_event_enabled = True
        for _ in range(count):
            began = time.perf_counter()
            scanner.hand.scan("4601234567893")
            arrived.acquire()
    return times


def peer_one_by_one(count: int) -> list[float]:
    """The same through queue.Queue."""
    times: list[float] = []
    arrived = threading.Semaphore(0)
    handed: queue.Queue[str | None] = queue.Queue()

    def take() -> None:
        while handed.get() is not None:
            times.append((time.perf_counter() - began) * 1000)
            arrived.release()

    taker = threading.Thread(target=take)
    taker.start()
    for _ in range(count):
        began = time.perf_counter()
        handed.put("4601234567893")
        arrived.acquire()
    handed.put(None)
    taker.join()
    return times


def memory(count: int) -> dict[str, float]:
    """Bytes that Python holds before and after `count` events, and events a second."""
    seen = threading.Semaphore(0)
    with scanner_enabled() as scanner:

        def on_data(_event: DataEvent) -> None:
            scanner.data_event_enabled = True
            seen.release()

        scanner.add_data_listener(on_data)
        scanner.data_event_enabled = True

        def events(number: int) -> None:
            for _ in range(number):
                scanner.hand.scan("4601234567893")
                seen.acquire()

        events(1000)
        began = time.perf_counter()
        events(count)
        per_second = count / (time.perf_counter() - began)
        tracemalloc.start()
        events(1000)
        before = held()
        events(count)
        after = held()
        tracemalloc.stop()
    return {"events": count, "per_second": round(per_second), "bytes_before": before, "bytes_after": after}


def held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def lifecycles(scanner: Scanner, count: int) -> dict[str, Any]:
    """Threads, descriptors and lock files before and after `count` times open, claim, enable, disable, close."""
    cycle(scanner, 1)
    before = resources()
    duration_s = cycle(scanner, count)
    after = resources()
    return {"cycles": count, "ms_a_cycle": round(duration_s * 1000 / count, 3), "before": before, "after": after}


def port_lifecycles(count: int) -> dict[str, Any]:
    """The same with the driver's own service on a pseudo-terminal."""
    virtual = VirtualScanner()
    figures = lifecycles(
        Scanner({"s": DeviceEntry(category="Scanner", profile="generic-serial", port=virtual.port)}), count
    )
    virtual.close()
    return figures


def cycle(scanner: Scanner, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        scanner.open("s")
        scanner.claim(0)
        scanner.device_enabled = True
        scanner.device_enabled = False
        scanner.close()
    return time.perf_counter() - began


def resources() -> dict[str, int]:
    """What could leak. Waits a moment for event threads that are just ending."""
    wait_for(lambda: threading.active_count() == 1)
    gc.collect()
    claims = Path(os.environ["KOSHELEK_CLAIMS"])
    return {
        "threads": threading.active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "claim_files": len(list(claims.iterdir())),
    }


def wait_for(settled: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 2
    while not settled() and time.monotonic() < give_up:
        time.sleep(0.001)


def run(events: int, cycles: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KOSHELEK_CLAIMS"] = folder
        figures = {
            "scan to listener": summary(one_by_one(events // 10)),
            "queue.Queue to its thread": summary(peer_one_by_one(events // 10)),
        }
        kept = memory(events)
        lives = {"in memory": lifecycles(HandledScanner(), cycles), "on a port": port_lifecycles(cycles)}
    ratio = figures["scan to listener"]["p50_ms"] / figures["queue.Queue to its thread"]["p50_ms"]
    return {"figures": figures, "to_queue_queue": round(ratio, 2), "memory": kept, "lifecycles": lives}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--cycles", type=int, default=1000)
    given = parser.parse_args()
    show(f"{given.events // 10} events one by one", run(given.events, given.cycles), given.json)


if __name__ == "__main__":
    main()
