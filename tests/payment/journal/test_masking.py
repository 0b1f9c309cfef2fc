"""The values of the customer's keys never reach the journal's copy of an answer, each key on its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.payment.journal.masking import mask_body


@pytest.mark.parametrize(
    "key", ["cardSession", "cardsession", "loyaltyId", "token", "Token", "password", "Authorization"]
)
def test_each_key_of_the_customer_is_masked_at_any_depth_whatever_its_value(key: str) -> None:
    for secret in ("dGlsbA==368", 4601234567893, ["368"], {"inner": "368"}):
        body = {key: secret, "code": "X", "more": [{"user": {key: secret}, "kept": 1}]}
        masked = {key: "…", "code": "X", "more": [{"user": {key: "…"}, "kept": 1}]}
        assert json.loads(mask_body(json.dumps(body).encode())) == masked


@pytest.mark.parametrize("key", ["tokens", "cardSessionId", "status", "transactionId"])
def test_keys_that_merely_look_alike_are_kept(key: str) -> None:
    assert json.loads(mask_body(json.dumps({key: "value"}).encode())) == {key: "value"}


def test_a_byte_order_mark_hides_no_key_and_what_is_nested_too_deep_is_a_text() -> None:
    assert json.loads(mask_body(b'\xef\xbb\xbf{"token": "368"}')) == {"token": "…"}
    nested = b'{"a": "460123456789", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert mask_body(nested).startswith('{"a": "…6789", "x": [[')


@given(st.binary(max_size=300))
def test_a_body_of_any_bytes_can_be_kept(body: bytes) -> None:
    mask_body(body).encode()


def test_a_long_text_is_cut_behind_4000_characters() -> None:
    assert mask_body(b"<" + b"x" * 3999) == "<" + "x" * 3999
    assert mask_body(b"<" + b"x" * 4000) == "<" + "x" * 3999


def test_of_a_number_of_12_digits_and_more_the_last_four_are_shown() -> None:
    assert mask_body(b"no 46012345678 yet") == "no 46012345678 yet"
    assert mask_body(b"no 460123456789 more") == "no …6789 more"
