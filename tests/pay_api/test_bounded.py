"""Replies are stored and shown without what the till sent, and of a bounded size; what decides stays."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.bounded import bounded_reply
from koshelek_driver.pay_api.masking import NO_SECRETS, SentSecrets
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, Computing, Done, Listed, NoAnswer, NotSent, Refused, parse_reply
from koshelek_driver.pay_api.requests import Request
from tests.support.foreign_objects import foreign_objects

NUMBER = "4601234567893"
SENT = SentSecrets([NUMBER])
IDS = {"requestId": "r-1", "transactionId": f"t-{NUMBER}", "refTransactionId": f"b-{NUMBER}"}


def reply_to(call: Call, status: int, body: dict[str, Any]) -> Any:
    return bounded_reply(parse_reply(Request(call, "r-1", b"{}"), status, json.dumps(body).encode()), SENT)


def test_every_text_of_an_answer_but_its_ids_loses_the_secrets() -> None:
    told = {"status": "accepted", "refStatus": NUMBER, "errorCode": f"E {NUMBER}", "x": [{"y": int(NUMBER)}]}
    reply = reply_to(Call.STATUS, 200, {**IDS, **told, "slip": {"kzo": NUMBER, "totalAmount": 5}})
    assert isinstance(reply, Answered)
    masked = {"status": "accepted", "refStatus": "…", "errorCode": "E …", "x": [{"y": "…"}]}
    assert reply.raw == {**IDS, **masked, "slip": {"kzo": "…", "totalAmount": 5}}
    assert (reply.answer.error_code, reply.answer.slip) == ("E …", {"kzo": "…", "totalAmount": 5})
    assert (reply.answer.transaction_id, reply.answer.refund_transaction_id) == (f"t-{NUMBER}", f"b-{NUMBER}")


def test_refusals_and_failures_lose_the_secrets() -> None:
    assert reply_to(Call.CHECKOUT, 422, {"code": f"C {NUMBER}", "details": f"card {NUMBER}"}) == Refused(
        "C …", "card …"
    )
    assert bounded_reply(NoAnswer(NUMBER, 3.0), SENT) == NoAnswer("…", 3.0)
    assert bounded_reply(NotSent(f"407 {NUMBER}", "X"), SENT) == NotSent("407 …", "X")
    for reply in (Done(), Computing("i", 1.0)):
        assert bounded_reply(reply, SENT) is reply


def test_messages_about_providers_lose_the_secrets() -> None:
    infos = [{"paymentType": "SBP", "available": True, "message": f"no {NUMBER}"}, {"paymentType": "B"}]
    reply = reply_to(Call.METHODS, 200, {"paymentTypeAvailabilityInfoList": infos})
    assert isinstance(reply, Listed)
    found = [(each.payment_type, each.message) for each in reply.answer.payment_type_availability_info_list]
    assert found == [("SBP", "no …"), ("B", None)]


@pytest.mark.parametrize("size", [1000, 1001, 900_000])
def test_long_texts_of_a_refusal_are_cut(size: int) -> None:
    reply = reply_to(Call.CHECKOUT, 422, {"code": "C" * size, "details": "d" * size})
    assert reply == Refused("C" * 100 + "…", "d" * 1000 + ("…" if size > 1000 else ""))


def test_of_an_answer_above_16_kb_what_decides_is_left() -> None:
    slip = {"kzo": "K" * 20_000, "totalAmount": 5, "orderId": ["x"], "qrcId": None, "mood": "good", "id": "s"}
    reply = reply_to(Call.STATUS, 200, {**IDS, "status": "accepted", "junk": "x" * 900_000, "slip": slip})
    assert isinstance(reply, Answered)
    assert reply.answer.slip == {"kzo": "K" * 256, "totalAmount": 5, "orderId": None, "qrcId": None, "id": "s"}
    assert reply.raw.keys() == {*IDS, "status", "leftOut"}
    assert reply.raw["leftOut"]["bytes"] > 900_000
    assert len(reply.raw["leftOut"]["sha256"]) == 64


def test_an_answer_of_16_kb_is_whole() -> None:
    body = {"requestId": "r-1", "transactionId": "t", "junk": ""}
    room = 16_384 - len(msgspec.json.encode(body))
    whole = reply_to(Call.STATUS, 200, {**body, "junk": "x" * room})
    assert whole.raw["junk"] == "x" * room
    assert "junk" not in reply_to(Call.STATUS, 200, {**body, "junk": "x" * (room + 1)}).raw


@given(st.sampled_from(list(Call)), st.sampled_from([200, 201, 422]), foreign_objects())
def test_a_reply_of_any_content_is_bounded_and_decides_as_before(call: Call, status: int, body: dict[str, Any]) -> None:
    reply = parse_reply(Request(call, "r-1", b"{}"), status, json.dumps(body).encode())
    bounded = bounded_reply(reply, NO_SECRETS)
    assert type(bounded) is type(reply)
    if isinstance(bounded, Answered) and isinstance(reply, Answered):
        assert bounded.answer.status == reply.answer.status
