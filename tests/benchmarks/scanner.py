"""From the last byte of a label to its DataEvent: `python -m tests.benchmarks.scanner [--json FILE]`.

A pseudo-terminal and a USB device in this process stand for the hardware: what is measured is the driver, from the moment
when the last byte can be read to the moment when the label is handed to the device's queue. In the same run, over the same
pseudo-terminal: a loop around pyserial's `read_until`, and a rule that ends a label after 300 ms of silence.
"""

from __future__ import annotations

import os
import pty
import queue
import threading
import time
import tty
from collections.abc import Callable
from typing import Any

import serial
import usb.core

from koshelek_driver.config import profile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.errors import PortNotOpened
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.service import PortScanner
from koshelek_driver.transport import Port, open_port
from koshelek_driver.transport.usb_port import UsbPort
from koshelek_driver.upos.codes import ErrorCode, PowerState
from tests.support.hid_devices import Backend
from tests.support.hid_pos import report
from tests.support.measurements import options, show, summary

LABEL = b"]Q1CM4601234567893A1B2C3782\r"
IDLE_S = 5.0


class Queue:
    """In place of the device: notes when each label was handed in."""

    def __init__(self) -> None:
        self.arrived: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self.online = threading.Event()

    def data(self, record: Label) -> bool:
        self.arrived.put((time.perf_counter(), record.scan_data))
        return True

    def power(self, state: PowerState) -> None:
        if state is PowerState.PS_ONLINE:
            self.online.set()

    def error(self, code: ErrorCode, extended: int = 0) -> None: ...
    def status(self, number: int) -> None: ...
    def communication_error(self) -> None: ...
    def direct_io(self, number: int, data: int, obj: Any, answered: Any = None) -> None: ...


class Terminal:
    """A pseudo-terminal: the scanner's end, and the name of the driver's."""

    def __init__(self) -> None:
        self.scanner, self._driver = pty.openpty()
        tty.setraw(self._driver)
        self.name = os.ttyname(self._driver)

    def close(self) -> None:
        os.close(self.scanner)
        os.close(self._driver)


class LiveBackend(Backend):
    """A USB device whose reports arrive while a read waits."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def intr_read(self, _handle: Any, _endpoint: int, _interface: int, buffer: Any, timeout: int) -> int:
        try:
            data = self.reports.get(timeout=timeout / 1000)
        except queue.Empty:
            raise usb.core.USBTimeoutError("timed out", None, 110) from None
        buffer[: len(data)] = type(buffer)("B", data)
        return len(data)


def started(name: str, port: str, open_its_port: Callable[[profile.ScannerProfile], Port] | None = None) -> Any:
    scanner, arrived = (
        PortScanner("s", DeviceEntry(category="Scanner", profile=name, port=port), open_its_port),
        Queue(),
    )
    scanner.enable(arrived)
    return scanner, arrived


def over_pty(count: int) -> list[float]:
    terminal = Terminal()
    scanner, arrived = started("generic-serial", terminal.name)
    times = [handed(lambda: os.write(terminal.scanner, LABEL), arrived) for _ in range(count)]
    scanner.disable()
    terminal.close()
    return times


def over_usb(count: int) -> list[float]:
    backend = LiveBackend()
    scanner, arrived = started("generic-hid-pos", "/dev/null", lambda _model: UsbPort(0x0C2E, 0x0B87, backend=backend))
    times = [handed(lambda: backend.reports.put(report(LABEL[3:-1])), arrived) for _ in range(count)]
    scanner.disable()
    return times


def handed(scan: Callable[[], object], arrived: Queue) -> float:
    """Milliseconds from a scan to its label. A cashier pauses between scans, so the reader is asleep when it comes."""
    time.sleep(0.001)
    began = time.perf_counter()
    scan()
    at, _ = arrived.arrived.get(timeout=5)
    return (at - began) * 1000


def read_until(count: int) -> list[float]:
    """The usual loop: pyserial's read_until."""
    terminal, arrived = Terminal(), Queue()
    line = serial.Serial(terminal.name, timeout=1)
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            if line.read_until(b"\r").endswith(b"\r"):
                arrived.arrived.put((time.perf_counter(), b""))

    reader = threading.Thread(target=loop)
    reader.start()
    times = [handed(lambda: os.write(terminal.scanner, LABEL), arrived) for _ in range(count)]
    stop.set()
    os.write(terminal.scanner, b"\r")
    reader.join()
    line.close()
    terminal.close()
    return times


def idle_rule(count: int) -> list[float]:
    """A label ends after 300 ms of silence."""
    terminal, arrived = Terminal(), Queue()
    line = serial.Serial(terminal.name, timeout=0.3)
    stop = threading.Event()

    def loop() -> None:
        pending = b""
        while not stop.is_set():
            data = line.read(max(1, line.in_waiting))
            if not data and pending:
                arrived.arrived.put((time.perf_counter(), pending))
            pending = pending + data if data else b""

    reader = threading.Thread(target=loop)
    reader.start()
    times = [handed(lambda: os.write(terminal.scanner, LABEL), arrived) for _ in range(count)]
    stop.set()
    reader.join()
    line.close()
    terminal.close()
    return times


def back_to_back(count: int, baud_rate: int) -> dict[str, int]:
    """Labels without a pause at a line's pace: how many came, came twice, or came wrong."""
    terminal = Terminal()
    scanner, arrived = started("generic-serial", terminal.name)
    wanted = [b"]C0%013d" % number for number in range(count)]
    stream = b"".join(label + b"\r" for label in wanted)
    began = time.perf_counter()
    for at in range(0, len(stream), 64):
        os.write(terminal.scanner, stream[at : at + 64])
        ahead = (at + 64) * 10 / baud_rate - (time.perf_counter() - began)
        if ahead > 0:
            time.sleep(ahead)
    got = [arrived.arrived.get(timeout=5)[1] for _ in wanted]
    scanner.disable()
    terminal.close()
    return {
        "sent": count,
        "lost": len(set(wanted) - set(got)),
        "wrong_or_doubled": sum(a != b for a, b in zip(wanted, got, strict=True)),
    }


def replug() -> float:
    """Seconds from plugging a scanner in again to its port being open."""
    plugged: list[Terminal] = [Terminal()]

    def open_it(model: profile.ScannerProfile) -> Port:
        if not plugged:
            raise PortNotOpened("nothing there", "")
        return open_port(plugged[0].name, model.serial, 1.0)

    scanner, arrived = started("generic-serial", "/dev/null", open_it)
    arrived.online.clear()
    plugged.pop().close()
    time.sleep(1.0)
    plugged.append(Terminal())
    began = time.perf_counter()
    arrived.online.wait(10)
    took_s = time.perf_counter() - began
    scanner.disable()
    plugged[0].close()
    return round(took_s, 3)


def idle_share() -> float:
    """The share of one core that an idle scanner costs."""
    terminal = Terminal()
    scanner, _ = started("generic-serial", terminal.name)
    began = time.process_time()
    time.sleep(IDLE_S)
    share = (time.process_time() - began) / IDLE_S
    scanner.disable()
    terminal.close()
    return round(share, 6)


def run(scans: int, labels: int) -> dict[str, Any]:
    figures = {
        "pseudo-terminal": summary(over_pty(scans)),
        "USB device": summary(over_usb(scans)),
        "read_until loop": summary(read_until(scans)),
        "300 ms idle rule": summary(idle_rule(max(3, scans // 100))),
    }
    ours = figures["pseudo-terminal"]["p50_ms"]
    return {
        "figures": figures,
        "to_read_until": round(ours / figures["read_until loop"]["p50_ms"], 2),
        "to_idle_rule": round(ours / figures["300 ms idle rule"]["p50_ms"], 4),
        "back_to_back": back_to_back(labels, 115_200),
        "replug_s": replug(),
        "idle_share_of_a_core": idle_share(),
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--scans", type=int, default=1000)
    parser.add_argument("--labels", type=int, default=10_000)
    given = parser.parse_args()
    show(f"{given.scans} scans", run(given.scans, given.labels), given.json)


if __name__ == "__main__":
    main()
