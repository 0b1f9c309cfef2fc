"""The whole way from a socket's bytes to a Reply: whatever comes, at whatever pace, `call` ends in time and never raises."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.client import Endpoint, Exchange, PayApiClient, RawResponse
from koshelek_driver.pay_api.masking import mask_body
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.secrets import Secret
from tests.support.foreign_objects import foreign_objects
from tests.support.merchants import merchant
from tests.support.proxies import proxy
from tests.support.tls_server import tls_server

TIME_S = 0.4
STATUS = requests.status(merchant(), "r-1", "x" * 36)
GOOD = {"requestId": "r-1", "transactionId": "x" * 36, "status": "accepted", "slip": {"totalAmount": 5, "kzo": "K"}}


class Host:
    """A host whose next answer a test chooses: bytes, and then the end of the connection."""

    def __init__(self, client: PayApiClient) -> None:
        self.client = client
        self.says: Callable[[ssl.SSLSocket], None] = lambda _connection: None

    def ask(self, answer: bytes | Callable[[ssl.SSLSocket], None], request: Request = STATUS) -> Exchange:
        """Make one call that is answered so, and see that it ended in time."""
        self.says = answer if callable(answer) else lambda connection: connection.sendall(answer)
        exchange = self.client.call(request)
        assert isinstance(exchange.reply, Reply)
        assert exchange.ended_s - exchange.started_s < TIME_S + 1.5
        mask_body(exchange.body, exchange.secrets).encode()
        return exchange


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made: list[Host] = []
    with tls_server(tmp_path, lambda connection, _request: made[0].says(connection)) as (url, _):
        endpoint = Endpoint(url, tmp_path / "ca.pem", Secret("till"), Secret("secret-password"), 1.0, TIME_S)
        client = PayApiClient(endpoint, time.monotonic, time.time)
        made.append(Host(client))
        yield made[0]
        client.close()


def whole(status: int, body: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\n\r\n%b" % (status, head, len(body), body)


ANY_SOCKET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LINES = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK",
            b"HTTP/1.1 422 No",
            b"HTTP/1.1 100 Continue",
            b"HTTP/1.1 101 Switch",
            b"HTTP/1.1 204 None",
            b"HTTP/9.9 200 OK",
            b"HTTP/1.1 99999 X",
            b"",
            b"Content-Length: 5",
            b"Content-Length: -5",
            b"Content-Length: " + b"9" * 30,
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: gzip",
            b"Content-Encoding: gzip",
            b"Date: Mon, 20 Nov 9999999999 12:00:00 +0000",
            b"Retry-After: -5",
            b"Retry-After: \xd9\xa3",
            b"Connection: upgrade",
            b"Set-Cookie: " + b"x" * 2000,
            b"X: \x00",
            b"\xff\xfe: \x80",
            b" folded",
            b"5",
            b"hello",
            b"0",
            b"ffffffffffffffffff",
            b"{}",
            b"[" * 5000,
        ]
    )
    | st.binary(max_size=40),
    max_size=8,
)


def test_bytes_of_any_kind_end_in_a_reply_and_never_in_a_yes(host: Host) -> None:
    @ANY_SOCKET
    @given(st.binary(max_size=300) | LINES.map(lambda lines: b"\r\n".join(lines) + b"\r\n\r\n"))
    def check(answer: bytes) -> None:
        assert not isinstance(host.ask(answer).reply, Answered)

    check()
    assert isinstance(host.ask(whole(200, json.dumps(GOOD).encode())).reply, Answered)


def test_headers_of_any_kind_hide_no_answer(host: Host) -> None:
    values = st.binary(max_size=60).map(
        lambda value: bytes(byte for byte in value if byte > 31 and byte != 127).strip()
    )

    @ANY_SOCKET
    @given(st.sampled_from([b"Date", b"Retry-After", b"Server", b"Set-Cookie", b"Location", b"Content-Type"]), values)
    def check(name: bytes, value: bytes) -> None:
        reply = host.ask(whole(200, json.dumps(GOOD).encode(), b"%b: %b\r\n" % (name, value))).reply
        assert isinstance(reply, Answered)

    check()


@pytest.mark.parametrize("call", list(Call))
def test_objects_of_any_content_end_in_a_reply(host: Host, call: Call) -> None:
    @settings(ANY_SOCKET, max_examples=15)
    @given(
        st.sampled_from([200, 201, 202, 302, 400, 422, 500]), foreign_objects(), st.sampled_from([b"", b"\xef\xbb\xbf"])
    )
    def check(status: int, body: dict[str, Any], mark: bytes) -> None:
        host.ask(whole(status, mark + json.dumps(body).encode()), Request(call, "r-1", b"{}"))

    check()


def test_a_good_answer_that_was_changed_somewhere_is_read_or_is_no_answer(host: Host) -> None:
    good = whole(200, json.dumps(GOOD).encode())

    @ANY_SOCKET
    @given(st.integers(0, len(good)), st.integers(0, 30), st.binary(max_size=10))
    def check(at: int, cut: int, put: bytes) -> None:
        reply = host.ask(good[:at] + put + good[at + cut :]).reply
        if isinstance(reply, Answered):
            assert reply.answer.request_id == "r-1"

    check()


def test_bodies_that_no_reader_can_use_are_no_answer(host: Host) -> None:
    for body in (
        b"[" * 500_000,
        json.dumps(GOOD).encode()[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        json.dumps(GOOD).encode("utf-16"),
        json.dumps(GOOD).encode().ljust((1 << 20) + 1),
        b'{"requestId": "r-1", "transactionId": "\\ud800"}',
    ):
        reply = host.ask(whole(200, body)).reply
        assert isinstance(reply, NoAnswer)


DRIPS: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "status line": (b"", b"H"),
    "head": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
    "100-continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n"),
    "no length": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
}


@pytest.mark.parametrize("phase", DRIPS)
@pytest.mark.parametrize("pause_s", [0.05, 0.0])
def test_an_answer_that_drips_or_floods_in_any_phase_ends_by_the_deadline(
    host: Host, phase: str, pause_s: float
) -> None:
    over = threading.Event()
    begin, drop = DRIPS[phase]

    def drip(connection: ssl.SSLSocket) -> None:
        connection.sendall(begin)
        while not over.wait(pause_s):
            connection.sendall(drop)

    exchange = host.ask(drip)
    over.set()
    assert isinstance(exchange.reply, NoAnswer)
    assert exchange.first_byte_s is not None
    assert isinstance(host.ask(whole(422, b'{"code": "X"}')).reply, Refused)


def test_other_calls_of_the_host_end_in_a_response_too(host: Host) -> None:
    @settings(ANY_SOCKET, max_examples=20)
    @given(st.binary(max_size=100) | LINES.map(lambda lines: b"\r\n".join(lines) + b"\r\n\r\n"))
    def check(answer: bytes) -> None:
        host.says = lambda connection: connection.sendall(answer)
        assert isinstance(host.client.ask("POST", "/x", b"{}"), RawResponse | NoAnswer | NotSent)
        host.client.warm()

    check()


def test_a_request_that_cannot_be_made_is_not_sent(host: Host) -> None:
    for token in ("abc\r\nX-Evil: 1", "кириллица", "\ud800", "\x00"):
        exchange = host.ask(b"", Request(Call.CHECKOUT, "r-1", b"{}", Secret(token)))
        assert isinstance(exchange.reply, NotSent)
        assert exchange.first_byte_s is None
        assert "Evil" not in repr(exchange)


def test_a_proxy_of_any_kind_ends_in_a_reply(tmp_path: Path) -> None:
    with tls_server(tmp_path, lambda _connection, _request: None) as (url, _), proxy() as made:
        credentials = Secret("till"), Secret("secret-password")
        endpoint = Endpoint(url, tmp_path / "ca.pem", *credentials, 0.3, TIME_S, proxy=made.url)
        client = PayApiClient(endpoint, time.monotonic, time.time)

        @settings(ANY_SOCKET, max_examples=30)
        @given(st.binary(max_size=100) | LINES.map(lambda lines: b"\r\n".join(lines) + b"\r\n\r\n"))
        def check(answer: bytes) -> None:
            made.breaks = lambda socket, _over: socket.sendall(answer)
            exchange = client.call(STATUS)
            assert isinstance(exchange.reply, NotSent)
            assert exchange.ended_s - exchange.started_s < 2.0

        check()
        client.close()
