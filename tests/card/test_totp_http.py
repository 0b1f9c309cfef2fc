"""The module on the retailer's server: its JSON over real HTTPS, by Basic and by client certificate, within a deadline."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from koshelek_driver.card.totp import Answer
from koshelek_driver.card.totp.http import HttpDialect, HttpTotp
from koshelek_driver.errors import SiteError, TotpModuleError
from koshelek_driver.network.json_post import JsonPoster, JsonServer
from koshelek_driver.network.tls import tls_context
from koshelek_driver.sandbox.messages import HttpReply
from koshelek_driver.sandbox.scripts import Wire
from koshelek_driver.secrets import Secret
from tests.support.cards import card, parameters
from tests.support.tls_server import tls_server
from tests.support.totp_servers import YES, CashDesk

DIALECT = HttpDialect(
    verify_path="/barcodeVerify",
    token_path="/getToken",
    full_barcode="fullBarcode",
    result_code="resultCode",
    totp_code_valid="totpCodeValid",
    card_number="cardNumber",
    card_session="cardSession",
    password="password",
    terminal="terminalId",
    token="token",
)
SHOWN = card("368", session="A1B2C3")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[CashDesk]:
    made = CashDesk(tmp_path)
    yield made
    made.server.close()


Open = Callable[..., HttpTotp]


@pytest.fixture
def opened(desk: CashDesk) -> Iterator[Open]:
    posters: list[JsonPoster] = []

    def make(dialect: HttpDialect = DIALECT, *, url: str = "", deadline_s: float = 5.0, **own: Any) -> HttpTotp:
        context = tls_context(own.pop("ca", desk.ca), "totp.http")
        posters.append(JsonPoster(JsonServer(url or desk.url, context, deadline_s, **own)))
        module = HttpTotp(posters[-1].post, dialect)
        module.init(parameters())
        return module

    yield make
    for poster in posters:
        poster.close()


def test_a_barcode_is_asked_about_and_the_answer_read(desk: CashDesk, opened: Open) -> None:
    module = opened(login=Secret("till"), password=Secret("pässword"))
    expected = Answer("CARDSESSION_AVAILABLE", Secret("77"), Secret("S7"), totp_code_valid=True)
    assert [module.barcode_verify("FULL", SHOWN) for _ in range(2)] == [expected, expected]
    request, question = desk.asked[0]
    assert (request.method, request.path, question) == ("POST", "/totp/barcodeVerify", {"fullBarcode": "FULL"})
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Basic dGlsbDpww6Rzc3dvcmQ="
    assert desk.server.connections == 1


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ({"resultCode": "X"}, Answer("X")),
        ({"resultCode": 17, "totpCodeValid": "yes", "cardNumber": None}, Answer("17")),
        ({"resultCode": "X", "totpCodeValid": False, "cardNumber": 4601}, Answer("X", Secret("4601"), None, totp_code_valid=False)),
    ],
)  # fmt: skip
def test_an_answer_is_read_tolerantly(desk: CashDesk, opened: Open, document: object, answer: Answer) -> None:
    desk.answers(document)
    assert opened().barcode_verify("FULL", SHOWN) == answer


def test_a_byte_order_mark_is_taken_off(desk: CashDesk, opened: Open) -> None:
    desk.reply = HttpReply(200, b"\xef\xbb\xbf" + json.dumps({**YES, "token": "T-368"}).encode())
    assert opened().barcode_verify("FULL", SHOWN).result_code == "CARDSESSION_AVAILABLE"
    assert opened().get_token(None) == Secret("T-368")


def test_a_token_is_asked_for_or_made_here(desk: CashDesk, opened: Open) -> None:
    desk.answers({"token": "T-368"})
    assert opened().get_token(Secret("368")) == Secret("T-368")
    assert desk.asked[0][1] == {"password": "368", "terminalId": "TILL-01"}
    here = opened(HttpDialect(**{**{name: getattr(DIALECT, name) for name in DIALECT.__slots__}, "token_path": ""}))
    assert here.get_token(Secret("368")) == Secret("dGlsbA==368")
    assert len(desk.asked) == 1


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (HttpReply(500), "answered HTTP 500"),
        (HttpReply(302, headers={"Location": "https://elsewhere/"}), "answered HTTP 302"),
        (HttpReply(200, b"<html>"), "not a JSON object"),
        (HttpReply(200, b"[1]"), "not a JSON object"),
        (HttpReply(200, b"\xff"), "not a JSON object"),
        (HttpReply(200, b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}"), "not a JSON object"),
        (HttpReply(200, b'{"resultCode": "\\ud800"}'), "not a JSON object"),
        (HttpReply(200, b'{"resultCode": NaN}'), "not a JSON object"),
        (HttpReply(200, json.dumps(YES).encode("utf-16")), "not a JSON object"),
        (HttpReply(200, b"{}"), "has no resultCode"),
        (HttpReply(200, b'{"resultCode": null}'), "has no resultCode"),
        (HttpReply(200, b"x" * 70_000), "did not end in 65536 bytes"),
        (HttpReply(200, wire=Wire.LOST_ANSWER), "cannot be reached"),
        (HttpReply(200, json.dumps(YES).encode(), delay_s=2.0), "did not answer in 0.4 s"),
    ],
)
def test_whatever_else_comes_is_no_answer(desk: CashDesk, opened: Open, reply: HttpReply, told: str) -> None:
    desk.reply = reply
    module = opened(deadline_s=0.4)
    with pytest.raises(TotpModuleError, match=told) as caught:
        module.barcode_verify("SECRET-FULL", SHOWN)
    assert "SECRET" not in caught.value.what + caught.value.remedy
    desk.reply = HttpReply(200, json.dumps(YES).encode())
    assert module.barcode_verify("FULL", SHOWN).result_code == "CARDSESSION_AVAILABLE"


def test_an_answer_may_have_64_kibibytes_and_no_byte_more(desk: CashDesk, opened: Open) -> None:
    module, longest = opened(), json.dumps(YES).encode().ljust(65_536)
    desk.reply = HttpReply(200, longest)
    assert module.barcode_verify("FULL", SHOWN).result_code == "CARDSESSION_AVAILABLE"
    desk.reply = HttpReply(200, longest + b" ")
    with pytest.raises(TotpModuleError, match="did not end in 65536 bytes"):
        module.barcode_verify("FULL", SHOWN)


def test_an_answer_that_drips_is_given_up_by_the_deadline(tmp_path: Path) -> None:
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket, _data: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"X-More: 1\r\n")

    with tls_server(tmp_path, drip) as (url, _):
        poster = JsonPoster(JsonServer(url, tls_context(tmp_path / "ca.pem", "totp.http"), 0.4))
        began = time.monotonic()
        with pytest.raises(TotpModuleError, match=r"did not answer in 0\.4 s"):
            poster.post("/barcodeVerify", b"{}")
        stop.set()
        poster.close()
    assert time.monotonic() - began < 2.0


def test_a_url_that_names_no_host_cannot_be_reached(opened: Open) -> None:
    with pytest.raises(TotpModuleError, match="cannot be reached: base URL .* names no host"):
        opened(url="https:///totp").barcode_verify("FULL", SHOWN)


def test_a_token_that_does_not_come_is_no_answer(desk: CashDesk, opened: Open) -> None:
    desk.answers({"tokn": "T"})
    with pytest.raises(TotpModuleError, match="has no token"):
        opened().get_token(None)


def test_a_server_that_is_not_there_or_not_trusted_cannot_be_reached(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(TotpModuleError, match="cannot be reached"):
        opened(url="https://127.0.0.1:9/totp").barcode_verify("FULL", SHOWN)
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    with pytest.raises(TotpModuleError, match="certificate"):
        opened(ca=stranger).barcode_verify("FULL", SHOWN)


def test_a_client_certificate_opens_the_door_that_nothing_else_opens(tmp_path: Path) -> None:
    desk = CashDesk(tmp_path, wants_certificate=True)
    own, key = tmp_path / "till.pem", tmp_path / "till.key"
    issued = desk.authority.issue_cert("till-01")
    issued.cert_chain_pems[0].write_to_path(own)
    issued.private_key_pem.write_to_path(key)
    try:
        for certificate, works in ((None, False), (own, True)):
            context = tls_context(desk.ca, "totp.http", certificate, key)
            poster = JsonPoster(JsonServer(desk.url, context, 5.0))
            if works:
                assert json.loads(poster.post("/barcodeVerify", b"{}")) == YES
            else:
                with pytest.raises(TotpModuleError, match="cannot be reached"):
                    poster.post("/barcodeVerify", b"{}")
            poster.close()
    finally:
        desk.server.close()


def test_a_certificate_that_cannot_be_used_is_a_wrong_site_file(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with pytest.raises(SiteError, match=r"totp\.http\.client_certificate: cannot use .*wrong\.pem"):
        tls_context(None, "totp.http", wrong)
    with pytest.raises(SiteError, match=r"totp\.http\.ca_file: cannot use .*wrong\.pem"):
        tls_context(wrong, "totp.http")
