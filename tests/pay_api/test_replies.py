"""Which HTTP answer is a yes, which a no, and which is no answer at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, NoAnswer, Refused, parse_reply
from koshelek_driver.pay_api.requests import Request

REQUEST = Request(Call.STATUS, "r-1", b"{}")
GOOD = {"requestId": "r-1", "transactionId": "t-1", "status": "accepted"}


def test_a_whole_answer_keeps_fields_and_values_that_no_version_has() -> None:
    slip = {"id": "s", "mood": "good", "totalAmount": "5", "deep": {"er": [1]}}
    body = json.dumps({**GOOD, "status": "thinking_it_over", "cashback": 1, "slip": slip, "errorCode": "BRAND_NEW"})
    reply = parse_reply(REQUEST, 200, body.encode())
    assert isinstance(reply, Answered)
    assert (reply.answer.status, reply.answer.slip, reply.answer.error_code) == ("thinking_it_over", slip, "BRAND_NEW")
    assert reply.raw == json.loads(body)


@pytest.mark.scenario(9)
def test_a_byte_order_mark_is_forgiven() -> None:
    assert isinstance(parse_reply(REQUEST, 200, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()), Answered)


@pytest.mark.scenario(9)
@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"[]", b"null", b'"accepted"', b'{"status": "accepted"}', b"\xff\xfe", b'{"requestId": "r-1"'],
)
def test_a_200_that_is_not_the_answer_is_no_answer(body: bytes) -> None:
    assert isinstance(parse_reply(REQUEST, 200, body), NoAnswer)


def test_an_answer_to_another_request_is_no_answer() -> None:
    assert isinstance(parse_reply(REQUEST, 200, json.dumps({**GOOD, "requestId": "r-2"}).encode()), NoAnswer)


def test_422_is_a_no_with_its_code_and_words() -> None:
    body = json.dumps({"code": "UNKNOWN_SESSION_ID", "details": "нет такой сессии", "more": 1}).encode()
    assert parse_reply(REQUEST, 422, body) == Refused("UNKNOWN_SESSION_ID", "нет такой сессии")
    assert parse_reply(REQUEST, 422, b'{"code": "NEW_ONE"}') == Refused("NEW_ONE", "")
    assert isinstance(parse_reply(REQUEST, 422, b"<html>"), NoAnswer)


@pytest.mark.scenario(10)
@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 405, 413, 415])
def test_a_clear_no_of_http_is_a_refusal(status: int) -> None:
    assert parse_reply(REQUEST, status, b"") == Refused(f"HTTP_{status}")


@pytest.mark.scenario(8)
@pytest.mark.parametrize("status", [100, 201, 204, 206, 408, 409, 425, 429, 500, 502, 503, 504, 520, 599])
def test_not_now_and_broken_servers_are_no_answer(status: int) -> None:
    assert isinstance(parse_reply(REQUEST, status, json.dumps(GOOD).encode()), NoAnswer)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_of_any_kind_raises_or_means_yes_by_chance(status: int, body: bytes) -> None:
    assert isinstance(parse_reply(REQUEST, status, body), NoAnswer | Refused)
