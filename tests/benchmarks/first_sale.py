"""How fast the first sale is. `python -m tests.benchmarks.first_sale [--sales N] [--json FILE]`

Everything runs on this machine against the sandbox, so the figures are the driver's own cost, without a network. The
peer is the standard library's `http.client` on one warm TLS connection, asking the same host in the same run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import ssl
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from koshelek_driver import Terminal, Watcher
from koshelek_driver.cli.till import write_site
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.server import LOGIN, STORE, PayApiSandbox
from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session


def sales(host: PayApiSandbox, count: int) -> dict[str, list[float]]:
    """Milliseconds of each sale: button to first byte, the checkout call, and the whole sale."""
    measured: dict[str, list[float]] = {"button to wire": [], "checkout call": [], "sale, accepted at once": []}
    with Terminal.open(host.files.site) as terminal:
        terminal.warm_up().join()
        for number in range(count):
            exchanges: list[Exchange] = []
            label = host.issuer.label(CARD_NUMBER, new_session(), time.time())
            order = terminal.new_order(f"B-{number}", AMOUNTS["at-once"])
            began = time.perf_counter()
            payment = terminal.pay(order, label=label, watcher=Watcher(called=exchanges.append))
            measured["sale, accepted at once"].append((time.perf_counter() - began) * 1000)
            measured["checkout call"].append((exchanges[0].ended_s - exchanges[0].started_s) * 1000)
            measured["button to wire"].append(payment.button_to_wire_ms or float("nan"))
    return measured


def peer_calls(host: PayApiSandbox, count: int) -> list[float]:
    """Milliseconds of a status call by http.client, warm."""
    context = ssl.create_default_context(cafile=str(host.files.ca))
    connection = http.client.HTTPSConnection("127.0.0.1", host.port, context=context)
    basic = b64encode(f"{LOGIN}:{host.password}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {basic}"}
    body = json.dumps({"requestId": "peer", "transactionId": "x" * 36})

    def call() -> None:
        connection.request("POST", "/partner/api/v1/merchant/transaction/status", body, headers)
        connection.getresponse().read()

    return [timed(call) for _ in range(count)]


def driver_calls(host: PayApiSandbox, count: int) -> list[float]:
    """Milliseconds of a status call by the driver's client, warm."""
    from koshelek_driver.pay_api import requests
    from koshelek_driver.pay_api.client import Endpoint, PayApiClient
    from koshelek_driver.secrets import Secret

    endpoint = Endpoint(host.base_url, host.files.ca, Secret(LOGIN), Secret(host.password), 3.0, 10.0)
    client = PayApiClient(endpoint, time.monotonic)
    merchant = requests.Merchant(STORE, "T", "1.2.1", ("SBP",), "")
    client.warm()
    times = [timed(lambda: client.call(requests.status(merchant, "driver", "x" * 36))) for _ in range(count)]
    client.close()
    return times


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def summary(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    at_99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50_ms": round(statistics.median(ordered), 3), "p99_ms": round(at_99, 3), "max_ms": round(ordered[-1], 3)}


def run(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        host = PayApiSandbox(Path(folder))
        write_site(host.files.site, base_url=host.base_url, store=STORE)
        figures = {name: summary(times) for name, times in sales(host, count).items()}
        figures["status call, driver"] = summary(driver_calls(host, count))
        figures["status call, http.client"] = summary(peer_calls(host, count))
        host.close()
    ratio = figures["status call, driver"]["p50_ms"] / figures["status call, http.client"]["p50_ms"]
    return {"sales": count, "figures": figures, "status_call_driver_to_http_client": round(ratio, 2)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sales", type=int, default=200)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    result = run(given.sales)
    table = Table("what", "p50 ms", "p99 ms", "max ms", title=f"{given.sales} sales")
    for name, figure in result["figures"].items():
        table.add_row(name, *(f"{value:.3f}" for value in figure.values()))
    console = Console()
    console.print(table)
    console.print(f"status call, driver to http.client: {result['status_call_driver_to_http_client']}")
    console.print_json(data=result)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
