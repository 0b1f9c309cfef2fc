"""Misfortunes on real TLS, and postbacks to a real listener."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from koshelek_driver.sandbox.postback import PostbackTarget
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.server import LOGIN, PayApiSandbox
from tests.support.callers import Caller

CALLER = Caller()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[PayApiSandbox]:
    made = PayApiSandbox(tmp_path)
    yield made
    made.close()


def post(sandbox: PayApiSandbox, amount: int, path: str = "/api/v1/merchant/checkout") -> httpx.Response:
    CALLER.now_s = time.time()
    return httpx.post(
        sandbox.base_url + path,
        json=CALLER.checkout_body(amount),
        headers={"token": CALLER.token()},
        auth=(LOGIN, sandbox.password),
        verify=ssl.create_default_context(cafile=str(sandbox.files.ca)),
        timeout=5,
    )


@pytest.mark.parametrize("name", ["lost-answer", "dropped-request", "half-body"])
def test_an_answer_that_does_not_come_breaks_the_connection(sandbox: PayApiSandbox, name: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox, AMOUNTS[name])
    assert len(sandbox.host.ledger.transactions) == (0 if name == "dropped-request" else 1)


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [("server-error", 502, "<html>"), ("empty-body", 200, ""), ("not-json", 200, "OK, accepted")],
)
def test_an_answer_may_be_another(sandbox: PayApiSandbox, name: str, status: int, body: str) -> None:
    answer = post(sandbox, AMOUNTS[name])
    assert (answer.status_code, answer.text[:6]) == (status, body[:6])
    assert len(sandbox.host.ledger.transactions) == 1


def test_a_slow_answer_is_whole(sandbox: PayApiSandbox) -> None:
    began = time.monotonic()
    assert post(sandbox, AMOUNTS["slow"]).json()["status"] == "new"
    assert time.monotonic() - began >= 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_not_spoken(sandbox: PayApiSandbox) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(sandbox.files.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.base_url, verify=context)


def test_credentials_outlive_a_restart_and_are_private(tmp_path: Path) -> None:
    first = PayApiSandbox(tmp_path)
    first.close()
    second = PayApiSandbox(tmp_path)
    second.close()
    assert first.password == second.password
    assert all(file.stat().st_mode & 0o077 == 0 for file in (second.files.password, second.files.retailer_key))


class Listener:
    """A till that listens for postbacks."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, str]] = []
        self.authorizations: set[str | None] = set()
        self.came = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with outer.came:
                    outer.bodies.append(body)
                    outer.authorizations.add(self.headers["Authorization"])
                    outer.came.notify_all()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def statuses(self, wanted: int) -> list[str]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.bodies) >= wanted, 5)
        return [body["status"] for body in self.bodies]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("accepted", ["pending", "accepted"]),
        ("duplicate-postback", ["pending", "pending", "accepted", "accepted"]),
        ("out-of-order-postback", ["accepted", "pending"]),
    ],
)
def test_the_host_tells_of_changes_by_itself(tmp_path: Path, name: str, statuses: list[str]) -> None:
    listener = Listener()
    url = f"http://127.0.0.1:{listener.server.server_port}/postback"
    sandbox = PayApiSandbox(tmp_path, postback=lambda password: PostbackTarget(url, "till", password))
    post(sandbox, AMOUNTS[name])
    assert listener.statuses(len(statuses)) == statuses
    sandbox.close()
    listener.close()
    assert listener.authorizations == {f"Basic {base64.b64encode(f'till:{sandbox.password}'.encode()).decode()}"}
    assert sandbox.postbacks is not None
    assert sandbox.postbacks.failures == []


def test_a_till_that_does_not_listen_is_noted(tmp_path: Path) -> None:
    sandbox = PayApiSandbox(tmp_path, postback=lambda password: PostbackTarget("http://127.0.0.1:1/", "till", password))
    post(sandbox, AMOUNTS["at-once"])
    deadline = time.monotonic() + 5
    while not (sandbox.postbacks and sandbox.postbacks.failures) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    sandbox.close()
    assert sandbox.postbacks is not None
    assert len(sandbox.postbacks.failures) == 1
