"""How fast the first sale is: `python -m tests.benchmarks.first_sale [--sales N] [--json FILE]`.

Everything runs on this machine against the sandbox, so the figures are the driver's own cost, without a network. The
peer is the standard library's `http.client` on one warm TLS connection, asking the same host in the same run.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from koshelek_driver import SaleObserver, Terminal
from koshelek_driver.cli.sandbox.site_file import write_site
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.server import LOGIN, STORE, PayApiSandbox
from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session
from tests.support.http_peer import peer_calls
from tests.support.measurements import options, show, summary, timed


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
            payment = terminal.pay(order, label=label, watcher=SaleObserver(called=exchanges.append))
            measured["sale, accepted at once"].append((time.perf_counter() - began) * 1000)
            measured["checkout call"].append((exchanges[0].ended_s - exchanges[0].started_s) * 1000)
            measured["button to wire"].append(payment.button_to_wire_ms or float("nan"))
    return measured


def driver_calls(host: PayApiSandbox, count: int) -> list[float]:
    """Milliseconds of a status call by the driver's client, warm."""
    from koshelek_driver.pay_api import requests
    from koshelek_driver.pay_api.client import Endpoint, PayApiClient
    from koshelek_driver.secrets import Secret

    endpoint = Endpoint(host.base_url, host.files.ca, Secret(LOGIN), Secret(host.password), 3.0, 10.0)
    client = PayApiClient(endpoint, time.monotonic, time.time)
    merchant = requests.Merchant(STORE, "T", "1.2.1", ("SBP",), "")
    client.warm()
    times = timed(lambda: client.call(requests.status(merchant, "driver", "x" * 36)), count)
    client.close()
    return times


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
    parser = options(__doc__)
    parser.add_argument("--sales", type=int, default=200)
    given = parser.parse_args()
    show(f"{given.sales} sales", run(given.sales), given.json)


if __name__ == "__main__":
    main()
