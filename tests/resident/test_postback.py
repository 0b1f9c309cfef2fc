"""Postbacks over real HTTPS: strangers get nothing, news is asked for at the host, and never believed by itself."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from koshelek_driver import Outcome, SaleObserver, Terminal
from koshelek_driver.config import site
from koshelek_driver.errors import BusyError, JournalError, SiteError
from koshelek_driver.pay_api.models import TransactionAnswer
from koshelek_driver.payment.journal import Journal
from koshelek_driver.resident.listener import HttpsListener, server_context
from koshelek_driver.resident.postback import PostbackSettings, postback_app
from koshelek_driver.resident.resident import Resident
from koshelek_driver.sandbox.postback import PostbackSender, PostbackTarget
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.secrets import Secret
from tests.support.background import leave_open, settled
from tests.support.tills import Till

BODY = {"requestId": "h-1", "transactionId": "t-1", "status": "accepted"}
LOGIN, PASSWORD = "host", "päss:word"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "postback-ca.pem")
    made = tmp_path / "postback.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(made)
    return made


@dataclass
class Door:
    """A receiver on a port, and what it heard."""

    url: str
    trust: ssl.SSLContext
    heard: list[TransactionAnswer]
    known: bool = True
    fault: Exception | None = None

    def post(self, body: Any = BODY, *, auth: Any = (LOGIN, PASSWORD), **more: Any) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with httpx.Client(verify=self.trust, trust_env=False, auth=auth) as client:
            return client.request(more.pop("method", "POST"), self.url, content=content, **more).status_code

    def status_of_unfinished(self, sent: bytes) -> int:
        """Announce a long body, send only its beginning, and wait for the response."""
        address = urlsplit(self.url)
        assert address.hostname
        assert address.port
        login = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
        head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\nContent-Length: 1000000\r\n\r\n"
        with (
            socket.create_connection((address.hostname, address.port), timeout=10) as plain,
            self.trust.wrap_socket(plain, server_hostname=address.hostname) as connection,
        ):
            connection.sendall(head.encode() + sent)
            return int(connection.recv(4096).split()[1])


Opened = Callable[..., Door]


@pytest.fixture
def door(certificate: Path, tmp_path: Path) -> Iterator[Opened]:
    listeners: list[HttpsListener] = []

    def opened(sources: tuple[str, ...] = (), **limits: Any) -> Door:
        def hear(answer: TransactionAnswer, _body: bytes) -> bool:
            if made.fault is not None:
                raise made.fault
            made.heard.append(answer)
            return made.known

        app = postback_app(PostbackSettings(Secret(LOGIN), Secret(PASSWORD), sources, hear, **limits))
        listeners.append(HttpsListener(app, ("127.0.0.1", 0), server_context(certificate, None)))
        trust = ssl.create_default_context(cafile=str(tmp_path / "postback-ca.pem"))
        made = Door(f"https://127.0.0.1:{listeners[-1].port}/any/path", trust, [])
        return made

    yield opened
    for each in listeners:
        each.close()


def test_a_postback_of_the_host_is_heard(door: Opened) -> None:
    opened = door()
    assert opened.post() == 200
    assert opened.heard == [TransactionAnswer(request_id="h-1", transaction_id="t-1", status="accepted")]


def test_a_postback_is_read_whatever_stands_beside_its_ids(door: Opened) -> None:
    opened = door()
    odd: dict[str, Any] = {"slip": [], "status": None, "errorCode": {"x": 1}, "refTransactionId": 5, "more": [[]]}
    assert opened.post(b"\xef\xbb\xbf" + json.dumps({**BODY, **odd}).encode()) == 200
    assert opened.post({"refTransactionId": "b-1", "refStatus": "accepted"}) == 200
    assert opened.heard == [
        TransactionAnswer(request_id="h-1", transaction_id="t-1"),
        TransactionAnswer(refund_transaction_id="b-1", ref_status="accepted"),
    ]


@pytest.mark.scenario(24)
@pytest.mark.parametrize(
    "auth", [None, (LOGIN, "wrong"), ("wrong", PASSWORD), (LOGIN, ""), (LOGIN, PASSWORD + "x")], ids=str
)
def test_a_stranger_is_refused_and_not_heard(door: Opened, auth: Any) -> None:
    opened = door()
    assert opened.post(auth=auth) == 401
    assert opened.heard == []


def test_a_stranger_is_refused_before_the_body_is_looked_at(door: Opened) -> None:
    assert door().post(b"\xff" * 1000, auth=None) == 401


@pytest.mark.parametrize(("sources", "status"), [(("10.0.0.0/8", "::/0"), 403), (("10.0.0.0/8", "127.0.0.0/8"), 200)])
def test_only_the_networks_of_the_site_file_may_post(door: Opened, sources: tuple[str, ...], status: int) -> None:
    assert door(sources).post() == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        ({"status": "accepted"}, 400),
        (b" " * 70_000, 413),
        ({"transactionId": None, "status": "accepted"}, 400),
        (b"[" * 20_000 + b"]" * 20_000, 400),
        (b'{"transactionId": "t-1", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400),
        (b'{"transactionId": "\\ud800"}', 400),
        ("{}".encode("utf-16"), 400),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_postback_is_refused(door: Opened, body: Any, status: int) -> None:
    opened = door()
    assert opened.post(body) == status
    assert opened.post() == 200


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 413)])
def test_the_longest_body_is_taken_and_one_byte_more_is_refused(door: Opened, extra: int, status: int) -> None:
    opened = door()
    body = json.dumps(BODY).encode()
    assert opened.post(body.ljust((1 << 16) + extra)) == status
    assert len(opened.heard) == (0 if extra else 1)


def test_a_body_that_is_too_long_is_refused_before_its_end(door: Opened) -> None:
    opened = door(max_body_bytes=100, body_timeout_s=60)
    assert opened.status_of_unfinished(b" " * 101) == 413


def test_a_body_that_does_not_end_in_time_is_refused(door: Opened) -> None:
    opened = door(body_timeout_s=0.2)
    assert opened.status_of_unfinished(b"{") == 408
    assert opened.heard == []
    assert opened.post() == 200


def test_the_time_for_a_body_is_five_seconds() -> None:
    settings = PostbackSettings(Secret(LOGIN), Secret(PASSWORD), (), lambda _answer, _body: True)
    assert (settings.max_body_bytes, settings.body_timeout_s) == (65_536, 5.0)


def test_a_get_is_refused(door: Opened) -> None:
    assert door().post(b"", method="GET") == 405


def test_a_payment_that_is_not_ours_is_taken_and_forgotten(door: Opened) -> None:
    opened = door()
    opened.known = False
    assert opened.post() == 200


def test_what_cannot_be_kept_may_come_again(door: Opened) -> None:
    opened = door()
    opened.fault = JournalError("disk full")
    assert opened.post() == 503


def test_any_body_gets_an_answer_and_none_gets_in_the_way_of_the_next(door: Opened) -> None:
    opened = door()

    @settings(max_examples=50)
    @given(st.binary(max_size=200) | st.dictionaries(st.sampled_from([*BODY, "slip", "x"]), st.none() | st.text()))
    def check(body: Any) -> None:
        assert opened.post(body) in (200, 400)

    check()
    assert opened.post() == 200


def test_a_connection_that_says_nothing_keeps_nobody_out(door: Opened) -> None:
    opened = door()
    port = int(opened.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        assert opened.post() == 200


def test_a_port_in_use_and_a_wrong_certificate_are_named(certificate: Path, tmp_path: Path) -> None:
    app = postback_app(PostbackSettings(Secret(LOGIN), Secret(PASSWORD), (), lambda _answer, _body: True))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SiteError, match="cannot listen"):
        HttpsListener(app, ("127.0.0.1", taken.getsockname()[1]), server_context(certificate, None))
    with pytest.raises(SiteError, match="certificate"):
        server_context(tmp_path / "none.pem", None)


# -- A whole till --------------------------------------------------------------------------------------------------


@pytest.fixture
def posted(till: Till, certificate: Path) -> Till:
    """A till that takes postbacks, and polls so rarely that a sale could not end in time by polls alone."""
    (till.site.parent / "postback-login.txt").write_text(LOGIN)
    (till.site.parent / "postback-password.txt").write_text(PASSWORD)
    keys = f'enabled = true\nlisten = "127.0.0.1:0"\ncertificate = "{certificate}"\n'
    secrets = 'login = { file = "postback-login.txt" }\npassword = { file = "postback-password.txt" }\n'
    till.edit("[totp]", f"[pay_api.postback]\n{keys}{secrets}\n[totp]")
    till.edit("decision_timeout_s = 30.0", "decision_timeout_s = 4.0\npoll_interval_ms = 10000")
    return till


@pytest.fixture
def resident(posted: Till, tmp_path: Path) -> Iterator[Resident]:
    made = Resident(site.load(posted.site))
    target = PostbackTarget(made.postback_url, LOGIN, PASSWORD, str(tmp_path / "postback-ca.pem"))
    posted.host.postbacks = PostbackSender(posted.host.host, target)
    yield made
    posted.host.postbacks.close()
    made.close()
    assert posted.host.postbacks.failures == []


@pytest.mark.scenario(23)
@pytest.mark.parametrize("outcome", ["accepted", "duplicate-postback", "out-of-order-postback"])
def test_a_postback_ends_the_wait_and_the_status_is_what_counts(posted: Till, resident: Resident, outcome: str) -> None:
    terminal = resident.terminal
    calls: list[str] = []
    watcher = SaleObserver(called=lambda exchange: calls.append(exchange.request.call.name))
    paid = terminal.pay(terminal.new_order("A-1", AMOUNTS[outcome]), label=posted.label(), watcher=watcher)
    assert paid.outcome is Outcome.PAID
    assert calls[-1] == "STATUS"
    assert "CANCEL" not in calls
    assert posted.charges("A-1") == 1


def test_a_postback_that_lies_changes_nothing(posted: Till, resident: Resident, tmp_path: Path) -> None:
    """It has the right password, and says of an undecided payment that it is paid."""
    posted.play("checkout", "undecided")
    trust = ssl.create_default_context(cafile=str(tmp_path / "postback-ca.pem"))
    lied = threading.Event()

    def lie(exchange: Any) -> None:
        transaction_id = getattr(getattr(exchange.reply, "answer", None), "transaction_id", "")
        if exchange.request.call.name == "STATUS" and not lied.is_set():
            lied.set()
            body = {"requestId": "x", "transactionId": transaction_id, "status": "accepted"}
            httpx.post(resident.postback_url, json=body, auth=(LOGIN, PASSWORD), verify=trust, trust_env=False)

    terminal = resident.terminal
    paid = terminal.pay(terminal.new_order("A-1", 500), label=posted.label(), watcher=SaleObserver(called=lie))
    assert lied.is_set()
    assert (paid.outcome, posted.charges("A-1")) == (Outcome.CANCELED, 0)


def test_a_postback_is_kept_without_secrets_and_the_same_one_once(till: Till) -> None:
    with Terminal.open(till.site) as terminal:
        paid = terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        answer = TransactionAnswer(transaction_id=paid.verdict.transaction_id, status="accepted")
        body = json.dumps({"transactionId": answer.transaction_id, "status": "accepted", "cardSession": "S3CRET"})
        for _ in range(3):
            assert terminal.hear_postback(answer, body.encode())
        assert not terminal.hear_postback(TransactionAnswer(transaction_id="t-9"), b"{}")
    with closing(Journal(till.site.parent / "journal.db")) as journal:
        kept = [event for event in journal.events(paid.request_id) if event.kind == "postback"]
    assert len(kept) == 1
    assert "S3CRET" not in kept[0].data


def test_a_postback_of_an_old_unknown_has_it_ended_at_once(till: Till) -> None:
    """The caretaker looked, the host was silent, and it would look again in half a minute."""
    leave_open(till)
    till.play("status", "lost-always", times=1000)
    till.play("cancel", "lost-always", times=1000)
    with Terminal.open(till.site) as terminal:
        (payment,) = terminal.unfinished()
        before = len(till.host.host.requests)
        terminal.start_caretaker()
        turn = threading.Event()
        for _ in range(500):
            if len(till.host.host.requests) >= before + 2:  # a cancel and a status, both lost
                break
            turn.wait(0.02)
        till.play("status", "accepted")
        till.play("cancel", "accepted")
        began = time.monotonic()
        assert terminal.hear_postback(TransactionAnswer(transaction_id=payment.verdict.transaction_id), b"{}")
        assert settled(terminal, "A-1") is Outcome.CANCELED
        assert time.monotonic() - began < 15


@pytest.mark.scenario(56)
def test_a_second_resident_driver_of_a_till_is_refused_and_the_first_goes_on(till: Till) -> None:
    first = Resident(site.load(till.site))
    with pytest.raises(BusyError, match="runs already, as process"):
        Resident(site.load(till.site))
    assert first.terminal.waiting() == []
    first.close()
    Resident(site.load(till.site)).close()


def test_a_receiver_that_cannot_open_leaves_the_till_free(posted: Till) -> None:
    posted.edit('certificate = "', 'certificate = "/none')
    with pytest.raises(SiteError, match="certificate"):
        Resident(site.load(posted.site))
    posted.edit("enabled = true", "enabled = false")
    Resident(site.load(posted.site)).close()
