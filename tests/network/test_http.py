"""The HTTPS client on real sockets: sent or not, whole or not, by which limit. Pay API's tests use it too."""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koshelek_driver.network.http import BaseUrl, JsonClient, JsonServer, NoResponseError, NotSentError, ResponseHead
from koshelek_driver.network.tls import tls_context
from koshelek_driver.secrets import Secret
from tests.support.tls_server import Answer, tls_server

LIMIT = 1000


@contextlib.contextmanager
def client(
    folder: Path, answer: Answer, **changed: Any
) -> Iterator[tuple[JsonClient, list[bytes], list[ResponseHead]]]:
    heads: list[ResponseHead] = []
    with tls_server(folder, answer) as (url, seen):
        settings: dict[str, Any] = {
            "base_url": BaseUrl.parse(url),
            "context": tls_context(folder / "ca.pem", "test"),
            "connect_timeout_s": 2.0,
            "response_timeout_s": 2.0,
            "max_response_bytes": LIMIT,
            "keep_idle_s": 5.0,
        }
        made = JsonClient(JsonServer(**{**settings, **changed}), time.monotonic, heads.append)
        yield made, seen, heads
        made.close()


def whole(size: int) -> Answer:
    def respond(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    return respond


def test_a_request_has_the_credentials_and_the_response_its_head(tmp_path: Path) -> None:
    with client(tmp_path, whole(3), login=Secret("till"), password=Secret("pässword")) as (http, seen, heads):
        began = time.monotonic()
        response = http.send("POST", "/a?b=c", b'{"d":1}', {"token": "T"})
    assert (response.head.status, response.body) == (200, b"xxx")
    assert response.head.headers["x-a"] == "1"
    assert began <= response.first_byte_s <= time.monotonic()
    assert heads == [response.head]
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /partner/a?b=c HTTP/1.1"
    assert {b"token: T", b"Content-Type: application/json", b"Authorization: Basic dGlsbDpww6Rzc3dvcmQ="} <= set(lines)
    assert b"Accept-Encoding: identity" in lines
    assert body == b'{"d":1}'


def test_opening_a_connection_shows_no_credentials(tmp_path: Path) -> None:
    with client(tmp_path, whole(0), login=Secret("till"), password=Secret("secret")) as (http, seen, _):
        http.connect()
    assert seen[0].startswith(b"HEAD /partner/ HTTP/1.1\r\n")
    assert b"authorization" not in seen[0].lower()


@pytest.mark.parametrize("framing", [b"Content-Length: %d\r\n\r\n%b", b"Connection: close\r\n\r\n%.0s%b"])
def test_a_response_of_exactly_the_limit_is_whole_and_a_byte_more_is_not(tmp_path: Path, framing: bytes) -> None:
    def respond(connection: ssl.SSLSocket, request: bytes) -> None:
        size = int(request.split(b" ")[1].rpartition(b"/")[2])
        framed = framing.replace(b"%d", b"%d" % size).replace(b"%.0s", b"").replace(b"%b", b"x" * size)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + framed)

    with client(tmp_path, respond) as (http, _, heads):
        assert len(http.send("GET", f"/{LIMIT}", b"").body) == LIMIT
        with pytest.raises(NoResponseError, match="did not end within 1000 bytes") as caught:
            http.send("GET", f"/{LIMIT + 1}", b"")
    assert caught.value.is_too_long
    assert not caught.value.is_timeout
    assert len(heads) == 2


@pytest.mark.parametrize(
    "limits", [{"response_timeout_s": 0.4}, {"total_timeout_s": 0.4}], ids=lambda each: next(iter(each))
)
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_response_that_drips_ends_by_the_deadline(tmp_path: Path, limits: dict[str, float], begin: bytes) -> None:
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(begin)
        while begin and not stop.wait(0.05):
            connection.sendall(b"X-More: 1\r\n")
        stop.wait(5)

    began = time.monotonic()
    with client(tmp_path, drip, **limits) as (http, seen, _):
        with pytest.raises(NoResponseError, match="timed out") as caught:
            http.send("POST", "/", b"{}")
        stop.set()
    assert caught.value.is_timeout
    assert not caught.value.is_too_long
    assert began < caught.value.first_byte_s < time.monotonic()
    assert time.monotonic() - began < 1.8
    assert len(seen) == 1


def test_a_handshake_that_stalls_ends_by_the_total_timeout_and_nothing_was_sent(tmp_path: Path) -> None:
    with (
        client(tmp_path, whole(0), connect_timeout_s=30.0, total_timeout_s=0.3) as (http, _, _heads),
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        http.base_url = BaseUrl.parse(f"https://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(NotSentError) as caught:
            http.send("POST", "/", b"{}")
    assert caught.value.is_timeout
    assert not caught.value.is_distrust


def test_the_time_of_one_call_is_not_taken_from_the_next(tmp_path: Path) -> None:
    with client(tmp_path, whole(1), total_timeout_s=math.inf, response_timeout_s=0.2) as (http, _, _heads):
        first = http.send("POST", "/", b"{}").first_byte_s
        while time.monotonic() < first + 0.25:
            threading.Event().wait(0.05)
        assert http.send("POST", "/", b"{}").head.status == 200


def test_a_server_that_is_not_trusted_gets_nothing(tmp_path: Path) -> None:
    with (
        client(tmp_path, whole(0), context=tls_context(None, "test")) as (http, seen, _),
        pytest.raises(NotSentError, match="^TLS: ") as caught,
    ):
        http.send("POST", "/", b"{}")
    assert caught.value.is_distrust
    assert seen == []


@pytest.mark.parametrize(
    ("url", "said"),
    [("https://[::1", "https://\\[::1: "), ("https://host:port/", "port"), ("https:///path", "names no host")],
)
def test_a_malformed_url_is_shown(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"base URL .*{said}"):
        BaseUrl.parse(url)
