"""The Store API: what is checked before it leaves, and what the host's words become."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api.client import RawResponse
from koshelek_driver.pay_api.replies import NoAnswer, NotSent
from koshelek_driver.pay_api.stores import StoreAnswer, StoreCall, StoreRules, adding, asking, send
from tests.support.stores import BRAND, STORE, WHOLE

ADD = StoreCall("POST", "/stores")
RULES = StoreRules(payment_types=("SBP", "DOLYAME"))


def add(*stores: dict[str, Any], brand: str = BRAND, rules: StoreRules = RULES, **more: Any) -> dict[str, Any]:
    file = msgspec.json.encode({"brandId": brand, "stores": stores, **more})
    request = adding(ADD, file, rules)
    assert (request.method, request.path) == ("POST", "/stores")
    sent: dict[str, Any] = msgspec.json.decode(request.body)
    return sent


def test_what_the_file_says_goes_as_it_is() -> None:
    assert add(STORE, {**WHOLE, "storeNumber": "18"}) == {
        "brandId": BRAND,
        "stores": [STORE, {**WHOLE, "storeNumber": "18"}],
    }


def test_a_list_of_stores_needs_the_brand_of_the_site_file() -> None:
    file = msgspec.json.encode([STORE])
    rules = StoreRules(brand_id=BRAND)
    assert msgspec.json.decode(adding(ADD, b"\xef\xbb\xbf" + file, rules).body)["brandId"] == BRAND
    with pytest.raises(UsageError, match="missing required field `brandId`"):
        adding(ADD, file, RULES)
    other = msgspec.json.encode({"brandId": BRAND.replace("0", "1"), "stores": [STORE]})
    assert msgspec.json.decode(adding(ADD, other, rules).body)["brandId"] == BRAND.replace("0", "1")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"legalId": "17"}, r"legalId|\$.stores\[0\].legalId"),
        ({"city": ""}, r"\$.stores\[0\].city"),
        ({"zip": 101000}, r"got `int` - at `\$.stores\[0\].zip`"),
        ({"countryCode": "rus"}, "countryCode"),
        ({"countrySubDivisionCode": "MOW"}, "countrySubDivisionCode"),
        ({"mcc": "54"}, "mcc"),
        ({"status": "OPEN"}, "status"),
        ({"paymentMethods": ["SPB"]}, "paymentMethods of 17: SPB"),
        ({"cty": "x"}, "unknown field `cty`"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_leaves(change: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        add({**WHOLE, **change})
    assert caught.value.remedy


@pytest.mark.parametrize("name", STORE)
def test_a_field_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=f"missing required field `{name}`"):
        add({key: value for key, value in STORE.items() if key != name})


def test_stores_are_some_and_each_is_there_once() -> None:
    with pytest.raises(UsageError, match="stores"):
        add()
    with pytest.raises(UsageError, match="storeNumber 17 is there twice"):
        add(STORE, STORE)


def test_a_name_that_the_settings_know_goes_along() -> None:
    rules = StoreRules(payment_types=("SBP",), more_fields=("openingHours",))
    assert add({**STORE, "openingHours": "24/7"}, rules=rules)["stores"][0]["openingHours"] == "24/7"
    with pytest.raises(UsageError, match="openingHours"):
        add({**STORE, "openingHours": "24/7"})


@pytest.mark.parametrize("file", [b"", b"{", b"\xff", b"17", b'"x"', b'{"stores": {}}', b'{"stores": [1]}'])
def test_a_file_that_is_no_list_of_stores_is_refused(file: bytes) -> None:
    for make in (adding, asking):
        with pytest.raises(UsageError) as caught:
            make(ADD, file, RULES)
        assert caught.value.remedy


def test_a_call_that_is_not_published_is_made_by_its_settings() -> None:
    get = StoreCall("GET", "/brands/{brandId}/stores", ("brandId",))
    request = asking(get, b'{"brandId": "a/b", "storeNumber": "17", "status": ["A", "B"]}', RULES)
    assert (request.path, request.body) == ("/brands/a%2Fb/stores?storeNumber=17&status=A&status=B", b"")
    post = asking(StoreCall("POST", "/get"), b'{"brandId": "x"}', RULES)
    assert (post.path, post.body) == ("/get", b'{"brandId":"x"}')
    with pytest.raises(UsageError, match="the file has no brandId"):
        asking(get, b"{}", RULES)
    update = StoreCall("PUT", "/s", ("stores",), ("storeNumber",))
    with pytest.raises(UsageError, match="store 2 has no storeNumber"):
        asking(update, b'[{"storeNumber": "1"}, {"city": "x"}]', RULES)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_whatever_the_file_asks_stays_in_the_query(fields: dict[str, str]) -> None:
    request = asking(StoreCall("GET", "/s"), msgspec.json.encode(fields), RULES)
    assert request.path.isascii()
    assert not set(request.path) & set(" \r\n#")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (RawResponse(200, b'{"a": 1}', 0.0), StoreAnswer(200, {"a": 1})),
        (RawResponse(204, b"", 0.0), StoreAnswer(204, None)),
        (RawResponse(422, b'{"code": "X"}', 0.0), StoreAnswer(422, {"code": "X"})),
        (RawResponse(403, b"<html>", 0.0), StoreAnswer(403, "<html>")),
        (RawResponse(502, b"", 0.0), NoAnswer("HTTP 502")),
        (RawResponse(409, b"", 0.0), NoAnswer("HTTP 409")),
        (NotSent("no route"), NotSent("no route")),
        (NoAnswer("timed out"), NoAnswer("timed out")),
    ],
)
def test_what_the_host_says(reply: Any, expected: Any) -> None:
    class Line:
        def ask(self, method: str, path: str, body: bytes) -> Any:
            return reply

    assert send(Line(), adding(ADD, msgspec.json.encode({"brandId": BRAND, "stores": [STORE]}), RULES)) == expected
