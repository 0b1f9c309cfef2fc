"""Tunnels through a proxy: one that breaks, in whatever way and however often, leaves nothing behind."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from koshelek_driver.network.http import BaseUrl, JsonClient, JsonServer, NotSentError
from koshelek_driver.network.tls import tls_context
from tests.support.proxies import (
    BREAKS,
    Break,
    Proxy,
    babbles,
    closes,
    drips,
    drips_informational,
    hangs_up,
    is_garbled,
    is_silent,
    never_ends,
    proxy,
    refuses,
    resets,
)
from tests.support.tls_server import tls_server

# A reset between TCP and TLS makes Python's ssl module drop a socket that it took over; the collector closes it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def respond(connection: ssl.SSLSocket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@contextmanager
def client(folder: Path, *, through: bool = True, connect_s: float = 0.3) -> Iterator[tuple[JsonClient, Proxy, str]]:
    with tls_server(folder, respond) as (url, _), proxy() as made:
        server = JsonServer(
            base_url=BaseUrl.parse(url),
            context=tls_context(folder / "ca.pem", "test"),
            connect_timeout_s=connect_s,
            response_timeout_s=2.0,
            max_response_bytes=1000,
            keep_idle_s=5.0,
            proxy=made.url if through else "",
        )
        http = JsonClient(server)
        yield http, made, url
        http.close()


@pytest.mark.parametrize("way", BREAKS, ids=lambda way: way.__name__)
def test_a_tunnel_that_broke_several_times_leaves_nothing_behind(tmp_path: Path, way: Break) -> None:
    with client(tmp_path) as (http, proxy, url):
        proxy.breaks = way
        for number in range(6):
            began = time.monotonic()
            with pytest.raises(NotSentError) as caught:
                http.connect() if number % 2 else http.send("POST", "/", b"{}")
            assert time.monotonic() - began < 1.5
            assert "PoolTimeout" not in caught.value.reason
        proxy.breaks = None
        assert http.send("POST", "/", b"{}").head.status == 200
    host = url.split("/")[2].encode()
    assert set(proxy.asked) == {b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (host, host)}


@pytest.mark.parametrize("way", [closes, resets, refuses], ids=lambda way: way.__name__)
def test_a_tunnel_may_break_a_hundred_times(tmp_path: Path, way: Break) -> None:
    with client(tmp_path) as (http, proxy, _):
        proxy.breaks = way
        for _number in range(100):
            with pytest.raises(NotSentError):
                http.send("POST", "/", b"{}")
        proxy.breaks = None
        assert http.send("POST", "/", b"{}").head.status == 200


def test_tunnels_that_break_while_several_threads_connect_leave_nothing_behind(tmp_path: Path) -> None:
    with client(tmp_path) as (http, proxy, _):
        proxy.breaks = is_silent
        ends: list[str] = []

        def connect() -> None:
            with pytest.raises(NotSentError) as caught:
                http.connect()
            ends.append(caught.value.reason)

        threads = [threading.Thread(target=connect) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        proxy.breaks = None
        assert http.send("POST", "/", b"{}").head.status == 200
    assert len(ends) == 4


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (babbles, "the proxy sent more than its answer"),
        (never_ends, "the proxy's answer does not end"),
        (drips_informational, "the proxy's answer does not end"),
        (is_garbled, "the proxy does not speak HTTP"),
        (hangs_up, "the proxy hung up"),
        (refuses, "502 Bad Gateway"),
    ],
)
def test_the_reason_is_told(tmp_path: Path, way: Break, reason: str) -> None:
    with client(tmp_path, connect_s=2.0) as (http, proxy, _):
        proxy.breaks = way
        with pytest.raises(NotSentError) as caught:
            http.send("POST", "/", b"{}")
    assert caught.value.reason == reason


def test_a_proxy_that_drips_has_the_time_of_one_step(tmp_path: Path) -> None:
    with client(tmp_path, connect_s=0.4) as (http, proxy, _):
        proxy.breaks = drips
        began = time.monotonic()
        with pytest.raises(NotSentError) as caught:
            http.send("POST", "/", b"{}")
    assert caught.value.is_timeout
    assert 0.3 < time.monotonic() - began < 1.0


def test_a_proxy_that_refuses_is_quoted_in_visible_letters(tmp_path: Path) -> None:
    with client(tmp_path) as (http, proxy, _):
        proxy.breaks = lambda client, _over: client.sendall(b"HTTP/1.1 407 Log \x1b[2J in\r\n\r\n")
        with pytest.raises(NotSentError, match="^407 Log$"):
            http.send("POST", "/", b"{}")


def test_handshakes_that_break_without_a_proxy_leave_nothing_behind(tmp_path: Path) -> None:
    with client(tmp_path, through=False) as (http, _, url), socket.create_server(("127.0.0.1", 0)) as broken:
        broken.settimeout(5)

        def hang_up() -> None:
            for _ in range(20):
                broken.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        http.base_url = BaseUrl.parse(f"https://127.0.0.1:{broken.getsockname()[1]}")
        for _number in range(20):
            with pytest.raises(NotSentError):
                http.send("POST", "/", b"{}")
        thread.join(5)
        http.base_url = BaseUrl.parse(url)
        assert http.send("POST", "/", b"{}").head.status == 200


@pytest.mark.parametrize(
    "headers",
    [{"token": "abc\r\nX-Evil: 1"}, {"token": "кириллица"}, {"token": "\ud800"}, {"": "x"}, {"token": "\x00"}],
)
def test_a_request_that_cannot_be_made_sends_nothing_and_is_not_quoted(tmp_path: Path, headers: dict[str, str]) -> None:
    with client(tmp_path, through=False) as (http, _, _url):
        with pytest.raises(NotSentError) as caught:
            http.send("POST", "/", b"{}", headers)
        assert "Evil" not in caught.value.reason
        assert "abc" not in caught.value.reason
        assert http.send("POST", "/", b"{}").head.status == 200
