"""A listener that strangers try to fill: a good postback gets in all the same, and they are put out."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from koshelek_driver.resident.acceptor import Limits, is_from
from koshelek_driver.resident.listener import HttpsListener, server_context

HEADS = [b"", b"POST / HTTP/1.1\r\nHost: h\r\nX-", b"POST / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n", b"\x16\x03"]
LIMITS = Limits(head_s=1.0, whole_s=4.0, most=8, most_of_one=4)


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(status_code=200)


APP = Starlette(routes=[Route("/", _answer, methods=["POST"])])


@pytest.fixture
def trust(tmp_path: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def listener(tmp_path: Path, trust: ssl.SSLContext) -> Iterator[HttpsListener]:
    with closing(
        HttpsListener(APP, ("127.0.0.1", 0), server_context(tmp_path / "both.pem", None), limits=LIMITS)
    ) as made:
        yield made


def post(listener: HttpsListener, trust: ssl.SSLContext) -> httpx.Response:
    return httpx.post(f"https://127.0.0.1:{listener.port}/", content=b"{}", verify=trust, timeout=5)


def stranger_at(listener: HttpsListener, trust: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", listener.port), 5)
    return trust.wrap_socket(plain, server_hostname="127.0.0.1")


def ends(connection: socket.socket, within_s: float) -> bool:
    """True if the other side has closed the connection within that time."""
    connection.settimeout(within_s)
    try:
        while connection.recv(1000):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@pytest.mark.parametrize("is_tls", [True, False])
@pytest.mark.parametrize("head", HEADS)
def test_strangers_who_ask_for_nothing_keep_nobody_out_and_are_put_out(
    listener: HttpsListener, trust: ssl.SSLContext, head: bytes, *, is_tls: bool
) -> None:
    with ExitStack() as opened:
        strangers = []
        for _ in range(33):
            plain = opened.enter_context(socket.create_connection(("127.0.0.1", listener.port), 5))
            try:
                stranger = (
                    opened.enter_context(trust.wrap_socket(plain, server_hostname="127.0.0.1")) if is_tls else plain
                )
                stranger.sendall(head)
            except OSError:  # put out already, for one that came later
                continue
            strangers.append(stranger)
        assert post(listener, trust).status_code == 200
        began_s = time.monotonic()
        assert all(ends(stranger, 5) for stranger in strangers)
        assert time.monotonic() - began_s < 3


def drip(stranger: ssl.SSLSocket) -> float:
    """Send a head byte by byte until the other side ends it; return the seconds that it took."""
    began_s = time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() < began_s + 10:
            stranger.sendall(b"P")
            time.sleep(0.05)
    return time.monotonic() - began_s


def test_a_head_that_drips_is_put_out_in_time(listener: HttpsListener, trust: ssl.SSLContext) -> None:
    with stranger_at(listener, trust) as stranger:
        assert 0.5 < drip(stranger) < 3


def test_a_body_that_drips_is_put_out_in_time(listener: HttpsListener, trust: ssl.SSLContext) -> None:
    with stranger_at(listener, trust) as stranger:
        stranger.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n")
        assert not ends(stranger, LIMITS.head_s + 0.3)
        assert ends(stranger, 6)


def test_an_answer_ends_its_connection(listener: HttpsListener, trust: ssl.SSLContext) -> None:
    """A second head on it would have no time of its own."""
    assert post(listener, trust).headers["connection"] == "close"


def test_an_address_outside_the_sources_is_closed_at_once(tmp_path: Path, trust: ssl.SSLContext) -> None:
    context = server_context(tmp_path / "both.pem", None)
    with (
        closing(HttpsListener(APP, ("127.0.0.1", 0), context, sources=["10.0.0.0/8"])) as listener,
        socket.create_connection(("127.0.0.1", listener.port), 5) as plain,
    ):
        assert ends(plain, 2)
    with closing(HttpsListener(APP, ("127.0.0.1", 0), context, sources=["127.0.0.0/8"])) as listener:
        assert post(listener, trust).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("11.1.2.3", False), ("::1", False), ("fe80::1%eth0", False)],
)
def test_an_address_of_ipv4_is_known_in_the_words_of_ipv6(host: str, *, expected: bool) -> None:
    assert is_from(host, [ip_network("10.0.0.0/8")]) is expected
    assert is_from(host, [])
