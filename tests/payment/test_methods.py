"""Which providers a customer may use: asked once, polled on older servers, bounded, and read tolerantly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver import Terminal
from koshelek_driver.card.totp import Verification
from koshelek_driver.cli.sandbox.site_file import write_site
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Computing, Listed, NoAnswer, NotSent, Refused, Reply, parse_reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment import parts as tills
from koshelek_driver.payment.methods import Methods, MethodsQuery
from koshelek_driver.payment.order import LineRule, order
from koshelek_driver.payment.shown_card import ShownCard
from koshelek_driver.sandbox.server import STORE, PayApiSandbox
from koshelek_driver.secrets import Secret
from tests.support.cards import card
from tests.support.tills import Till

MERCHANT = Merchant("s" * 36, "T-1", "1.2.1", ("SBP",), "")
ORDER = order("A-1", 500, LineRule("x", "0", "none"))
GENUINE = Verification("CARDSESSION_AVAILABLE", card("368", session="A1B2C3"))
LIST = {
    "koshelekPayIsDefault": False,
    "paymentTypeAvailabilityInfoList": [
        {"paymentType": "SBP", "available": True, "message": "кешбэк 5 %"},
        {"paymentType": "NEWPAY", "available": False, "since": 2027},
    ],
    "future": [1],
}


class Host:
    """Answers calls from a list, and a clock that jumps to where it is told to wait."""

    def __init__(self, *answers: tuple[int, Any] | Reply) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.now = 100.0

    def call(self, request: Request) -> Exchange:
        self.requests.append(request)
        self.times.append(self.now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        reply = parse_reply(request, answer[0], json.dumps(answer[1]).encode()) if isinstance(answer, tuple) else answer
        return Exchange(request, reply, self.now, self.now, self.now)

    def now_s(self) -> float:
        return self.now

    def unix_s(self) -> float:
        return self.now

    def boot_id(self) -> str:
        return "boot-1"

    def wait(self, until_s: float, _wake: object) -> None:
        self.now = max(self.now, until_s)


class Tokens:
    """The card desk, as far as methods need it."""

    def __init__(self, problem: TotpModuleError | None = None) -> None:
        self.problem = problem

    def token(self, _card: object) -> Secret:
        if self.problem:
            raise self.problem
        return Secret("T368")


def ask(host: Host, verification: Verification = GENUINE, merchant: Merchant = MERCHANT, cards: Any = None) -> Methods:
    ids: Iterator[str] = (f"id-{number}" for number in count())
    nothing = cast("Any", None)  # methods touch neither journal nor paper
    till = tills.PaymentParts(nothing, nothing, merchant, nothing, nothing, ids, host)
    desk = MethodsQuery(till, cast("ShownCard", cards or Tokens()), host, 30.0)
    return desk.ask(ORDER, verification)


def test_a_list_that_comes_at_once_is_read_with_what_no_version_has() -> None:
    host = Host((200, LIST))
    methods = ask(host)
    assert [(each.payment_type, each.available, each.message) for each in methods.providers] == [
        ("SBP", True, "кешбэк 5 %"),
        ("NEWPAY", False, None),
    ]
    assert (methods.default, methods.can_pay, methods.error_code) == (False, True, "")
    (request,) = host.requests
    assert (request.call, request.method, request.request_id) == (Call.METHODS, "POST", "id-0")
    assert request.token == Secret("T368")
    body = json.loads(request.body)
    assert (body["cardSession"], body["user"]["loyaltyId"]) == ("A1B2C3", "4601234567893")


def test_the_sessions_key_is_spelt_as_the_server_wants_it() -> None:
    host = Host((200, LIST))
    ask(host, merchant=Merchant("s" * 36, "T-1", "1.2.1", ("SBP",), "", card_session_key="cardsession"))
    body = json.loads(host.requests[0].body)
    assert body["cardsession"] == "A1B2C3"
    assert "cardSession" not in body


def test_an_older_server_is_polled_as_it_asks_to_be() -> None:
    task = (201, {"availabilityInfoId": "7/ä", "timeout": 350})
    waiting = (200, {"availabilityInfoId": "7/ä", "computationComplete": False, "pollingTimeout": 250})
    done = (200, {"availabilityInfoId": "7/ä", "computationComplete": True, **LIST})
    host = Host(task, waiting, waiting, done)
    assert ask(host).can_pay
    assert [each.method for each in host.requests] == ["POST", "GET", "GET", "GET"]
    assert host.requests[1].path == "/api/v1/merchant/availability-info/7%2F%C3%A4"
    assert host.requests[1].token is None
    assert [round(at - 100.0, 3) for at in host.times] == [0.0, 0.35, 0.6, 0.85]


def test_a_server_that_never_finishes_is_given_up() -> None:
    host = Host((201, {"availabilityInfoId": "7", "timeout": 1}), (200, {"availabilityInfoId": "7", "computationComplete": False}))  # fmt: skip
    methods = ask(host)
    assert (methods.error_code, methods.providers) == ("HOST_UNREACHABLE", ())
    assert len(host.requests) <= 301
    assert host.now <= 130.0


@pytest.mark.scenario(40)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Refused("UNKNOWN_SESSION_ID", "нет"), "UNKNOWN_SESSION_ID"),
        (NotSent("no route"), "HOST_UNREACHABLE"),
        (NotSent("self-signed", "HOST_NOT_TRUSTED"), "HOST_NOT_TRUSTED"),
        (NoAnswer("timed out"), "HOST_UNREACHABLE"),
        ((200, {}), "HOST_UNREACHABLE"),
        ((200, []), "HOST_UNREACHABLE"),
        ((201, {"timeout": 350}), "HOST_UNREACHABLE"),
        ((201, "x"), "HOST_UNREACHABLE"),
    ],
)
def test_whatever_else_comes_offers_nothing_and_says_why(answer: Any, code: str) -> None:
    methods = ask(Host(answer))
    assert (methods.error_code, methods.can_pay) == (code, False)


def test_a_card_that_cannot_pay_asks_nobody() -> None:
    host = Host((200, LIST))
    methods = ask(host, Verification("LOYALTY_ONLY", card(None), "why"))
    assert (methods.error_code, methods.details, host.requests) == ("LOYALTY_ONLY", "why", [])
    unreachable = ask(host, cards=Tokens(TotpModuleError("gone")))
    assert (unreachable.error_code, unreachable.details, host.requests) == ("MODULE_UNREACHABLE", "gone", [])


@given(st.sampled_from([200, 201, 422, 404, 503]), st.binary(max_size=80))
def test_any_body_is_a_list_a_task_or_no_answer(status: int, body: bytes) -> None:
    request = requests.methods_poll("r", "7") if status == 200 else Request(Call.METHODS, "r", b"{}")
    assert isinstance(parse_reply(request, status, body), Listed | Computing | Refused | NoAnswer)


@pytest.mark.parametrize("polled", [False, True])
def test_methods_over_the_wire_and_the_same_card_pays_afterwards(tmp_path: Path, polled: bool) -> None:
    host = PayApiSandbox(tmp_path, pace=0.2, polled_methods=polled)
    try:
        write_site(host.files.site, base_url=host.base_url, store=STORE)
        label = Till(host, host.files.site).label()
        with Terminal.open(host.files.site) as terminal:
            found = terminal.methods(terminal.new_order("A-1", 500), label=label)
            assert (found.default, [each.payment_type for each in found.providers]) == (True, ["SBP", "DOLYAME"])
            assert terminal.pay(terminal.new_order("A-1", 500), label=label).outcome.value == "paid"
        assert host.host.violations == []
    finally:
        host.close()
