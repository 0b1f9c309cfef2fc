"""The values of the customer's keys never reach the journal's copy of an answer, each key on its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.pay_api.masking import SentSecrets, digest_of, mask_body, secrets_in


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


NUMBER, SESSION, TOKEN = "4601234567893", "A1B2C3", "dGlsbA==368"
SENT = SentSecrets([NUMBER, SESSION, TOKEN, "1234", "12", ""])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"card {NUMBER} not found", "card … not found"),
        ("4601 2345 6789 3 / 4601-234567-893", "… / …"),
        ("4601.2345\u00a06789\t3", "…"),
        (f"{SESSION.lower()},{SESSION}{SESSION}", "…,……"),
        (f"CM{NUMBER}{SESSION}368", "CM……368"),
        (f"token={TOKEN};", "token=…;"),
        ("1234", "…"),
        ("code 1234 of 12345", "code 1234 of 12345"),
        ("12", "12"),
        ("", ""),
        ("A1B2C 4601234567894", "A1B2C 4601234567894"),
    ],
)
def test_what_was_sent_is_masked_wherever_it_comes_back(text: str, masked: str) -> None:
    assert SENT.mask_text(text) == masked


def test_values_and_names_of_any_depth_are_masked() -> None:
    value = {"a": [{"b": f"x {NUMBER}", NUMBER: 1}, int(NUMBER), -int(NUMBER), 123_450, None, True, 1.5]}
    assert SENT.mask_value(value) == {"a": [{"b": "x …", "…": 1}, "…", "…", 123_450, None, True, 1.5]}


def test_a_short_number_is_a_sum_even_if_it_was_a_session() -> None:
    assert SentSecrets(["770007"]).mask_value({"totalAmount": 770_007, "note": "770007"}) == {
        "totalAmount": 770_007,
        "note": "…",
    }


def test_the_secrets_of_a_request_are_found_by_their_keys() -> None:
    body = {"cardSession": SESSION, "user": {"loyaltyId": NUMBER}, "items": [{"token": "t"}, 5], "storeId": "s"}
    assert sorted(secrets_in(json.dumps(body).encode(), TOKEN)) == sorted([TOKEN, SESSION, NUMBER, "t"])
    assert secrets_in(b"") == secrets_in(b"[1, null]") == []


def test_a_body_loses_what_was_sent_whether_it_is_json_or_not() -> None:
    assert json.loads(mask_body(json.dumps({"details": f"no {NUMBER}"}).encode(), SENT)) == {"details": "no …"}
    assert json.loads(mask_body(b'{"x": "\\u0034601234567893"}', SENT)) == {"x": "…"}
    assert mask_body(f"<p>{NUMBER} {SESSION}</p>".encode(), SENT) == "<p>… …</p>"


def test_of_a_body_above_16_kb_the_beginning_is_left_with_its_size_and_digest() -> None:
    longest = json.dumps({"x": "я" * 4000}, ensure_ascii=False).encode().ljust(16_384)
    assert mask_body(longest) == longest.decode().strip().replace(": ", ":")
    for more in (longest + b" ", json.dumps({"x": "я" * 400_000}).encode(), b"<" * 900_000):
        kept = mask_body(more)
        assert kept.endswith(digest_of(more))
        assert len(kept.encode()) <= 16_384 + 120


@given(st.text("".join(map(chr, range(33, 127))), min_size=10, max_size=20), st.text(max_size=30), st.text(max_size=30))
def test_a_secret_of_any_visible_letters_is_not_left_in_a_text(secret: str, before: str, after: str) -> None:
    if len(secret.replace(".", "").replace("-", "")) >= 6:
        assert secret not in SentSecrets([secret]).mask_text(f"{before}{secret}{after}")
