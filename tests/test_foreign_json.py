"""The one reader of JSON that others wrote: what is taken off, what is refused, and that nothing else is raised."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.foreign_json import (
    ForeignJsonError,
    parse_json,
    parse_json_as,
    parse_json_object,
    read_fields,
)

BOM = b"\xef\xbb\xbf"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Known(msgspec.Struct, rename="camel"):
    """Fields of several types, each with a default."""

    some_text: str = ""
    some_number: int = 0
    some_list: tuple[str, ...] = ()


@given(JSON)
def test_json_in_utf_8_is_read_with_and_without_a_byte_order_mark(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert parse_json(text.encode()) == parse_json(BOM + text.encode()) == parse_json(text) == value


@given(st.binary(max_size=300) | st.text(max_size=300) | st.text(alphabet='[]{}":,\\u1e.-').map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes | str) -> None:
    with suppress(ForeignJsonError):
        parse_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BOM,
        BOM + BOM + b"{}",
        b"\xff\xfe{\x00}\x00",
        "{}".encode("utf-16"),
        '{"a": "я"}'.encode("cp1251"),
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\\ud800"}',
        b'"\xc3"',
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"9" * 5000,
        b'{"a": 1} x',
        b"\x00",
        '"\ud800"',
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_json_in_utf_8_is_refused(data: bytes | str) -> None:
    with pytest.raises(ForeignJsonError):
        parse_json(data)


@pytest.mark.parametrize("levels", [33, 100, 900, 5_000, 200_000])
@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_may_be_nested_32_levels_deep_and_no_deeper(begin: bytes, end: bytes, levels: int) -> None:
    inside = b"" if end == b"]" else b"1"
    parse_json(begin * 32 + inside + end * 32)
    with pytest.raises(ForeignJsonError, match="nested deeper than 32 levels"):
        parse_json(begin * levels + inside + end * levels)
    with pytest.raises(ForeignJsonError):
        parse_json(begin * levels)


def test_text_may_have_16_mib_and_no_byte_more() -> None:
    assert parse_json(b"1".rjust(1 << 24)) == 1
    with pytest.raises(ForeignJsonError, match="longer than 16777216 bytes"):
        parse_json(b"1".rjust((1 << 24) + 1))


def test_a_name_that_is_there_twice_means_nothing_unless_it_says_the_same() -> None:
    assert parse_json(b'{"a": 1, "b": 2, "a": 3, "b": 2}') == {"a": [1, 3], "b": 2}
    assert parse_json(b'[{"s": "x", "s": "y", "s": "x"}]') == [{"s": ["x", "y"]}]


def test_an_object_with_one_name_100_000_times_is_read_at_once() -> None:
    read = parse_json("{%s}" % ",".join(f'"a":{number}' for number in range(100_000)))
    assert len(read["a"]) == 100_000


def test_a_value_of_a_type_is_read_strictly_and_its_place_is_named() -> None:
    assert parse_json_as(BOM + b'{"someText": "x"}', Known) == Known("x")
    with pytest.raises(ForeignJsonError, match=r"Expected `int`, got `str` - at `\$.someNumber`"):
        parse_json_as(b'{"someNumber": "5"}', Known)
    with pytest.raises(ForeignJsonError, match="nested"):
        parse_json_as(b"[" * 40 + b"]" * 40, tuple[int, ...])


def test_an_object_is_an_object() -> None:
    assert parse_json_object(b'{"a": 1}') == {"a": 1}
    for other in (b"[]", b"null", b'"{}"'):
        with pytest.raises(ForeignJsonError, match="not an object"):
            parse_json_object(other)


@given(st.dictionaries(st.sampled_from(["someText", "someNumber", "someList", "x"]), JSON))
def test_each_field_is_read_for_itself(raw: dict[str, Any]) -> None:
    read = read_fields(raw, Known)
    if isinstance(raw.get("someText"), str):
        assert read.some_text == raw["someText"]
    if type(raw.get("someNumber")) is int:
        assert read.some_number == raw["someNumber"]


def test_a_field_of_another_type_counts_as_absent() -> None:
    no_texts: list[Any] = [None, 5, True, [], {}, ["x"]]
    for odd in no_texts:
        assert read_fields({"someText": odd, "someNumber": "5"}, Known) == Known("", 5)
    no_numbers: list[Any] = [None, "x", True, [], {}, 1.5, "9" * 5000]
    for odd in no_numbers:
        assert read_fields({"someText": "x", "someNumber": odd}, Known) == Known("x", 0)
