"""Button to first byte while things are broken: `python -m tests.benchmarks.faults [--sales N] [--json FILE]`.

The bar is 500 ms. Everything runs on this machine, so a row is the driver's own cost of the fault, without a network. The
peer is the standard library's `http.client`, which opens a TLS connection for one POST to the same host in the same run.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import apsw

from koshelek_driver import Terminal
from koshelek_driver.cli.sandbox.site_file import write_site
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.server import STORE, PayApiSandbox
from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session
from tests.support.http_peer import peer_calls
from tests.support.measurements import options, show, summary

SYNC_S = 0.030
STALL_S = 5.0
Breaking = Callable[[PayApiSandbox], contextlib.AbstractContextManager[None]]
_RESIDENT = """
import sys
from koshelek_driver import Terminal
from koshelek_driver.sandbox.scripts import AMOUNTS
with Terminal.open(sys.argv[1]) as terminal:
    for number, label in enumerate(sys.argv[2:]):
        terminal.pay(terminal.new_order(f"M-{number}", AMOUNTS["at-once"]), label=label)
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""
"""A till in a process of its own: nothing of the sandbox or of this benchmark is loaded there but a table of amounts."""


@contextmanager
def nothing(_host: PayApiSandbox) -> Iterator[None]:
    yield


@contextmanager
def cold(host: PayApiSandbox) -> Iterator[None]:
    """The host closed the idle connection."""
    for connection in list(host._server._open):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    yield


@contextmanager
def stalled_names(_host: PayApiSandbox) -> Iterator[None]:
    """The resolver says nothing for five seconds."""
    over, real = threading.Event(), socket.getaddrinfo

    def stall(host: Any, *arguments: Any, **named: Any) -> Any:
        if host == "localhost":
            over.wait(STALL_S)
        return real(host, *arguments, **named)

    with mock.patch.object(socket, "getaddrinfo", stall):
        yield
        over.set()


@contextmanager
def dead_address(host: PayApiSandbox) -> Iterator[None]:
    """The first address of the name swallows everything: a listener whose queue is full."""
    with socket.create_server(("127.0.0.2", host.port), backlog=0) as dead, ExitStack() as queued:
        for _ in range(4):
            waiting = queued.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(dead.getsockname())
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]
        real = socket.getaddrinfo

        def lookup(name: Any, *arguments: Any, **named: Any) -> Any:
            return found if name == "localhost" else real(name, *arguments, **named)

        with mock.patch.object(socket, "getaddrinfo", lookup):
            yield


class SlowDisk(apsw.VFS):
    """Every sync takes 30 ms, as on a till's worn flash."""

    is_slow = False

    def __init__(self) -> None:
        self._real = apsw.vfs_names()[0]
        super().__init__("slow-disk", self._real, makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _SlowFile(self._real, name, flags)


class _SlowFile(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802
        if SlowDisk.is_slow:
            time.sleep(SYNC_S)
        super().xSync(flags)


@contextmanager
def slow_disk(_host: PayApiSandbox) -> Iterator[None]:
    SlowDisk.is_slow = True
    yield
    SlowDisk.is_slow = False


FAULTS: dict[str, tuple[Breaking, ...]] = {
    "nothing broken, warm": (nothing,),
    "cold TLS": (cold,),
    "cold TLS, resolver stalls": (cold, stalled_names),
    "cold TLS, first address dead": (cold, dead_address),
    "a sync takes 30 ms": (slow_disk,),
    "cold, resolver stalls, a sync takes 30 ms": (cold, stalled_names, slow_disk),
    "cold, first address dead, a sync takes 30 ms": (cold, dead_address, slow_disk),
}


def sale(terminal: Terminal, host: PayApiSandbox, order_id: str, faults: tuple[Breaking, ...]) -> float:
    label = host.issuer.label(CARD_NUMBER, new_session(), time.time())
    order = terminal.new_order(order_id, AMOUNTS["at-once"])
    with ExitStack() as broken:
        for fault in faults:
            broken.enter_context(fault(host))
        return terminal.pay(order, label=label).button_to_wire_ms or float("nan")


def resident_mb(host: PayApiSandbox) -> float:
    """Resident size of a till after twenty sales, MB."""
    labels = [host.issuer.label(CARD_NUMBER, new_session(), time.time()) for _ in range(20)]
    words = [sys.executable, "-c", _RESIDENT, str(host.files.site), *labels]
    return int(subprocess.run(words, capture_output=True, check=True, text=True).stdout) / 1024


def run(count: int) -> dict[str, Any]:
    disk = SlowDisk()
    with tempfile.TemporaryDirectory() as folder:
        host = PayApiSandbox(Path(folder))
        write_site(host.files.site, base_url=host.base_url.replace("127.0.0.1", "localhost"), store=STORE)
        with Terminal.open(host.files.site) as terminal:
            terminal.warm_up().join()
            times: dict[str, list[float]] = {name: [] for name in FAULTS}
            for number in range(count):
                for place, (name, faults) in enumerate(FAULTS.items()):
                    times[name].append(sale(terminal, host, f"F-{number}-{place}", faults))
        figures = {name: summary(each) for name, each in times.items()}
        figures["http.client, cold TLS and answer"] = summary([peer_calls(host, 1)[0] for _ in range(count)])
        resident = resident_mb(host) if Path("/proc/self/status").exists() else None
        host.close()
    disk.unregister()
    ratio = figures["cold TLS"]["p50_ms"] / figures["http.client, cold TLS and answer"]["p50_ms"]
    return {"sales": count, "figures": figures, "cold_to_http_client": round(ratio, 2), "resident_mb": resident}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--sales", type=int, default=30)
    given = parser.parse_args()
    show(f"{given.sales} sales of each kind, button to first byte", run(given.sales), given.json)


if __name__ == "__main__":
    main()
