"""The peer of the benchmarks: the standard library's HTTP client at the same host."""

from __future__ import annotations

import http.client
import json
import ssl
from base64 import b64encode

from koshelek_driver.sandbox.server import LOGIN, PayApiSandbox
from tests.support.measurements import timed


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

    return timed(call, count)
