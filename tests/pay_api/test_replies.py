"""Which HTTP answer is a yes, which a no, and which is no answer at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.models import Call, Provider
from koshelek_driver.pay_api.replies import Answered, Computing, Done, Listed, NoAnswer, Refused, parse_reply
from koshelek_driver.pay_api.requests import Request
from tests.support.foreign_objects import foreign_objects

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


BOM = b"\xef\xbb\xbf"
ODD = [None, 5, 1.5, True, [], ["x"], {}, {"text": "x"}, 10**30]
NESTED = b"[" * 5000 + b"]" * 5000


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_refusal_is_read_whatever_stands_beside_its_code(odd: object) -> None:
    body = json.dumps({"code": "UNKNOWN_SESSION_ID", "details": odd, "more": odd}).encode()
    assert parse_reply(REQUEST, 422, body) == Refused("UNKNOWN_SESSION_ID", "")
    assert parse_reply(REQUEST, 422, BOM + body) == Refused("UNKNOWN_SESSION_ID", "")


@pytest.mark.parametrize("code", [*ODD, ""], ids=repr)
def test_a_refusal_without_a_code_is_no_answer(code: object) -> None:
    body = json.dumps({"code": code, "details": "UNKNOWN_SESSION_ID"}).encode()
    assert parse_reply(REQUEST, 422, body) == NoAnswer("HTTP 422 without an error code")


def test_a_code_that_is_there_twice_is_none_and_details_twice_hide_no_code() -> None:
    assert isinstance(parse_reply(REQUEST, 422, b'{"code": "A", "code": "B"}'), NoAnswer)
    assert parse_reply(REQUEST, 422, b'{"code": "A", "details": "x", "details": "y"}') == Refused("A")


@pytest.mark.parametrize("field", ["slip", "errorCode", "refTransactionId", "refStatus", "cashback"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_value_beside_a_status_never_hides_it(field: str, odd: object) -> None:
    reply = parse_reply(REQUEST, 200, json.dumps({**GOOD, field: odd}).encode())
    assert isinstance(reply, Answered)
    answer = reply.answer
    assert (answer.status, answer.transaction_id, answer.error_code) == ("accepted", "t-1", None)
    assert answer.slip == (odd if field == "slip" and isinstance(odd, dict) else None)


@pytest.mark.parametrize("odd", [*ODD, ["accepted", "rejected"]], ids=repr)
def test_a_status_of_another_type_is_no_status(odd: object) -> None:
    reply = parse_reply(REQUEST, 200, json.dumps({**GOOD, "status": odd}).encode())
    assert isinstance(reply, Answered)
    assert reply.answer.status is None


@pytest.mark.parametrize("odd", [*ODD, "", "x" * 257], ids=lambda odd: repr(odd)[:20])
def test_an_answer_that_names_no_transaction_is_no_answer(odd: object) -> None:
    assert isinstance(parse_reply(REQUEST, 200, json.dumps({**GOOD, "transactionId": odd}).encode()), NoAnswer)


def test_a_status_that_is_there_twice_with_two_values_is_none() -> None:
    body = json.dumps(GOOD).encode()[:-1] + b', "status": "rejected"}'
    reply = parse_reply(REQUEST, 200, body)
    assert isinstance(reply, Answered)
    assert reply.answer.status is None


@pytest.mark.parametrize("call", list(Call))
@pytest.mark.parametrize("status", [200, 201, 422])
def test_an_answer_that_is_nested_too_deep_is_no_answer(call: Call, status: int) -> None:
    body = json.dumps({**GOOD, "code": "X"}).encode()[:-1] + b', "x": ' + NESTED + b"}"
    reply = parse_reply(Request(call, "r-1", b"{}"), status, body)
    assert isinstance(reply, Done if (call, status) == (Call.RECEIPT, 200) else NoAnswer)


def test_ids_in_capitals_are_the_same_ids() -> None:
    sent = Request(Call.STATUS, "0f8fad5b-d9cb-469f-a165-70867728950e", b"{}")
    body = {**GOOD, "requestId": sent.request_id.upper(), "transactionId": "7C9E6679-7425-40DE-944B-E07FC1F90AE7"}
    reply = parse_reply(sent, 200, json.dumps(body).encode())
    assert isinstance(reply, Answered)
    assert reply.answer.transaction_id == "7C9E6679-7425-40DE-944B-E07FC1F90AE7"


LIST = {"availabilityInfoId": "i-1", "computationComplete": True}


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_provider_is_read_whatever_stands_beside_it(odd: object) -> None:
    good = {"paymentType": "SBP", "available": True, "message": odd}
    infos = [odd, good, {"paymentType": odd, "available": True}]
    body = {**LIST, "paymentTypeAvailabilityInfoList": infos, "koshelekPayIsDefault": None, "pollingTimeout": {}}
    reply = parse_reply(Request(Call.METHODS, "r-1", b"{}"), 200, json.dumps(body).encode())
    assert isinstance(reply, Listed)
    assert reply.answer.payment_type_availability_info_list == (Provider(payment_type="SBP", available=True),)


@pytest.mark.parametrize(
    ("wait", "seconds"), [(500, 0.5), (-1, 0.1), (1e300, 86_400), ("NaN", 86_400), ("Infinity", 86_400), (None, 0.1)]
)
def test_the_wait_for_a_list_is_a_time_that_can_be_waited(wait: object, seconds: float) -> None:
    body = {"availabilityInfoId": "i-1", "timeout": wait, "computationComplete": False}
    reply = parse_reply(Request(Call.METHODS, "r-1", b"{}"), 201, json.dumps(body).encode())
    assert reply == Computing("i-1", seconds)


@given(st.sampled_from(list(Call)), st.integers(100, 599), foreign_objects())
def test_objects_of_any_content_end_in_a_reply(call: Call, status: int, body: dict[str, object]) -> None:
    parse_reply(Request(call, "r-1", b"{}"), status, json.dumps(body).encode())
