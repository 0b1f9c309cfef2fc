"""The client on real sockets: what was sent, what was not, and nothing twice."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from koshelek_driver.errors import SiteError
from koshelek_driver.network.http import socket_options
from koshelek_driver.network.pins import pin_of
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.client import Endpoint, PayApiClient, RawResponse
from koshelek_driver.pay_api.masking import mask_body
from koshelek_driver.pay_api.models import CheckoutInvoice
from koshelek_driver.pay_api.replies import Answered, NoAnswer, NotSent, Refused
from koshelek_driver.secrets import Secret
from tests.support.merchants import merchant
from tests.support.tills import Till
from tests.support.tls_server import tls_server

STATUS = requests.status(merchant(), "r-1", "x" * 36)


@contextmanager
def client(
    base_url: str,
    ca: Path | None,
    *,
    timeout_s: float = 2.0,
    password: str = "secret-password",
    pins: tuple[str, ...] = (),
    proxy: str = "",
) -> Iterator[PayApiClient]:
    endpoint = Endpoint(base_url, ca, Secret("sandbox"), Secret(password), 0.5, timeout_s, pins, proxy)
    made = PayApiClient(endpoint, time.monotonic, time.time)
    yield made
    made.close()


def hang_up(_connection: ssl.SSLSocket, _data: bytes) -> None:
    """Read and say nothing."""


def test_one_warm_connection_serves_all_calls(till: Till) -> None:
    with client(till.host.base_url, till.host.files.ca, password=till.host.password) as api:
        assert api.warm() is None
        replies = [api.call(requests.status(merchant(), f"r-{number}", "x" * 36)) for number in range(5)]
    assert all(isinstance(exchange.reply, Answered) for exchange in replies)
    assert till.host._server.connections == 1


def test_the_first_byte_is_timed_after_the_start_and_before_the_end(till: Till) -> None:
    with client(till.host.base_url, till.host.files.ca, password=till.host.password) as api:
        exchange = api.call(STATUS)
    assert exchange.first_byte_s is not None
    assert exchange.started_s < exchange.first_byte_s < exchange.ended_s


def test_a_wrong_password_is_refused_and_not_shown(till: Till) -> None:
    with client(till.host.base_url, till.host.files.ca) as api:
        exchange = api.call(STATUS)
    assert exchange.reply == Refused("HTTP_401")
    assert "secret-password" not in repr(exchange)


def test_nothing_is_sent_to_a_port_where_nobody_listens(tmp_path: Path, till: Till) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client(f"https://127.0.0.1:{port}/partner", till.host.files.ca) as api:
        exchange = api.call(STATUS)
        assert isinstance(api.warm(), NotSent)
    assert isinstance(exchange.reply, NotSent)
    assert exchange.first_byte_s is None


def test_a_host_that_does_not_finish_the_handshake_is_given_up_in_time(till: Till) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/partner"
        with client(address, till.host.files.ca) as api:
            exchange = api.call(STATUS)
    assert isinstance(exchange.reply, NotSent)
    assert exchange.ended_s - exchange.started_s < 2.0


@pytest.mark.scenario(17)
@pytest.mark.parametrize(
    ("tls", "reason"),
    [
        ({"name": "other.example"}, "mismatch"),
        ({"maximum": ssl.TLSVersion.TLSv1_1}, "TLS"),
        ({"not_after": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
    ],
    ids=["wrong-name", "tls-1.1", "expired"],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_host_that_is_not_to_be_trusted_gets_nothing(tmp_path: Path, tls: dict[str, object], reason: str) -> None:
    with tls_server(tmp_path, hang_up, **tls) as (address, seen), client(address, tmp_path / "ca.pem") as api:
        exchange = api.call(STATUS)
    assert isinstance(exchange.reply, NotSent)
    assert exchange.reply.code == "HOST_NOT_TRUSTED"
    assert reason in exchange.reply.details
    assert seen == []


@pytest.mark.scenario(18)
def test_an_authority_that_changes_is_trusted_by_a_file_that_has_both(till: Till, tmp_path: Path) -> None:
    old = trustme.CA()
    old.cert_pem.write_to_path(tmp_path / "old.pem")
    (tmp_path / "both.pem").write_bytes(old.cert_pem.bytes() + till.host.files.ca.read_bytes())
    for file, trusted in (("old.pem", False), ("both.pem", True)):
        with client(till.host.base_url, tmp_path / file, password=till.host.password) as api:
            assert isinstance(api.call(STATUS).reply, Answered) is trusted


@pytest.mark.scenario(2)
def test_a_port_that_swallows_everything_is_given_up_within_the_time_of_connecting(till: Till) -> None:
    """A listener whose queue is full drops what comes, as a firewall does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as queued:
        for _ in range(4):
            waiting = queued.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with client(f"https://127.0.0.1:{full.getsockname()[1]}/partner", till.host.files.ca) as api:
            exchange = api.call(STATUS)
    assert isinstance(exchange.reply, NotSent)
    assert 0.4 < exchange.ended_s - exchange.started_s < 3


@pytest.mark.scenario(3)
def test_a_cold_call_does_not_wait_for_a_resolver_that_stalls(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go, real = threading.Event(), socket.getaddrinfo

    def stall(host: Any, *arguments: Any, **named: Any) -> Any:
        if host == "localhost":
            may_go.wait(10)
        return real(host, *arguments, **named)

    address = f"https://localhost:{till.host.port}/partner"
    with client(address, till.host.files.ca, password=till.host.password) as api:
        assert api.warm() is None
        monkeypatch.setattr(socket, "getaddrinfo", stall)
        for connection in list(till.host._server._open):
            connection.shutdown(socket.SHUT_RDWR)
        exchange = api.call(STATUS)
        may_go.set()
    assert isinstance(exchange.reply, Answered)
    assert exchange.first_byte_s is not None
    assert exchange.first_byte_s - exchange.started_s < 0.5


class Middlebox:
    """A router between till and host that may forget the connections it carries: their bytes go nowhere."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port, self._epoch = port, 0
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def forget(self) -> None:
        self._epoch += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                outside = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [inside, outside]
                for pair in ((inside, outside), (outside, inside)):
                    self._threads.append(threading.Thread(target=self._carry, args=(*pair, self._epoch)))
                    self._threads[-1].start()

    def _carry(self, source: socket.socket, sink: socket.socket, epoch: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if epoch == self._epoch:
                    sink.sendall(data)


@pytest.mark.scenario(16)
def test_a_connection_that_a_router_forgot_is_given_up_in_time_and_the_next_call_has_a_new_one(till: Till) -> None:
    router = Middlebox(till.host.port)
    address = f"https://127.0.0.1:{router.port}/partner"
    with client(address, till.host.files.ca, password=till.host.password, timeout_s=0.5) as api:
        assert isinstance(api.call(STATUS).reply, Answered)
        router.forget()
        lost = api.call(STATUS)
        assert isinstance(lost.reply, NoAnswer)
        assert lost.ended_s - lost.started_s < 2
        assert isinstance(api.call(STATUS).reply, Answered)
    router.close()


@pytest.mark.scenario(16)
@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no TCP_USER_TIMEOUT")
def test_the_system_itself_probes_the_idle_connection() -> None:
    with socket.socket() as opened:
        for option in socket_options(2.0):
            opened.setsockopt(*option)
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2000


@pytest.mark.scenario(17)
def test_an_unknown_authority_gets_nothing(till: Till) -> None:
    with client(till.host.base_url, None) as api:
        reply = api.call(STATUS).reply
    assert isinstance(reply, NotSent)
    assert reply.code == "HOST_NOT_TRUSTED"
    assert till.host.host.requests == []


@pytest.mark.scenario(7)
@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        lambda connection, _data: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        lambda connection, _data: connection.sendall(b"no http at all\r\n\r\n"),
        lambda connection, _data: connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000
        ),
    ],
    ids=["silence", "half-a-body", "not-http", "endless"],
)
def test_a_request_that_left_and_got_no_whole_answer_is_no_answer_and_goes_out_once(
    tmp_path: Path, answer: Callable[[ssl.SSLSocket, bytes], None]
) -> None:
    with tls_server(tmp_path, answer) as (address, seen), client(address, tmp_path / "ca.pem") as api:
        exchange = api.call(STATUS)
    assert isinstance(exchange.reply, NoAnswer)
    assert exchange.first_byte_s is not None
    assert len(seen) == 1


def test_an_answer_that_drips_is_given_up_in_time(tmp_path: Path) -> None:
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket, _data: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with tls_server(tmp_path, drip) as (address, _), client(address, tmp_path / "ca.pem", timeout_s=0.5) as api:
        exchange = api.call(STATUS)
        stop.set()
    assert isinstance(exchange.reply, NoAnswer)
    assert exchange.ended_s - exchange.started_s < 2.0


def test_a_head_that_drips_is_given_up_in_time(tmp_path: Path) -> None:
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket, _data: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"X-More: 1\r\n")

    with tls_server(tmp_path, drip) as (address, _), client(address, tmp_path / "ca.pem", timeout_s=0.5) as api:
        exchange = api.call(STATUS)
        stop.set()
    assert exchange.reply == NoAnswer("timed out (ReadTimeout)")
    assert exchange.ended_s - exchange.started_s < 2.0


def test_a_response_of_a_whole_mebibyte_is_read_and_a_byte_more_is_no_answer(tmp_path: Path) -> None:
    def respond(connection: ssl.SSLSocket, data: bytes) -> None:
        size = int(data.split(b" ")[1].rpartition(b"/")[2])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    with tls_server(tmp_path, respond) as (address, _), client(address, tmp_path / "ca.pem") as api:
        whole, endless = api.ask("GET", "/1048576", b""), api.ask("GET", "/1048577", b"")
    assert whole == RawResponse(200, b"x" * 1_048_576, 0.0)
    assert endless == NoAnswer("an answer that did not end within 1048576 bytes and its time")


def test_the_hosts_wish_for_a_pause_is_read(tmp_path: Path) -> None:
    for wish, seconds in (("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("-1", 0.0), ("9" * 30, 0.0)):
        head = f"HTTP/1.1 503 No\r\nRetry-After: {wish}\r\nContent-Length: 0\r\n\r\n".encode()
        said = partial(lambda head, connection, _data: connection.sendall(head), head)
        with tls_server(tmp_path, said) as (address, _), client(address, tmp_path / "ca.pem") as api:
            assert api.call(STATUS).reply == NoAnswer("HTTP 503", seconds)


@pytest.mark.scenario(19)
def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    def redirect(connection: ssl.SSLSocket, _data: bytes) -> None:
        connection.sendall(b"HTTP/1.1 307 Go\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with tls_server(tmp_path, redirect) as (address, seen), client(address, tmp_path / "ca.pem") as api:
        assert api.call(STATUS).reply == Refused("HTTP_307")
    assert len(seen) == 1


@pytest.mark.scenario(20)
def test_proxies_of_the_environment_are_not_used(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with client(till.host.base_url, till.host.files.ca, password=till.host.password) as api:
        assert isinstance(api.call(STATUS).reply, Answered)


def key_of(till: Till) -> str:
    """The pin of the sandbox's certificate, as a technician would take it."""
    pem = ssl.get_server_certificate(("127.0.0.1", till.host.port))
    return pin_of(ssl.PEM_cert_to_DER_cert(pem))


@pytest.mark.scenario(18)
def test_a_host_with_a_pinned_key_is_trusted_and_any_other_gets_nothing(till: Till) -> None:
    other, ca, password = "sha256/" + "A" * 43 + "=", till.host.files.ca, till.host.password
    with client(till.host.base_url, ca, password=password, pins=(other, key_of(till))) as api:
        assert isinstance(api.call(STATUS).reply, Answered)
        assert api.host_pin() == key_of(till)
    with client(till.host.base_url, ca, password=password, pins=(other,)) as api:
        reply = api.call(STATUS).reply
    assert isinstance(reply, NotSent)
    assert reply.code == "HOST_NOT_TRUSTED"
    assert key_of(till) in reply.details
    assert len(till.host.host.requests) == 1


def test_a_pinned_host_must_still_be_trusted(till: Till) -> None:
    with client(till.host.base_url, None, pins=(key_of(till),)) as api:
        reply = api.call(STATUS).reply
    assert isinstance(reply, NotSent)
    assert till.host.host.requests == []


@contextmanager
def tunnel(status: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy: answers CONNECT with `status`, and carries bytes for 200. Gives what it was asked."""
    listener, asked = socket.create_server(("127.0.0.1", 0)), []

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            inside, _ = listener.accept()
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += inside.recv(1024)
            asked.append(head)
            inside.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
            if status.startswith(b"200"):
                host, port = head.split()[1].decode().split(":")
                with inside, socket.create_connection((host, int(port))) as outside:
                    back = threading.Thread(target=carry, args=(outside, inside))
                    back.start()
                    carry(inside, outside)
                    back.join(5)
            inside.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        thread.join(5)
        listener.close()


@pytest.mark.scenario(20)
def test_the_proxy_of_the_site_file_carries_the_call_and_sees_nothing_of_it(till: Till) -> None:
    with tunnel(b"200 OK") as (proxy, asked):
        with client(till.host.base_url, till.host.files.ca, password=till.host.password, proxy=proxy) as api:
            exchange = api.call(STATUS)
        assert isinstance(exchange.reply, Answered)
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{till.host.port} ".encode())
    assert b"Authorization" not in asked[0]


def test_a_proxy_that_says_no_sent_nothing(till: Till) -> None:
    with (
        tunnel(b"407 Proxy Authentication Required") as (proxy, _),
        client(till.host.base_url, till.host.files.ca, proxy=proxy) as api,
    ):
        exchange = api.call(STATUS)
    assert isinstance(exchange.reply, NotSent)
    assert "407" in exchange.reply.details
    assert exchange.first_byte_s is None


def test_a_call_does_not_wait_for_a_warming_that_hangs(tmp_path: Path) -> None:
    """The first connection warms up at a host that says nothing; the call takes another."""
    may_go, warming = threading.Event(), threading.Event()

    def answer(connection: ssl.SSLSocket, data: bytes) -> None:
        if data.startswith(b"HEAD"):
            warming.set()
            may_go.wait(10)
        else:
            connection.sendall(b'HTTP/1.1 422 No\r\nContent-Length: 12\r\n\r\n{"code":"X"}')

    with tls_server(tmp_path, answer) as (address, seen), client(address, tmp_path / "ca.pem", timeout_s=8) as api:
        thread = threading.Thread(target=api.warm)
        thread.start()
        assert warming.wait(5)
        assert api.call(STATUS).reply == Refused("X")
        may_go.set()
        thread.join(5)
    assert [data.split()[0] for data in seen] == [b"HEAD", b"POST"]


def test_nothing_is_warmed_up_while_a_call_is_under_way(tmp_path: Path) -> None:
    may_go, asked = threading.Event(), threading.Event()

    def answer(_connection: ssl.SSLSocket, _data: bytes) -> None:
        asked.set()
        may_go.wait(10)

    with tls_server(tmp_path, answer) as (address, seen), client(address, tmp_path / "ca.pem", timeout_s=8) as api:
        thread = threading.Thread(target=api.call, args=(STATUS,))
        thread.start()
        assert asked.wait(5)
        assert api.warm() is None
        may_go.set()
        thread.join(5)
    assert len(seen) == 1


@pytest.mark.scenario(15)
def test_a_connection_that_the_host_closed_while_idle_is_replaced_without_a_second_send(till: Till) -> None:
    with client(till.host.base_url, till.host.files.ca, password=till.host.password) as api:
        api.warm()
        for connection in list(till.host._server._open):
            connection.shutdown(socket.SHUT_RDWR)
        assert isinstance(api.call(STATUS).reply, Answered)
    assert len(till.host.host.requests) == 1


@pytest.mark.parametrize("address", ["https://[::1", "https://host:port/partner", "https://-\x00/partner"])
def test_a_malformed_address_is_a_wrong_site_file(till: Till, address: str) -> None:
    with pytest.raises(SiteError, match="base URL"), client(address, till.host.files.ca):
        pass


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_wrong_ca_file_is_a_wrong_site_file(tmp_path: Path, content: bytes | None) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(SiteError, match="ca_file"), client("https://127.0.0.1:1", ca):
        pass


def test_what_the_till_sent_is_masked_in_this_answer_and_in_later_ones(tmp_path: Path) -> None:
    sent = requests.checkout(
        merchant(),
        "r-1",
        CheckoutInvoice(order_id="A-1", total_amount=100, items=()),
        card_number=Secret("4601234567893"),
        card_session=Secret("A1B2C3"),
        token=Secret("dGlsbA==368"),
    )
    basic = base64.b64encode(b"sandbox:secret-password").decode()
    said = f"4601234567893 A1B2C3 dGlsbA==368 secret-password {basic}"
    body = json.dumps({"code": "X", "details": said}).encode()

    def echo(connection: ssl.SSLSocket, data: bytes) -> None:
        if data.endswith(b"}"):  # a head may come alone
            connection.sendall(b"HTTP/1.1 422 No\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with tls_server(tmp_path, echo) as (address, _), client(address, tmp_path / "ca.pem") as api:
        for request in (sent, *(requests.status(merchant(), f"r-{number}", "t") for number in range(20))):
            exchange = api.call(request)
            assert exchange.reply == Refused("X", "… … … … …")
            assert mask_body(exchange.body, exchange.secrets) == '{"code":"X","details":"… … … … …"}'
            assert "460123" not in repr(exchange)
